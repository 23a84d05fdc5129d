"""Our own API to close business days."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.domain.store.store_reference import store_for
from cashdesk.enums import Role, Scope
from cashdesk.models import BusinessDay
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.fields import InstantField, ReferenceField, StrictSerializer, date_in
from cashdesk.web.openapi import IDEMPOTENCY_KEY, PROBLEM
from cashdesk.web.permissions import Access
from cashdesk.web.views import ApiViewSet
from reconciliations.api.common import refuse_loose_key
from reconciliations.domain.business_day_close import Closed, close_business_day


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


class BusinessDayViewSet(ApiViewSet):
    """Close a business day."""

    dialect = ProblemDialect
    queryset = BusinessDay.objects.none()
    access = {"close": Access(role=Role.MANAGER, scope=Scope.CASH_MANAGEMENT_WRITE)}

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
