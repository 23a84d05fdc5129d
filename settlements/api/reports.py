"""X and Z reports as ours (docs/contracts.md, section 5). Amounts are minor units."""

from typing import Any, Final
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.domain.access import store_for
from cashdesk.domain.principal import Principal
from cashdesk.enums import CountMoment, MovementKind, ReportLine, Role, Scope
from cashdesk.errors import InvalidInput
from cashdesk.models import Place, Seal
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.fields import InstantField
from cashdesk.web.openapi import PROBLEM
from cashdesk.web.pagination import NewestFirst
from cashdesk.web.permissions import Access
from cashdesk.web.views import ApiViewSet
from settlements import queries
from settlements.domain.x_report import x_report
from settlements.domain.z_report import ZReport, z_report
from settlements.enums import Closing, ReportOf

STORE = OpenApiParameter("store", str, description="Number or UUID; your own, unless given.")
STATION = OpenApiParameter("station", int, OpenApiParameter.PATH, description="0 is the vault.")


class FiguresSerializer(serializers.Serializer[Any]):
    """A currency and method: `begun_with` plus what came in minus what went out is `expected`."""

    currency = serializers.CharField()
    method = serializers.CharField()
    opened_with = serializers.IntegerField(allow_null=True, help_text="What was counted in at the opening.")
    opening_difference = serializers.IntegerField(help_text="That minus what the book held.")
    begun_with = serializers.IntegerField(help_text="What lay there before the movements below.")
    came_in = serializers.IntegerField()
    went_out = serializers.IntegerField()
    expected = serializers.IntegerField()
    late = serializers.IntegerField(help_text="What arrived after the count and explains that much of the difference.")


class CountedFiguresSerializer(FiguresSerializer):
    """The same of a closed period."""

    counted = serializers.IntegerField(allow_null=True, help_text="null where nobody counts it.")
    assumed = serializers.BooleanField(source="is_assumed", help_text="Nobody had to count it: as the books say.")
    difference = serializers.IntegerField(allow_null=True, help_text="Counted minus expected.")
    adjusted_difference = serializers.IntegerField(allow_null=True, help_text="Without what late money explains.")
    returned = serializers.IntegerField(help_text="What went back to the vault.")


class MovedSerializer(serializers.Serializer[Any]):
    """The movements of one kind, currency and method. Sales and refunds are as billed; `ROUNDING` is what payments moved
    minus that, signed in both columns.
    """

    kind = serializers.ChoiceField(choices=[*MovementKind.choices, *ReportLine.choices])
    currency = serializers.CharField()
    method = serializers.CharField()
    count = serializers.IntegerField()
    came_in = serializers.IntegerField()
    went_out = serializers.IntegerField()


class SessionInsideSerializer(serializers.Serializer[Any]):
    """A cash session within the period; `counted` and `difference` are null while it is open, and where it was cancelled."""

    id = serializers.IntegerField(source="number")
    cashier = serializers.CharField()
    currency = serializers.CharField()
    opened_at = InstantField()
    closed_at = InstantField(allow_null=True)
    counted = serializers.IntegerField(allow_null=True)
    difference = serializers.IntegerField(allow_null=True)
    uncounted = serializers.BooleanField(source="is_uncounted")
    cancelled = serializers.BooleanField(source="is_cancelled", help_text="The opening was a mistake.")


class FoundPiecesSerializer(serializers.Serializer[Any]):
    """So many pieces of one note or coin."""

    denomination = serializers.IntegerField()
    pieces = serializers.IntegerField()


class FoundSerializer(serializers.Serializer[Any]):
    """What a count found; `denominations` is empty where no pieces were told."""

    currency = serializers.CharField()
    method = serializers.CharField()
    amount = serializers.IntegerField()
    denominations = FoundPiecesSerializer(source="pieces", many=True)


class AttemptSerializer(serializers.Serializer[Any]):
    """A count."""

    number = serializers.IntegerField()
    moment = serializers.ChoiceField(choices=CountMoment.choices)
    at = InstantField()
    by = serializers.CharField(help_text="Empty for a program.")
    witness = serializers.CharField()
    equal = serializers.BooleanField(source="is_equal", allow_null=True)
    found = FoundSerializer(many=True)


class ReportSerializer(serializers.Serializer[Any]):
    """What X and Z have in common."""

    number = serializers.CharField()
    store = serializers.CharField(source="place.store.number")
    station = serializers.IntegerField(source="place.number")
    of = serializers.ChoiceField(choices=ReportOf.choices)
    settlement = serializers.UUIDField(source="settlement.uuid", default=None, allow_null=True)
    session = serializers.IntegerField(source="session.pk", default=None, allow_null=True)
    opened_at = InstantField()
    opened_by = serializers.CharField()
    movements = MovedSerializer(many=True)
    sessions = SessionInsideSerializer(many=True)
    no_sales = serializers.IntegerField()


class XReportSerializer(ReportSerializer):
    """What runs now."""

    at = InstantField()
    preview_count = serializers.IntegerField()
    amounts = FiguresSerializer(source="figures", many=True)


SEALED_RANGE: Final = ("after_movement", "last_movement", "movement_count")


