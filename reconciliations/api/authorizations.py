"""Issues one-time permissions for reconciliations that need a manager (docs/contracts.md, section 3)."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.enums import Role
from cashdesk.web.fields import (
    CamelCaseSerializer,
    MillisInstantField,
    ReferenceField,
    StrictSerializer,
    TextField,
    WholeNumberField,
)
from cashdesk.web.permissions import Access
from cashdesk.web.views import ApiViewSet
from reconciliations.api.common import OPERATOR_UID_MAX, operator_of, store_of
from reconciliations.dialect import RECONCILIATION_ERROR, ReconciliationDialect
from reconciliations.domain.authorization import MINUTES_MAX, issue_authorization
from reconciliations.models import Authorization


class AuthorizationRequest(CamelCaseSerializer, StrictSerializer):
    """The body of `POST /cash-management/authorizations`."""

    store_id = serializers.UUIDField()
    operator_uid = ReferenceField(max_length=OPERATOR_UID_MAX, required=False, allow_null=True)
    purpose = TextField(min_length=1, max_length=100)
    expires_in_minutes = WholeNumberField(min_value=1, max_value=MINUTES_MAX)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        by = self.context["by"]
        store = store_of(store_id=attrs["store_id"], by=by)
        uid = attrs.get("operator_uid") or ""
        return {
            "store": store,
            "operator": operator_of(uid=uid, store=store, by=by) if uid else None,
            "purpose": attrs["purpose"],
            "expires_in": timedelta(minutes=attrs["expires_in_minutes"]),
        }


class AuthorizationSerializer(CamelCaseSerializer, serializers.Serializer[Authorization]):
    """An authorization. One reconciliation can use its `authorizationTokenId`."""

    authorization_token_id = serializers.UUIDField(source="uuid")
    store_id = serializers.UUIDField(source="store.uuid")
    operator_uid = serializers.CharField(source="operator.operator_uid", default=None, allow_null=True)
    purpose = serializers.CharField()
    issued_by = serializers.SerializerMethodField()
    issued_at = MillisInstantField()
    expires_at = MillisInstantField()

    def get_issued_by(self, row: Authorization) -> str:
        """The issuer as `user:<id>`."""
        return f"user:{row.issued_by_id}"


class AuthorizationViewSet(ApiViewSet):
    """Give another person a one-time permission for a reconciliation."""

    dialect = ReconciliationDialect
    queryset = Authorization.objects.none()
    access = {"create": Access(role=Role.MANAGER)}
    not_replayed = ("create",)

    @extend_schema(
        operation_id="authorization_issue",
        request=AuthorizationRequest,
        responses={
            201: AuthorizationSerializer,
            400: RECONCILIATION_ERROR,
            401: RECONCILIATION_ERROR,
            403: RECONCILIATION_ERROR,
        },
        tags=["Reconciliations"],
    )
    def create(self, request: Request) -> Response:
        """Permits another person to record one reconciliation, until the authorization expires."""
        issued = issue_authorization(**self.validated(AuthorizationRequest), by=self.by, at=self.now)
        return Response(AuthorizationSerializer(issued).data, status=201)
