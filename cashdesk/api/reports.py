"""The reports of the shifts API (docs/contracts.md, section 2)."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk import queries
from cashdesk.api.shifts import UnitsSumField, WholeUnitsField
from cashdesk.domain.store.date_range import refuse_backwards
from cashdesk.domain.visibility import note_rows_seen
from cashdesk.enums import Role, Scope, SessionStatus
from cashdesk.errors import InvalidInput
from cashdesk.models import Shift
from cashdesk.web.csv_cells import formula_safe, line_writer
from cashdesk.web.dialects import EnvelopeDialect
from cashdesk.web.fields import InstantField, ReferenceField
from cashdesk.web.openapi import ENVELOPE_ERROR
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import POLLED
from cashdesk.web.views import ApiViewSet

DAYS_MAX: Final = 366
ROWS_MAX: Final = 10_000
CSV_ROWS_PER_READ: Final = 2_000


class ShiftSummarySerializer(serializers.Serializer[Any]):
    """A shift in the summary. The final amounts of an open shift are null."""

    shift_id = serializers.UUIDField(source="uuid")
    cashier_name = serializers.CharField(source="user.name")
    start_time = InstantField(source="opened_at")
    end_time = InstantField(source="closed_at", allow_null=True)
    status = serializers.CharField(source="state")
    start_cash = WholeUnitsField()
    actual_cash_end = UnitsSumField(allow_null=True)
    expected_cash_end = UnitsSumField(allow_null=True)
    cash_difference = UnitsSumField(allow_null=True)
    is_counted = serializers.BooleanField(
        help_text="False while the shift is open, and if nobody counted. Then actual is 0."
    )
    currency = serializers.CharField(help_text="Currency of the amounts (ISO 4217).")
    store = serializers.CharField(source="store.number")


class RangeRequest(serializers.Serializer[Any]):
    """The query of the shift summary."""

    start_date = serializers.DateField()
    end_date = serializers.DateField()
    export = serializers.ChoiceField(choices=["csv"], required=False)
    store = ReferenceField(max_length=36, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        start, end = attrs["start_date"], attrs["end_date"]
        refuse_backwards(start, end, field="end_date")
        if end - start >= timedelta(days=DAYS_MAX):
            raise InvalidInput.of("end_date", f"The range has more than {DAYS_MAX} days. Ask for it in parts.")
        return attrs


class ReportViewSet(ApiViewSet):
    """Reports for managers about their store, and for admins about their account."""

    dialect = EnvelopeDialect
    polled = {"shift_summary": POLLED}
    access = {"shift_summary": Access(role=Role.MANAGER, scope=Scope.SESSIONS_READ)}
    query_parameters = {"shift_summary": ("start_date", "end_date", "export", "store")}

    @extend_schema(
        operation_id="shift_summary",
        parameters=[
            OpenApiParameter("start_date", date, required=True, description="First business date."),
            OpenApiParameter(
                "end_date", date, required=True, description="Last business date, at most 366 days later."
            ),
            OpenApiParameter(
                "store", str, description="Number or UUID of a store. Default: every store that you can see."
            ),
            OpenApiParameter("export", str, enum=["csv"], description="csv streams all rows as a file."),
        ],
        responses={
            200: inline_serializer(
                "ShiftSummaryAnswer", {"message": serializers.CharField(), "data": ShiftSummarySerializer(many=True)}
            ),
            (200, "text/csv"): OpenApiTypes.STR,
            400: ENVELOPE_ERROR,
            401: ENVELOPE_ERROR,
            403: ENVELOPE_ERROR,
        },
        tags=["Shifts"],
    )
    @action(detail=False, methods=["get"], url_path="shift-summary")
    def shift_summary(self, request: Request) -> HttpResponseBase:
        """Lists the shifts of a range of business dates with their expected amount, counted amount and difference."""
        asked = RangeRequest(data=request.query_params)
        asked.is_valid(raise_exception=True)
        start, end = asked.validated_data["start_date"], asked.validated_data["end_date"]
        shifts = queries.shift_summary(by=self.by, start=start, end=end, store=asked.validated_data["store"])
        if "export" in asked.validated_data:
            note_rows_seen(rows=shifts.filter(status=SessionStatus.CLOSED_SYSTEM).iterator(), by=self.by, at=self.now)
            response = StreamingHttpResponse(
                _csv(shifts.iterator(chunk_size=CSV_ROWS_PER_READ)), content_type="text/csv; charset=utf-8"
            )
            response.headers["Content-Disposition"] = f'attachment; filename="shift-summary-{start}-{end}.csv"'
            return response
        rows = list(shifts[: ROWS_MAX + 1])
        if len(rows) > ROWS_MAX:
            raise InvalidInput.of(
                "end_date", f"The range has more than {ROWS_MAX} shifts. Narrow it, or ask for export=csv."
            )
        note_rows_seen(rows=rows, by=self.by, at=self.now)
        shown = ShiftSummarySerializer(rows, many=True).data
        return Response(EnvelopeDialect.body("Shift summary retrieved successfully", shown))


def _csv(shifts: Iterator[Shift]) -> Iterator[str]:
    line = line_writer()
    yield line(ShiftSummarySerializer().fields)
    for shift in shifts:
        yield line(formula_safe(value) for value in ShiftSummarySerializer(shift).data.values())