class SealSerializer(serializers.Serializer[Seal]):
    """The seal: number, chain and range."""

    number = serializers.IntegerField()
    digest = serializers.CharField()
    previous_digest = serializers.CharField()
    sealed_at = InstantField()
    after_movement = serializers.IntegerField(allow_null=True, help_text="Null for a cashier, as the next two are.")
    last_movement = serializers.IntegerField(allow_null=True)
    movement_count = serializers.IntegerField(allow_null=True)


class ZReportSerializer(ReportSerializer):
    """A sealed period. `movements` made what was expected; `booked` is what the close booked itself."""

    seal = SealSerializer()
    amounts = CountedFiguresSerializer(source="figures", many=True)
    booked = MovedSerializer(many=True)
    closing = serializers.ChoiceField(choices=Closing.choices, allow_null=True)
    uncounted = serializers.BooleanField(source="is_uncounted")
    counted_at = InstantField(allow_null=True)
    counted_by = serializers.CharField()
    closed_at = InstantField()
    closed_by = serializers.CharField()
    attempts = AttemptSerializer(many=True)

    def to_representation(self, instance: ZReport) -> dict[str, Any]:
        """Leaves the range of the seal empty for a reader who may not know it."""
        shown = super().to_representation(instance)
        if not instance.tells_range:
            shown["seal"] |= dict.fromkeys(SEALED_RANGE)
        return shown


class LinksSerializer(serializers.Serializer[Any]):
    """Where to go on."""

    report = serializers.URLField()
    page = serializers.URLField(help_text="The same to be printed, for people who are signed in.")


class ListedSealSerializer(serializers.Serializer[Seal]):
    """A Z in the list."""

    number = serializers.IntegerField()
    sealed_at = InstantField()
    of = serializers.SerializerMethodField()
    settlement = serializers.SerializerMethodField()
    session = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(choices=ReportOf.choices))
    def get_of(self, seal: Seal) -> str:
        """What it closed."""
        return queries.closed_by(seal)

    def get_settlement(self, seal: Seal) -> UUID | None:
        """The settlement that it closed."""
        return seal.settlement.uuid if hasattr(seal, "settlement") else None

    def get_session(self, seal: Seal) -> int | None:
        """The cash session that it closed."""
        return seal.session.pk if hasattr(seal, "session") else None

    @extend_schema_field(LinksSerializer())
    def get_links(self, seal: Seal) -> dict[str, str]:
        """The report, and its page."""
        request: Request = self.context["request"]
        store, station = seal.place.store.uuid, seal.place.number
        report = reverse("registers-z-report", args=[station, seal.number], query={"store": store})
        page = reverse("z-report", args=[store, station, seal.number])
        return {"report": request.build_absolute_uri(report), "page": request.build_absolute_uri(page)}


class ReportViewSet(ApiViewSet):
    """What runs at a register or in the vault (X), and what was closed there (Z)."""

    dialect = ProblemDialect
    queryset = Seal.objects.none()
    access = {
        "x_report": Access(role=Role.MANAGER, scope=Scope.SETTLEMENTS_READ),
        "z_reports": Access(scope=Scope.SETTLEMENTS_READ),
        "z_report": Access(scope=Scope.SETTLEMENTS_READ),
    }
    query_parameters = {"x_report": ("store",), "z_reports": ("store", *NewestFirst.parameters), "z_report": ("store",)}

    @extend_schema(
        operation_id="register_x_report",
        parameters=[STATION, STORE],
        responses={200: XReportSerializer, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=["Reports"],
    )
    def x_report(self, request: Request, station: int) -> Response:
        """Tells what runs now and what should be there. Managers and above; every look is recorded."""
        report = x_report(place=self._place(station), by=self.by, at=self.now)
        return Response(XReportSerializer(report).data)

    @extend_schema(
        operation_id="register_z_reports",
        parameters=[
            STATION,
            STORE,
            OpenApiParameter("limit", int, description="Rows on a page: 100, at most 1000."),
            OpenApiParameter("cursor", str, description="From the Link header of the page before."),
        ],
        responses={200: ListedSealSerializer(many=True), 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=["Reports"],
    )
    def z_reports(self, request: Request, station: int) -> Response:
        """Lists the closed periods, newest first; a cashier sees those of own sessions. `Link` leads on."""
        pages = NewestFirst(instant="sealed_at")
        page = pages.page(queries.seals(by=self.by, place=self._place(station)), request)
        shown = ListedSealSerializer(context={"request": request})
        return Response([shown.to_representation(seal) for seal in page], headers=pages.headers())

    @extend_schema(
        operation_id="register_z_report",
        parameters=[STATION, STORE],
        responses={200: ZReportSerializer, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=["Reports"],
    )
    def z_report(self, request: Request, station: int, number: int) -> Response:
        """Tells of one closed period; a cashier, of an own session."""
        period = queries.sealed_period(by=self.by, place=self._place(station), number=number)
        return Response(ZReportSerializer(z_report(period=period, by=self.by, at=self.now)).data)

    def _place(self, station: int) -> Place:
        return place_for(reference=self.request.query_params.get("store", ""), station=station, by=self.by)


def place_for(*, reference: str, station: int, by: Principal) -> Place:
    """Returns the register or vault of the store that is named, or of the caller's own. Raises InvalidInput, NotFound."""
    if not reference:
        return queries.place_at(by=by, store=str(store_for(reference="", by=by).uuid), station=station)
    if not queries.stores_named(reference, by=by).exists():
        raise InvalidInput.of("store", "is not a store that you work in.")
    return queries.place_at(by=by, store=reference, station=station)
