"""Our own API for payouts of acquirers (docs/contracts.md, section 5, docs/decisions/0046). Amounts are minor units."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.domain.store.store_reference import store_for
from cashdesk.enums import Role, Scope
from cashdesk.money import exponent_of
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.fields import (
    MethodField,
    ReferenceField,
    RowSerializer,
    StrictSerializer,
    TextField,
    WholeNumberField,
)
from cashdesk.web.list_filters import PAGE
from cashdesk.web.openapi import IDEMPOTENCY_KEY, PROBLEM
from cashdesk.web.pagination import NewestFirst
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import POLLED
from cashdesk.web.views import ApiViewSet
from settlements.domain.payout import record_payout
from settlements.filters.lists import PAYOUT_PARAMETERS, PayoutFilter
from settlements.models import Payout
from settlements.models.payout import REFERENCE_MAX
from settlements.queries.payouts import payout, payouts


class PayoutRequest(StrictSerializer):
    """The body of `POST /payouts`. The store defaults to the caller's own, the currency to the store's."""

    store = ReferenceField(max_length=36, default="", allow_blank=True, help_text="Number or UUID of the store.")
    method = MethodField(min_length=1, help_text="The payment method, such as CARD. Never cash.")
    currency = TextField(
        min_length=3, max_length=3, required=False, help_text="ISO 4217. Default: the store's currency."
    )
    amount = WholeNumberField(min_value=1, help_text="What came to the bank, in minor units.")
    fee = WholeNumberField(min_value=0, default=0, help_text="What the acquirer kept, in minor units.")
    reference = TextField(max_length=REFERENCE_MAX, default="", allow_blank=True, help_text="The acquirer's reference.")
    paid_on = serializers.DateField(
        required=False, allow_null=True, help_text="The date on the acquirer's statement. Not in the future."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        store = store_for(reference=attrs["store"], by=self.context["by"])
        currency = attrs.get("currency", store.currency)
        exponent_of(currency)
        return {**attrs, "store": store, "currency": currency}


class PayoutSerializer(RowSerializer[Payout]):
    """A payout. Amounts are in minor units. To take it back, reverse its `movement`; its fee goes back with it."""

    id = serializers.UUIDField(source="uuid")
    store = serializers.CharField(source="store.number")
    method = serializers.CharField(source="movement.method")
    currency = serializers.CharField(source="movement.currency")
    amount = serializers.IntegerField()
    fee = serializers.IntegerField()
    movement = serializers.UUIDField(source="movement.uuid", help_text="The movement from clearing to the bank.")
    fee_movement = serializers.UUIDField(
        source="fee_movement.uuid",
        default=None,
        allow_null=True,
        help_text="The movement of the fee from clearing to the outside, or null.",
    )
    reversed = serializers.BooleanField(source="is_reversed")
    recorded_by = serializers.CharField(source="recorded_by.name", default=None, allow_null=True)

    class Meta:
        model = Payout
        fields = (
            "id", "store", "method", "currency", "amount", "fee", "reference", "paid_on", "recorded_at", "recorded_by",
            "movement", "fee_movement", "reversed",
        )  # fmt: skip


class PayoutViewSet(ApiViewSet):
    """List payouts of acquirers, and record one."""

    dialect = ProblemDialect
    queryset = Payout.objects.none()
    filterset_class = PayoutFilter
    polled = {"list": POLLED, "retrieve": POLLED}
    access = {
        "list": Access(role=Role.MANAGER, scope=Scope.SETTLEMENTS_READ),
        "retrieve": Access(role=Role.MANAGER, scope=Scope.SETTLEMENTS_READ),
        "create": Access(role=Role.MANAGER, scope=Scope.SETTLEMENTS_WRITE),
    }
    query_parameters = {"list": (*PAYOUT_PARAMETERS, *NewestFirst.parameters)}

    @extend_schema(
        operation_id="payouts",
        parameters=[*PAGE],
        responses={200: PayoutSerializer(many=True), 400: PROBLEM, 401: PROBLEM, 403: PROBLEM},
        tags=["Movements"],
    )
    def list(self, request: Request) -> Response:
        """Lists payouts, newest first. The `Link` header leads to the next page."""
        pages = NewestFirst(instant="recorded_at")
        page = pages.page(self.filter_queryset(payouts(by=self.by)), request)
        return Response(PayoutSerializer(page, many=True).data, headers=pages.headers())

    @extend_schema(
        operation_id="payout",
        responses={200: PayoutSerializer, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=["Movements"],
    )
    def retrieve(self, request: Request, payout_id: UUID) -> Response:
        """Shows one payout."""
        return self._shown(payout_id)

    @extend_schema(
        operation_id="payout_record",
        parameters=[IDEMPOTENCY_KEY],
        request=PayoutRequest,
        responses={201: PayoutSerializer, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 409: PROBLEM},
        tags=["Movements"],
    )
    def create(self, request: Request) -> Response:
        """Books what an acquirer paid out, from clearing to the bank, and its fee, from clearing to the outside."""
        made = record_payout(**self.validated(PayoutRequest), by=self.by, at=self.now)
        return self._shown(made.uuid, status=201)

    def _shown(self, payout_id: UUID, *, status: int = 200) -> Response:
        return Response(PayoutSerializer(payout(by=self.by, payout_id=payout_id)).data, status=status)
