"""docs/verify.md tells which tampering `manage.py verify` names: tried on every column of every guarded table.

The owner of the database can drop the triggers and write anything. The test does that to one column of one row at a
time, and to whole rows. The page must say for each what verify reports. The short form tries one row of each table,
which must not contradict the page, and tries columns together if the page says that verify notices none of them. The
long form tries several rows and each column alone, and the page must say exactly that.
"""

import re
import uuid
from copy import deepcopy
from datetime import date, datetime, timedelta
from typing import Any, Final

import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Field, Model
from django.utils.module_loading import import_string

from cashdesk import triggers
from cashdesk.domain.counting.count import CountedAmount, Pieces
from cashdesk.domain.payment.order import create_order
from cashdesk.domain.payment.order_payment import pay_order
from cashdesk.domain.session.closing import close_session
from cashdesk.domain.session.session_note import add_note
from cashdesk.enums import CASH, MovementKind, OrderType, PlaceKind, Reason
from cashdesk.models import AuditEntry, Movement, Variance
from reconciliations.domain.authorization import issue_authorization
from reconciliations.domain.business_day_close import close_business_day
from reconciliations.domain.repayment import repay_variance
from settlements.domain.cashbook import keep_usual_accounts
from settlements.domain.change_order import receive_change
from settlements.domain.deposit import correct_credit
from settlements.domain.payout import record_payout
from tests import roles
from tests.cashdesk.desk import force_close
from tests.docs.pages import PROJECT
from tests.lengths import IS_LONG
from tests.module_world import ModuleWorld
from tests.reconciliations.exporting import exported
from tests.reconciliations.queue import THE_DAY, credit, declare, limits, pack, recount, signed_off
from tests.settlements.desk import CARD, USD, Shop
from tests.settlements.ordering import ROLLS, ordered, told
from tests.stories import Cast, make_cast

PAGE: Final = PROJECT / "docs" / "verify.md"
ROWS_MAX: Final = 3
"""Rows of a table that are tried: the first, the last and one between. The short form tries only the middle one of them."""

pytestmark = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="The proofs are the same code on PostgreSQL")


@pytest.fixture(scope="module")
def _shop(module_world: ModuleWorld) -> Shop:
    return module_world.make(lambda: traded(make_cast()))


@pytest.fixture
def shop(db: None, _shop: Shop) -> Shop:
    """A closed day and a running one, with a row in every guarded table."""
    return deepcopy(_shop)


def traded(cast: Cast) -> Shop:
    """Trades for a day and a half."""
    shop = Shop(cast)
    limits(cast.store)
    keep_usual_accounts(store=cast.store)
    shop.vault(1000_00)
    carla = shop.sign_on(cast.carla, 200_00)
    for amount in (5_00, 7_50):
        shop.pay(amount)
    shop.pay(9_99, CARD)
    shop.pay(3_00, USD)
    shop.move(MovementKind.DROP, 3_00)
    pieces = (Pieces(denomination=20_00, pieces=10), Pieces(denomination=1_00, pieces=8))
    found = CountedAmount(currency="EUR", amount=208_00, pieces=pieces)
    close_session(session=carla, counted=found, by=shop.by(cast.carla), at=shop.tick())
    add_note(session=carla, text="a ten for a five", by=shop.by(cast.carla), at=shop.tick())
    shop.pay(1_00)  # late
    settlement = shop.open(100_00, station=2)
    shop.close(settlement, 99_00)
    short = Variance.objects.get(difference=-1_00)
    repay_variance(variance=short, amount=1_00, by=shop.by(), at=shop.tick())
    force_close(shop.sign_on(cast.bruno, 50_00, station=1))
    record_payout(store=cast.store, method="CARD", currency="EUR", amount=9_00, fee=99, by=shop.by(), at=shop.tick())
    credited = credit(shop, pack(shop, 50_00), 49_00)
    correct_credit(deposit=credited, amount=50_00, reason="typed", by=shop.by(cast.anna), at=shop.tick())
    receive_change(order=ordered(cast, at=shop.tick()), received=told(ROLLS), by=shop.by(), at=shop.tick())
    declare(shop, 1)
    permit = issue_authorization(
        store=cast.store, purpose="theft", expires_in=timedelta(hours=1), by=shop.by(cast.anna), at=shop.tick()
    )
    declare(shop, 2, reason=Reason.THEFT_SUSPECTED, authorization_id=permit.uuid)
    exported(cast.erika, **{"from": "2026-03-01", "to": "2026-03-31"})
    for variance in Variance.objects.order_by("pk"):
        if variance.counted_by_id == cast.carla.pk:
            signed_off(shop, recount(shop, variance, 208_00, by=cast.anna))
    close_business_day(store=cast.store, on=THE_DAY, by=shop.by(), at=shop.tick())
    session = shop.sign_on(cast.carla, 80_00, station=2)
    told_order = {"store": cast.store, "net_total": 6_00, "order_type": OrderType.DINE_IN, "by": shop.by(cast.carla)}
    cash = cast.store.account.payment_methods.get(code=CASH)
    for _number in range(2):
        order = create_order(**told_order, at=shop.tick())
        pay_order(order=order, session=session, method=cash, received=6_00, by=shop.by(cast.carla), at=shop.tick())
    create_order(**told_order, at=shop.tick())
    shop.pay(4_00, station=2)
    return shop


