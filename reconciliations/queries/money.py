"""Reads the data of the page Money: where all money of a store is, and which places must stay hidden (law 5).

A place is hidden while its balance includes money that nobody has counted yet. All balances add up to zero, so a single
hidden balance could be worked out from the others. That is why customers and outside are hidden too: the money of an open
drawer comes from there. The shown balances give away only the sum of the hidden ones. Sales and payments at an open drawer
do not change that sum, because they move money between hidden places.

The number of statements is fixed. Only places that few movements reach are summed from their first one (`positions_of`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import CharField, Count, Exists, Func, OuterRef, Sum

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import ID_MAX, late_in
from cashdesk.domain.ledger.position import Position, cuts_of, positions_of
from cashdesk.domain.session.handover import counts_of_custody
from cashdesk.enums import CASH, CountMoment, PlaceKind
from cashdesk.models import CountAmount, ForeignCash, Movement, Place, Store
from cashdesk.pair import Pair
from reconciliations.queries.today import Drawer, DrawerState, floor_of
from settlements.enums import DepositState
from settlements.models import Deposit

HIDDEN_TOGETHER: Final = frozenset({PlaceKind.CUSTOMERS, PlaceKind.OUTSIDE})
"""The places outside the store that an open drawer trades with."""

CLOSES_MAX: Final = 1000
"""The most closes that the page reads back to find the oldest money in clearing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """The position of a store at an instant, or its change since an earlier one, and the ids of its hidden places."""

    position: Position
    drawers: Mapping[int, Drawer]
    hidden: frozenset[int]
    vault_counted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bags:
    """The number of bags in one state and currency, and their cash in minor units."""

    number: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outstanding:
    """Money of one currency and method that acquirers owe, in minor units: that in clearing, and late money.

    Late money is in over/short (law 4), but acquirers pay it too. A payout that includes it takes clearing below zero.
    `since` is the business date of the oldest part in clearing. It is None if clearing holds nothing, or if that part is
    older than the closes that were read.
    """

    pair: Pair
    in_clearing: int
    late: int
    since: date | None

    @property
    def amount(self) -> int:
        """The amount that acquirers owe, in minor units. It is negative if they paid too much."""
        return self.in_clearing + self.late


def money_of(
    *, store: Store, by: Principal, now: datetime, today: date, as_of: datetime | None, since: datetime | None
) -> Money:
    """Returns the position of a store as of an instant (default: now), or its change between two instants."""
    (position,) = positions_of([store], as_of=as_of)
    drawers = {drawer.register.pk: drawer for drawer in floor_of(store=store, by=by, today=today).drawers}
    uncounted = _foreign_cash_left(drawers)
    vault, counted_at = next(place for place, _held in position.balances if place.kind == PlaceKind.VAULT), None
    hidden: set[int] = set()
    for instant in {as_of, since} if since is not None else {as_of}:
        registers = {
            pk
            for pk, drawer in drawers.items()
            if (_is_uncounted(drawer) or pk in uncounted) and _since(drawer) <= (instant or now)
        }
        hides_vault, counted_at = _vault(vault, as_of=instant, now=now, hides_registers=bool(registers))
        hidden |= registers | ({vault.pk} if hides_vault else set())
    if hidden:
        hidden |= {place.pk for place, _held in position.balances if place.kind in HIDDEN_TOGETHER}
    if any(drawer.state == DrawerState.UNCOUNTED and drawer.settlement is not None for drawer in drawers.values()):
        # Card slips that are counted by hand went to clearing at the forced close, and somebody still has to count them.
        hidden |= {place.pk for place, _held in position.balances if place.kind == PlaceKind.CLEARING}
    if since is not None:
        (before,) = positions_of([store], as_of=since)
        position = position.less(before)
    return Money(position=position, drawers=drawers, hidden=frozenset(hidden), vault_counted_at=counted_at)


def _is_uncounted(drawer: Drawer) -> bool:
    return drawer.is_open or drawer.state in (DrawerState.UNCOUNTED, DrawerState.HANDED_OVER)


