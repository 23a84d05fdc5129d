"""Computes the expected amounts of a place as sums of its movements.

All pages, lists and reports use these sums, so they cannot disagree.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import add
from typing import Any, Final

from django.db import connection
from django.db.models import Case, Exists, F, OuterRef, Q, Sum, When

from cashdesk.enums import CASH, MovementKind, PlaceKind, ReportLine
from cashdesk.models import CashSession, ForeignCash, Movement, Place, Seal, Store
from cashdesk.pair import Pair

Balances = Mapping[Pair, int]
"""Minor units by currency and method. A missing pair means zero."""

ID_MAX: Final = 2**63 - 1

# Reads one range of each covering index (movement_into_place, movement_out_of_place). Both databases read only the index.
# The parameters are given twice, because each half needs the range for its own index.
_MOVED: Final = """
SELECT currency, method, CAST(SUM(amount) AS bigint) FROM (
    SELECT currency, method, amount FROM cashdesk_movement WHERE destination_id = %s AND id > %s AND id <= %s
    UNION ALL
    SELECT currency, method, -amount FROM cashdesk_movement WHERE source_id = %s AND id > %s AND id <= %s
) moved GROUP BY currency, method
"""

# Reads the same two index ranges as `_MOVED`, for each period. `kind` and `payment_id` are in the indexes, so the database
# fetches no movement. Without them it would rather read all movements since the period began, which for a register that
# stood idle are those of everybody else. The amount of a payment is a subquery, because a join may read all payments. A
# payment counts with its billed amount, and the cash rounding is summed separately. Used by reports only.
_MOVED_BY_KIND: Final = """
SELECT
    period, kind, currency, method, COUNT(*), CAST(SUM(billed_in) AS bigint), CAST(SUM(billed_out) AS bigint),
    SUM(CASE WHEN came_in <> billed_in OR went_out <> billed_out THEN 1 ELSE 0 END),
    CAST(SUM(came_in - billed_in) AS bigint), CAST(SUM(went_out - billed_out) AS bigint)
FROM ({}) moved GROUP BY period, kind, currency, method
"""
_KIND_IN: Final = """
    SELECT
        CAST(%s AS bigint) AS period, m.kind, m.currency, m.method, m.amount AS came_in, 0 AS went_out,
        COALESCE((SELECT p.amount FROM cashdesk_payment p WHERE p.id = m.payment_id), m.amount) AS billed_in, 0 AS billed_out
    FROM cashdesk_movement m WHERE m.destination_id = %s AND m.id > %s AND m.id <= %s
"""
_KIND_OUT: Final = """
    SELECT
        CAST(%s AS bigint), m.kind, m.currency, m.method, 0, m.amount,
        0, COALESCE((SELECT p.amount FROM cashdesk_payment p WHERE p.id = m.payment_id), m.amount)
    FROM cashdesk_movement m WHERE m.source_id = %s AND m.id > %s AND m.id <= %s
"""
PLACES_PER_STATEMENT: Final = 100
"""SQLite allows 500 parts in a compound SELECT, and each place needs two."""

_SUM_OF_CASH: Final = "SELECT currency, CAST(SUM(amount) AS bigint) FROM ({}) moved GROUP BY currency"
_CASH_IN: Final = """
    SELECT currency, amount FROM cashdesk_movement
    WHERE destination_id = %s AND id > %s AND id < %s AND method = 'CASH'
"""
_CASH_OUT: Final = """
    SELECT currency, -amount FROM cashdesk_movement WHERE source_id = %s AND id > %s AND id < %s AND method = 'CASH'
