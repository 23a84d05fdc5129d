"""Seals the period of a place, and proves that nobody changed the rows of a sealed period."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from django.db.models import Q

from cashdesk.domain.ledger.expected import moved
from cashdesk.models import Movement, Place, Seal
from cashdesk.pair import Pair

DIGESTED: Final = (
    "id", "uuid", "store_id", "source_id", "destination_id", "amount", "currency", "method", "kind", "session_id",
    "payment_id", "reverses_id", "is_late", "business_date", "occurred_at", "recorded_at", "recorded_by_id",
    "recorded_with_id", "reason", "note",
)  # fmt: skip
_WRITTEN: Final[dict[type, Callable[[Any], str]]] = {date: date.isoformat, datetime: datetime.isoformat}
"""How values are digested. By type, because a proof digests every column of every movement."""
_DESTINATION, _AMOUNT = DIGESTED.index("destination_id"), DIGESTED.index("amount")
_PAIR = slice(DIGESTED.index("currency"), DIGESTED.index("method") + 1)


def seal_period(*, place: Place, last_seal: Seal | None, at: datetime) -> Seal:
    """Closes the running period of a place. The seal gets the next Z number and the digest of the previous seal.

    The caller holds the place's exclusive lock, has read `last_seal` under this lock, and has recorded the last
    movements of the period. The closing balances are summed here, so that they include the movements of the close.
    """
    after = last_seal.last_movement if last_seal else 0
    movements = list(_movements(place=place, after=after))
    balances: dict[tuple[str, str], int] = dict(_opening(last_seal))
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
    """Computes every seal of a place again from the rows. Returns a sentence for every mismatch.

    Reads the seals and the movements of the place in one pass each, whatever their number.
    """
    faults = []
    previous: Seal | None = None
    named = f"{place} of store {place.store_id}:"
    rows = _Rows(place)
    for seal in Seal.objects.filter(place=place).order_by("number").iterator(chunk_size=2000):
        expected_number = previous.number + 1 if previous else 1
        if seal.number != expected_number:
            faults.append(f"{named} Z {expected_number} is missing.")
        if seal.previous_digest != (previous.digest if previous else ""):
            faults.append(f"{named} Z {seal.number} does not follow from the seal before it.")
        movements = rows.of(seal)
        if seal.digest != _digest(seal, movements):
            faults.append(f"{named} the movements under Z {seal.number} differ from those that were sealed.")
        balances: dict[tuple[str, str], int] = dict(_opening(previous))
        for row in movements:
            # The columns of a pair. Making a `Pair` of them for each movement takes longer than the sum.
            pair = row[_PAIR]
            amount = row[_AMOUNT] if row[_DESTINATION] == place.pk else -row[_AMOUNT]
            balances[pair] = balances.get(pair, 0) + amount
        if seal.balances != _listed(balances):
            faults.append(f"{named} the balances of Z {seal.number} differ from the sum of its movements.")
        previous = seal
    return faults


class _Rows:
    """The movements of the seals of a place, read in one pass while each seal begins where the seal before it ended."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._reached = 0
        self._left = _movements(place=place, after=0)
        self._held: tuple[Any, ...] | None = None

    def of(self, seal: Seal) -> list[tuple[Any, ...]]:
        """Returns the movements of a seal. Somebody may have changed its ends: then they are read for it alone."""
        if seal.after_movement != self._reached or seal.last_movement < self._reached:
            return list(_movements(place=self._place, after=seal.after_movement, until=seal.last_movement))
        self._reached = seal.last_movement
        found = []
        if self._held is not None and self._held[0] <= seal.last_movement:
            found.append(self._held)
            self._held = None
        if self._held is None:
            for row in self._left:
                if row[0] > seal.last_movement:
                    self._held = row
                    break
                found.append(row)
        return found


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


def _listed(balances: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
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
    # repr keeps 1 and "1" apart and escapes line ends, so different rows never give the same line.
    lines = ["|".join([_WRITTEN.get(type(value), repr)(value) for value in row]) for row in (head, *movements)]
    return hashlib.sha256(("\n".join(lines) + "\n").encode()).hexdigest()
