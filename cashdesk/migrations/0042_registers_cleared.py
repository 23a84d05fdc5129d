"""Takes card money and other non-cash out of registers whose periods ended before closes did so.

Appends movements from the registers to clearing; no row changes, and no
sealed period gets another movement. The balances come from the last seal of each register plus the movements after it, so
the work depends on the number of registers, not on the number of movements. Every batch is a transaction of its own, and
the migration can be repeated.
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import migrations, transaction
from django.db.models import Sum

BATCH = 200
AMOUNT_MAX = 10**15 - 1


def clear_registers(apps: Any, schema_editor: Any) -> None:
    place_model = apps.get_model("cashdesk", "Place")
    alias = schema_editor.connection.alias
    registers = list(
        place_model.objects.using(alias).filter(kind="REGISTER").order_by("pk").values_list("pk", flat=True)
    )
    for start in range(0, len(registers), BATCH):
        with transaction.atomic(using=alias):
            _clear(apps, alias, registers[start : start + BATCH])


def _clear(apps: Any, alias: str, registers: list[int]) -> None:
    place_model, session_model = apps.get_model("cashdesk", "Place"), apps.get_model("cashdesk", "CashSession")
    movement_model = apps.get_model("cashdesk", "Movement")
    idle = place_model.objects.using(alias).select_for_update(no_key=True, of=("self",)).select_related("store")
    idle = list(idle.filter(pk__in=registers, settling="NONE").order_by("pk"))
    is_open = set(
        session_model.objects.using(alias)
        .filter(register__in=registers, status="OPEN")
        .values_list("register_id", flat=True)
    )
    clearing = {
        place.store_id: place.pk
        for place in place_model.objects.using(alias).filter(
            kind="CLEARING", store__in={register.store_id for register in idle}
        )
    }
    at, movements = datetime.now(UTC), []
    for register in idle:
        if register.pk in is_open:
            continue
        for (currency, method), balance in sorted(_balances(apps, alias, register).items()):
            left = abs(balance)
            while left:
                amount = min(left, AMOUNT_MAX)
                ends = (register.pk, clearing[register.store_id])
                movements.append(
                    movement_model(
                        store_id=register.store_id,
                        source_id=ends[0] if balance > 0 else ends[1],
                        destination_id=ends[1] if balance > 0 else ends[0],
                        amount=amount,
                        currency=currency,
                        method=method,
                        kind="CLEARING",
                        business_date=_business_date(register.store, at),
                        occurred_at=at,
                        recorded_at=at,
                        reason="upgrade",
                        note="Money of periods that were closed before closes moved it to clearing.",
                    )
                )
                left -= amount
    movement_model.objects.using(alias).bulk_create(movements, batch_size=BATCH)


def _balances(apps: Any, alias: str, register: Any) -> dict[tuple[str, str], int]:
    """Returns the balances of a register without cash: those of its last seal plus the movements since."""
    movement_model, seal_model = apps.get_model("cashdesk", "Movement"), apps.get_model("cashdesk", "Seal")
    found: dict[tuple[str, str], int] = defaultdict(int)
    seal = seal_model.objects.using(alias).filter(place_id=register.pk).order_by("-number").first()
    for line in seal.balances if seal is not None else ():
        found[line["currency"], line["method"]] += line["amount"]
    since = movement_model.objects.using(alias).filter(pk__gt=seal.last_movement if seal is not None else 0)
    for end, sign in (("destination_id", 1), ("source_id", -1)):
        sums = since.filter(**{end: register.pk}).order_by().values_list("currency", "method")
        for currency, method, amount in sums.annotate(total=Sum("amount")):
            found[currency, method] += sign * int(amount)
    return {pair: amount for pair, amount in found.items() if pair[1] != "CASH"}


def _business_date(store: Any, at: datetime) -> Any:
    local = at.astimezone(ZoneInfo(store.time_zone))
    return local.date() - timedelta(days=1) if local.hour < store.cut_off_hour else local.date()


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("cashdesk", "0041_places_of_clearing"),
    ]

    operations = [
        migrations.RunPython(clear_registers, migrations.RunPython.noop),
    ]
