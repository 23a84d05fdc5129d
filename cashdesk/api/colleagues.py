"""Lists people and payment methods for clients of the cash-sessions API (docs/contracts.md, section 1)."""

from collections.abc import Sequence
from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk import queries
from cashdesk.api.signed_in import PersonSerializer
from cashdesk.domain.people.email_visibility import may_see_sign_in_names
from cashdesk.enums import Scope
from cashdesk.models import PaymentMethod, User
from cashdesk.web.dialects import BareDialect
from cashdesk.web.fields import RowSerializer
from cashdesk.web.openapi import BARE_ERROR, SELECTED_STORE
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import KEPT
from cashdesk.web.views import ApiViewSet

CASH_CODE: Final = "EFECTIVO"
"""The code of cash in this API. Its clients look for it, and `POST /payments` accepts it."""


class ColleagueSerializer(PersonSerializer):
    """A person with whom the caller works. The context has the caller as `by`.

    E-mail address and tax id are empty if the caller may not see them.
    """

    email = serializers.CharField(help_text="Empty if the person has none, or if the caller may not see it.")
    rut = serializers.CharField(help_text="Empty if the caller may not see it.")
    full_name = serializers.CharField(source="name")

    class Meta(PersonSerializer.Meta):
        fields = (*PersonSerializer.Meta.fields, "full_name")

    def to_representation(self, instance: User) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return shown if may_see_sign_in_names(self.context["by"]) else {**shown, "email": "", "rut": ""}


class ColleagueViewSet(ApiViewSet):
    """The people whom the caller works with: those of the store, or for an admin those of the account."""

    dialect = BareDialect
    queryset = User.objects.none()
    polled = {"list": KEPT, "sellers": KEPT}
    access = {"list": Access(scope=Scope.SESSIONS_READ), "sellers": Access(scope=Scope.SESSIONS_READ)}

    @extend_schema(
        operation_id="users",
        parameters=[SELECTED_STORE],
        responses={200: ColleagueSerializer(many=True), 401: BARE_ERROR},
        tags=["Cash sessions"],
    )
    def list(self, request: Request) -> Response:
        """Lists people by name, at most 1,000. A cashier sees only active people."""
        return self._shown(queries.colleagues(by=self.by))

    @extend_schema(
        operation_id="sellers",
        parameters=[SELECTED_STORE],
        responses={200: ColleagueSerializer(many=True), 401: BARE_ERROR},
        tags=["Cash sessions"],
    )
    @action(detail=False, methods=["get"])
    def sellers(self, request: Request) -> Response:
        """Lists the signed-in person and the active people who belong to a store, by name, at most 1,000."""
        return self._shown(queries.colleagues(by=self.by, is_selling=True))

    def _shown(self, people: Sequence[User]) -> Response:
        return Response(ColleagueSerializer(people, many=True, context={"by": self.by}).data)


class SalePaymentMethodSerializer(RowSerializer[PaymentMethod]):
    """A payment method of the account. Cash has the code `EFECTIVO`."""

    code = serializers.SerializerMethodField()

    class Meta:
        model = PaymentMethod
        fields = ("id", "code", "name", "is_active", "is_cash")

    def get_code(self, method: PaymentMethod) -> str:
        return CASH_CODE if method.is_cash else method.code


class SaleViewSet(ApiViewSet):
    """The payment methods, under the path of the cash-sessions API."""

    dialect = BareDialect
    queryset = PaymentMethod.objects.none()
    polled = {"payment_methods": KEPT}
    access = {"payment_methods": Access(scope=Scope.PAYMENTS_READ)}

    @extend_schema(
        operation_id="sales_payment_methods",
        parameters=[SELECTED_STORE],
        responses={200: SalePaymentMethodSerializer(many=True), 401: BARE_ERROR},
        tags=["Cash sessions"],
    )
    @action(detail=False, methods=["get"], url_path="payment-methods")
    def payment_methods(self, request: Request) -> Response:
        """Lists the active payment methods."""
        return Response(SalePaymentMethodSerializer(queries.payment_methods(by=self.by), many=True).data)