def faults(shop: Shop) -> list[str]:
    """Returns the faults that `manage.py verify` reports for the store."""
    return [fault for path in settings.PROOFS for fault in import_string(path)(shop.cast.store)]


def other_value(row: Model, field: "Field[Any, Any]") -> Any:
    """Returns another possible value for a column of this row, or the same value if there is no other."""
    value = getattr(row, field.attname)
    if field.is_relation:
        others = field.related_model._base_manager.exclude(pk=value).values_list("pk", flat=True)  # type: ignore[union-attr]
        return others.order_by("-pk").first() if value is not None or not field.null else others.first()
    if field.choices:
        return next((choice for choice, _label in field.flatchoices if choice != value), value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, datetime | date):
        return value - timedelta(days=1)
    if isinstance(value, int):
        return value + 1
    if isinstance(value, uuid.UUID):
        return uuid.uuid4()
    if isinstance(value, list):
        return value[:-1] if value else [{"currency": "EUR", "method": CASH, "amount": 1}]
    if isinstance(value, dict):
        return {**value, "tampered": 1}
    kind = field.get_internal_type()
    if value is None:
        return {"DateTimeField": datetime.fromisoformat("2026-03-01T12:00:00+00:00"), "DateField": THE_DAY}.get(kind, 1)
    return {"EUR": "USD", "USD": "EUR", CASH: "CARD"}.get(
        value, f"{value}x"[-field.max_length :] if field.max_length else f"{value}x"
    )