"""

# The last sum alone fetches rows: money paid in and out by hand, of a small index by store. The `+ 0` keeps the database
# from the indexes by place, with which it would fetch each sale.
_CASH_WITHOUT_HAND: Final = """
WITH period (place, store, after, until, cash) AS (VALUES {})
SELECT place, CAST(
    COALESCE((SELECT SUM(amount) FROM cashdesk_movement m
        WHERE destination_id = place AND id > after AND id <= until AND currency = cash AND method = 'CASH'), 0)
    - COALESCE((SELECT SUM(amount) FROM cashdesk_movement m
        WHERE source_id = place AND id > after AND id <= until AND currency = cash AND method = 'CASH'), 0)
    - COALESCE((SELECT SUM(CASE WHEN destination_id = place THEN amount ELSE -amount END) FROM cashdesk_movement m
        WHERE store_id = store AND kind IN ('PAID_IN', 'PAID_OUT') AND id > after AND id <= until
            AND (destination_id + 0 = place OR source_id + 0 = place) AND currency = cash AND method = 'CASH'), 0)
AS bigint) FROM period
"""
_PERIOD: Final = f"({'CAST(%s AS bigint), ' * 4}CAST(%s AS varchar(3)))"

# Each part is one range of a covering index.
_SUM_BY_PLACE: Final = (
    "SELECT place, currency, method, CAST(SUM(amount) AS bigint) FROM ({}) moved GROUP BY place, currency, method"
)
_INTO_PLACE: Final = """
    SELECT CAST(%s AS bigint) AS place, currency, method, amount FROM cashdesk_movement
    WHERE destination_id = %s AND id > %s AND id <= %s
"""
_OUT_OF_PLACE: Final = """
    SELECT CAST(%s AS bigint) AS place, currency, method, -amount FROM cashdesk_movement
    WHERE source_id = %s AND id > %s AND id <= %s
"""

_KINDS: Final[list[MovementKind | ReportLine]] = [*MovementKind]
_KINDS.insert(_KINDS.index(MovementKind.REFUND) + 1, ReportLine.ROUNDING)
_ORDER_OF_KINDS: Final = {kind: number for number, kind in enumerate(_KINDS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedOfKind:
    """The number and the sums of a place's movements of one kind, currency and method. Sums are in minor units.

    `came_in` is money into the place, `went_out` is money out of it. The line `ReportLine.ROUNDING` stands for cash
    rounding: its sums are moved amounts minus billed amounts, and may be negative.
    """

    kind: MovementKind | ReportLine
    currency: str
    method: str
    count: int
    came_in: int
    went_out: int

    @property
    def pair(self) -> Pair:
        """Currency and method: the key of a balance."""
        return Pair(self.currency, self.method)


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The balances of a place according to the ledger. `last_seal` is the seal before the running period, or None."""

    balances: Balances
    last_seal: Seal | None
    carried: frozenset[str] = frozenset()
    """Currencies of cash that were in the place when the period began, even if nothing is left."""
    moved: frozenset[str] = frozenset()
    """Currencies of cash that moved in the period, even if nothing is left."""

    @property
    def currencies(self) -> frozenset[str]:
        """The currencies that a count of the place's cash must include."""
        return self.carried | self.moved

    def amount(self, *, currency: str, method: str) -> int:
        """Returns the balance in minor units; 0 for a pair that never moved."""
        return self.balances.get(Pair(currency, method), 0)

    @property
    def after_movement(self) -> int:
        """The id of the last movement before the running period."""
        return self.last_seal.last_movement if self.last_seal else 0


