"""Expected cash: the only sum. Whatever a view, a list or a report says should be there was computed here."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import add
from typing import Any, Final

from django.db import connection
from django.db.models import Case, Exists, F, OuterRef, Q, Sum, When

from cashdesk.enums import CASH, MovementKind, PlaceKind, ReportLine
from cashdesk.models import CashSession, ForeignCash, Movement, Place, Seal, Store
from cashdesk.pair import Pair

Balances = Mapping[Pair, int]
"""Minor units by (currency, method); a pair that is absent is zero."""

ID_MAX: Final = 2**63 - 1

# Two ranges of two covering indexes, movement_into_place and movement_out_of_place: index-only on both databases. The
# parameters are named twice because each half must carry its own range for its own index.
_MOVED: Final = """
SELECT currency, method, CAST(SUM(amount) AS bigint) FROM (
    SELECT currency, method, amount FROM cashdesk_movement WHERE destination_id = %s AND id > %s AND id <= %s
    UNION ALL
    SELECT currency, method, -amount FROM cashdesk_movement WHERE source_id = %s AND id > %s AND id <= %s
) moved GROUP BY currency, method
"""

# The same two index ranges, but `kind` is not in the index, so rows are fetched, and their payments by primary key: a
# payment is told as billed, with its rounding beside. Used by reports only.
_MOVED_BY_KIND: Final = """
SELECT
    kind, currency, method, COUNT(*), CAST(SUM(billed_in) AS bigint), CAST(SUM(billed_out) AS bigint),
    SUM(CASE WHEN came_in <> billed_in OR went_out <> billed_out THEN 1 ELSE 0 END),
    CAST(SUM(came_in - billed_in) AS bigint), CAST(SUM(went_out - billed_out) AS bigint)
FROM (
    SELECT
        m.kind, m.currency, m.method, m.amount AS came_in, 0 AS went_out,
        COALESCE(p.amount, m.amount) AS billed_in, 0 AS billed_out
    FROM cashdesk_movement m LEFT JOIN cashdesk_payment p ON p.id = m.payment_id
    WHERE m.destination_id = %s AND m.id > %s AND m.id <= %s
    UNION ALL
    SELECT m.kind, m.currency, m.method, 0, m.amount, 0, COALESCE(p.amount, m.amount)
    FROM cashdesk_movement m LEFT JOIN cashdesk_payment p ON p.id = m.payment_id
    WHERE m.source_id = %s AND m.id > %s AND m.id <= %s
) moved GROUP BY kind, currency, method
"""
PLACES_PER_STATEMENT: Final = 100
"""SQLite takes 500 parts of a compound SELECT; a place has two."""

_SUM_OF_CASH: Final = "SELECT currency, CAST(SUM(amount) AS bigint) FROM ({}) moved GROUP BY currency"
_CASH_IN: Final = """
    SELECT currency, amount FROM cashdesk_movement
    WHERE destination_id = %s AND id > %s AND id < %s AND method = 'CASH'
"""
_CASH_OUT: Final = """
    SELECT currency, -amount FROM cashdesk_movement WHERE source_id = %s AND id > %s AND id < %s AND method = 'CASH'
"""

_KINDS: Final[list[MovementKind | ReportLine]] = [*MovementKind]
_KINDS.insert(_KINDS.index(MovementKind.REFUND) + 1, ReportLine.ROUNDING)
_ORDER_OF_KINDS: Final = {kind: number for number, kind in enumerate(_KINDS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedOfKind:
    """What the movements of one kind, currency and method did to a place: how many, and minor units in and out.

    Of ROUNDING both are signed: what came in (or went out) beyond what was billed.
    """

    kind: MovementKind | ReportLine
    currency: str
    method: str
    count: int
    came_in: int
    went_out: int

    @property
    def pair(self) -> Pair:
        """Currency and method, as balances are keyed."""
        return Pair(self.currency, self.method)


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What the ledger says is in a place: `balances` after the movements of the running period, which begins behind
    `last_seal` (None: the place was never sealed).
    """

    balances: Balances
    last_seal: Seal | None
    carried: frozenset[str] = frozenset()
    """The currencies of cash that were in the place when the period began, whatever is left of them."""
    moved: frozenset[str] = frozenset()
    """The currencies of cash that moved in the period, whatever is left of them."""

    @property
    def currencies(self) -> frozenset[str]:
        """The currencies of cash that a count of the place asks for."""
        return self.carried | self.moved

    def amount(self, *, currency: str, method: str) -> int:
        """Returns minor units; 0 for a pair that never moved."""
        return self.balances.get(Pair(currency, method), 0)

    @property
    def after_movement(self) -> int:
        """The id of the last movement before the running period."""
        return self.last_seal.last_movement if self.last_seal else 0


def moved(*, place: Place, after: int, until: int = ID_MAX) -> dict[Pair, int]:
    """Returns in minus out of a place over the movements with an id above `after`, up to and with `until`, minor units by
    (currency, method).
    """
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, [place.pk, after, until, place.pk, after, until])
        return {Pair(currency, method): int(amount) for currency, method, amount in cursor.fetchall()}


def moved_cash(*, periods: Sequence[tuple[int, int]], before: int) -> Iterator[tuple[str, int]]:
    """Yields currency and minor units that add up to the cash in minus out of several places.

    Each period is a place's id and the movement behind which it begins; all end before the movement `before`.
    """
    for start in range(0, len(periods), PLACES_PER_STATEMENT):
        parts, parameters = [], []
        for place_id, after in periods[start : start + PLACES_PER_STATEMENT]:
            parts += [_CASH_IN, _CASH_OUT]
            parameters += [place_id, after, before] * 2
        with connection.cursor() as cursor:
            cursor.execute(_SUM_OF_CASH.format(" UNION ALL ".join(parts)), parameters)
            yield from ((currency, int(amount)) for currency, amount in cursor.fetchall())


