"""The reconciliations API (docs/contracts.md, section 3): camelCase, JSON numbers in currency units."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk import money
from cashdesk.domain.store.date_range import refuse_backwards
from cashdesk.enums import Reason, Role, Scope
from cashdesk.errors import InvalidInput
from cashdesk.web.fields import (
    CamelCaseSerializer,
    InstantField,
    MillisInstantField,
    NumberField,
    ReferenceField,
    StrictSerializer,
    TextField,
    date_in,
    to_millis,
)
from cashdesk.web.openapi import IDEMPOTENCY_KEY
from cashdesk.web.pagination import NewestFirst
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import POLLED
from cashdesk.web.views import ApiViewSet
from reconciliations import queries
from reconciliations.api.common import (
    OPERATOR_UID_MAX,
    AmountField,
    DateField,
    operator_of,
    refuse_loose_key,
    store_of,
    uuid_in,
)
from reconciliations.dialect import RECONCILIATION_ERROR, ReconciliationDialect
from reconciliations.domain.reconciliation import Declaration, record_reconciliation
from reconciliations.enums import DiscrepancyType
from reconciliations.models import Reconciliation


class ReconciliationRequest(CamelCaseSerializer, StrictSerializer):
    """The body of `POST /cash-management/reconciliations`."""

    store_id = serializers.UUIDField()
    business_day_date = DateField(required=False, allow_null=True, help_text="Default: the current business day.")
    operator_uid = ReferenceField(max_length=OPERATOR_UID_MAX, required=False, allow_null=True)
    currency = TextField(min_length=3, max_length=3, help_text="ISO 4217.")
    declared_cash = NumberField(help_text="The counted cash, in the currency's units.")
    reason = serializers.ChoiceField(choices=Reason.choices, required=False, allow_null=True)
    notes = TextField(max_length=2000, required=False, allow_null=True, allow_blank=True)
    authorization_token_id = serializers.UUIDField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        by = self.context["by"]
        store = store_of(store_id=attrs["store_id"], by=by)
        uid = attrs.get("operator_uid") or ""
        return {
            "declaration": Declaration(
                store=store,
                currency=attrs["currency"],
                declared=money.parse_units(attrs["declared_cash"], attrs["currency"], field="declaredCash"),
                business_date=attrs.get("business_day_date"),
                operator=operator_of(uid=uid, store=store, by=by) if uid else None,
                operator_uid=uid,
                reason=attrs.get("reason") or "",
                notes=attrs.get("notes") or "",
                authorization_id=attrs.get("authorization_token_id"),
            )
        }


class UsedAuthorizationSerializer(serializers.Serializer[Any]):
    """The authorization that came with a reconciliation."""

    id = serializers.UUIDField()
    purpose = serializers.CharField()
    issuedBy = serializers.CharField()  # noqa: N815  # published names in an object that has both styles
    issuedAt = InstantField()  # noqa: N815


class DetailsSerializer(serializers.Serializer[Any]):
    """The reason, the notes and the authorization of a reconciliation."""

    reason = serializers.CharField(allow_null=True)
    notes = serializers.CharField(allow_null=True)
    post_close = serializers.BooleanField(help_text="Whether the business day had been closed.")
    authorization = UsedAuthorizationSerializer(allow_null=True)


class ReconciliationSerializer(CamelCaseSerializer, serializers.Serializer[Reconciliation]):
    """A reconciliation. Our own extensions tell about approval, replacement and late cash."""

    id = serializers.UUIDField(source="uuid")
    account_id = serializers.UUIDField(source="store.account.uuid")
    vendor_id = serializers.UUIDField(source="store.vendor.uuid", default=None, allow_null=True)
    store_id = serializers.UUIDField(source="store.uuid")
    business_day_date = serializers.DateField(source="business_date")
    operator_uid = serializers.SerializerMethodField()
    currency = serializers.CharField()
    system_cash = AmountField(source="system_amount")
    declared_cash = AmountField(source="declared_amount")
    discrepancy = AmountField()
    discrepancy_type = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    notes = serializers.SerializerMethodField()
    authorization_token_id = serializers.UUIDField(source="authorization.uuid", default=None, allow_null=True)
    reported_by = serializers.CharField()
    reported_at = MillisInstantField()
    details = serializers.SerializerMethodField()
    created_at = MillisInstantField(source="reported_at")
    updated_at = MillisInstantField(source="reported_at")
    awaiting_approval = serializers.BooleanField(
        source="still_awaits_approval", help_text="Extension: true until it is signed off in the variance queue."
    )
    supersedes = serializers.UUIDField(
        source="supersedes.uuid",
        default=None,
        allow_null=True,
        help_text="Extension: the reconciliation that it replaces.",
    )
    stands = serializers.SerializerMethodField(help_text="Extension: false if a later reconciliation replaced it.")
    adjusted_system_cash = serializers.SerializerMethodField(
        help_text="Extension: `systemCash` plus cash that arrived late."
    )
    adjusted_discrepancy = serializers.SerializerMethodField(
        help_text="Extension: the discrepancy that late cash does not explain."
    )

    def get_operator_uid(self, row: Reconciliation) -> str | None:
        """The operator uid as the request sent it, or null."""
        return row.operator_uid or None

    def get_discrepancy_type(self, row: Reconciliation) -> str:
        """MATCH, SHORTAGE or OVERAGE."""
        return str(DiscrepancyType.of(row.discrepancy))

    def get_reason(self, row: Reconciliation) -> str | None:
        """One of the seven reasons, or null."""
        return row.reason or None

    def get_notes(self, row: Reconciliation) -> str | None:
        """Free text, or null."""
        return row.notes or None

    @extend_schema_field(DetailsSerializer)
    def get_details(self, row: Reconciliation) -> dict[str, Any]:
        permission = row.authorization
        return {
            "reason": row.reason or None,
            "notes": row.notes or None,
            "post_close": row.is_post_close,
            "authorization": None
            if permission is None
            else {
                "id": str(permission.uuid),
                "purpose": permission.purpose,
                "issuedBy": f"user:{permission.issued_by_id}",
                "issuedAt": to_millis(permission.issued_at),
            },
        }

    def get_stands(self, row: Reconciliation) -> bool:
        return not getattr(row, "is_superseded", False)

    @extend_schema_field({"type": "number"})
    def get_adjusted_system_cash(self, row: Reconciliation) -> Any:
        return money.to_units(row.system_amount + int(getattr(row, "late_amount", 0)), row.currency)

    @extend_schema_field({"type": "number"})
    def get_adjusted_discrepancy(self, row: Reconciliation) -> Any:
        return money.to_units(row.discrepancy - int(getattr(row, "late_amount", 0)), row.currency)


class ReconciliationViewSet(ApiViewSet):
    """Record declared amounts and list reconciliations."""

    dialect = ReconciliationDialect
    queryset = Reconciliation.objects.none()
    polled = {"list": POLLED}
    access = {
        "create": Access(role=Role.MANAGER, scope=Scope.CASH_MANAGEMENT_WRITE),
        "list": Access(role=Role.MANAGER, scope=Scope.CASH_MANAGEMENT_READ),
    }
    query_parameters = {
        "list": ("storeId", "businessDayDate", "from", "to", "operatorUid", *NewestFirst.parameters),
    }

    @extend_schema(
        operation_id="reconciliation_record",
        parameters=[IDEMPOTENCY_KEY],
        request=ReconciliationRequest,
        responses={
            201: ReconciliationSerializer,
            400: RECONCILIATION_ERROR,
            401: RECONCILIATION_ERROR,
            403: RECONCILIATION_ERROR,
        },
        tags=["Reconciliations"],
    )
    def create(self, request: Request) -> Response:
        """Records a declared amount with the current system amount."""
        refuse_loose_key(self.by)
        declaration = self.validated(ReconciliationRequest)["declaration"]
        made = record_reconciliation(declaration=declaration, by=self.by, at=self.now)
        shown = queries.reconciliations(by=self.by, store=made.store).get(pk=made.pk)
        return Response(ReconciliationSerializer(shown).data, status=201)

    @extend_schema(
        operation_id="reconciliations",
        parameters=[
            OpenApiParameter("storeId", OpenApiTypes.UUID, required=True),
            OpenApiParameter(
                "businessDayDate", OpenApiTypes.DATE, description="One business day. Or give `from` and `to`."
            ),
            OpenApiParameter("from", OpenApiTypes.DATE, description="First business day."),
            OpenApiParameter("to", OpenApiTypes.DATE, description="Last business day, included."),
            OpenApiParameter("operatorUid", str),
            OpenApiParameter("limit", int, description="Rows per page: 100 by default, at most 1000."),
            OpenApiParameter("cursor", str, description="The cursor from the Link header of the previous page."),
        ],
        responses={
            200: ReconciliationSerializer(many=True),
            400: RECONCILIATION_ERROR,
            401: RECONCILIATION_ERROR,
            403: RECONCILIATION_ERROR,
        },
        tags=["Reconciliations"],
    )
    def list(self, request: Request) -> Response:
        """Lists the reconciliations of a store, newest first. The `Link` header leads to the next page."""
        refuse_loose_key(self.by)
        asked = request.query_params
        store = store_of(store_id=uuid_in(asked.get("storeId"), field="storeId"), by=self.by)
        rows = queries.reconciliations(by=self.by, store=store).filter(**_dates(asked))
        if uid := asked.get("operatorUid"):
            rows = rows.filter(operator=operator_of(uid=uid, store=store, by=self.by))
        pages = NewestFirst(instant="reported_at")
        page = pages.page(rows, request)
        return Response(ReconciliationSerializer(page, many=True).data, headers=pages.headers())


def _dates(asked: Any) -> dict[str, Any]:
    ranges = {"from": "business_date__gte", "to": "business_date__lte"}
    given = {ranges[name]: date_in(asked[name], field=name) for name in ranges if name in asked}
    refuse_backwards(given.get(ranges["from"]), given.get(ranges["to"]), field="to")
    if "businessDayDate" in asked:
        if given:
            raise InvalidInput.of("businessDayDate", "Send businessDayDate for one day, or from and to for a range.")
        given["business_date"] = date_in(asked["businessDayDate"], field="businessDayDate")
    return given
