"""Paying orders through the payment gateway Midtrans (docs/contracts.md, section 2)."""

from decimal import Decimal
from typing import Any, Final

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.api.orders import VERSION_MAX, session_for_payments
from cashdesk.domain.payment.charge import charge_order
from cashdesk.domain.payment.charge_decision import charge_called, decide_charge
from cashdesk.domain.payment.order import order_for
from cashdesk.errors import Forbidden
from cashdesk.models import Charge
from cashdesk.money import to_digits
from cashdesk.web.dialects import EnvelopeDialect
from cashdesk.web.fields import InstantField, StrictSerializer
from cashdesk.web.midtrans import is_signed, midtrans, refuse_unconfigured, standing_of
from cashdesk.web.openapi import ENVELOPE_ERROR, IDEMPOTENCY_KEY
from cashdesk.web.permissions import PUBLIC, Access
from cashdesk.web.views import ApiViewSet

TEXT_MAX: Final = 128
"""The longest text of a notification that is looked at. The gateway's own texts have at most 128 characters."""


class MidtransPaymentRequest(StrictSerializer):
    """The body of `POST /orders/{id}/pay/midtrans`. It may be empty."""

    version = serializers.IntegerField(min_value=-VERSION_MAX, max_value=VERSION_MAX, required=False, allow_null=True)


class ActionSerializer(serializers.Serializer[Any]):
    """An address for the customer: `generate-qr-code` shows the QR code."""

    name = serializers.CharField()
    method = serializers.CharField()
    url = serializers.CharField()


class MidtransChargeSerializer(serializers.Serializer[Charge]):
    """A charge that waits for the customer. `gross_amount` is in the currency's units, as the gateway writes it."""

    order_id = serializers.UUIDField(source="order.uuid")
    transaction_id = serializers.CharField()
    gross_amount = serializers.SerializerMethodField()
    qr_string = serializers.CharField(source="answer.qr_string")
    expiry_time = InstantField(source="expires_at")
    actions = ActionSerializer(many=True, source="answer.actions")
    payment_id = serializers.CharField(source="reference", help_text="The id of the pending payment.")

    def get_gross_amount(self, charge: Charge) -> str:
        return to_digits(charge.payment.amount, charge.payment.currency)


class NoteField(serializers.CharField):
    """Text for the audit trail. Other values are ignored, because a notification must not be refused for a note."""

    def run_validation(self, data: Any = serializers.empty) -> str:
        text = str(data) if isinstance(data, str | int | Decimal) else ""
        return text[:TEXT_MAX] if text.isprintable() else ""


class NotificationRequest(serializers.Serializer[Any]):
    """A notification of the gateway. Other fields are accepted, because the gateway adds new ones."""

    accepts_others = True

    order_id = serializers.CharField(max_length=TEXT_MAX)
    status_code = serializers.CharField(max_length=TEXT_MAX)
    gross_amount = serializers.CharField(max_length=TEXT_MAX)
    signature_key = serializers.CharField(max_length=TEXT_MAX)
    transaction_status = serializers.CharField(max_length=TEXT_MAX)
    fraud_status = serializers.CharField(max_length=TEXT_MAX, required=False, allow_blank=True, allow_null=True)
    currency = serializers.CharField(max_length=TEXT_MAX, required=False, allow_blank=True, allow_null=True)
    refund_key = NoteField(required=False, allow_blank=True, allow_null=True)
    refund_amount = NoteField(required=False, allow_blank=True, allow_null=True)


class MidtransPaymentViewSet(ApiViewSet):
    """Charges orders through the gateway."""

    dialect = EnvelopeDialect
    access = {"pay_midtrans": Access()}
    calls_out = ("pay_midtrans",)
    charge: Charge

    def prepare(self, request: Request) -> None:
        """Charges the order, or finds the charge that waits. Calls the gateway outside of every transaction."""
        order = order_for(reference=self.kwargs["order"], by=self.by)
        gateway = midtrans()
        session = session_for_payments(self.by)
        asked = self.validated(MidtransPaymentRequest)
        self.charge = charge_order(
            order=order, session=session, gateway=gateway, version=asked.get("version"), by=self.by, at=self.now
        )

    @extend_schema(
        operation_id="order_pay_midtrans",
        parameters=[IDEMPOTENCY_KEY],
        request=MidtransPaymentRequest,
        responses={
            200: inline_serializer(
                "MidtransChargeAnswer", {"message": serializers.CharField(), "data": MidtransChargeSerializer()}
            ),
            400: ENVELOPE_ERROR,
            401: ENVELOPE_ERROR,
            403: ENVELOPE_ERROR,
            404: ENVELOPE_ERROR,
            409: ENVELOPE_ERROR,
            503: ENVELOPE_ERROR,
        },
        tags=["Shifts"],
    )
    def pay_midtrans(self, request: Request, order: str) -> Response:
        """Charges an order through Midtrans. The customer pays by QR code, and a notification then pays the order."""
        shown = MidtransChargeSerializer(self.charge).data
        return Response(EnvelopeDialect.body("Payment initiated successfully", shown))


class MidtransNotificationViewSet(ApiViewSet):
    """Receives the notifications of the gateway. They are signed, so nobody signs in."""

    dialect = EnvelopeDialect
    authentication_classes = ()
    access = {"notify": PUBLIC}

    @extend_schema(
        operation_id="midtrans_notification",
        request=NotificationRequest,
        responses={
            200: inline_serializer(
                "MidtransNotificationAnswer",
                {
                    "message": serializers.CharField(),
                    "data": inline_serializer(
                        "MidtransNotificationData",
                        {"order_id": serializers.CharField(), "transaction_status": serializers.CharField()},
                    ),
                },
            ),
            400: ENVELOPE_ERROR,
            403: ENVELOPE_ERROR,
            404: ENVELOPE_ERROR,
            503: ENVELOPE_ERROR,
        },
        auth=[],
        tags=["Shifts"],
    )
    def notify(self, request: Request) -> Response:
        """Approves or rejects the pending payment that a signed notification names. A repetition changes nothing."""
        asked = NotificationRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        refuse_unconfigured()
        told = asked.validated_data
        signed = {name: told[name] for name in ("order_id", "status_code", "gross_amount", "signature_key")}
        if not is_signed(**signed):
            raise Forbidden("signature_key: The signature is wrong.", code="wrong_signature")
        decide_charge(charge=charge_called(told["order_id"]), standing=standing_of(told), at=self.now)
        shown = {"order_id": told["order_id"], "transaction_status": told["transaction_status"]}
        return Response(EnvelopeDialect.body("Notification processed successfully", shown))
