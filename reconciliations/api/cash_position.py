"""Our own API for the cash position: the balance of every place (docs/contracts.md, section 5). Amounts are minor units."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.domain.ledger.expected import Balances
from cashdesk.domain.ledger.position import Position
from cashdesk.domain.store.store_reference import store_for
from cashdesk.domain.visibility import COUNTED_PLACES, view_positions
from cashdesk.enums import PlaceKind, Role, Scope, method_code
from cashdesk.errors import InvalidInput
from cashdesk.models import Place, Store
from cashdesk.pair import Pair
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.fields import InstantField, past_instant_in
from cashdesk.web.openapi import PROBLEM
from cashdesk.web.pagination import InOrder
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import Polled
from cashdesk.web.views import ApiViewSet
from reconciliations.api.common import refuse_loose_key


class BalanceSerializer(serializers.Serializer[Any]):
    """The balance of one currency and method, in minor units. It may be negative."""

    currency = serializers.CharField()
    method = serializers.CharField()
    amount = serializers.IntegerField()


class PlacePositionSerializer(serializers.Serializer[Any]):
    """A place and its balances. Balances of 0 are left out."""

    kind = serializers.ChoiceField(choices=PlaceKind.choices)
    station = serializers.IntegerField(
        allow_null=True, help_text="Number of the register; 0 is the vault; null outside the store."
    )
    amounts = BalanceSerializer(many=True)


class PositionSerializer(serializers.Serializer[Any]):
    """The position of a store, or its change since an instant. The amounts of all places add up to zero for each currency
    and method.
    """

    store = serializers.CharField(help_text="Number of the store.")
    store_id = serializers.UUIDField(help_text="Id of the store.")
    as_of = InstantField()
    since = InstantField(allow_null=True, help_text="The earlier instant if the amounts are a difference, else null.")
    in_store = BalanceSerializer(many=True, help_text="The vault and the registers together.")
    places = PlacePositionSerializer(many=True)


class StorePages(InOrder):
    """Pages of stores. One statement sums all places of a page, so a page has few stores."""

    limit_default = 20
    limit_max = 50


class CashPositionViewSet(ApiViewSet):
    """The balance of every place of a store or an account."""

    dialect = ProblemDialect
    queryset = Store.objects.none()
    polled = {"list": Polled(moments=("as_of",))}
    access = {"list": Access(role=Role.MANAGER, scope=Scope.CASH_MANAGEMENT_READ)}
    query_parameters = {"list": ("store", "currency", "method", "as_of", "since", *StorePages.parameters)}

    @extend_schema(
        operation_id="cash_position",
        parameters=[
            OpenApiParameter("store", str, description="Number or UUID of a store. Default: all stores in scope."),
            OpenApiParameter("currency", str, description="Only this currency. ISO 4217."),
            OpenApiParameter("method", str, description="Only this method. CASH or EFECTIVO for cash."),
            OpenApiParameter(
                "as_of", OpenApiTypes.DATETIME, description="The books as they stood at this instant. Default: now."
            ),
            OpenApiParameter(
                "since",
                OpenApiTypes.DATETIME,
                description="The difference from this earlier instant: what came in minus what went out.",
            ),
            OpenApiParameter("limit", int, description="Stores per page: 20 by default, at most 50."),
            OpenApiParameter("cursor", str, description="The cursor from the Link header of the previous page."),
        ],
        responses={200: PositionSerializer(many=True), 400: PROBLEM, 401: PROBLEM, 403: PROBLEM},
        tags=["Reconciliations"],
    )
    def list(self, request: Request) -> Response:
        """Shows the balance of every place by currency and method: vault, registers, and the places outside.

        The registers that are open show their expected amounts, so every look is noted in the audit trail for each store.
        So is a look at the books as they stood: an instant may be inside a period that nobody has counted yet. For managers
        and above. The `Link` header leads to the next page.
        """
        refuse_loose_key(self.by)
        stores, reference = self.by.stores(), request.query_params.get("store", "")
        if reference:
            stores = stores.filter(pk=store_for(reference=reference, by=self.by).pk)
        pages, at = StorePages(), self.now
        as_of, since = (
            past_instant_in(request.query_params.get(name, ""), field=name, now=at) for name in ("as_of", "since")
        )
        if since is not None and since > (as_of or at):
            raise InvalidInput.of("since", "must not be after as_of.")
        page = pages.page(stores, request)
        found = view_positions(stores=page, by=self.by, at=at, as_of=as_of, since=since)
        shown = [self._shown(position, at=as_of or at, since=since) for position in found]
        return Response(shown, headers=pages.headers())

    def _shown(self, position: Position, *, at: datetime, since: datetime | None) -> dict[str, Any]:
        in_store: dict[Pair, int] = defaultdict(int)
        for place, balances in position.balances:
            if place.kind in COUNTED_PLACES:
                for pair, amount in balances.items():
                    in_store[pair] += amount
        shown = {
            "store": position.store.number,
            "store_id": position.store.uuid,
            "as_of": at,
            "since": since,
            "in_store": list(self._amounts({pair: amount for pair, amount in sorted(in_store.items()) if amount})),
            "places": [
                {"kind": place.kind, "station": _station(place), "amounts": list(self._amounts(balances))}
                for place, balances in position.balances
            ],
        }
        return dict(PositionSerializer(shown).data)

    def _amounts(self, balances: Balances) -> Iterator[dict[str, Any]]:
        asked = self.request.query_params
        currency, method = asked.get("currency"), asked.get("method")
        for pair, amount in balances.items():
            if currency in (None, pair.currency) and (method is None or method_code(method) == pair.method):
                yield {"currency": pair.currency, "method": pair.method, "amount": amount}


def _station(place: Place) -> int | None:
    return place.number if place.kind in COUNTED_PLACES else None
