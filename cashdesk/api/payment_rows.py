"""Payments as `POST /payments` and the lists of payments write them."""

from typing import Any

from rest_framework import serializers

from cashdesk.enums import Booked
from cashdesk.models import Payment
from cashdesk.web.fields import RowSerializer


class PaymentSerializer(RowSerializer[Payment]):
    """A payment as it was stored and booked."""

    id = serializers.CharField(source="external_id")
    store = serializers.CharField(source="store.number")
    station = serializers.IntegerField(source="register.number", default=None, allow_null=True)
    session = serializers.IntegerField(source="session_id", allow_null=True)
    operator = serializers.CharField(source="operator.operator_uid", default=None, allow_null=True)
    booked = serializers.ChoiceField(choices=Booked.choices)

    class Meta:
        model = Payment
        fields: tuple[str, ...] = (
            "id", "order", "store", "station", "session", "operator", "method", "currency", "amount", "tendered", "change",
            "status", "type", "paid_at", "clock_adjusted", "tax", "discount", "channel", "service", "booked", "reported_at",
        )  # fmt: skip


def payment_row(payment: Payment) -> dict[str, Any]:
    """Returns what PaymentSerializer would write, without building its fields for one row."""
    return {
        "id": payment.external_id,
        "order": payment.order,
        "store": payment.store.number,
        "station": payment.register.number if payment.register is not None else None,
        "session": payment.session_id,
        "operator": payment.operator.operator_uid if payment.operator is not None else None,
        "method": payment.method,
        "currency": payment.currency,
        "amount": payment.amount,
        "tendered": payment.tendered,
        "change": payment.change,
        "status": payment.status,
        "type": payment.type,
        "paid_at": payment.paid_at,
        "clock_adjusted": payment.clock_adjusted,
        "tax": payment.tax,
        "discount": payment.discount,
        "channel": payment.channel,
        "service": payment.service,
        "booked": payment.booked,
        "reported_at": payment.reported_at,
    }


class ListedPaymentSerializer(PaymentSerializer):
    """A payment with its cashier, its business date, its decision and its movement."""

    user_id = serializers.IntegerField(source="operator_id", allow_null=True, help_text="Id of the cashier.")
    movement = serializers.UUIDField(
        source="movement_uuid", allow_null=True, help_text="Id of the movement that booked it."
    )

    class Meta(PaymentSerializer.Meta):
        fields = (*PaymentSerializer.Meta.fields, "user_id", "business_date", "decided_at", "movement")
