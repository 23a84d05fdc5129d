"""Our own API for counts in the middle of a shift: take one, and compare it with the books (contracts, section 5)."""

from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.domain.session.audit_count import audit_count, session_to_audit
from cashdesk.domain.visibility.audited import find_audit_count, view_audit_count
from cashdesk.enums import Role
from cashdesk.models import CashSession, Count
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.fields import InstantField, ReferenceField, TextField, WholeNumberField
from cashdesk.web.openapi import IDEMPOTENCY_KEY, PROBLEM
from cashdesk.web.permissions import Access
from cashdesk.web.views import ApiViewSet
from settlements.api.counts import KeptPiecesSerializer
from settlements.api.pieces import CountedMinorRequest
from settlements.api.reports import STATION, STORE, place_for

ANSWERS = {400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM}
ATTEMPT = OpenApiParameter(
    "attempt", int, OpenApiParameter.PATH, description="1 for the first count in the middle of this shift."
)
SESSION = OpenApiParameter("session", int, OpenApiParameter.PATH, description="Id of the cash session.")


class AuditCountRequest(CountedMinorRequest):
    """The body of `POST /registers/{station}/audit-counts`."""

    amount = WholeNumberField(min_value=0, required=False, help_text="Amount in minor units. Or send count.")
    currency = TextField(min_length=3, max_length=3, required=False, help_text="Default: the currency of the session.")
    store = ReferenceField(max_length=36, default="", allow_blank=True, help_text="Number or UUID of the store.")


class AuditCountSerializer(serializers.Serializer[Any]):
    """A count in the middle of a shift. It has no figure of the books, because the drawer is still open."""

    store = serializers.CharField()
    station = serializers.IntegerField()
    session = serializers.IntegerField(help_text="Id of the cash session.")
    attempt = serializers.IntegerField(help_text="1 for the first count in the middle of this shift.")
    counted_at = InstantField()
    counted_by = serializers.CharField(allow_null=True)
    user_id = serializers.IntegerField(allow_null=True, help_text="Id of who counted.")
    currency = serializers.CharField()
    amount = serializers.IntegerField(help_text="The counted amount in minor units.")
    count = KeptPiecesSerializer(many=True, help_text="Empty if no pieces were entered.")


class ComparedCountSerializer(AuditCountSerializer):
    """A count in the middle of a shift beside the books of that moment."""

    expected_amount = serializers.IntegerField(help_text="The books at the moment of the count, in minor units.")
    difference = serializers.IntegerField(help_text="Counted minus expected.")


class AuditCountViewSet(ApiViewSet):
    """Count an open drawer in the middle of its shift. Nothing is closed or booked."""

    dialect = ProblemDialect
    queryset = Count.objects.none()
    # A count is a person's, so no key can take one or read the comparison.
    access = {"create": Access(role=Role.MANAGER), "retrieve": Access(role=Role.MANAGER)}
    query_parameters = {"retrieve": ("store",)}

    @extend_schema(
        operation_id="register_audit_count",
        parameters=[IDEMPOTENCY_KEY, STATION],
        request=AuditCountRequest,
        responses={201: AuditCountSerializer, **ANSWERS, 409: PROBLEM},
        tags=["Reports"],
    )
    def create(self, request: Request, station: int) -> Response:
        """Keeps a blind count of an open drawer. For managers, but not for the cashier of the drawer.

        The answer has no figure of the books. `GET .../audit-counts/{session}/{attempt}` compares the count, and each look
        is noted in the audit trail. The cashier learns nothing of it, and the close stays as it would be.
        """
        asked = self.validated(AuditCountRequest)
        session = session_to_audit(
            register=place_for(reference=asked["store"], station=station, by=self.by), by=self.by
        )
        counted = AuditCountRequest().counted(asked, currency=asked.get("currency", session.currency))
        count = audit_count(session=session, counted=counted, by=self.by, at=self.now)
        return Response(AuditCountSerializer(_shown(count)).data, status=201)

    @extend_schema(
        operation_id="register_audit_count_compared",
        parameters=[STATION, SESSION, ATTEMPT, STORE],
        responses={200: ComparedCountSerializer, **ANSWERS},
        tags=["Reports"],
    )
    def retrieve(self, request: Request, station: int, session: int, attempt: int) -> Response:
        """Compares a count with the books as they stood then. Each look is noted in the audit trail.

        For managers, but not for the cashier of the drawer. It is there after the close, too.
        """
        place = place_for(reference=request.query_params.get("store", ""), station=station, by=self.by)
        count = find_audit_count(place=place, session_id=session, attempt=attempt, by=self.by)
        # It was found by its session.
        audited = view_audit_count(session=cast(CashSession, count.session), count_id=count.pk, by=self.by, at=self.now)
        told = {"expected_amount": audited.expected, "difference": audited.difference}
        return Response(ComparedCountSerializer({**_shown(audited.count), **told}).data)


def _shown(count: Count) -> dict[str, Any]:
    amount = count.amounts.get()
    return {
        "store": count.place.store.number,
        "station": count.place.number,
        "session": count.session_id,
        "attempt": count.attempt,
        "counted_at": count.counted_at,
        "counted_by": count.counted_by.name if count.counted_by is not None else None,
        "user_id": count.counted_by_id,
        "currency": amount.currency,
        "amount": amount.amount,
        "count": list(amount.pieces.all()),
    }
