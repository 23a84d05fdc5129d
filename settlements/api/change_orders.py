"""Our own API for change orders: notes and coins from the bank (docs/contracts.md, section 5, docs/decisions/0017)."""

from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.domain.store.store_reference import store_for
from cashdesk.enums import Role, Scope
from cashdesk.money import exponent_of
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.fields import ReferenceField, RowSerializer, StrictSerializer, TextField, WholeNumberField
from cashdesk.web.list_filters import PAGE
from cashdesk.web.openapi import IDEMPOTENCY_KEY, PROBLEM
from cashdesk.web.pagination import NewestFirst
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import POLLED
from cashdesk.web.views import ApiViewSet
from settlements import queries
from settlements.api.pieces import CountedMinorRequest, OrderedPiecesSerializer, listed
from settlements.domain.change_order import acts_open_to, cancel_change, order_change, receive_change
from settlements.enums import ChangeOrderAct, ChangeOrderState
from settlements.filters.lists import CHANGE_ORDER_PARAMETERS, ChangeOrderFilter
from settlements.models import ChangeOrder
from settlements.models.change_order import REVERSED

TEXT_MAX: Final = 500
PATHS: Final = {ChangeOrderAct.RECEIVE: "arrive", ChangeOrderAct.CANCEL: "cancel"}
"""The last part of the path of each action."""
STATES: Final = [*ChangeOrderState.values, REVERSED]
ANSWERS: Final = {400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM, 409: PROBLEM}


class ChangeRequest(CountedMinorRequest):
    """An amount of cash, as it was ordered or as it arrived."""

    note = TextField(max_length=TEXT_MAX, default="", allow_blank=True)


class ChangeOrderRequest(ChangeRequest):
    """The body of `POST /change-orders`. The store defaults to the caller's own, the currency to the store's."""

    store = ReferenceField(max_length=36, default="", allow_blank=True, help_text="Number or UUID of the store.")
    amount = WholeNumberField(min_value=0, required=False, help_text="Amount in minor units.")
    currency = TextField(
        min_length=3, max_length=3, required=False, help_text="ISO 4217. Default: the store's currency."
    )
    wanted_on = serializers.DateField(
        required=False, allow_null=True, help_text="The day on which the store wants it. Today or later."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        store = store_for(reference=attrs["store"], by=self.context["by"])
        currency = attrs.get("currency", store.currency)
        exponent_of(currency)
        ordered = self.counted(attrs, currency=currency)
        return {"store": store, "ordered": ordered, "wanted_on": attrs.get("wanted_on"), "note": attrs["note"]}


class ChangeArrivalRequest(ChangeRequest):
    """The body of `POST /change-orders/{id}/arrive`: what was counted."""

    amount_field = "received"

    received = WholeNumberField(min_value=0, required=False, help_text="The counted amount in minor units.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        order: ChangeOrder = self.context["order"]
        return {"received": self.counted(attrs, currency=order.currency), "note": attrs["note"]}


class ChangeCancelRequest(StrictSerializer):
    """The body of `POST /change-orders/{id}/cancel`."""

    reason = TextField(min_length=1, max_length=TEXT_MAX, help_text="Why the order is cancelled.")


class ChangeOrderSerializer(RowSerializer[ChangeOrder]):
    """A change order. Amounts are in minor units. `state` is REVERSED if the movement of the arrival was reversed."""

    id = serializers.UUIDField(source="uuid")
    store = serializers.CharField(source="store.number")
    number = serializers.CharField(help_text="The short number on the slip.")
    state = serializers.ChoiceField(source="shown_state", choices=STATES)
    count = serializers.SerializerMethodField(help_text="The ordered pieces; empty if only an amount was ordered.")
    received_count = serializers.SerializerMethodField(
        help_text="The counted pieces; empty if only an amount was counted."
    )
    difference = serializers.IntegerField(allow_null=True, help_text="`received` minus `amount`.")
    movement = serializers.UUIDField(
        source="movement.uuid", default=None, allow_null=True, help_text="The movement that booked the arrival."
    )
    ordered_by = serializers.CharField(source="ordered_by.name", default=None, allow_null=True)
    ended_by = serializers.CharField(source="ended_by.name", default=None, allow_null=True)
    allowed = serializers.SerializerMethodField(
        help_text="Actions that the caller may take now. Each is a path below the order's."
    )

    class Meta:
        model = ChangeOrder
        fields = (
            "id", "store", "number", "state", "currency", "amount", "count", "wanted_on", "note", "ordered_at",
            "ordered_by", "ended_at", "ended_by", "reason", "received", "received_count", "difference", "movement",
            "allowed",
        )  # fmt: skip

    @extend_schema_field(OrderedPiecesSerializer(many=True))
    def get_count(self, row: ChangeOrder) -> list[dict[str, int]]:
        return listed(row.ordered_by_worth)

    @extend_schema_field(OrderedPiecesSerializer(many=True))
    def get_received_count(self, row: ChangeOrder) -> list[dict[str, int]]:
        return listed(row.received_by_worth)

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=["arrive", "cancel"])))
    def get_allowed(self, row: ChangeOrder) -> list[str]:
        return [PATHS[act] for act in acts_open_to(row, by=self.context["by"])]


