"""Our own API for X and Z reports (docs/contracts.md, section 5). Amounts are in minor units."""

from typing import Any, Final
from uuid import UUID

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.store_reference import store_for
from cashdesk.enums import CountMoment, MovementKind, ReportLine, Role, Scope
from cashdesk.errors import InvalidInput
from cashdesk.models import Place, Seal
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.fields import InstantField, past_instant_in
from cashdesk.web.openapi import PROBLEM
from cashdesk.web.pagination import InOrder
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import POLLED
from cashdesk.web.views import ApiViewSet
from settlements import queries
from settlements.domain.sealed_period import ZReport
from settlements.domain.x_report import x_report
from settlements.domain.z_report import z_report
from settlements.enums import Closing, ReportOf

STORE = OpenApiParameter("store", str, description="Number or UUID of a store. Default: your own store.")
STATION = OpenApiParameter("station", int, OpenApiParameter.PATH, description="Number of the register; 0 is the vault.")


class FiguresSerializer(serializers.Serializer[Any]):
    """The figures of a currency and method: `expected` is `begun_with` plus `came_in` minus `went_out`."""

    currency = serializers.CharField()
    method = serializers.CharField()
    opened_with = serializers.IntegerField(allow_null=True, help_text="The amount counted at the opening.")
    opening_difference = serializers.IntegerField(
        help_text="`opened_with` minus the balance in the books before the opening."
    )
    begun_with = serializers.IntegerField(help_text="The balance before the movements of this period.")
    came_in = serializers.IntegerField()
    went_out = serializers.IntegerField()
    expected = serializers.IntegerField()
    late = serializers.IntegerField(
        help_text="Money that arrived after the count. It explains this part of the difference."
    )


class CountedFiguresSerializer(FiguresSerializer):
    """The figures of a closed period, with its count."""

    counted = serializers.IntegerField(allow_null=True, help_text="null if it was not counted.")
    assumed = serializers.BooleanField(
        source="is_assumed", help_text="True if it was not counted and the expected amount was used."
    )
    difference = serializers.IntegerField(allow_null=True, help_text="Counted minus expected.")
    adjusted_difference = serializers.IntegerField(allow_null=True, help_text="`difference` minus `late`.")
    returned = serializers.IntegerField(help_text="The amount that returned to the vault.")


class MovedSerializer(serializers.Serializer[Any]):
    """The movements of one kind, currency and method.

    Sales and refunds are the billed amounts. `ROUNDING` is the amount moved by payments minus the amount billed. Its
    `came_in` and `went_out` can be negative.
    """

    kind = serializers.ChoiceField(choices=[*MovementKind.choices, *ReportLine.choices])
    currency = serializers.CharField()
    method = serializers.CharField()
    count = serializers.IntegerField()
    came_in = serializers.IntegerField()
    went_out = serializers.IntegerField()


class SessionInsideSerializer(serializers.Serializer[Any]):
    """A cash session within the period.

    `counted` and `difference` are null if the session is open or its opening was cancelled.
    """

    id = serializers.IntegerField(source="number")
    cashier = serializers.CharField()
    currency = serializers.CharField()
    opened_at = InstantField()
    closed_at = InstantField(allow_null=True)
    counted = serializers.IntegerField(allow_null=True)
    difference = serializers.IntegerField(allow_null=True)
    uncounted = serializers.BooleanField(source="is_uncounted")
    cancelled = serializers.BooleanField(
        source="is_cancelled", help_text="True if the opening was cancelled as a mistake."
    )


class FoundPiecesSerializer(serializers.Serializer[Any]):
    """The number of pieces of one note or coin."""

    denomination = serializers.IntegerField()
    pieces = serializers.IntegerField()


class FoundSerializer(serializers.Serializer[Any]):
    """A counted amount. `denominations` is empty if no pieces were entered."""

    currency = serializers.CharField()
    method = serializers.CharField()
    amount = serializers.IntegerField()
    denominations = FoundPiecesSerializer(source="pieces", many=True)


class AttemptSerializer(serializers.Serializer[Any]):
    """One counting attempt: its time, its amounts, and the person who counted."""

    number = serializers.IntegerField()
    moment = serializers.ChoiceField(choices=CountMoment.choices)
    at = InstantField()
    by = serializers.CharField(help_text="Name of the person; empty for a program.")
    witness = serializers.CharField()
    equal = serializers.BooleanField(source="is_equal", allow_null=True)
    found = FoundSerializer(many=True)


class ReportSerializer(serializers.Serializer[Any]):
    """The common part of X and Z reports."""

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
    """The X report: an open period."""

    at = InstantField()
    preview_count = serializers.IntegerField()
    amounts = FiguresSerializer(source="figures", many=True)


SEALED_RANGE: Final = ("after_movement", "last_movement", "movement_count")


class SealSerializer(serializers.Serializer[Seal]):
    """The seal: its number, digests and range of movements."""

    number = serializers.IntegerField()
    digest = serializers.CharField()
    previous_digest = serializers.CharField()
    sealed_at = InstantField()
    after_movement = serializers.IntegerField(
        allow_null=True, help_text="null for a cashier, like the next two fields."
    )
    last_movement = serializers.IntegerField(allow_null=True)
    movement_count = serializers.IntegerField(allow_null=True)


