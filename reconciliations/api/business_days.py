"""Our own API to close business days."""

from datetime import date
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.domain.store.date_range import refuse_backwards
from cashdesk.domain.store.store_reference import store_for
from cashdesk.enums import Role, Scope
from cashdesk.errors import InvalidInput
from cashdesk.models import BusinessDay, Store
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.fields import InstantField, ReferenceField, StrictSerializer, date_in
from cashdesk.web.list_filters import PAGE
from cashdesk.web.openapi import IDEMPOTENCY_KEY, PROBLEM
from cashdesk.web.pagination import InOrder
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import POLLED
from cashdesk.web.views import ApiViewSet
from reconciliations import queries
from reconciliations.api.common import refuse_loose_key
from reconciliations.domain.business_day_close import Closed, close_business_day, current_date, day_of
from reconciliations.enums import DayState

STORE = OpenApiParameter("store", str, description="Number or UUID of a store. Default: your own store.")


class CloseDayRequest(StrictSerializer):
    """The body of `POST /business-days/{date}/close`."""

    store = ReferenceField(
        max_length=36, default="", allow_blank=True, help_text="Number or UUID of a store. Default: your own store."
    )


class ClosedDaySerializer(serializers.Serializer[Closed]):
    """A closed business day, with the sessions and settlements that were closed without a count."""

    store = serializers.CharField(source="day.store.number")
    date = serializers.DateField(source="day.date")
    closed_at = InstantField(source="day.closed_at")
    uncounted_sessions = serializers.ListField(child=serializers.IntegerField())
    uncounted_settlements = serializers.ListField(child=serializers.UUIDField())

    def to_representation(self, instance: Closed) -> dict[str, Any]:
        return {
            "store": instance.day.store.number,
            "date": instance.day.date,
            "closed_at": instance.day.closed_at,
            "uncounted_sessions": [session.pk for session in instance.sessions],
            "uncounted_settlements": [str(settlement.uuid) for settlement in instance.settlements],
        }


class BusinessDaySerializer(serializers.Serializer[Any]):
    """A business day. A day that nobody closed is OPEN."""

    store = serializers.CharField(help_text="Number of the store.")
    date = serializers.DateField()
    state = serializers.ChoiceField(choices=DayState.choices)
    closed_at = InstantField(allow_null=True)
    closed_by = serializers.CharField(allow_null=True, help_text="Name of the person, or `apikey:` with the prefix.")


class OneBusinessDaySerializer(BusinessDaySerializer):
    """A business day with the time of its first movement or session."""

    opened_at = InstantField(allow_null=True, help_text="null while nothing has happened on this day.")


class BusinessDayViewSet(ApiViewSet):
    """List closed business days, show one day, and close it."""

    dialect = ProblemDialect
    queryset = BusinessDay.objects.none()
    polled = {"list": POLLED, "retrieve": POLLED}
    access = {
        "list": Access(role=Role.MANAGER, scope=Scope.CASH_MANAGEMENT_READ),
        "retrieve": Access(role=Role.MANAGER, scope=Scope.CASH_MANAGEMENT_READ),
        "close": Access(role=Role.MANAGER, scope=Scope.CASH_MANAGEMENT_WRITE),
    }
    query_parameters = {"list": ("store", "from", "to", *InOrder.parameters), "retrieve": ("store",)}

    @extend_schema(
        operation_id="business_days",
        parameters=[
            STORE,
            OpenApiParameter("from", date, description="First business date, included."),
            OpenApiParameter("to", date, description="Last business date, included."),
            *PAGE,
        ],
        responses={200: BusinessDaySerializer(many=True), 400: PROBLEM, 401: PROBLEM, 403: PROBLEM},
        tags=["Reconciliations"],
    )
    def list(self, request: Request) -> Response:
        """Lists the closed business days of a store, latest date first. A day that is not in the list is open.

        The `Link` header leads to the next page.
        """
        asked = request.query_params
        first, last = (date_in(asked[name], field=name) if name in asked else None for name in ("from", "to"))
        refuse_backwards(first, last, field="to")
        rows = queries.closed_days(store=self._store(), first=first, last=last)
        pages = InOrder(column="date", descending=True)
        page = pages.page(rows, request)
        shown = [_shown(row.store, row.date, state=DayState.CLOSED, closed=row) for row in page]
        return Response(BusinessDaySerializer(shown, many=True).data, headers=pages.headers())

    @extend_schema(
        operation_id="business_day",
        parameters=[STORE],
        responses={200: OneBusinessDaySerializer, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM},
        tags=["Reconciliations"],
    )
    def retrieve(self, request: Request, date: str) -> Response:
        """Shows one business day of a store, open or closed."""
        store, on = self._store(), date_in(date, field="date")
        if on > current_date(store=store, at=self.now):
            raise InvalidInput.of("date", "This day has not begun in the store. Choose an earlier day.")
        day, closed = day_of(store=store, on=on), queries.closed_days(store=store, first=on, last=on).first()
        shown = _shown(store, on, state=day.state, closed=closed) | {"opened_at": day.opened_at}
        return Response(OneBusinessDaySerializer(shown).data)

    def _store(self) -> Store:
        refuse_loose_key(self.by)
        return store_for(reference=self.request.query_params.get("store", ""), by=self.by)

    @extend_schema(
        operation_id="business_day_close",
        parameters=[IDEMPOTENCY_KEY],
        request=CloseDayRequest,
        responses={201: ClosedDaySerializer, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 409: PROBLEM},
        tags=["Reconciliations"],
    )
    def close(self, request: Request, date: str) -> Response:
        """Closes the day. Open drawers are closed without a count if the store allows it. Otherwise the answer is 409."""
        refuse_loose_key(self.by)
        store = store_for(reference=self.validated(CloseDayRequest)["store"], by=self.by)
        closed = close_business_day(store=store, on=date_in(date, field="date"), by=self.by, at=self.now)
        return Response(ClosedDaySerializer(closed).data, status=201)


def _shown(store: Store, on: date, *, state: DayState, closed: BusinessDay | None) -> dict[str, Any]:
    by = closed.closed_by if closed is not None else None
    key = closed.closed_with if closed is not None else None
    return {
        "store": store.number,
        "date": on,
        "state": state,
        "closed_at": closed.closed_at if closed is not None else None,
        "closed_by": by.name if by is not None else f"apikey:{key.prefix}" if key is not None else None,
    }