def _since(drawer: Drawer) -> datetime:
    """Returns when the period of a drawer began that somebody still has to count."""
    periods = [period.opened_at for period in (drawer.session, drawer.settlement) if period is not None]
    is_settled = drawer.is_open and drawer.settlement is not None
    return min(periods) if is_settled else drawer.opened_at or periods[0]


def _foreign_cash_left(drawers: Mapping[int, Drawer]) -> set[int]:
    """Returns the ids of registers whose last session left cash in another currency that nobody counted."""
    sessions = [drawer.session.pk for drawer in drawers.values() if drawer.session is not None]
    counts = CountAmount.objects.filter(
        count__session=OuterRef("session"), count__moment=CountMoment.AFTERWARDS, currency=OuterRef("currency")
    )
    left = ForeignCash.objects.filter(~Exists(counts), session__in=sessions, stays=True, counted_amount__isnull=True)
    return set(left.values_list("session__register_id", flat=True))


def _vault(
    vault: Place, *, as_of: datetime | None, now: datetime, hides_registers: bool
) -> tuple[bool, datetime | None]:
    """Returns whether the vault is hidden, and when it was counted last before the instant.

    It is shown if no money moved between that count and the instant. In the past it is also shown if it was counted
    later, but only while no drawer is hidden: otherwise one could read the drops of an open drawer one by one.
    """
    cut = ID_MAX if as_of is None else cuts_of([vault.store], as_of=as_of)[vault.store_id]
    last = [
        Movement.objects.filter(**{end: vault}, pk__lte=cut)
        .order_by("-pk")
        .values_list("recorded_at", flat=True)
        .first()
        for end in ("source", "destination")
    ]
    moved_at = max((one for one in last if one is not None), default=None)
    counts = counts_of_custody().filter(place=vault).order_by("-counted_at").values_list("counted_at", flat=True)
    before = counts.filter(counted_at__lte=as_of or now).first()
    if moved_at is None or (before is not None and moved_at <= before):
        return False, before
    newest = counts.first()
    is_counted_later = as_of is not None and newest is not None and moved_at <= newest
    return hides_registers or not is_counted_later, before


def bags_of(*, store: Store) -> dict[tuple[str, str], Bags]:
    """Returns the bags that the bank has not credited, by state and currency."""
    # Written out, not as parameters: both databases use the partial index on these states only for literals.
    states = [
        Func(template=f"'{state.value}'", output_field=CharField())
        for state in (DepositState.PREPARED, DepositState.COLLECTED)
    ]
    rows = Deposit.objects.filter(store=store, state__in=states).order_by().values_list("state", "movement__currency")
    found = rows.annotate(number=Count("pk"), total=Sum("movement__amount"))
    return {(state, currency): Bags(number=number, amount=int(total)) for state, currency, number, total in found}


def outstanding_of(position: Position) -> list[Outstanding]:
    """Returns what acquirers owe by currency and method, for a position of now. Runs two statements.

    Payouts clear the oldest money first. So the oldest part that is left is found backwards from the newest close.
    """
    places = {place.kind: (place, held) for place, held in position.balances if place.kind != PlaceKind.REGISTER}
    (clearing, held), (over_short, differences) = places[PlaceKind.CLEARING], places[PlaceKind.OVER_SHORT]
    methods = {method for _currency, method in (*held, *differences) if method != CASH}
    late = late_in(over_short, methods=methods)
    rows = Movement.objects.filter(destination=clearing, reverses__isnull=True)
    newest: Sequence[Any] = list(
        rows.order_by("-pk").values_list("currency", "method", "amount", "business_date")[:CLOSES_MAX]
    )
    found = []
    for pair in sorted({*held, *late}):
        amount = left = held.get(pair, 0)
        since = None
        for currency, method, came, on in newest:
            if left > 0 and (currency, method) == pair:
                left -= came
                since = on
        since = since if left <= 0 < amount else None
        found.append(Outstanding(pair=pair, in_clearing=amount, late=late.get(pair, 0), since=since))
    return found