class ChangeOrderViewSet(ApiViewSet):
    """List change orders, place an order for notes and coins, count in what arrived, and cancel an order."""

    dialect = ProblemDialect
    queryset = ChangeOrder.objects.none()
    filterset_class = ChangeOrderFilter
    polled = {"list": POLLED, "retrieve": POLLED}
    access = {
        "list": Access(role=Role.MANAGER, scope=Scope.SETTLEMENTS_READ),
        "retrieve": Access(role=Role.MANAGER, scope=Scope.SETTLEMENTS_READ),
        "create": Access(role=Role.MANAGER, scope=Scope.SETTLEMENTS_WRITE),
        "arrive": Access(role=Role.MANAGER, scope=Scope.SETTLEMENTS_WRITE),
        "cancel": Access(role=Role.MANAGER, scope=Scope.SETTLEMENTS_WRITE),
    }
    query_parameters = {"list": (*CHANGE_ORDER_PARAMETERS, *NewestFirst.parameters)}

    @extend_schema(
        operation_id="change_orders",
        parameters=[*PAGE],
        responses={200: ChangeOrderSerializer(many=True), 400: PROBLEM, 401: PROBLEM, 403: PROBLEM},
        tags=["Movements"],
    )
    def list(self, request: Request) -> Response:
        """Lists change orders, newest first. The `Link` header leads to the next page."""
        pages = NewestFirst(instant="ordered_at")
        page = pages.page(self.filter_queryset(queries.change_orders(by=self.by)), request)
        shown = ChangeOrderSerializer(page, many=True, context={"by": self.by})
        return Response(shown.data, headers=pages.headers())

    @extend_schema(
        operation_id="change_order",
        responses={200: ChangeOrderSerializer, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=["Movements"],
    )
    def retrieve(self, request: Request, order_id: UUID) -> Response:
        """Shows one change order."""
        return self._shown(order_id)

    @extend_schema(
        operation_id="change_order_make",
        parameters=[IDEMPOTENCY_KEY],
        request=ChangeOrderRequest,
        responses={201: ChangeOrderSerializer, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 409: PROBLEM},
        tags=["Movements"],
    )
    def create(self, request: Request) -> Response:
        """Orders change from the bank. No money moves."""
        order = order_change(**self.validated(ChangeOrderRequest), by=self.by, at=self.now)
        return self._shown(order.uuid, status=201)

    @extend_schema(
        operation_id="change_order_arrive",
        parameters=[IDEMPOTENCY_KEY],
        request=ChangeArrivalRequest,
        responses={200: ChangeOrderSerializer, **ANSWERS},
        tags=["Movements"],
    )
    def arrive(self, request: Request, order_id: UUID) -> Response:
        """Books the change that arrived into the vault, as it was counted.

        A difference from the order is recorded, and not booked over/short.
        """
        order = queries.change_order(by=self.by, order_id=order_id)
        receive_change(order=order, **self.validated(ChangeArrivalRequest, order=order), by=self.by, at=self.now)
        return self._shown(order_id)

    @extend_schema(
        operation_id="change_order_cancel",
        parameters=[IDEMPOTENCY_KEY],
        request=ChangeCancelRequest,
        responses={200: ChangeOrderSerializer, **ANSWERS},
        tags=["Movements"],
    )
    def cancel(self, request: Request, order_id: UUID) -> Response:
        """Cancels an order that did not arrive."""
        order = queries.change_order(by=self.by, order_id=order_id)
        cancel_change(order=order, **self.validated(ChangeCancelRequest), by=self.by, at=self.now)
        return self._shown(order_id)

    def _shown(self, order_id: UUID, *, status: int = 200) -> Response:
        found = queries.change_order(by=self.by, order_id=order_id)
        return Response(ChangeOrderSerializer(found, context={"by": self.by}).data, status=status)