class ZReportSerializer(ReportSerializer):
    """The Z report: a sealed period.

    `movements` make up the expected amounts; `booked` are the bookings of the close.
    """

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
        """Hides the range of sealed movements from readers who may not see it."""
        shown = super().to_representation(instance)
        if not instance.tells_range:
            shown["seal"] |= dict.fromkeys(SEALED_RANGE)
        return shown


class LinksSerializer(serializers.Serializer[Any]):
    """Links to the report and its page."""

    report = serializers.URLField()
    page = serializers.URLField(help_text="The report as a page to print, for people who are signed in.")


class ListedSealSerializer(serializers.Serializer[Seal]):
    """A closed period in the list, with links to its Z report."""

    number = serializers.IntegerField()
    sealed_at = InstantField()
    of = serializers.SerializerMethodField()
    settlement = serializers.SerializerMethodField()
    session = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(choices=ReportOf.choices))
    def get_of(self, seal: Seal) -> str:
        return queries.closed_by(seal)

    def get_settlement(self, seal: Seal) -> UUID | None:
        """The settlement that the seal closed, or null."""
        return seal.settlement.uuid if hasattr(seal, "settlement") else None

    def get_session(self, seal: Seal) -> int | None:
        """The cash session that the seal closed, or null."""
        return seal.session.pk if hasattr(seal, "session") else None

    @extend_schema_field(LinksSerializer())
    def get_links(self, seal: Seal) -> dict[str, str]:
        request: Request = self.context["request"]
        store, station = seal.place.store.uuid, seal.place.number
        report = reverse("registers-z-report", args=[station, seal.number], query={"store": store})
        page = reverse("z-report", args=[store, station, seal.number])
        return {"report": request.build_absolute_uri(report), "page": request.build_absolute_uri(page)}


class ReportViewSet(ApiViewSet):
    """Reports of a register or the vault: X of the open period, Z of closed periods."""

    dialect = ProblemDialect
    queryset = Seal.objects.none()
    polled = {"z_reports": POLLED, "z_report": POLLED}
    access = {
        "x_report": Access(role=Role.MANAGER, scope=Scope.SETTLEMENTS_READ),
        "z_reports": Access(scope=Scope.SETTLEMENTS_READ),
        "z_report": Access(scope=Scope.SETTLEMENTS_READ),
    }
    query_parameters = {
        "x_report": ("store", "as_of"),
        "z_reports": ("store", *InOrder.parameters),
        "z_report": ("store",),
    }

    @extend_schema(
        operation_id="register_x_report",
        parameters=[
            STATION,
            STORE,
            OpenApiParameter(
                "as_of",
                OpenApiTypes.DATETIME,
                description="The period that was open at this instant, as its books stood then. Default: now.",
            ),
        ],
        responses={200: XReportSerializer, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=["Reports"],
    )
    def x_report(self, request: Request, station: int) -> Response:
        """Shows the open period with its expected amounts.

        For managers and above; every look is noted in the audit trail.
        """
        as_of = past_instant_in(request.query_params.get("as_of", ""), field="as_of", now=self.now)
        report = x_report(place=self._place(station), by=self.by, at=self.now, as_of=as_of)
        return Response(XReportSerializer(report).data)

    @extend_schema(
        operation_id="register_z_reports",
        parameters=[
            STATION,
            STORE,
            OpenApiParameter("limit", int, description="Rows per page: 100 by default, at most 1000."),
            OpenApiParameter("cursor", str, description="The cursor from the Link header of the previous page."),
        ],
        responses={200: ListedSealSerializer(many=True), 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=["Reports"],
    )
    def z_reports(self, request: Request, station: int) -> Response:
        """Lists closed periods, newest first.

        Cashiers see only their own sessions. The `Link` header leads to the next page.
        """
        pages = InOrder(column="number", descending=True)
        page = pages.page(queries.with_subjects(queries.seals(by=self.by, place=self._place(station))), request)
        shown = ListedSealSerializer(context={"request": request})
        return Response([shown.to_representation(seal) for seal in page], headers=pages.headers())

    @extend_schema(
        operation_id="register_z_report",
        parameters=[STATION, STORE],
        responses={200: ZReportSerializer, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=["Reports"],
    )
    def z_report(self, request: Request, station: int, number: int) -> Response:
        """Shows one closed period. Cashiers see only their own sessions."""
        period = queries.sealed_period(by=self.by, place=self._place(station), number=number)
        return Response(ZReportSerializer(z_report(period=period, by=self.by, at=self.now)).data)

    def _place(self, station: int) -> Place:
        return place_for(reference=self.request.query_params.get("store", ""), station=station, by=self.by)


def place_for(*, reference: str, station: int, by: Principal) -> Place:
    """Returns a register or vault of the named store, or of the caller's own store if `reference` is empty.

    Raises InvalidInput for a store out of scope, and NotFound for an unknown station.
    """
    if not reference:
        return queries.place_at(by=by, store=str(store_for(reference="", by=by).uuid), station=station)
    if not queries.stores_named(reference, by=by).exists():
        raise InvalidInput.of("store", "is not a store that you work in.")
    return queries.place_at(by=by, store=reference, station=station)
