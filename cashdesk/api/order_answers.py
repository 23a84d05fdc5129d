"""The answers about orders and their payments."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cashdesk import queries
from cashdesk.api.shifts import WholeUnitsField, whole_units
from cashdesk.domain.visibility import may_see_payment
from cashdesk.enums import OrderStatus, OrderType
from cashdesk.models import Order, Payment
from cashdesk.web.fields import InstantField, ReferenceField


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}], "example": 1})
class MethodReferenceField(ReferenceField):
    """A payment method: its number or its UUID."""


class OrderSerializer(serializers.Serializer[Order]):
    """An order. Fields that are not known yet are absent.

    The fields about its payment are shown to the person who took it, and to managers.
    """

    id = serializers.UUIDField(source="uuid")
    number = serializers.CharField()
    type = serializers.ChoiceField(choices=OrderType.choices)
    status = serializers.SerializerMethodField(help_text="`open`, `paid` or `cancelled`.")
    is_paid = serializers.SerializerMethodField()
    net_total = WholeUnitsField()
    gross_total = WholeUnitsField(source="net_total", help_text="The same as `net_total`: no discount is kept here.")
    discount_amount = serializers.SerializerMethodField(help_text="Always 0.")
    currency = serializers.CharField()
    store = serializers.CharField(source="store.number")
    version = serializers.IntegerField(help_text="Rises with every change. Send it back when you pay or cancel.")
    user_id = serializers.UUIDField(source="created_by.uuid", required=False)
    created_at = InstantField()
    updated_at = InstantField()
    payment_method_id = serializers.IntegerField(required=False)
    cash_received = serializers.IntegerField(required=False)
    change_due = serializers.IntegerField(required=False)
    paid_at = InstantField(required=False)

    def get_status(self, order: Order) -> str:
        return OrderStatus(order.status).label.lower()

    def get_is_paid(self, order: Order) -> bool:
        return order.status == OrderStatus.PAID

    def get_discount_amount(self, order: Order) -> int:
        return 0

    def to_representation(self, instance: Order) -> dict[str, Any]:
        shown = super().to_representation(instance)
        payment = instance.payment
        if payment is None or not may_see_payment(payment, by=self.context["by"]):
            return shown
        return {**shown, **how_paid(payment)}


class ManualPaymentSerializer(serializers.Serializer[Any]):
    """A manual payment. Amounts are in the currency's smallest cash unit.

    For an order that Cashdesk keeps, `id` is the order's id, and the answer also has the fields of the order and
    `payment_id`. For another order, `id` is the payment's id, and `payment_method_id` is the value
    that was sent.
    """

    id = serializers.CharField(help_text="The order's id, or the payment's id for an order that is not kept here.")
    order_id = serializers.CharField()
    payment_method_id = MethodReferenceField()
    amount = serializers.IntegerField()
    cash_received = serializers.IntegerField()
    change_due = serializers.IntegerField()
    status = serializers.CharField(help_text="`paid`.")
    paid_at = InstantField()
    payment_id = serializers.CharField(required=False)
    number = serializers.CharField(required=False)
    type = serializers.ChoiceField(choices=OrderType.choices, required=False)
    is_paid = serializers.BooleanField(required=False)
    net_total = serializers.IntegerField(required=False)
    gross_total = serializers.IntegerField(required=False)
    discount_amount = serializers.IntegerField(required=False)
    currency = serializers.CharField(required=False)
    store = serializers.CharField(required=False)
    version = serializers.IntegerField(required=False)
    user_id = serializers.UUIDField(required=False)
    created_at = InstantField(required=False)
    updated_at = InstantField(required=False)


def how_paid(payment: Payment) -> dict[str, Any]:
    """Returns the fields that tell how a payment was made."""
    number = queries.method_number(payment)
    received = payment.amount if payment.tendered is None else payment.tendered
    return {
        **({"payment_method_id": number} if number is not None else {}),
        "cash_received": whole_units(received, payment.currency),
        "change_due": whole_units(payment.change or 0, payment.currency),
        "paid_at": InstantField().to_representation(payment.decided_at or payment.paid_at),
    }
