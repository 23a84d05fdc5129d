"""Our own API for the stores in scope of the caller (docs/contracts.md, section 5)."""

from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk import queries
from cashdesk.denominations import denominations_of
from cashdesk.domain.store.business_day import business_date
from cashdesk.filters import SHOP_PARAMETERS, ShopFilter
from cashdesk.models import Store
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.fields import RowSerializer
from cashdesk.web.list_filters import PAGE
from cashdesk.web.openapi import PROBLEM
from cashdesk.web.pagination import InOrder
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import KEPT
from cashdesk.web.views import ApiViewSet


class DenominationSerializer(serializers.Serializer[Any]):
    """A note or a coin."""

    value = serializers.IntegerField(help_text="Value in minor units.")
    kind = serializers.ChoiceField(choices=["note", "coin"])


class StoreSerializer(RowSerializer[Store]):
    """A store. Calls that take a `store` accept its `id` or its `number`."""

    id = serializers.UUIDField(source="uuid")
    tenant_id = serializers.IntegerField(source="pk", help_text="The id to send as `X-Tenant-ID`.")
    account = serializers.UUIDField(source="account.uuid", help_text="Id of the account.")
    vendor = serializers.UUIDField(source="vendor.uuid", default=None, allow_null=True, help_text="Id of the vendor.")
    business_date = serializers.SerializerMethodField(help_text="The store's current business date.")
    denominations = serializers.SerializerMethodField(
        help_text="Notes and coins of the store's currency, largest first. Empty if they are not known here."
    )

    class Meta:
        model = Store
        fields = (
            "id", "tenant_id", "number", "name", "account", "vendor", "currency", "time_zone", "cut_off_hour",
            "business_date", "requires_settlement", "language", "is_active", "created_at", "denominations",
        )  # fmt: skip

    def get_business_date(self, store: Store) -> date:
        return business_date(store=store, at=timezone.now())

    @extend_schema_field(DenominationSerializer(many=True))
    def get_denominations(self, store: Store) -> list[dict[str, Any]]:
        return [{"value": piece.value, "kind": piece.kind} for piece in denominations_of(store.currency)]


class StoreViewSet(ApiViewSet):
    """The stores that the caller works in."""

    dialect = ProblemDialect
    queryset = Store.objects.none()
    polled = {"list": KEPT, "retrieve": KEPT}
    access = {"list": Access(any_key=True), "retrieve": Access(any_key=True)}
    query_parameters = {"list": (*SHOP_PARAMETERS, *InOrder.parameters)}
    filterset_class = ShopFilter

    @extend_schema(
        operation_id="stores",
        parameters=[*PAGE],
        responses={200: StoreSerializer(many=True), 400: PROBLEM, 401: PROBLEM, 403: PROBLEM},
        tags=["Stores and people"],
    )
    def list(self, request: Request) -> Response:
        """Lists stores, oldest first. A person sees their own store, an admin those of the account.

        An API key sees the stores that it is bound to. The `Link` header leads to the next page.
        """
        pages = InOrder()
        page = pages.page(self.filter_queryset(queries.shops(by=self.by)), request)
        return Response(StoreSerializer(page, many=True).data, headers=pages.headers())

    @extend_schema(
        operation_id="store",
        responses={200: StoreSerializer, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=["Stores and people"],
    )
    def retrieve(self, request: Request, store_id: UUID) -> Response:
        """Shows one store."""
        return Response(StoreSerializer(queries.shop(by=self.by, store_id=store_id)).data)
