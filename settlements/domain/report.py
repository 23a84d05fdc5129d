"""The building blocks of X and Z reports. Amounts are in minor units; pages and APIs format them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Subquery
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import Pieces
from cashdesk.domain.ledger.expected import Balances, MovedOfKind
from cashdesk.enums import CASH, CountMoment, SessionStatus
from cashdesk.errors import NotFound
from cashdesk.models import AuditEntry, CashSession, Count, Place
from cashdesk.pair import Pair
from settlements.enums import ReportOf
from settlements.models import Settlement

NO_SALE: Final = "register.no_sale"
OPENED: Final = ("session.opened", "settlement.opened")
CLOSED: Final = (
    "session.closed", "session.handed_over", "session.forced_closed", "session.opening_cancelled",
    "settlement.closed", "settlement.forced_closed",
)  # fmt: skip
COUNTED_AFTERWARDS: Final = ("session.counted_afterwards", "settlement.counted_afterwards")
"""Audit actions that begin and end periods: OPENED, CLOSED and COUNTED_AFTERWARDS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of one currency and method, and their count. `begun_with + came_in - went_out = expected`.

    `opened_with` is the amount counted at the opening. For a settlement, `begun_with` equals `opened_with`. For a
    session, `begun_with` is the cash that the previous seal left in the drawer, and the float is part of `came_in`.
    """

    currency: str
    method: str
    begun_with: int
    came_in: int
    went_out: int
    expected: int
    opened_with: int | None = None
    opening_difference: int = 0
    counted: int | None = None
    is_assumed: bool = False
    returned: int = 0
    late: int = 0

    @property
    def pair(self) -> Pair:
        """Currency and method."""
        return Pair(self.currency, self.method)

    @property
    def difference(self) -> int | None:
        """Counted minus expected; None without a count."""
        return None if self.counted is None else self.counted - self.expected

    @property
    def adjusted_difference(self) -> int | None:
        """The frozen difference minus late money (law 4)."""
        return None if self.difference is None else self.difference - self.late


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionInside:
    """A cash session within a period. An open or cancelled session has no counted amount."""

    number: int
    cashier: str
    currency: str
    opened_at: datetime
    closed_at: datetime | None
    counted: int | None
    difference: int | None
    is_uncounted: bool
    is_handed_over: bool
    is_cancelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The counted amount of one currency and method, with the pieces of cash if they were entered."""

    currency: str
    method: str
    amount: int
    pieces: tuple[Pieces, ...]

    @property
    def pair(self) -> Pair:
        """Currency and method."""
        return Pair(self.currency, self.method)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One stored count. `is_equal` is None if nothing was compared."""

    number: int
    moment: CountMoment
    at: datetime
    by: str
    witness: str
    is_equal: bool | None
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The common part of X and Z reports.

    `movements` has one line per kind, for the movements that make up `expected`. Cash rounding has its own line.
    """

    place: Place
    of: ReportOf
    settlement: Settlement | None
    session: CashSession | None
    opened_at: datetime
    opened_by: str
    figures: tuple[Figures, ...]
    movements: tuple[MovedOfKind, ...]
    sessions: tuple[SessionInside, ...]
    no_sales: int


def refuse_unknown(place: Place, *, by: Principal) -> None:
    """Raises NotFound if the place's store is out of scope."""
    if not by.stores().filter(pk=place.store_id).exists():
        raise NotFound(_("There is no such register or vault."))


