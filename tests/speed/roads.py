"""The lists and reports of the APIs and pages, as requests about a store with years behind it (bench/years.py)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from cashdesk.enums import PlaceKind, SessionStatus
from cashdesk.models import CashSession, Movement, Place, Store, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """A request: its path, the rows that its answer shows or sums, and who asks."""

    path: str
    rows: int
    role: str = "manager"
    is_page: bool = False


def roads(store: Store) -> Iterator[Road]:
    """Yields the requests. `rows` of a sum are the rows that make it up: those of one session or one business day."""
    registers = Place.objects.filter(store=store, kind=PlaceKind.REGISTER).order_by("number")
    busy, *_, idle, settled = registers
    closed = CashSession.objects.filter(store=store, status=SessionStatus.CLOSED)
    middle = closed.order_by("pk")[closed.count() // 2]
    cashier = User.objects.get(pk=middle.user_id)
    of_session = Movement.objects.filter(session=middle).count()
    day = middle.business_date
    of_day = Movement.objects.filter(store=store, business_date=day).count()
    of_month = closed.filter(business_date__year=day.year, business_date__month=day.month).count()
    of_year = closed.filter(business_date__range=(day - timedelta(days=365), day)).count()
    settlements = store.settlements.count()
    unsealed = Movement.objects.filter(
        Q(source__kind=PlaceKind.VAULT) | Q(destination__kind__in=(PlaceKind.VAULT, PlaceKind.CLEARING)), store=store
    ).count()
    named, on = f"store={store.uuid}", f"from={day}&to={day}"
    at = f"from={day}T00:00:00Z&to={day}T23:59:59Z"
    page = 20
    yield from (
        # The cash sessions and shifts APIs.
        Road(path=f"/cash/sessions?limit={page}", rows=page),
        Road(path=f"/cash/sessions?limit={page}&status=OPEN", rows=page),
        Road(path=f"/cash/sessions?limit={page}&user_id={cashier.pk}", rows=page),
        Road(path=f"/cash/sessions?limit={page}&{on}", rows=page),
        Road(path=f"/cash/sessions?limit={page}&{named}", rows=page, role="admin"),
        Road(path=f"/cash/sessions?limit={page}", rows=page, role="cashier"),
        Road(path="/cash/status", rows=1, role="cashier"),
        Road(path="/shifts/current", rows=1, role="cashier"),
        Road(path=f"/reports/shift-summary?start_date={day}&end_date={day}", rows=of_day),
        # The reconciliations API.
        Road(path=f"/cash-management/expected?storeId={store.uuid}&businessDayDate={day}", rows=of_day),
        Road(path=f"/cash-management/expected?storeId={store.uuid}", rows=of_day),
        Road(
            path=f"/cash-management/expected?storeId={store.uuid}&businessDayDate={day}&operatorUid={cashier.operator_uid}",
            rows=of_day,
        ),
        Road(path=f"/cash-management/reconciliations?storeId={store.uuid}&limit={page}", rows=page),
        # The settlements API.
        # The published answer tells how many settlements there are, so they are counted: in an index.
        Road(path=f"/settlements?size={page}", rows=settlements),
        Road(path=f"/settlements?size={page}&page={settlements // page - 1}", rows=settlements),
        Road(path=f"/settlements?size={page}&{named}", rows=settlements, role="admin"),
        Road(path=f"/settlements?size={page}&state=OPEN", rows=page),
        Road(path=f"/settlements?size={page}&type=VAULT", rows=settlements),
        Road(path=f"/cashbookentries?size={page}", rows=page),
        # Our own lists.
        Road(path=f"/movements?limit={page}", rows=page),
        Road(path=f"/movements?limit={page}&{on}", rows=of_day),
        Road(path=f"/movements?limit={page}&{on}&kind=OVER_SHORT", rows=of_day),
        Road(path=f"/movements?limit={page}&session={middle.pk}", rows=of_session),
        Road(path=f"/payments?limit={page}", rows=page),
        Road(path=f"/payments?limit={page}&{on}", rows=of_day),
        Road(path=f"/payments?limit={page}&status=PENDING", rows=page),
        Road(path=f"/payments?limit={page}&session={middle.pk}", rows=of_session),
        Road(path=f"/counts?limit={page}", rows=page),
        Road(path=f"/counts?limit={page}&{at}", rows=page),
        Road(path=f"/counts?limit={page}&session={middle.pk}", rows=page),
        Road(path=f"/variances?limit={page}", rows=page),
        Road(path=f"/variances?limit={page}&waiting=true", rows=page),
        Road(path=f"/variances?limit={page}&{on}", rows=page),
        Road(path=f"/business-days?limit={page}", rows=page),
        Road(path=f"/business-days/{day}", rows=of_day),
        # The safe of this store was never settled, so its book is the sum of its movements.
        Road(path="/cash-position", rows=unsealed),
        Road(path=f"/registers?limit={page}", rows=page),
        Road(path=f"/deposits?limit={page}", rows=page),
        Road(path=f"/change-orders?limit={page}", rows=page),
        Road(path=f"/payouts?limit={page}", rows=page),
        Road(path=f"/orders?limit={page}", rows=page, role="cashier"),
        Road(path=f"/events?limit={page}", rows=page),
        # X and Z reports, of a busy and of an idle register.
        *(Road(path=f"/registers/{one.number}/x-report", rows=of_session) for one in (busy, idle)),
        *(Road(path=f"/registers/{one.number}/z-reports?limit={page}", rows=page) for one in (busy, idle, settled)),
        *(Road(path=f"/registers/{one.number}/z-reports/1", rows=of_session) for one in (busy, idle)),
        Road(path=f"/registers/{busy.number}/z-reports/{_last_z(busy)}", rows=of_session),
        # The pages of reports.
        *(
            Road(path=f"/reports/registers/{store.uuid}/{one.number}/{report}", rows=page, is_page=True)
            for one in (busy, idle)
            for report in ("x", "z", "z/1")
        ),
        Road(path=f"/reports/over-short?from={day}&to={day}", rows=of_year, is_page=True),
        Road(path=f"/reports/operator?person={cashier.uuid}&month={day:%Y-%m}", rows=of_month, is_page=True),
        Road(path="/vault/movements", rows=50, is_page=True),
        Road(path="/vault/deposits", rows=50, is_page=True),
    )


def _last_z(place: Place) -> int:
    last = place.seals.order_by("-number").first()
    return last.number if last is not None else 0
