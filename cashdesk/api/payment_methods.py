"""The payment methods of the account, for the shifts API (docs/contracts.md, section 2)."""

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk import queries
from cashdesk.enums import Scope
from cashdesk.models import PaymentMethod
from cashdesk.web.dialects import EnvelopeDialect
from cashdesk.web.fields import RowSerializer
from cashdesk.web.openapi import ENVELOPE_ERROR
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import KEPT
from cashdesk.web.views import ApiViewSet


class PaymentMethodSerializer(RowSerializer[PaymentMethod]):
    """A payment method of the account."""

    id = serializers.IntegerField(
        source="number",
        help_text="1: cash, 2: QRIS with a code for each payment, 3: QRIS with a printed code. Never changes.",
    )

    class Meta:
        model = PaymentMethod
        fields = ("id", "uuid", "code", "name", "is_cash", "is_active", "created_at")


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