def figures_of(
    *,
    lines: Iterable[MovedOfKind],
    begun_with: Balances,
    opened_with: Mapping[Pair, tuple[int, int]],
    frozen: Balances | None = None,
    counted: Balances | None = None,
    assumed: frozenset[Pair] = frozenset(),
    returned: Balances | None = None,
    late: Balances | None = None,
) -> tuple[Figures, ...]:
    """Sums the movements per currency and method, cash first.

    `opened_with` holds (amount, opening difference). `frozen` is the expected amount at the close. Without `frozen`,
    the expected amount is calculated from the movements.
    """
    lines = tuple(lines)
    frozen, counted, returned, late = frozen or {}, counted or {}, returned or {}, late or {}
    pairs = {*opened_with, *frozen, *counted, *late, *(line.pair for line in lines)}
    pairs |= {pair for pair, amount in begun_with.items() if amount}
    made = []
    for pair in sorted(pairs, key=lambda pair: (pair[1] != CASH, pair)):
        of_pair = [line for line in lines if line.pair == pair]
        came_in, went_out = sum(line.came_in for line in of_pair), sum(line.went_out for line in of_pair)
        amount, difference = opened_with.get(pair, (None, 0))
        made.append(
            Figures(
                currency=pair[0],
                method=pair[1],
                begun_with=begun_with.get(pair, 0),
                came_in=came_in,
                went_out=went_out,
                expected=frozen.get(pair, begun_with.get(pair, 0) + came_in - went_out),
                opened_with=amount,
                opening_difference=difference,
                counted=counted.get(pair),
                is_assumed=pair in assumed,
                returned=returned.get(pair, 0),
                late=late.get(pair, 0),
            )
        )
    return tuple(made)


def opened_with(
    *, settlement: Settlement | None = None, session: CashSession | None = None
) -> dict[Pair, tuple[int, int]]:
    """Returns (opening amount, opening difference) per currency and method."""
    if settlement is not None:
        amounts = settlement.initial_amounts.all()
        return {line.pair: (line.amount, line.opening_difference) for line in amounts}
    if session is not None:
        return {Pair(session.currency, CASH): (session.start_amount, session.opening_difference)}
    return {}


def no_sales_of(
    place: Place,
    *,
    of: CashSession | Settlement,
    since: Collection[str] = OPENED,
    until: Collection[str] = (),
    by_then: datetime | None = None,
) -> int:
    """Returns the number of no-sale openings between two actions on a session or settlement.

    Without a second action, counts those since the first, with `by_then` only until that instant.

    The order of the audit entries decides, not their times: each action read its clock before it waited for the lock
    on the place.
    """
    noun = "session" if isinstance(of, CashSession) else "settlement"
    acts = AuditEntry.objects.filter(subject=f"{noun}:{of.pk}").order_by("pk")
    openings = AuditEntry.objects.filter(
        action=NO_SALE, subject=f"place:{place.pk}", pk__gt=Subquery(acts.filter(action__in=since).values("pk")[:1])
    )
    if by_then is not None:
        openings = openings.filter(at__lte=by_then)
    if until:
        openings = openings.filter(pk__lt=Subquery(acts.filter(action__in=until).values("pk")[:1]))
    return openings.count()


def inside(sessions: Iterable[CashSession]) -> tuple[SessionInside, ...]:
    """Builds one report row per session."""
    return tuple(
        SessionInside(
            number=session.pk,
            cashier=str(session.user),
            currency=session.currency,
            opened_at=session.opened_at,
            closed_at=session.closed_at,
            counted=None if session.is_cancelled else session.declared_amount,
            difference=None if session.is_cancelled else session.difference,
            is_uncounted=session.status == SessionStatus.CLOSED_SYSTEM,
            is_handed_over=session.is_handed_over,
            is_cancelled=session.is_cancelled,
        )
        for session in sessions
    )


def attempt_of(count: Count, *, number: int, is_equal: bool | None = None) -> Attempt:
    """Builds the report's row for a count. The caller must prefetch the amounts and pieces of the count."""
    return Attempt(
        number=number,
        moment=CountMoment(count.moment),
        at=count.counted_at,
        by=str(count.counted_by or ""),
        witness=str(count.witness or ""),
        is_equal=is_equal,
        found=tuple(
            Found(
                currency=amount.currency,
                method=amount.method,
                amount=amount.amount,
                pieces=tuple(
                    Pieces(denomination=line.denomination, pieces=line.pieces) for line in amount.pieces.all()
                ),
            )
            for amount in count.amounts.all()
        ),
    )
