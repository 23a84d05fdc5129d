"""The X report: the open period of a place and its expected amounts. Each look is noted in the audit trail (law 5)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import ID_MAX, Balances, added_up, last_seal_of, moved_by_kind
from cashdesk.domain.ledger.position import cuts_of
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.enums import CASH, CountMoment, PlaceKind, SessionStatus
from cashdesk.errors import NotFound
from cashdesk.models import CashSession, Place, Seal
from cashdesk.pair import Pair
from settlements.domain.late_after_count import late_amounts_of
from settlements.domain.report import Report, figures_of, inside, no_sales_of, opened_with, refuse_unknown
from settlements.domain.target import targets_of
from settlements.domain.visibility import refuse_x_report
from settlements.domain.z_lines import set_clearing_apart
from settlements.enums import ReportOf, SettlementState
from settlements.models import Settlement


@dataclass(frozen=True, slots=True, kw_only=True)
class XReport(Report):
    """The report of an open period at one moment. `is_past`: somebody asked for an earlier moment than now."""

    at: datetime
    preview_count: int
    is_past: bool

    @property
    def number(self) -> str:
        """The letter X and the moment of the report in UTC."""
        return f"X {self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@transaction.atomic
def x_report(*, place: Place, by: Principal, at: datetime, as_of: datetime | None = None) -> XReport:
    """Returns the X report of a place: of its running settlement, otherwise of its open cash session.

    With `as_of`, returns the report of the period that was open at that instant, as its books stood then.

    The look is noted in the audit trail, without figures. Takes the shared lock of the place, as postings do: sales
    continue, but nothing can be closed while the report is read.
    Raises NotFound for a place out of scope or without an open period. Raises Forbidden for cashiers, and for keys
    without the scope to read settlements.
    """
    refuse_unknown(place, by=by)
    refuse_x_report(by)
    lock_places(shared=[place])
    settlements = Settlement.objects.filter(place=place).prefetch_related("initial_amounts").order_by("-pk")
    sessions = CashSession.objects.filter(register=place).select_related("user", "seal").order_by("-pk")
    if as_of is None:
        settlements = settlements.exclude(state=SettlementState.CLOSED)
        sessions = sessions.filter(status=SessionStatus.OPEN)
    else:
        was_open = Q(opened_at__lte=as_of) & (Q(closed_at__isnull=True) | Q(closed_at__gt=as_of))
        settlements, sessions = settlements.filter(was_open), sessions.filter(was_open)
    settlement, session = settlements.first(), _as_it_was(sessions.first())
    cut = ID_MAX if as_of is None else cuts_of([place.store], as_of=as_of)[place.store_id]
    if settlement is not None:
        report = _of_settlement(settlement, place=place, session=session, at=at, as_of=as_of, cut=cut)
    elif session is not None:
        report = _of_session(session, place=place, at=at, as_of=as_of, cut=cut)
    else:
        raise NotFound(_not_open(place, is_past=as_of is not None), code="nothing_runs")
    detail = {"as_of": as_of.isoformat()} if as_of is not None else None
    audit.note(action="x_report.seen", subject=f"place:{place.pk}", by=by, at=at, store=place.store, detail=detail)
    return report


def _not_open(place: Place, *, is_past: bool) -> str:
    if place.kind == PlaceKind.VAULT:
        return _("The safe was not open then.") if is_past else _("The safe is not open.")
    said = _("Register %(number)s was not open then.") if is_past else _("Register %(number)s is not open.")
    return said % {"number": place.number}


def _as_it_was(session: CashSession | None) -> CashSession | None:
    """Returns a session without the figures of its close: at the moment of the report it was open."""
    if session is not None:
        session.status, session.closed_at = SessionStatus.OPEN, None
        session.declared_amount = session.difference = None
        session.is_handed_over = session.is_cancelled = False
    return session


def _of_settlement(
    settlement: Settlement, *, place: Place, session: CashSession | None, at: datetime, as_of: datetime | None, cut: int
) -> XReport:
    settlement.place, settlement.store = place, place.store
    moves = moved_by_kind(place=place, after=settlement.opened_after, until=cut)
    lines, _cleared = set_clearing_apart(moves)
    closed = CashSession.objects.filter(seal__place=place, seal__number__gt=settlement.opened_after_z)
    previews = settlement.preview_count
    if as_of is not None:
        closed = closed.filter(closed_at__lte=as_of)
        made = settlement.counts.filter(count__moment=CountMoment.PREVIEW, count__counted_at__lte=as_of)
        previews = made.count()
    opening = opened_with(settlement=settlement)
    return XReport(
        place=place,
        of=ReportOf.SETTLEMENT,
        settlement=settlement,
        session=session,
        at=as_of or at,
        opened_at=settlement.opened_at,
        opened_by=settlement.opened_by_name,
        figures=figures_of(
            lines=lines,
            begun_with={pair: amount for pair, (amount, _difference) in opening.items()},
            opened_with=opening,
            frozen=targets_of(settlement, moves=added_up(lines)),
            late=late_amounts_of(settlement, until=cut),
        ),
        movements=lines,
        sessions=inside([*closed.select_related("user").order_by("pk"), *([session] if session else [])]),
        no_sales=no_sales_of(place, of=settlement, by_then=as_of),
        preview_count=previews,
        is_past=as_of is not None,
    )


def _of_session(session: CashSession, *, place: Place, at: datetime, as_of: datetime | None, cut: int) -> XReport:
    seal = session.seal
    last_seal = last_seal_of(place)
    if seal is not None:
        # The session was closed since then, so the seal before its own begins it.
        last_seal = Seal.objects.filter(place=place, number=seal.number - 1).first()
    after = last_seal.last_movement if last_seal else 0
    lines, _cleared = set_clearing_apart(moved_by_kind(place=place, after=after, until=cut))
    return XReport(
        place=place,
        of=ReportOf.SESSION,
        settlement=None,
        session=session,
        at=as_of or at,
        opened_at=session.opened_at,
        opened_by=str(session.user),
        figures=figures_of(lines=lines, begun_with=cash_left_by(last_seal), opened_with=opened_with(session=session)),
        movements=lines,
        sessions=inside([session]),
        no_sales=no_sales_of(place, of=session, by_then=as_of),
        preview_count=0,
        is_past=as_of is not None,
    )


def cash_left_by(seal: Seal | None) -> Balances:
    """Returns the cash that was in a place when the period was sealed.

    Leaves out other methods: a close takes them to clearing. In a settlement they stay in the register between its
    sessions, so a report counts them from the start of its period.
    """
    balances = seal.balances if seal is not None else []
    return {Pair(line["currency"], line["method"]): line["amount"] for line in balances if line["method"] == CASH}
