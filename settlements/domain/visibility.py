"""Visibility of the figures of settlements and reports (law 5). `cashdesk.domain.visibility` has the rules for sessions."""

from dataclasses import replace

from django.db.models import BooleanField, Case, Exists, OuterRef, QuerySet, Value, When
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.handover import counts_of_custody
from cashdesk.domain.visibility import may_see_expected
from cashdesk.enums import CASH, MovementKind, Scope
from cashdesk.errors import Forbidden
from cashdesk.models import CashSession
from cashdesk.pair import Pair
from settlements.domain.sealed_period import ZReport
from settlements.domain.z_lines import over_short, without
from settlements.enums import Closing, SettlementState
from settlements.models import Settlement


def refuse_x_report(by: Principal) -> None:
    """Raises Forbidden unless the caller may see the expected amounts of a running period."""
    if not (may_see_expected(by) and by.has_scope(Scope.SETTLEMENTS_READ)):
        raise Forbidden(_("Only managers can see an X report, because it shows expected amounts."))


def refuse_vault_movements(by: Principal) -> None:
    """Raises Forbidden unless the caller may see the movements of a vault, which add up to its expected amount."""
    if not may_see_expected(by):
        raise Forbidden("Only managers can see the movements of the safe.")


def settlements_with_shown_result(rows: "QuerySet[Settlement]", *, by: Principal) -> "QuerySet[Settlement]":
    """Adds `shows_result` and `awaits_count` to settlements.

    `shows_result` tells whether `by` may see the target and the count of a closed settlement. After a close without a
    count, managers see the target at once; cashiers see it after another person has counted the drawer
    (docs/decisions/0008). `awaits_count` is true if the settlement was closed without a count and nobody has counted
    the drawer since. Looks at such a settlement are noted in the audit trail.
    """
    counts = counts_of_custody().filter(place=OuterRef("place"), counted_at__gte=OuterRef("closed_at"))
    counted_since = Exists(counts)
    by_another = Exists(counts.filter(counted_by__isnull=False).exclude(counted_by=by.user))
    may_see_uncounted = Value(value=True) if may_see_expected(by) else by_another
    return rows.annotate(
        awaits_count=Case(
            When(closing=Closing.FORCED, then=~counted_since),
            default=Value(value=False),
            output_field=BooleanField(),
        ),
        shows_result=Case(
            When(closing=Closing.FORCED, then=may_see_uncounted),
            When(state=SettlementState.CLOSED, then=Value(value=True)),
            default=Value(value=False),
            output_field=BooleanField(),
        ),
    )


def hide_from_cashier(report: ZReport, *, session: CashSession, is_settled: bool) -> ZReport:
    """Returns the Z report of a cashier's own session without the figures that the cashier may not see.

    Hides cash that another person left in the drawer (docs/decisions/0016) and currencies that nobody counted. Until
    the surrounding settlement is closed (`is_settled`), also hides all other methods.
    """
    report = _as_counted_in(report, session)
    uncounted = uncounted_pairs(session)
    own = Pair(session.currency, CASH)

    def is_told(pair: Pair) -> bool:
        return pair not in uncounted and (is_settled or pair == own)

    return replace(
        report,
        figures=tuple(line for line in report.figures if is_told(line.pair)),
        movements=tuple(line for line in report.movements if is_told(line.pair)),
        booked=tuple(line for line in report.booked if is_told(line.pair)),
    )


def uncounted_pairs(session: CashSession) -> set[Pair]:
    """Returns the pairs of a session's cash in other currencies that nobody counted at the close."""
    return {Pair(row.currency, CASH) for row in session.foreign_cash.all() if row.counted_amount is None}


def _as_counted_in(report: ZReport, session: CashSession) -> ZReport:
    """Rewrites a session's report so that it begins with the float that the cashier counted.

    The booked opening difference would reveal the amount that was in the drawer before. A FLOAT from the vault would
    reveal it too, because a FLOAT moves only into an empty drawer.
    """
    own = Pair(session.currency, CASH)
    floats = tuple(line for line in report.movements if line.kind == MovementKind.FLOAT and line.pair == own)
    figures, booked = [], list(floats)
    for line in report.figures:
        gap = line.opening_difference
        floated = sum(moved.came_in for moved in floats if moved.pair == line.pair)
        came_in, went_out = max(gap, 0) + floated, max(-gap, 0)
        booked += over_short(line.pair, gap)
        figures.append(
            replace(
                line,
                begun_with=line.begun_with + came_in - went_out,
                came_in=line.came_in - came_in,
                went_out=line.went_out - went_out,
                opening_difference=0,
            )
        )
    movements = without(report.movements, booked)
    return replace(report, figures=tuple(figures), movements=movements, tells_range=False)
