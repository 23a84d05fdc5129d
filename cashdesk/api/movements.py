"""Movements as ours (docs/contracts.md, section 5): correcting one by its reversal."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk import queries
from cashdesk.domain.ledger import reverse
from cashdesk.enums import Role, Scope
from cashdesk.models import Movement
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.fields import StrictSerializer, TextField
from cashdesk.web.openapi import IDEMPOTENCY_KEY, PROBLEM
from cashdesk.web.permissions import Access
from cashdesk.web.views import ApiViewSet


class ReverseRequest(StrictSerializer):
    """The body of `POST /movements/{id}/reverse`."""

    reason = TextField(min_length=1, max_length=50)


class MovementSerializer(serializers.ModelSerializer[Movement]):
    """A movement. `amount` is minor units; `source` and `destination` are kinds of places, `station` the register."""

    id = serializers.UUIDField(source="uuid")
    store = serializers.CharField(source="store.number")
    source = serializers.CharField(source="source.kind")  # type: ignore[assignment]  # a field of this name, over DRF's attribute
    destination = serializers.CharField(source="destination.kind")
    session = serializers.IntegerField(source="session_id", allow_null=True)
    reverses = serializers.UUIDField(source="reverses.uuid", default=None, allow_null=True)

    class Meta:
        model = Movement
        fields = (
            "id", "store", "kind", "source", "destination", "amount", "currency", "method", "session", "reverses",
            "is_late", "business_date", "recorded_at", "reason",
        )  # fmt: skip


class MovementViewSet(ApiViewSet):
    """Correct a movement. Changing or deleting one is nobody's to do (law 1)."""

    dialect = ProblemDialect
    queryset = Movement.objects.none()
    access = {"reverse": Access(role=Role.MANAGER, scope=Scope.SESSIONS_WRITE)}

    @extend_schema(
        operation_id="movement_reverse",
        parameters=[IDEMPOTENCY_KEY],
        request=ReverseRequest,
        responses={201: MovementSerializer, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM, 409: PROBLEM},
        tags=["Movements"],
    )
    def reverse(self, request: Request, movement_id: UUID) -> Response:
        """Books the movement the other way round, once; late, where its period is closed."""
        asked: dict[str, Any] = self.validated(ReverseRequest)
        movement = queries.movement(by=self.by, movement_id=movement_id)
        reversal = reverse(movement=movement, by=self.by, at=self.now, **asked)
        return Response(MovementSerializer(reversal).data, status=201)
