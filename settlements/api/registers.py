"""Our own API for registers and vaults (docs/contracts.md, section 5): their state, and drawers opened without a sale."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.domain.session.current import open_session_of
from cashdesk.domain.store.store_reference import store_for
from cashdesk.domain.visibility import may_see_expected
from cashdesk.enums import PlaceKind, Scope, Settling
from cashdesk.models import CashSession, Place, Store
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.fields import InstantField, ReferenceField, RowSerializer, StrictSerializer, TextField
from cashdesk.web.list_filters import PAGE
from cashdesk.web.openapi import IDEMPOTENCY_KEY, PROBLEM
from cashdesk.web.pagination import InOrder
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import KEPT
from cashdesk.web.views import ApiViewSet
from settlements.api.reports import STATION, STORE, place_for
from settlements.domain.no_sale import note_no_sale
from settlements.filters.lists import REGISTER_PARAMETERS, RegisterFilter
from settlements.queries import lists


class OpenSessionSerializer(RowSerializer[CashSession]):
    """The open cash session of a register."""

    class Meta:
        model = CashSession
        fields = ("id", "uuid", "user_id", "opened_at")


class PlaceSerializer(RowSerializer[Place]):
    """A register, or the vault (station 0). The context has the caller as `by`.

    For cashiers `session` and `user_ids` are null. So are `settling` and `settlement` of the vault.
    """

    store = serializers.CharField(source="store.number")
    station = serializers.IntegerField(source="number", help_text="Number of the register; 0 is the vault.")
    kind = serializers.ChoiceField(choices=["REGISTER", "VAULT"])
    name = serializers.CharField(help_text="The register's own name, such as Bar, or an empty text.")
    is_active = serializers.BooleanField(help_text="False for a register that is switched off and cannot be opened.")
    is_open = serializers.SerializerMethodField(help_text="Whether a cash session or a settlement runs there.")
    settling = serializers.ChoiceField(
        choices=Settling.choices, allow_null=True, help_text="State of the running settlement."
    )
    settlement = serializers.SerializerMethodField(help_text="Id of the running settlement.")
    session = serializers.SerializerMethodField()
    user_ids = serializers.SerializerMethodField(help_text="Ids of the people who are assigned to the register.")

    class Meta:
        model = Place
        fields = (
            "store", "station", "kind", "name", "is_active", "is_open", "settling", "settlement", "session", "user_ids",
        )  # fmt: skip

    def get_is_open(self, place: Any) -> bool:
        return bool(place.open_sessions) or (place.settling != Settling.NONE and not self._hides(place))

    def get_settlement(self, place: Any) -> UUID | None:
        return place.running_settlements[0].uuid if place.running_settlements else None

    @extend_schema_field(OpenSessionSerializer(allow_null=True))
    def get_session(self, place: Any) -> dict[str, Any] | None:
        if not may_see_expected(self.context["by"]) or not place.open_sessions:
            return None
        return dict(OpenSessionSerializer(place.open_sessions[0]).data)

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField(), allow_null=True))
    def get_user_ids(self, place: Any) -> list[int] | None:
        return [person.pk for person in place.people] if may_see_expected(self.context["by"]) else None

    def to_representation(self, instance: Place) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return shown | {"settling": None} if self._hides(instance) else shown

    def _hides(self, place: Place) -> bool:
        """Whether the row is a vault, whose state is for managers."""
        return place.kind == PlaceKind.VAULT and not may_see_expected(self.context["by"])


class NoSaleRequest(StrictSerializer):
    """The body of `POST /registers/{station}/no-sale`."""

    reason = TextField(max_length=50, default="", allow_blank=True)
    store = ReferenceField(max_length=36, default="", allow_blank=True, help_text="Number or UUID of the store.")


class RegisterViewSet(ApiViewSet):
    """List registers and vaults, and record that a drawer was opened without a sale."""

    dialect = ProblemDialect
    queryset = Place.objects.none()
    filterset_class = RegisterFilter
    query_parameters = {"list": (*REGISTER_PARAMETERS, *InOrder.parameters), "retrieve": ("store",)}
    polled = {"list": KEPT, "retrieve": KEPT}
    access = {
        "list": Access(any_key=True),
        "retrieve": Access(any_key=True),
        "no_sale": Access(scope=Scope.SETTLEMENTS_WRITE),
    }

    @extend_schema(
        operation_id="registers",
        parameters=[*PAGE],
        responses={200: PlaceSerializer(many=True), 400: PROBLEM, 401: PROBLEM, 403: PROBLEM},
        tags=["Stores and people"],
    )
    def list(self, request: Request) -> Response:
        """Lists the registers and the vaults of the caller's stores. The `Link` header leads to the next page."""
        pages = InOrder()
        page = pages.page(self.filter_queryset(lists.places(by=self.by)), request)
        shown = PlaceSerializer(page, many=True, context={"by": self.by})
        return Response(shown.data, headers=pages.headers())

    @extend_schema(
        operation_id="register",
        parameters=[STATION, STORE],
        responses={200: PlaceSerializer, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=["Stores and people"],
    )
    def retrieve(self, request: Request, station: int) -> Response:
        """Shows one register, or the vault for station 0."""
        place = place_for(reference=request.query_params.get("store", ""), station=station, by=self.by)
        found = lists.places(by=self.by).get(pk=place.pk)
        return Response(PlaceSerializer(found, context={"by": self.by}).data)

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
