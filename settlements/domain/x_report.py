"""The X report: the open period of a place and its expected amounts. Each look is noted in the audit trail (law 5)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import Balances, added_up, last_seal_of, moved_by_kind
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.enums import CASH, PlaceKind, SessionStatus
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
    """The report of an open period at one moment."""

    at: datetime
    preview_count: int

    @property
    def number(self) -> str:
        """The letter X and the moment of the report in UTC."""
        return f"X {self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@transaction.atomic
def x_report(*, place: Place, by: Principal, at: datetime) -> XReport:
    """Returns the X report of a place: of its running settlement, otherwise of its open cash session.

    The look is noted in the audit trail, without figures. Takes the shared lock of the place, as postings do: sales
    continue, but nothing can be closed while the report is read.
    Raises NotFound for a place out of scope or without an open period. Raises Forbidden for cashiers, and for keys
    without the scope to read settlements.
    """
    refuse_unknown(place, by=by)
    refuse_x_report(by)
    lock_places(shared=[place])
    settlements = Settlement.objects.filter(place=place).exclude(state=SettlementState.CLOSED)
    settlement = settlements.prefetch_related("initial_amounts").first()
    session = CashSession.objects.filter(register=place, status=SessionStatus.OPEN).select_related("user").first()
    if settlement is not None:
        report = _of_settlement(settlement, place=place, session=session, at=at)
    elif session is not None:
        report = _of_session(session, place=place, at=at)
    else:
        told = (
            _("The safe is not open.")
            if place.kind == PlaceKind.VAULT
            else _("Register %(number)s is not open.") % {"number": place.number}
        )
        raise NotFound(told, code="nothing_runs")
    audit.note(action="x_report.seen", subject=f"place:{place.pk}", by=by, at=at, store=place.store)
    return report


def _of_settlement(settlement: Settlement, *, place: Place, session: CashSession | None, at: datetime) -> XReport:
    settlement.place, settlement.store = place, place.store
    lines, _cleared = set_clearing_apart(moved_by_kind(place=place, after=settlement.opened_after))
    closed = CashSession.objects.filter(seal__place=place, seal__number__gt=settlement.opened_after_z)
    opening = opened_with(settlement=settlement)
    return XReport(
        place=place,
        of=ReportOf.SETTLEMENT,
        settlement=settlement,
        session=session,
        at=at,
        opened_at=settlement.opened_at,
        opened_by=settlement.opened_by_name,
        figures=figures_of(
            lines=lines,
            begun_with={pair: amount for pair, (amount, _difference) in opening.items()},
            opened_with=opening,
            frozen=targets_of(settlement, moves=added_up(lines)),
            late=late_amounts_of(settlement),
        ),
        movements=lines,
        sessions=inside([*closed.select_related("user").order_by("pk"), *([session] if session else [])]),
        no_sales=no_sales_of(place, of=settlement),
        preview_count=settlement.preview_count,
    )


def _of_session(session: CashSession, *, place: Place, at: datetime) -> XReport:
    last_seal = last_seal_of(place)
    after = last_seal.last_movement if last_seal else 0
    lines, _cleared = set_clearing_apart(moved_by_kind(place=place, after=after))
    return XReport(
        place=place,
        of=ReportOf.SESSION,
        settlement=None,
        session=session,
        at=at,
        opened_at=session.opened_at,
        opened_by=str(session.user),
        figures=figures_of(lines=lines, begun_with=cash_left_by(last_seal), opened_with=opened_with(session=session)),
        movements=lines,
        sessions=inside([session]),
        no_sales=no_sales_of(place, of=session),
        preview_count=0,
    )


def cash_left_by(seal: Seal | None) -> Balances:
    """Returns the cash that was in a place when the period was sealed.

    Leaves out other methods: a close takes them to clearing. In a settlement they stay in the register between its
    sessions, so a report counts them from the start of its period.
    """
    balances = seal.balances if seal is not None else []
    return {Pair(line["currency"], line["method"]): line["amount"] for line in balances if line["method"] == CASH}
