"""The list of orders, with numbered pages as in the whole shifts API (docs/contracts.md, section 2)."""

from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.api.order_answers import OrderSerializer
from cashdesk.api.orders import OrderViewSet
from cashdesk.domain.visibility import orders_told
from cashdesk.enums import OrderStatus, Scope
from cashdesk.errors import InvalidInput
from cashdesk.models import Order
from cashdesk.web.dialects import EnvelopeDialect
from cashdesk.web.openapi import ENVELOPE_ERROR
from cashdesk.web.permissions import Access

LIMIT_DEFAULT: Final = 10
LIMIT_MAX: Final = 100
PAGE_MAX: Final = 10**6
IN_THE_KITCHEN: Final = ("in_progress", "served")
"""States of the original API that an order here never has."""

STATUSES: Final = {status.label.lower(): status for status in OrderStatus}


class OrderRowSerializer(OrderSerializer):
    """An order in the list. It has no payment, because each payment would cost one more query."""

    queue_number = serializers.CharField(source="number", help_text="The same as `number`.")
    payment_method_id = cash_received = change_due = paid_at = None  # type: ignore[assignment]  # removes the fields

    def to_representation(self, instance: Order) -> dict[str, Any]:
        return dict(super(OrderSerializer, self).to_representation(instance))


class PaginationSerializer(serializers.Serializer[Any]):
    """The number of a page, and how many pages and rows the list has."""

    current_page = serializers.IntegerField(help_text="Number of the page, starting at 1.")
    total_page = serializers.IntegerField()
    total_data = serializers.IntegerField()
    per_page = serializers.IntegerField()


class OrderPageSerializer(serializers.Serializer[Any]):
    """A page of orders."""

    orders = OrderRowSerializer(many=True)
    pagination = PaginationSerializer()


class OrdersViewSet(OrderViewSet):
    """Lists and creates orders."""

    access = {**OrderViewSet.access, "list": Access(scope=Scope.PAYMENTS_READ)}
    query_parameters = {"list": ("page", "limit", "statuses", "user_id")}

    @extend_schema(
        operation_id="orders",
        parameters=[
            OpenApiParameter("page", int, description="Number of the page, starting at 1."),
            OpenApiParameter("limit", int, description="Rows per page: 10 by default, at most 100."),
            OpenApiParameter(
                "statuses", str, many=True, enum=[*STATUSES, *IN_THE_KITCHEN], description="Any of these."
            ),
            OpenApiParameter("user_id", UUID, description="Who made the order."),
        ],
        responses={
            200: inline_serializer("OrdersAnswer", {"message": serializers.CharField(), "data": OrderPageSerializer()}),
            400: ENVELOPE_ERROR,
            401: ENVELOPE_ERROR,
            403: ENVELOPE_ERROR,
        },
        tags=["Shifts"],
    )
    def list(self, request: Request) -> Response:
        """Lists orders, newest first. A cashier sees paid orders only after the drawer was counted."""
        page = _whole(request, "page", default=1, most=PAGE_MAX)
        limit = _whole(request, "limit", default=LIMIT_DEFAULT, most=LIMIT_MAX)
        found = orders_told(by=self.by)
        if statuses := request.query_params.getlist("statuses"):
            found = found.filter(status__in=_states_of(statuses))
        if "user_id" in request.query_params:
            found = found.filter(created_by__uuid=_user_id(request.query_params["user_id"]))
        total = found.count()
        first = (page - 1) * limit
        rows: list[Order] = []
        if first < total:
            related = found.select_related("store", "created_by")
            rows = list(related.order_by("-pk")[first : first + limit])
        shown = {
            "orders": rows,
            "pagination": {
                "current_page": page,
                "total_page": -(-total // limit),
                "total_data": total,
                "per_page": limit,
            },
        }
        answer = OrderPageSerializer(shown, context={"by": self.by}).data
        return Response(EnvelopeDialect.body("Orders retrieved successfully", answer))


def _states_of(wanted: "list[str]") -> "list[str]":
    unknown = set(wanted) - {*STATUSES, *IN_THE_KITCHEN}
    if unknown:
        raise InvalidInput.of("statuses", f"Use {', '.join([*STATUSES, *IN_THE_KITCHEN])}.")
    return [STATUSES[name].value for name in wanted if name in STATUSES]


def _user_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput.of("user_id", "Use the UUID of a person.") from None


def _whole(request: Request, name: str, *, default: int, most: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and 1 <= int(text) <= most):
        raise InvalidInput.of(name, f"must be a whole number from 1 to {most}.")
    return int(text)
