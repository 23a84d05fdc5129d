"""Payment methods, and manual payment of an order (docs/contracts.md, section 2)."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk import money, queries
from cashdesk.api.shifts import cash_unit, whole_units
from cashdesk.domain.caller.principal import find_person
from cashdesk.domain.payment.recording import record_payment
from cashdesk.domain.payment.report import PaymentReport
from cashdesk.domain.session.current import open_session_of
from cashdesk.enums import PaymentStatus, Scope
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import CashSession, PaymentMethod
from cashdesk.web.dialects import EnvelopeDialect
from cashdesk.web.fields import InstantField, RowSerializer, StrictSerializer, WholeNumberField
from cashdesk.web.idempotency import key_of
from cashdesk.web.openapi import ENVELOPE_ERROR, REQUIRED_IDEMPOTENCY_KEY
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import KEPT
from cashdesk.web.views import ApiViewSet

ORDER_LENGTH_MAX = 128


class PaymentMethodSerializer(RowSerializer[PaymentMethod]):
    """A payment method of the account."""

    id = serializers.UUIDField(source="uuid")

    class Meta:
        model = PaymentMethod
        fields = ("id", "code", "name", "is_cash", "is_active", "created_at")


class PaymentMethodViewSet(ApiViewSet):
    """The payment methods of the account."""

    dialect = EnvelopeDialect
    queryset = PaymentMethod.objects.none()
    polled = {"list": KEPT}
    access = {"list": Access(scope=Scope.PAYMENTS_READ)}

    @extend_schema(
        operation_id="payment_methods",
        responses={
            200: inline_serializer(
                "PaymentMethodsAnswer", {"message": serializers.CharField(), "data": PaymentMethodSerializer(many=True)}
            ),
            401: ENVELOPE_ERROR,
        },
        tags=["Shifts"],
    )
    def list(self, request: Request) -> Response:
        """Lists the active payment methods."""
        shown = PaymentMethodSerializer(queries.payment_methods(by=self.by), many=True).data
        return Response(EnvelopeDialect.body("Payment methods retrieved successfully", shown))


class ManualPaymentRequest(StrictSerializer):
    """The body of `POST /orders/{id}/pay/manual`.

    `version` is accepted and ignored, because Cashdesk stores no orders.
    """

    payment_method_id = serializers.UUIDField()
    amount = WholeNumberField(min_value=1)
    cash_received = WholeNumberField(min_value=0, required=False, allow_null=True)
    version = serializers.IntegerField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Reads the amounts in the currency of the open shift."""
        session: CashSession = self.context["session"]
        method = queries.payment_methods(by=self.context["by"]).filter(uuid=attrs["payment_method_id"]).first()
        if method is None:
            raise InvalidInput.of("payment_method_id", "Use an id from GET /payment-methods.")
        unit = cash_unit(session.currency)
        amount = money.parse_minor(attrs["amount"], session.currency, field="amount", unit=unit)
        received = amount
        if method.is_cash and attrs.get("cash_received") is not None:
            received = money.parse_minor(attrs["cash_received"], session.currency, field="cash_received", unit=unit)
        if received < amount:
            raise InvalidInput.of("cash_received", "The cash received is less than the amount.")
        return {"method": method, "amount": amount, "received": received}


class ManualPaymentSerializer(serializers.Serializer[Any]):
    """A manual payment. Amounts are in the currency's smallest cash unit."""

    id = serializers.CharField(help_text="The payment's id.")
    order_id = serializers.CharField()
    payment_method_id = serializers.UUIDField()
    amount = serializers.IntegerField()
    cash_received = serializers.IntegerField()
    change_due = serializers.IntegerField()
    status = serializers.CharField()
    paid_at = InstantField()


class ManualPaymentViewSet(ApiViewSet):
    """Manual payment of an order at the drawer."""

    dialect = EnvelopeDialect
    access = {"pay_manual": Access()}

    @extend_schema(
        operation_id="order_pay_manual",
        parameters=[REQUIRED_IDEMPOTENCY_KEY],
        request=ManualPaymentRequest,
        responses={
            200: inline_serializer(
                "ManualPaymentAnswer", {"message": serializers.CharField(), "data": ManualPaymentSerializer()}
            ),
            400: ENVELOPE_ERROR,
            401: ENVELOPE_ERROR,
            403: ENVELOPE_ERROR,
        },
        tags=["Shifts"],
    )
    @action(detail=False, methods=["post"])
    def pay_manual(self, request: Request, order: str) -> Response:
        """Books the payment of an order into the caller's open shift and returns the change due."""
        if len(order) > ORDER_LENGTH_MAX or not order.isprintable():
            raise InvalidInput.of("order", f"Use at most {ORDER_LENGTH_MAX} printable characters.")
        if not key_of(request):
            raise InvalidInput.of("Idempotency-Key", "This header is required. Give every payment its own key.")
        session = open_session_of(find_person(user_id=None, by=self.by))
        if session is None:
            raise Forbidden("No shift is open. Start one before you take payments.", code="no_open_shift")
        paid = self.validated(ManualPaymentRequest, session=session)
        is_cash = paid["method"].is_cash
        report = PaymentReport(
            id=f"manual-{uuid.uuid4()}",
            order=order,
            method=paid["method"].code,
            currency=session.currency,
            amount=paid["amount"],
            tendered=paid["received"] if is_cash else None,
            change=paid["received"] - paid["amount"] if is_cash else None,
            status=PaymentStatus.APPROVED,
            session=str(session.pk),
        )
        outcome = record_payment(report=report, by=self.by, at=self.now)
        shown = {
            "id": report.id,
            "order_id": order,
            "payment_method_id": str(paid["method"].uuid),
            "amount": whole_units(paid["amount"], session.currency),
            "cash_received": whole_units(paid["received"], session.currency),
            "change_due": whole_units(paid["received"] - paid["amount"], session.currency),
            "status": "paid",
            "paid_at": outcome.payment.paid_at if outcome.payment else None,
        }
        return Response(EnvelopeDialect.body("Payment processed successfully", shown))
