"""The Z report: the document of a sealed period, with its frozen figures and the late money that explains differences."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import Balances, MovedOfKind, late_cash_of, moved_by_kind
from cashdesk.domain.session.foreign_cash import currencies_left
from cashdesk.domain.visibility import may_see_expected, note_rows_seen, note_seen
from cashdesk.enums import CASH, CountMoment, MovementKind, Settling
from cashdesk.models import CashSession, Count, Seal
from cashdesk.pair import Pair
from settlements.domain.late_after_count import late_amounts_of
from settlements.domain.report import (
    CLOSED,
    COUNTED_AFTERWARDS,
    OPENED,
    Attempt,
    attempt_of,
    figures_of,
    inside,
    no_sales_of,
    opened_with,
)
from settlements.domain.sealed_period import SealedPeriod, ZReport
from settlements.domain.visibility import hide_from_cashier, uncounted_pairs
from settlements.domain.x_report import cash_left_by
from settlements.domain.z_lines import BOOKED_BY_A_CLOSE, line_of, over_short, returned_of, set_clearing_apart, without
from settlements.enums import Closing, ReportOf, SettlementType
from settlements.models import Settlement


def z_report(*, period: SealedPeriod, by: Principal, at: datetime) -> ZReport:
    """Builds the report of a sealed period. `settlements.queries.sealed_period` has already checked the scope of `by`.

    If the report shows the expected amount of a drawer that still needs a count, this writes an audit entry.

    A cashier who reads the Z of their own session does not see (law 5):

    - cash that another person left in the drawer (docs/decisions/0016),
    - currencies that nobody counted,
    - other methods, until the surrounding settlement is closed.
    """
    if period.settlement is not None:
        note_rows_seen(rows=[period.settlement], by=by, at=at, noun="settlements")
        report = _of_settlement(period, period.settlement)
    elif period.session is not None:
        report = _of_session(period, period.session)
    else:
        report = _of_count(period.seal)
    note_rows_seen(rows=period.sessions, by=by, at=at)
    place = period.seal.place
    is_settled = place.settling == Settling.NONE or period.seal.number <= place.settled_after_z
    if period.session is None:
        return report
    if may_see_expected(by):
        _note_uncounted(period.session, by=by, at=at)
        return report
    return hide_from_cashier(report, session=period.session, is_settled=is_settled)


def _note_uncounted(session: CashSession, *, by: Principal, at: datetime) -> None:
    """Writes an audit entry if the report shows cash in another currency that still needs a count (law 5)."""
    uncounted = uncounted_pairs(session) if session.is_counted else set()
    if uncounted and uncounted & {(currency, CASH) for currency in currencies_left(session)}:
        subject, detail = f"store:{session.store_id}", {"sessions": [session.pk]}
        note_seen(subject=subject, by=by, at=at, store=session.store, detail=detail)


def _of_settlement(period: SealedPeriod, settlement: Settlement) -> ZReport:
    seal = period.seal
    lines = moved_by_kind(place=seal.place, after=settlement.opened_after, until=seal.last_movement)
    lines, cleared = set_clearing_apart(lines)
    opening = opened_with(settlement=settlement)
    amounts = settlement.closing_amounts.all()
    booked = _booked_by(settlement)
    counts = settlement.counts.select_related("count__counted_by", "count__witness").order_by("attempt")
    return ZReport(
        **_head(seal, of=ReportOf.SETTLEMENT, settlement=settlement, since=settlement.opened_at),
        opened_by=settlement.opened_by_name,
        figures=figures_of(
            lines=without(lines, booked),
            begun_with={pair: amount for pair, (amount, _difference) in opening.items()},
            opened_with=opening,
            frozen={line.pair: line.target for line in amounts},
            counted={line.pair: line.actual for line in amounts},
            assumed=frozenset(line.pair for line in amounts if line.is_assumed),
            returned=returned_of(booked),
            late=late_amounts_of(settlement),
        ),
        movements=without(lines, booked),
        booked=(*booked, *cleared),
        sessions=inside(period.sessions),
        closing=Closing(settlement.closing),
        counted_at=settlement.counted_at,
        counted_by=settlement.counted_by_name,
        closed_at=settlement.closed_at or seal.sealed_at,
        closed_by=settlement.closed_by_name,
        attempts=tuple(
            attempt_of(kept.count, number=kept.attempt, is_equal=kept.is_equal)
            for kept in counts.prefetch_related("count__amounts__pieces")
            if kept.count.moment != CountMoment.AFTERWARDS
        ),
    )


def _of_session(period: SealedPeriod, session: CashSession) -> ZReport:
    seal = period.seal
    own = Pair(session.currency, CASH)
    lines = moved_by_kind(place=seal.place, after=seal.after_movement, until=seal.last_movement)
    lines, cleared = set_clearing_apart(lines)
    returned = tuple(line for line in lines if line.kind == MovementKind.RETURN)
    difference = (session.difference or 0) if session.is_counted else 0
    foreign = {Pair(row.currency, CASH): row for row in session.foreign_cash.all()}
    booked = (*over_short(own, difference), *returned)
    booked += tuple(line for pair, row in foreign.items() for line in over_short(pair, row.difference or 0))
    counts = Count.objects.filter(session=session).exclude(moment=CountMoment.AFTERWARDS).order_by("pk")
    attempts = tuple(attempt_of(count, number=count.attempt) for count in _with_amounts(counts))
    begun_with = _cash_before(seal)
    frozen = {own: session.expected_amount or 0} | {pair: row.expected_amount for pair, row in foreign.items()}
    counted = {own: session.declared_amount or 0}
    counted |= {pair: row.counted_amount for pair, row in foreign.items() if row.counted_amount is not None}
    closing = next((attempt for attempt in attempts if attempt.moment == CountMoment.CLOSING), None)
    return ZReport(
        **_head(seal, of=ReportOf.SESSION, session=session, since=session.opened_at),
        opened_by=str(session.opened_by or ""),
        figures=figures_of(
            lines=without(lines, booked),
            begun_with=begun_with,
            opened_with=opened_with(session=session) | _counted_in(attempts, own=own, begun_with=begun_with),
            # After a cancelled opening the drawer holds the same cash as before, and nobody has counted it.
            frozen={} if session.is_cancelled else frozen,
            counted={} if session.is_cancelled else counted,
            returned=returned_of(booked),
            late=_late_of(session),
        ),
        movements=without(lines, booked),
        booked=(*booked, *cleared),
        sessions=inside([session]),
        closing=_closing_of(session),
        counted_at=closing.at if closing else None,
        counted_by=closing.by if closing else "",
        closed_at=session.closed_at or seal.sealed_at,
        closed_by=str(session.closed_by or ""),
        attempts=attempts,
    )


def _closing_of(session: CashSession) -> Closing:
    if session.is_cancelled:
        return Closing.CANCELLED
    return Closing.DECLARED if session.is_counted else Closing.FORCED


def _counted_in(attempts: Iterable[Attempt], *, own: Pair, begun_with: Balances) -> dict[Pair, tuple[int, int]]:
    """Returns (counted amount, difference) per pair, for cash in other currencies that was counted at the opening."""
    found = [one for attempt in attempts if attempt.moment == CountMoment.OPENING for one in attempt.found]
    pairs = {one.pair: one.amount for one in found}
    return {pair: (amount, amount - begun_with.get(pair, 0)) for pair, amount in pairs.items() if pair != own}


def _of_count(seal: Seal) -> ZReport:
    """Builds the report of a count after a forced close, compared with the expected amounts of that close."""
    afterwards = Count.objects.filter(
        place=seal.place, moment=CountMoment.AFTERWARDS, counted_at=seal.sealed_at
    ).select_related("session__closed_by", "settlement_count__settlement")
    count = _with_amounts(afterwards)[0]
    session: CashSession | None = count.session
    settlement: Settlement | None = None if session is not None else count.settlement_count.settlement
    lines = moved_by_kind(place=seal.place, after=seal.after_movement, until=seal.last_movement)
    lines, cleared = set_clearing_apart(lines)
    booked = tuple(line for line in lines if line.kind in BOOKED_BY_A_CLOSE)
    differences = {line.pair: line.came_in - line.went_out for line in booked if line.kind == MovementKind.OVER_SHORT}
    found = {amount.pair: amount.amount for amount in count.amounts.all()}
    assumed: frozenset[Pair] = frozenset()
    if settlement is not None:
        amounts = settlement.closing_amounts.all()
        begun_with: Balances = {line.pair: line.target for line in amounts}
        assumed = frozenset(
            pair
            for pair, target in begun_with.items()
            if target and pair[1] != CASH and pair not in found and pair not in differences
        )
        counted = {pair: begun_with.get(pair, 0) + differences.get(pair, 0) for pair in {*begun_with, *found}}
    else:
        begun_with, counted = _cash_before(seal), found
    forced: Any = session or settlement
    attempt = attempt_of(count, number=count.attempt)
    return ZReport(
        **_head(seal, of=ReportOf.COUNT_AFTERWARDS, settlement=settlement, session=session, since=forced.closed_at),
        opened_by=str(session.closed_by or "") if session is not None else forced.closed_by_name,
        figures=figures_of(
            lines=without(lines, booked),
            begun_with=begun_with,
            opened_with={},
            counted=counted,
            assumed=assumed,
            returned=returned_of(booked),
            late=_late_of(session) if session is not None else late_amounts_of(forced),
        ),
        movements=without(lines, booked),
        booked=(*booked, *cleared),
        sessions=(),
        closing=None,
        counted_at=attempt.at,
        counted_by=attempt.by,
        closed_at=seal.sealed_at,
        closed_by=attempt.by,
        attempts=(attempt,),
    )


# --- Common --------------------------------------------------------------------------------------------------------------


def _head(
    seal: Seal,
    *,
    of: ReportOf,
    since: datetime,
    settlement: Settlement | None = None,
    session: CashSession | None = None,
) -> dict[str, Any]:
    subject: Any = session or settlement
    is_of_count = of == ReportOf.COUNT_AFTERWARDS
    begun, ended = (CLOSED, COUNTED_AFTERWARDS) if is_of_count else (OPENED, CLOSED)
    return {
        "seal": seal,
        "place": seal.place,
        "of": of,
        "settlement": settlement,
        "session": session,
        "opened_at": since,
        "no_sales": no_sales_of(seal.place, of=subject, since=begun, until=ended),
    }


def _booked_by(settlement: Settlement) -> tuple[MovedOfKind, ...]:
    """Calculates the bookings of a settlement's close, as `settlements.domain.closing.book_result` makes them."""
    booked: list[MovedOfKind] = []
    if not settlement.is_counted:
        return ()
    for line in settlement.closing_amounts.all():
        pair = line.pair
        booked += over_short(pair, line.difference)
        if settlement.type == SettlementType.CASHREGISTER and line.method == CASH and line.actual:
            booked.append(line_of(MovementKind.RETURN, pair, count=1, amount=-line.actual))
    return tuple(booked)


def _cash_before(seal: Seal) -> Balances:
    return cash_left_by(Seal.objects.filter(place=seal.place_id, number=seal.number - 1).first())


def _late_of(session: CashSession) -> Balances:
    late = late_cash_of(session)
    return {Pair(session.currency, CASH): late} if late else {}


def _with_amounts(counts: Any) -> Any:
    return counts.select_related("counted_by", "witness").prefetch_related("amounts__pieces")
