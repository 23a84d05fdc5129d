"""The figures of a store-day report, read when the day closes. Everything is in minor units.

Law 5: a drawer that nobody has counted has no figures here. Its sales are left out of the takings too, because the takings
of the day minus those of all other drawers would tell them. A safe that was not counted on the day has no figures either.
The number of statements is fixed.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Count, Max, Min, OuterRef, Subquery

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.ledger.expected import MovedOfKind, moved_by_kind_in
from cashdesk.domain.store.business_day import window
from cashdesk.domain.visibility import with_shown_result
from cashdesk.enums import CASH, MovementKind, PlaceKind
from cashdesk.models import AuditEntry, BusinessDay, CashSession, Movement, Place, Store
from cashdesk.pair import Pair
from reconciliations.domain import store_day_sums
from settlements.domain.report import NO_SALE, OPENED
from settlements.domain.visibility import settlements_with_shown_result
from settlements.domain.z_lines import BOOKED_BY_A_CLOSE, over_short, without
from settlements.enums import Closing, DepositState, SettlementState, SettlementType
from settlements.models import Deposit, Settlement

VERSION: Final = 1
"""The version of the contents. A new shape gets a new version, because a report never changes."""
SAFE_COUNTS_MAX: Final = 20
"""The most counts of the safe in one report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """The frozen result of one currency and method of a period."""

    pair: Pair
    expected: int
    counted: int | None
    difference: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Period:
    """A session or a settlement that was closed. `results` is empty if its figures must not be shown."""

    row: Any
    of: str
    place: Place
    person: str
    closed_by: str
    closing: str
    results: tuple[_Result, ...]
    after: int

    @property
    def is_hidden(self) -> bool:
        return not self.results and self.closing != Closing.CANCELLED

    @property
    def bounds(self) -> tuple[int, int, int]:
        """The place, the last movement before the period, and its last movement."""
        return self.place.pk, self.after, self.row.seal.last_movement


def contents_of(*, store: Store, on: date, last_movement: int) -> dict[str, Any]:
    """Returns the contents of the report of a business day. The caller holds the locks of the close.

    `last_movement` is the last movement of the store that the close saw.
    """
    drawers, safe = _drawers(store, on), _counts_of_safe(store, on)
    hidden = [period for period in drawers if period.is_hidden]
    lines = moved_by_kind_in(periods=[period.bounds for period in (*drawers, *safe)])
    told = [_told(period, moves) for period, moves in zip((*drawers, *safe), lines, strict=True)]
    leaves_out = {
        "sessions": [period.row.pk for period in hidden if period.of == "session"],
        "periods": [list(period.bounds) for period in hidden],
    }
    return {
        "version": VERSION,
        "currency": store.currency,
        "takings": takings_of(store=store, on=on, until=last_movement, leaves_out=leaves_out),
        "leaves_out": leaves_out,
        "drawers": told[: len(drawers)],
        "safe": told[len(drawers) :],
        "deposits": _deposits(store, on, last_movement),
        "no_sales": _no_sales(store, on, drawers),
        "movements": _range(store, on, last_movement),
    }


