"""Our own API for registers (docs/contracts.md, section 5): drawers opened without a sale."""

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.domain.session.current import open_session_of
from cashdesk.domain.store.store_reference import store_for
from cashdesk.enums import Scope
from cashdesk.models import Store
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.fields import InstantField, ReferenceField, StrictSerializer, TextField
from cashdesk.web.openapi import IDEMPOTENCY_KEY, PROBLEM
from cashdesk.web.permissions import Access
from cashdesk.web.views import ApiViewSet
from settlements.domain.store_movement import note_no_sale


class NoSaleRequest(StrictSerializer):
    """The body of `POST /registers/{station}/no-sale`."""

    reason = TextField(max_length=50, default="", allow_blank=True)
    store = ReferenceField(max_length=36, default="", allow_blank=True, help_text="Number or UUID of the store.")


class RegisterViewSet(ApiViewSet):
    """Record that a drawer was opened without a sale."""

    dialect = ProblemDialect
    access = {"no_sale": Access(scope=Scope.SETTLEMENTS_WRITE)}

    @extend_schema(
        operation_id="register_no_sale",
        parameters=[IDEMPOTENCY_KEY],
        request=NoSaleRequest,
        responses={
            201: inline_serializer(
                "NoSaleAnswer",
                {
                    "store": serializers.CharField(),
                    "station": serializers.IntegerField(),
                    "at": InstantField(),
                    "reason": serializers.CharField(),
                },
            ),
            400: PROBLEM,
            401: PROBLEM,
            403: PROBLEM,
        },
        tags=["Movements"],
    )
    def no_sale(self, request: Request, station: int) -> Response:
        """Records that the drawer was opened without a sale. X and Z reports show the number of these openings."""
        asked, at = self.validated(NoSaleRequest), self.now
        store = self._store(asked["store"], station=station)
        register = note_no_sale(store=store, station=station, reason=asked["reason"], by=self.by, at=at)
        shown = {"store": store.number, "station": register.number, "at": at, "reason": asked["reason"]}
        return Response(shown, status=201)

    def _store(self, reference: str, *, station: int) -> Store:
        """Returns the named store.

        Without a name: the store of the caller's open session at this station, otherwise the caller's own store.
        """
        if not reference and self.by.user is not None:
            session = open_session_of(self.by.user)
            if session is not None and session.register.number == station:
                return session.store
        return store_for(reference=reference, by=self.by)