def moved_by_kind(*, place: Place, after: int, until: int = ID_MAX) -> tuple[MovedOfKind, ...]:
    """Returns what `moved()` sums, kind by kind in the order of the kinds: one statement, so that the parts are those of
    one moment and add up. Sales and refunds are told as billed; a line of its own has their rounding.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MOVED_BY_KIND, [place.pk, after, until, place.pk, after, until])
        rows = cursor.fetchall()
    lines: list[MovedOfKind] = []
    rounding: dict[Pair, list[int]] = defaultdict(lambda: [0, 0, 0])
    for kind, currency, method, *numbers in rows:
        count, billed_in, billed_out, *rounded = map(int, numbers)
        lines.append(_line(MovementKind(kind), Pair(currency, method), [count, billed_in, billed_out]))
        if rounded[0]:
            pair = Pair(currency, method)
            rounding[pair] = list(map(add, rounding[pair], rounded))
    lines += [_line(ReportLine.ROUNDING, pair, numbers) for pair, numbers in rounding.items()]
    return tuple(sorted(lines, key=lambda line: (*line.pair, _ORDER_OF_KINDS[line.kind])))


def _line(kind: MovementKind | ReportLine, pair: Pair, numbers: list[int]) -> MovedOfKind:
    count, came_in, went_out = numbers
    currency, method = pair
    return MovedOfKind(kind=kind, currency=currency, method=method, count=count, came_in=came_in, went_out=went_out)


def added_up(lines: Iterable[MovedOfKind]) -> dict[Pair, int]:
    """Returns in minus out of such lines, minor units by (currency, method)."""
    added: dict[Pair, int] = defaultdict(int)
    for line in lines:
        added[line.pair] += line.came_in - line.went_out
    return dict(added)


def last_movement_of(place: Place) -> int:
    """Returns the id of the last movement into, out of or late for a place, 0 where there is none: what a period begins
    behind. What came late belongs to the period before, also where the next one begins without any movement.

    The caller holds the place's exclusive lock. Three index look-ups.
    """
    found = (
        Movement.objects.filter(**{end: place}).order_by("-pk").values_list("pk", flat=True).first()
        for end in ("source", "destination", "late_for")
    )
    return max(pk or 0 for pk in found)


def last_seal_of(place: Place) -> Seal | None:
    """Returns the seal of the place's last closed period; None where there is none."""
    return Seal.objects.filter(place=place).order_by("-number").first()


def book_of(place: Place) -> Book:
    """Returns the place's book: the closing balances of its last seal and the one sum over what moved since.

    The caller holds the place's lock where it decides on the figures: this is the second statement after it.
    The cost follows the running period, not the ledger. In a session with cash, currency and method of the session, the
    book is the expected amount: at the opening it is brought to the float, whatever was left in the drawer.
    """
    leaves_cash = Exists(ForeignCash.objects.filter(session__seal=OuterRef("pk"), stays=True))
    seals = Seal.objects.filter(place=place).annotate(leaves_foreign_cash=leaves_cash)
    last_seal: Any = seals.order_by("-number").first()
    balances: dict[Pair, int] = defaultdict(int)
    carried: set[str] = set()
    if last_seal is not None:
        for sealed in last_seal.balances:
            balances[Pair(sealed["currency"], sealed["method"])] += sealed["amount"]
        carried = {currency for currency, method in balances if method == CASH}
        if last_seal.leaves_foreign_cash:
            # A balance of zero is in no seal; that nobody counted it yet is.
            left = ForeignCash.objects.filter(session__seal=last_seal, stays=True)
            carried.update(left.values_list("currency", flat=True))
    moves = moved(place=place, after=last_seal.last_movement if last_seal else 0)
    for pair, amount in moves.items():
        balances[pair] += amount
    return Book(
        balances={pair: amount for pair, amount in balances.items() if amount},
        last_seal=last_seal,
        carried=frozenset(carried),
        moved=frozenset(currency for currency, method in moves if method == CASH),
    )


def whole_book_of(place: Place) -> Balances:
    """Returns a place's balances from the whole ledger, without its seals: for proofs and audits, not for trading."""
    return {pair: amount for pair, amount in moved(place=place, after=0).items() if amount}


def balances_of_places(*, store: Store) -> dict[int, Balances]:
    """Returns every place's balances from the whole ledger, by place id: for proofs and audits, not for trading."""
    return {place.pk: whole_book_of(place) for place in store.places.all()}


def late_cash_of(session: CashSession) -> int:
    """Returns the cash that arrived late for a closed session, in minus out, minor units.

    It was in the drawer when it was counted and not yet in the books, so it explains that much of the frozen difference:
    `difference - late_cash_of()` is the adjusted difference (law 4).
    """
    late = Movement.objects.filter(session=session, is_late=True, method=CASH, currency=session.currency).exclude(
        # Late for the vault alone: in this register it was on time.
        Q(source=session.register_id) | Q(destination=session.register_id)
    )
    signed = Case(When(destination__kind=PlaceKind.OVER_SHORT, then=F("amount")), default=-F("amount"))
    return int(late.aggregate(total=Sum(signed))["total"] or 0)