def moved(*, place: Place, after: int, until: int = ID_MAX) -> dict[Pair, int]:
    """Returns the money into a place minus the money out of it, in minor units, by currency and method.

    Sums the movements with `after` < id <= `until`.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, [place.pk, after, until, place.pk, after, until])
        return {Pair(currency, method): int(amount) for currency, method, amount in cursor.fetchall()}


def moved_cash(*, periods: Sequence[tuple[int, int]], before: int) -> Iterator[tuple[str, int]]:
    """Sums the cash into several places minus the cash out of them. Yields (currency, minor units).

    A currency may occur several times, so the caller adds up the amounts. Each period is (id of the place, id of the
    last movement before the period). All periods end before the movement with the id `before`.
    """
    for start in range(0, len(periods), PLACES_PER_STATEMENT):
        parts, parameters = [], []
        for place_id, after in periods[start : start + PLACES_PER_STATEMENT]:
            parts += [_CASH_IN, _CASH_OUT]
            parameters += [place_id, after, before] * 2
        with connection.cursor() as cursor:
            cursor.execute(_SUM_OF_CASH.format(" UNION ALL ".join(parts)), parameters)
            yield from ((currency, int(amount)) for currency, amount in cursor.fetchall())


def moved_at_places(*, periods: Sequence[tuple[int, int, int]]) -> dict[int, dict[Pair, int]]:
    """Returns the result of `moved()` for several places, by place id. Each period is (place id, `after`, `until`).

    One statement reads all places, so the figures are of the same moment. SQLite limits the size of a statement, so
    there it may take several. The caller's transaction then keeps writers out between them.
    """
    found: dict[int, dict[Pair, int]] = {place_id: defaultdict(int) for place_id, _after, _until in periods}
    size = PLACES_PER_STATEMENT if connection.vendor == "sqlite" else len(periods)
    for start in range(0, len(periods), max(size, 1)):
        parts, parameters = [], []
        for place_id, after, until in periods[start : start + size]:
            parts += [_INTO_PLACE, _OUT_OF_PLACE]
            parameters += [place_id, place_id, after, until] * 2
        with connection.cursor() as cursor:
            cursor.execute(_SUM_BY_PLACE.format(" UNION ALL ".join(parts)), parameters)
            for place_id, currency, method, amount in cursor.fetchall():
                found[place_id][Pair(currency, method)] += int(amount)
    return found


def moved_without_hand(*, periods: Sequence[tuple[int, int, int, int, str]]) -> dict[int, int]:
    """Sums the cash into places minus the cash out of them, without money that people paid in or out by hand.

    Each period is (place id, store id, `after`, `until`, currency). Returns minor units by place id, in one statement.
    """
    if not periods:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            _CASH_WITHOUT_HAND.format(", ".join([_PERIOD] * len(periods))),
            [one for period in periods for one in period],
        )
        return {place_id: int(amount) for place_id, amount in cursor.fetchall()}


def moved_by_kind(*, place: Place, after: int, until: int = ID_MAX) -> tuple[MovedOfKind, ...]:
    """Returns the same sums as `moved()`, split by kind. Sorted by currency, method and kind.

    One query reads everything, so the lines add up to the result of `moved()`. Sales and refunds have their billed
    amount, and their cash rounding is a separate line.
    """
    return moved_by_kind_in(periods=[(place.pk, after, until)])[0]


def moved_by_kind_in(*, periods: Sequence[tuple[int, int, int]]) -> list[tuple[MovedOfKind, ...]]:
    """Returns the lines of `moved_by_kind()` for several periods, in their order.

    Each period is (place id, `after`, `until`). One statement reads PLACES_PER_STATEMENT periods.
    """
    lines: list[list[MovedOfKind]] = [[] for _period in periods]
    rounding: dict[tuple[int, Pair], list[int]] = defaultdict(lambda: [0, 0, 0])
    numbered = list(enumerate(periods))
    for start in range(0, len(numbered), PLACES_PER_STATEMENT):
        parts, parameters = [], []
        for number, period in numbered[start : start + PLACES_PER_STATEMENT]:
            parts += [_KIND_IN, _KIND_OUT]
            parameters += [number, *period] * 2
        with connection.cursor() as cursor:
            cursor.execute(_MOVED_BY_KIND.format(" UNION ALL ".join(parts)), parameters)
            rows = cursor.fetchall()
        for number, kind, currency, method, *numbers in rows:
            pair = Pair(currency, method)
            count, billed_in, billed_out, *rounded = map(int, numbers)
            lines[number].append(_line(MovementKind(kind), pair, [count, billed_in, billed_out]))
            if rounded[0]:
                rounding[number, pair] = list(map(add, rounding[number, pair], rounded))
    for (number, pair), numbers in rounding.items():
        lines[number].append(_line(ReportLine.ROUNDING, pair, numbers))
    return [tuple(sorted(one, key=lambda line: (*line.pair, _ORDER_OF_KINDS[line.kind]))) for one in lines]


def _line(kind: MovementKind | ReportLine, pair: Pair, numbers: list[int]) -> MovedOfKind:
    count, came_in, went_out = numbers
    currency, method = pair
    return MovedOfKind(kind=kind, currency=currency, method=method, count=count, came_in=came_in, went_out=went_out)


def added_up(lines: Iterable[MovedOfKind]) -> dict[Pair, int]:
    """Adds up lines: returns the money in minus the money out, in minor units, by currency and method."""
    added: dict[Pair, int] = defaultdict(int)
    for line in lines:
        added[line.pair] += line.came_in - line.went_out
    return dict(added)


def last_movement_of(place: Place) -> int:
    """Returns the id of the last movement into a place, out of it, or late for it (`late_for`), or 0.

    The next period has only movements with a larger id. A late movement counts here, because it belongs to the previous
    period. The caller holds the place's exclusive lock.
    """
    found = (
        Movement.objects.filter(**{end: place}).order_by("-pk").values_list("pk", flat=True).first()
        for end in ("source", "destination", "late_for")
    )
    return max(pk or 0 for pk in found)


def last_seal_of(place: Place) -> Seal | None:
    """Returns the seal of the place's last closed period, or None."""
    return Seal.objects.filter(place=place).order_by("-number").first()