def rows_of(model: type[Model]) -> list[Model]:
    """Returns some rows of a table, spread over it; of the audit trail one of each action. The short form has one row."""
    rows = list(model._base_manager.order_by("pk"))
    if model is AuditEntry:
        rows = list({entry.action: entry for entry in rows}.values())
    else:
        if model is Movement:
            rows = [row for row in rows if PlaceKind.REGISTER in (row.source.kind, row.destination.kind) or row.is_late]
        rows = [rows[place * (len(rows) - 1) // (ROWS_MAX - 1)] for place in range(ROWS_MAX)] if rows else []
    return rows if IS_LONG else rows[len(rows) // 2 :][:1]


def tried(shop: Shop, model: type[Model]) -> dict[str, str]:
    """Returns the result of verify for each column of a table: named, in some rows, or unnoticed."""
    told: dict[str, str] = {}
    rows = rows_of(model)
    assert rows, f"the shop has no {model._meta.label}"
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    at_once = [] if IS_LONG else [field for field in fields if can_be_tried_with_others(field)]
    if at_once and is_unnoticed_at_once(shop, rows[0], at_once):
        told = dict.fromkeys((field.name for field in at_once), "unnoticed")
    for field in (*(field for field in fields if field.name not in told), None):
        outcomes = [outcome for row in rows if (outcome := outcome_of(shop, row, field)) is not None]
        name = field.name if field is not None else "a deleted row"
        if outcomes:
            told[name] = (
                {True: "named", False: "unnoticed"}.get(outcomes[0], "") if len(set(outcomes)) == 1 else "in some"
            )
    return told


def can_be_tried_with_others(field: "Field[Any, Any]") -> bool:
    """Whether the page says that a change of this column is unnoticed, and the column cannot hide another change.

    A relation, a choice or a date can move the row out of what verify reads, so it is tried alone.
    """
    moves = field.is_relation or field.choices or field.get_internal_type() in ("DateField", "BooleanField")
    return not moves and told_of(field.model._meta.db_table).get(field.name) == "unnoticed"


def is_unnoticed_at_once(shop: Shop, row: Model, fields: "list[Field[Any, Any]]") -> bool:
    """Tampers with several columns of one row at once. Returns whether the database accepts it and verify reports nothing."""
    try:
        with transaction.atomic():
            type(row)._base_manager.filter(pk=row.pk).update(
                **{each.attname: other_value(row, each) for each in fields}
            )
            connection.check_constraints()
            is_named = bool(faults(shop))
            transaction.set_rollback(True)
    except DatabaseError:
        return False
    return not is_named


def outcome_of(shop: Shop, row: Model, field: "Field[Any, Any] | None") -> bool | None:
    """Tampers with one column, or deletes the row. Returns whether verify reports it, or None if the database refuses it."""
    try:
        with transaction.atomic():
            same = type(row)._base_manager.filter(pk=row.pk)
            if field is None:
                same._raw_delete(same.db)
            else:
                same.update(**{field.attname: other_value(row, field)})
            connection.check_constraints()
            is_named = any(fault for path in settings.PROOFS for fault in import_string(path)(shop.cast.store))
            transaction.set_rollback(True)
    except DatabaseError:
        return None
    return is_named


LASTING: Final = {
    f"{app}_{table}"
    for app in ("cashdesk", "settlements", "reconciliations")
    for table in triggers.laws_of(app).never_deleted
}
GUARDED: Final = {model._meta.db_table: model for model in apps.get_models() if model._meta.db_table in LASTING}


def lines_of_the_page() -> list[str]:
    """Returns the rows of the page's table."""
    return re.findall(r"^\| `.*$", PAGE.read_text(), re.MULTILINE)


@pytest.mark.long
@pytest.mark.parametrize("table", sorted(GUARDED))
def test_the_page_tells_what_verify_names(shop: Shop, table: str) -> None:
    assert faults(shop) == []
    roles.lift_laws(connection)
    outcomes = tried(shop, GUARDED[table])
    if not IS_LONG:
        assert contradicted(outcomes, told_of(table)) == {}
        return
    cells = [columns(outcomes, said) for said in ("named", "in some", "unnoticed")]
    right = f"| `{table}` | {' | '.join(cells)} |"
    assert [line for line in lines_of_the_page() if f"`{table}`" in line] == [right], (
        f"docs/verify.md should say: {right}"
    )


def test_the_page_has_every_guarded_table_and_no_other() -> None:
    assert [line.split("`")[1] for line in lines_of_the_page()] == sorted(GUARDED)


def told_of(table: str) -> dict[str, str]:
    """Returns the result that the page gives for each column of a table."""
    (line,) = [line for line in lines_of_the_page() if f"`{table}`" in line]
    _before, _table, *cells, _after = line.split("|")
    said = zip(("named", "in some", "unnoticed"), cells, strict=True)
    return {column: outcome for outcome, cell in said for column in cell.strip().split(", ") if column != "-"}


def contradicted(outcomes: dict[str, str], told: dict[str, str]) -> dict[str, tuple[str, str | None]]:
    """Returns the columns for which the page contradicts the result of verify for one row."""
    return {
        column: (outcome, told.get(column))
        for column, outcome in outcomes.items()
        if told.get(column) not in (outcome, "in some")
    }


def columns(outcomes: dict[str, str], said: str) -> str:
    """Returns the columns of one outcome, as the page lists them."""
    return ", ".join(name for name, outcome in outcomes.items() if outcome == said) or "-"