def takings_of(*, store: Store, on: date, until: int, leaves_out: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Returns sales and refunds per currency and method, as billed, with the cash rounding beside them.

    Leaves out the sessions and the periods of places that nobody has counted. Cash comes first.
    """
    movements = Movement.objects.filter(store=store, business_date=on, pk__lte=until)
    movements = movements.exclude(session__in=leaves_out["sessions"])
    for place, after, last in leaves_out["periods"]:
        for end in ("source", "destination"):
            movements = movements.exclude(**{end: place, "pk__gt": after, "pk__lte": last})
        movements = movements.exclude(late_for=place, session__isnull=True, pk__gt=after)
    return _listed(store_day_sums.takings(movements), store)


def takings_of_days(*, store: Store, days: Collection[date]) -> dict[date, list[dict[str, Any]]]:
    """Returns `takings_of` for several closed days that leave nothing out, with one statement."""
    closed = BusinessDay.objects.filter(store=store, date=OuterRef("business_date"))
    movements = Movement.objects.filter(
        store=store, business_date__in=days, pk__lte=Subquery(closed.values("last_movement"))
    )
    rows: dict[date, list[Any]] = {day: [] for day in days}
    for row in store_day_sums.takings(movements, "business_date"):
        rows[row["business_date"]].append(row)
    return {day: _listed(of_day, store) for day, of_day in rows.items()}


def _listed(rows: Iterable[Any], store: Store) -> list[dict[str, Any]]:
    found: dict[Pair, dict[str, int]] = {}
    for row in rows:
        line = found.setdefault(
            Pair(row["currency"], row["method"]), dict.fromkeys(("sales", "refunds", "rounding", "late", "number"), 0)
        )
        billed, moved = int(row["billed"]), int(row["moved"])
        line["sales" if store_day_sums.brings_in(row["kind"]) else "refunds"] += billed
        line["rounding"] += moved - billed
        line["late"] += moved if row["is_late"] else 0
        line["number"] += row["n"]
    ordered = sorted(
        found, key=lambda pair: (pair.currency != store.currency, pair.currency, pair.method != CASH, pair)
    )
    return [{"currency": pair.currency, "method": pair.method, **found[pair]} for pair in ordered]


def _drawers(store: Store, on: date) -> list[_Period]:
    """Returns the sessions and the register settlements of the day that are closed, by register and time."""
    begin, end = window(store=store, first=on, last=on)
    sessions = with_shown_result(CashSession.objects.filter(store=store, business_date=on), by=SYSTEM)
    settlements = settlements_with_shown_result(
        Settlement.objects.filter(
            # The day is that of the opening, and the index is on its instant.
            store=store,
            opened_at__gte=begin,
            opened_at__lt=end,
            business_date=on,
            type=SettlementType.CASHREGISTER,
        ),
        by=SYSTEM,
    )
    settled = settlements.filter(state=SettlementState.CLOSED).select_related("place", "seal")
    around = [_of_settlement(one) for one in settled.prefetch_related("closing_amounts").order_by("pk")]
    hidden = [period.bounds for period in around if period.is_hidden]
    closed = sessions.filter(seal__isnull=False).select_related("register", "seal", "user", "closed_by")
    inside = [_of_session(one, hidden) for one in closed.prefetch_related("foreign_cash").order_by("pk")]
    return sorted((*inside, *around), key=lambda period: (period.place.number, period.row.seal.number))


def _of_session(session: Any, hidden: Iterable[tuple[int, int, int]]) -> _Period:
    """Describes a session. It has no figures while it awaits a count, and within a settlement that nobody counted."""
    place, last = session.register, session.seal.last_movement
    is_within = any(place.pk == at and after < last <= until for at, after, until in hidden)
    results = [
        _Result(
            pair=Pair(session.currency, CASH),
            expected=session.expected_amount,
            counted=session.declared_amount if session.is_counted else None,
            difference=session.difference if session.is_counted else None,
        )
    ]
    results += [
        _Result(
            pair=Pair(row.currency, CASH),
            expected=row.expected_amount,
            counted=row.counted_amount,
            difference=row.difference,
        )
        for row in session.foreign_cash.all()
        if row.counted_amount is not None
    ]
    closing = Closing.DECLARED if session.is_counted else Closing.FORCED
    is_shown = not (session.awaits_count or is_within or session.is_cancelled)
    return _Period(
        row=session,
        of="session",
        place=place,
        person=str(session.user),
        closed_by=str(session.closed_by or ""),
        closing=(Closing.CANCELLED if session.is_cancelled else closing).value,
        results=tuple(results) if is_shown else (),
        after=session.seal.after_movement,
    )


def _of_settlement(settlement: Any) -> _Period:
    results = tuple(
        _Result(
            pair=line.pair,
            expected=line.target,
            counted=line.actual if settlement.is_counted else None,
            difference=line.difference if settlement.is_counted else None,
        )
        for line in settlement.closing_amounts.all()
    )
    return _Period(
        row=settlement,
        of="settlement",
        place=settlement.place,
        person=settlement.opened_by_name,
        closed_by=settlement.closed_by_name,
        closing=settlement.closing,
        results=() if settlement.awaits_count else results,
        after=settlement.opened_after,
    )


def _counts_of_safe(store: Store, on: date) -> list[_Period]:
    """Returns the settlements of the safe that were closed with a count during the business day."""
    begin, end = window(store=store, first=on, last=on)
    vault = Settlement.objects.filter(place__store=store, place__kind=PlaceKind.VAULT, opened_at__lt=end)
    rows = settlements_with_shown_result(vault.filter(state=SettlementState.CLOSED), by=SYSTEM)
    # The settlements of a safe follow each other, so the last ones are enough. An index gives them in this order.
    last = rows.order_by("-opened_after", "-pk").select_related("place", "seal").prefetch_related("closing_amounts")
    counted = [one for one in last[:SAFE_COUNTS_MAX] if one.closing != Closing.FORCED]
    return [
        _of_settlement(one) for one in reversed(counted) if one.closed_at is not None and begin <= one.closed_at < end
    ]


def _told(period: _Period, moves: Sequence[MovedOfKind]) -> dict[str, Any]:
    """Returns a period as JSON. `moved` has the movements behind the expected amount, without the bookings of the close."""
    seal, row = period.row.seal, period.row
    booked = []
    if period.place.kind == PlaceKind.REGISTER:
        # The cash that a drawer returns is booked by its close. For the safe it is money that came in.
        booked += [line for line in moves if line.kind in BOOKED_BY_A_CLOSE and line.kind != MovementKind.OVER_SHORT]
    booked += [line for result in period.results for line in over_short(result.pair, result.difference or 0)]
    before = without(moves, booked)
    return {
        "of": period.of,
        "id": row.pk,
        "z": seal.number,
        "seal": seal.digest,
        "station": period.place.number,
        "person": period.person,
        "opened_at": _instant(row.opened_at),
        "closed_at": _instant(row.closed_at),
        "closed_by": period.closed_by,
        "closing": period.closing,
        "is_handed_over": bool(getattr(row, "is_handed_over", False)),
        "results": [
            {
                "currency": result.pair.currency,
                "method": result.pair.method,
                "begun_with": result.expected - sum(_net(line) for line in before if line.pair == result.pair),
                "moved": [[line.kind.value, _net(line)] for line in before if line.pair == result.pair],
                "expected": result.expected,
                "counted": result.counted,
                "difference": result.difference,
            }
            for result in period.results
        ],
    }


def _deposits(store: Store, on: date, until: int) -> list[dict[str, Any]]:
    """Returns the bags that were packed on the day, with their amounts: who packs a bag counts it."""
    begin, end = window(store=store, first=on, last=on)
    bags = Deposit.objects.filter(store=store, prepared_at__gte=begin, prepared_at__lt=end, movement_id__lte=until)
    bags = bags.exclude(state=DepositState.CANCELLED).select_related("movement").order_by("pk")
    return [
        {
            "bag": bag.bag_number,
            "state": bag.state,
            "currency": bag.movement.currency,
            "amount": bag.movement.amount,
            "prepared_at": _instant(bag.prepared_at),
        }
        for bag in bags
    ]


def _no_sales(store: Store, on: date, drawers: Sequence[_Period]) -> list[list[int]]:
    """Returns [station, number] for the drawers that were opened without a sale during the business day.

    Reads the audit trail of the registers from the first opening of the day on.
    """
    openings = AuditEntry.objects.filter(
        subject__in=[f"{drawer.of}:{drawer.row.pk}" for drawer in drawers], action__in=OPENED
    )
    since = openings.aggregate(first=Min("pk"))["first"]
    if since is None:
        return []
    begin, end = window(store=store, first=on, last=on)
    stations = dict(store.places.filter(kind=PlaceKind.REGISTER).values_list("pk", "number"))
    subjects = {f"place:{pk}": number for pk, number in stations.items()}
    rows = AuditEntry.objects.filter(
        action=NO_SALE, subject__in=subjects, pk__gt=since, at__gte=begin, at__lt=end
    ).order_by()
    counted = rows.values("subject").annotate(n=Count("pk")).values_list("subject", "n")
    return sorted([subjects[subject], number] for subject, number in counted)


def _range(store: Store, on: date, until: int) -> dict[str, int]:
    """Returns the first and the last movement of the day, and how many there are."""
    rows = Movement.objects.filter(store=store, business_date=on, pk__lte=until)
    found = rows.aggregate(first=Min("pk"), last=Max("pk"), number=Count("pk"))
    return {name: value or 0 for name, value in found.items()}


def _net(line: MovedOfKind) -> int:
    return line.came_in - line.went_out


def _instant(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""