def book_of(place: Place) -> Book:
    """Returns the place's book: the balances of its last seal plus the movements since then.

    A caller that decides something with the figures must hold the place's lock. The query reads only the movements of
    the running period, not the whole ledger. During a session the cash balance in the session's currency is the
    session's expected amount, because the opening makes the book equal to the float.
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
            # A seal has no zero balances, so a currency with balance 0 that still needs a count is found only here.
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
    """Returns the balances of a place, summed from its first movement.

    Unlike `book_of`, it does not read the balances that are stored in the seals. For proofs and audits
    only: too slow for trading.
    """
    return {pair: amount for pair, amount in moved(place=place, after=0).items() if amount}


def balances_of_places(*, store: Store) -> dict[int, Balances]:
    """Returns the result of `whole_book_of` for each place of a store, by place id. For proofs and audits only."""
    return {place.pk: whole_book_of(place) for place in store.places.all()}


def late_in(over_short: Place, *, methods: Collection[str]) -> dict[Pair, int]:
    """Returns the late money of these methods in over/short, in minor units by currency and method (law 4).

    Scans the index entries of over/short, and fetches only the rows of these methods. For others than cash they are few.
    """
    signed = Case(When(destination=over_short, then=F("amount")), default=-F("amount"))
    rows = Movement.objects.filter(
        Q(destination=over_short) | Q(source=over_short), is_late=True, method__in=methods
    ).order_by()
    found = rows.values_list("currency", "method").annotate(total=Sum(signed))
    return {Pair(currency, method): int(total) for currency, method, total in found if total}


def late_cash_of(session: CashSession) -> int:
    """Returns the late cash of a closed session: money in minus money out, in minor units.

    When the drawer was counted, this cash had already moved, but it was not booked yet. So it explains a part of the
    frozen difference: `difference - late_cash_of()` is the adjusted difference (law 4).
    """
    late = Movement.objects.filter(session=session, is_late=True, method=CASH, currency=session.currency).exclude(
        # A late movement with this register as its source or destination is late for the vault, not for this session.
        Q(source=session.register_id) | Q(destination=session.register_id)
    )
    signed = Case(When(destination__kind=PlaceKind.OVER_SHORT, then=F("amount")), default=-F("amount"))
    return int(late.aggregate(total=Sum(signed))["total"] or 0)
