"""Seals the period of a place, and proves that nobody changed the rows of a sealed period."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from django.db.models import Q

from cashdesk.domain.ledger.expected import Balances, moved
from cashdesk.models import Movement, Place, Seal
from cashdesk.pair import Pair

DIGESTED: Final = (
    "id", "uuid", "store_id", "source_id", "destination_id", "amount", "currency", "method", "kind", "session_id",
    "payment_id", "reverses_id", "is_late", "business_date", "occurred_at", "recorded_at", "recorded_by_id",
    "recorded_with_id", "reason", "note",
)  # fmt: skip


def seal_period(*, place: Place, last_seal: Seal | None, at: datetime) -> Seal:
    """Closes the running period of a place. The seal gets the next Z number and the digest of the previous seal.

    The caller holds the place's exclusive lock, has read `last_seal` under this lock, and has recorded the last
    movements of the period. The closing balances are summed here, so that they include the movements of the close.
    """
    after = last_seal.last_movement if last_seal else 0
    movements = list(_movements(place=place, after=after))
    balances = dict(_opening(last_seal))
    for pair, amount in moved(place=place, after=after).items():
        balances[pair] = balances.get(pair, 0) + amount
    seal = Seal(
        place=place,
        number=last_seal.number + 1 if last_seal else 1,
        after_movement=after,
        last_movement=movements[-1][0] if movements else after,
        movement_count=len(movements),
        balances=_listed(balances),
        previous_digest=last_seal.digest if last_seal else "",
        sealed_at=at,
    )
    seal.digest = _digest(seal, movements)
    seal.save(force_insert=True)
    return seal


def faults_of(place: Place) -> list[str]:
    """Computes every seal of a place again from the rows. Returns a sentence for every mismatch."""
    faults = []
    previous: Seal | None = None
    for seal in Seal.objects.filter(place=place).order_by("number"):
        expected_number = previous.number + 1 if previous else 1
        if seal.number != expected_number:
            faults.append(f"{place} of store {place.store_id}: Z {expected_number} is missing.")
        if seal.previous_digest != (previous.digest if previous else ""):
            faults.append(
                f"{place} of store {place.store_id}: Z {seal.number} does not follow from the seal before it."
            )
        movements = list(_movements(place=place, after=seal.after_movement, until=seal.last_movement))
        if seal.digest != _digest(seal, movements):
            faults.append(
                f"{place} of store {place.store_id}: the movements under Z {seal.number} differ from those that were sealed."
            )
        balances = dict(_opening(previous))
        for row in movements:
            pair = Pair(row[DIGESTED.index("currency")], row[DIGESTED.index("method")])
            amount = row[DIGESTED.index("amount")]
            balances[pair] = balances.get(pair, 0) + (
                amount if row[DIGESTED.index("destination_id")] == place.pk else -amount
            )
        if seal.balances != _listed(balances):
            faults.append(
                f"{place} of store {place.store_id}: the balances of Z {seal.number} differ from the sum of its movements."
            )
        previous = seal
    return faults


def _movements(*, place: Place, after: int, until: int | None = None) -> Iterator[tuple[Any, ...]]:
    wanted = Movement.objects.filter(Q(source=place) | Q(destination=place), pk__gt=after)
    if until is not None:
        wanted = wanted.filter(pk__lte=until)
    for row in wanted.order_by("pk").values_list(*DIGESTED, "late_for_id").iterator(chunk_size=2000):
        # Older seals were computed before the column `late_for` existed, so an empty value is left out.
        yield row if row[-1] is not None else row[:-1]


def _opening(seal: Seal | None) -> Iterator[tuple[Pair, int]]:
    for balance in seal.balances if seal else []:
        yield Pair(balance["currency"], balance["method"]), balance["amount"]


def _listed(balances: Balances) -> list[dict[str, Any]]:
    return [
        {"currency": currency, "method": method, "amount": amount}
        for (currency, method), amount in sorted(balances.items())
        if amount
    ]


def _digest(seal: Seal, movements: list[tuple[Any, ...]]) -> str:
    """Returns the SHA-256 of a seal and its movements.

    The first hashed line has the seal's own figures and the previous digest. Each further line has the columns of a
    movement.
    """
    digest = hashlib.sha256()
    # Sorted JSON, because PostgreSQL returns the keys of an object in its own order.
    balances = json.dumps(seal.balances, sort_keys=True)
    head = (
        seal.place_id,
        seal.number,
        seal.after_movement,
        seal.last_movement,
        seal.movement_count,
        balances,
        seal.previous_digest,
        seal.sealed_at.astimezone(UTC),
    )
    for row in (head, *movements):
        # repr keeps 1 and "1" apart and escapes line ends, so different rows never give the same line.
        digest.update(
            "|".join(value.isoformat() if hasattr(value, "isoformat") else repr(value) for value in row).encode()
        )
        digest.update(b"\n")
    return digest.hexdigest()
