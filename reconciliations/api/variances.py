"""Our own API for the variance queue: differences that need action, and their history."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.domain.counting.count import CountedAmount, Pieces, total_of
from cashdesk.enums import CASH, Reason, Role, Scope, method_code
from cashdesk.errors import InvalidInput
from cashdesk.models import Variance
from cashdesk.money import bounded
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.fields import MethodField, RowSerializer, StrictSerializer, TextField, WholeNumberField
from cashdesk.web.openapi import IDEMPOTENCY_KEY, PROBLEM
from cashdesk.web.pagination import NewestFirst
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import POLLED
from cashdesk.web.views import ApiViewSet
from reconciliations import queries
from reconciliations.domain.repayment import repay_variance
from reconciliations.domain.variance_acts import (
    NOTES_MAX,
    approve_variance,
    escalate_variance,
    explain_variance,
    recount_variance,
    reject_variance,
    witness_variance,
)
from reconciliations.domain.variance_permission import acts_open_to
from reconciliations.filters import PARAMETERS, VarianceFilter
from reconciliations.models import Repayment, VarianceEvent

ANSWERS = {400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM, 409: PROBLEM}


class NotesRequest(StrictSerializer):
    """Optional notes on an action."""

    notes = TextField(max_length=NOTES_MAX, default="", allow_blank=True)


class ExplainRequest(NotesRequest):
    """The body of `POST /variances/{id}/explain`."""

    reason = serializers.ChoiceField(choices=Reason.choices)


class RepayRequest(StrictSerializer):
    """The body of `POST /variances/{id}/repay`. The money goes into the safe, or into the open drawer of a register."""

    amount = WholeNumberField(min_value=1, help_text="Amount in minor units, up to what is left to repay.")
    station = WholeNumberField(
        min_value=0, max_value=2**31 - 1, default=0, help_text="Number of the register; 0 is the safe."
    )


class VariancePieces(StrictSerializer):
    """The number of pieces of one note or coin."""

    denomination = WholeNumberField(min_value=1, help_text="Value of one piece in minor units.")
    pieces = WholeNumberField(min_value=0, max_value=10_000_000)


class RecountRequest(NotesRequest):
    """The body of `POST /variances/{id}/recount`. Send an `amount` in minor units, or a `count` of pieces."""

    amount = WholeNumberField(min_value=0, required=False, help_text="Amount in minor units.")
    currency = TextField(min_length=3, max_length=3, required=False, help_text="Default: the currency of the variance.")
    method = MethodField(min_length=1, required=False, help_text="Default: the method of the variance.")
    count = VariancePieces(many=True, required=False, max_length=100)  # type: ignore[call-arg]  # of the list that DRF makes

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        variance: Variance = self.context["variance"]
        currency, method = attrs.get("currency", variance.currency), method_code(attrs.get("method", variance.method))
        pieces = tuple(Pieces(**line) for line in attrs.get("count", ()))
        if "count" in attrs:
            if method != CASH:
                raise InvalidInput.of(
                    "count", ("Only CASH has notes and coins. Leave count out, or use the method CASH.")
                )
            total = total_of(currency=currency, pieces=pieces)
            if attrs.get("amount", total) != total:
                raise InvalidInput.of("amount", f"count adds up to {total}. Send that amount, or only count.")
        elif "amount" in attrs:
            total = bounded(attrs["amount"], currency, field="amount")
        else:
            raise InvalidInput.of("amount", "Send amount or count. If there is no cash, send 0.")
        counted = CountedAmount(currency=currency, method=method, amount=total, pieces=pieces)
        return {"counted": counted, "notes": attrs["notes"]}


class VarianceSerializer(RowSerializer[Variance]):
    """A variance. Amounts are in minor units of `currency`. `counted_amount` is null if nobody has counted."""

    id = serializers.UUIDField(source="uuid")
    store = serializers.CharField(source="store.number")
    station = serializers.IntegerField(
        source="place.number", default=None, allow_null=True, help_text="Number of the register; 0 is the vault."
    )
    session = serializers.UUIDField(source="session.uuid", default=None, allow_null=True)
    user_id = serializers.IntegerField(source="person_id", allow_null=True, help_text="Id of the cashier.")
    user_name = serializers.CharField(source="person.name", default=None, allow_null=True)
    counted_by = serializers.CharField(source="counted_by.name", default=None, allow_null=True)
    explained_by = serializers.CharField(source="explained_by.name", default=None, allow_null=True)
    decided_by = serializers.CharField(source="decided_by.name", default=None, allow_null=True)
    late_amount = serializers.IntegerField(
        help_text="Money that arrived late, in minor units. It explains this part of the difference."
    )
    adjusted_difference = serializers.SerializerMethodField(help_text="`difference` minus `late_amount`.")
    repaid_amount = serializers.IntegerField(help_text="What was paid back of a shortage, in minor units.")
    allowed = serializers.SerializerMethodField(help_text="Actions that the caller may take now.")

    class Meta:
        model = Variance
        fields = (
            "id", "store", "kind", "state", "is_escalated", "subject", "station", "session", "user_id", "user_name",
            "counted_by", "business_date", "currency", "method", "expected_amount", "counted_amount", "difference",
            "tolerance", "late_amount", "adjusted_difference", "repaid_amount", "reason", "notes",
            "explained_by", "explained_at", "decided_by", "decided_at", "raised_at", "allowed",
        )  # fmt: skip

    def get_adjusted_difference(self, row: Variance) -> int | None:
        if row.difference is None or row.counted_amount is None:
            return None
        return row.difference - int(getattr(row, "late_amount", 0))

    def get_allowed(self, row: Variance) -> list[str]:
        return [str(act).lower() for act in acts_open_to(row, by=self.context["by"])]


class EventSerializer(RowSerializer[VarianceEvent]):
    """One action on a variance."""

    id = serializers.UUIDField(source="uuid")
    by = serializers.CharField(source="by_label")
    recounted = serializers.SerializerMethodField(help_text="The recounted amount in minor units.")
    correction = serializers.UUIDField(
        source="movement.uuid",
        default=None,
        allow_null=True,
        help_text="The correcting movement that the approval booked.",
    )

    class Meta:
        model = VarianceEvent
        fields = ("id", "act", "at", "by", "from_state", "to_state", "reason", "notes", "recounted", "correction")

    def get_recounted(self, row: VarianceEvent) -> int | None:
        return sum(found.amount for found in row.count.amounts.all()) if row.count is not None else None


class VarianceWithEventsSerializer(VarianceSerializer):
    """A variance with its history, oldest first."""

    events = serializers.SerializerMethodField()

    class Meta(VarianceSerializer.Meta):
        fields = (*VarianceSerializer.Meta.fields, "events")  # type: ignore[assignment]  # one more

    def get_events(self, row: Variance) -> list[dict[str, Any]]:
        """The history of the variance, oldest first."""
        events = row.events.select_related("movement", "count").prefetch_related("count__amounts").order_by("pk")
        return list(EventSerializer(events, many=True).data)


class VarianceViewSet(ApiViewSet):
    """List variances, explain them and sign them off.

    Programs may only explain and escalate. Only people may approve, reject, witness and recount.
    """

    dialect = ProblemDialect
    queryset = Variance.objects.none()
    polled = {"list": POLLED, "retrieve": POLLED}
    access = {
        "list": Access(role=Role.MANAGER, scope=Scope.CASH_MANAGEMENT_READ),
        "retrieve": Access(role=Role.MANAGER, scope=Scope.CASH_MANAGEMENT_READ),
        **{
            act: Access(role=Role.MANAGER, scope=Scope.CASH_MANAGEMENT_WRITE)
            for act in ("explain", "witness", "recount", "approve", "reject", "escalate", "repay")
        },
    }
    query_parameters = {"list": (*PARAMETERS, *NewestFirst.parameters)}
    filterset_class = VarianceFilter

    @extend_schema(
        operation_id="variances",
        parameters=[
            OpenApiParameter("limit", int, description="Rows per page: 100 by default, at most 1000."),
            OpenApiParameter("cursor", str, description="The cursor from the Link header of the previous page."),
        ],
        responses={200: VarianceSerializer(many=True), 400: PROBLEM, 401: PROBLEM, 403: PROBLEM},
        tags=["Variances"],
    )
    def list(self, request: Request) -> Response:
        """Lists variances, newest first. `waiting=true` returns the queue. The `Link` header leads to the next page."""
        rows = self.filter_queryset(queries.variances(by=self.by))
        pages = NewestFirst(instant="raised_at")
        page = pages.page(rows, request)
        return Response(VarianceSerializer(page, many=True, context={"by": self.by}).data, headers=pages.headers())

    @extend_schema(
        operation_id="variance",
        responses={200: VarianceWithEventsSerializer, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=["Variances"],
    )
    def retrieve(self, request: Request, variance_id: UUID) -> Response:
        """Shows one variance with its history."""
        return self._shown(variance_id)

    @extend_schema(
        operation_id="variance_explain",
        parameters=[IDEMPOTENCY_KEY],
        request=ExplainRequest,
        responses={200: VarianceWithEventsSerializer, **ANSWERS},
        tags=["Variances"],
    )
    def explain(self, request: Request, variance_id: UUID) -> Response:
        """Explains the difference with one of the seven reasons."""
        return self._do(explain_variance, variance_id, ExplainRequest)

    @extend_schema(
        operation_id="variance_witness",
        parameters=[IDEMPOTENCY_KEY],
        request=NotesRequest,
        responses={200: VarianceWithEventsSerializer, **ANSWERS},
        tags=["Variances"],
    )
    def witness(self, request: Request, variance_id: UUID) -> Response:
        """Records that a second person looked at the difference."""
        return self._do(witness_variance, variance_id, NotesRequest)

    @extend_schema(
        operation_id="variance_recount",
        parameters=[IDEMPOTENCY_KEY],
        request=RecountRequest,
        responses={200: VarianceWithEventsSerializer, **ANSWERS},
        tags=["Variances"],
    )
    def recount(self, request: Request, variance_id: UUID) -> Response:
        """Stores a second person's count. The approval books the difference between the two counts."""
        return self._do(recount_variance, variance_id, RecountRequest)

    @extend_schema(
        operation_id="variance_approve",
        parameters=[IDEMPOTENCY_KEY],
        request=NotesRequest,
        responses={200: VarianceWithEventsSerializer, **ANSWERS},
        tags=["Variances"],
    )
    def approve(self, request: Request, variance_id: UUID) -> Response:
        """Signs off the difference. Nobody may approve their own count."""
        return self._do(approve_variance, variance_id, NotesRequest)

    @extend_schema(
        operation_id="variance_reject",
        parameters=[IDEMPOTENCY_KEY],
        request=NotesRequest,
        responses={200: VarianceWithEventsSerializer, **ANSWERS},
        tags=["Variances"],
    )
    def reject(self, request: Request, variance_id: UUID) -> Response:
        """Rejects the explanation. The notes name the missing information."""
        return self._do(reject_variance, variance_id, NotesRequest)

    @extend_schema(
        operation_id="variance_escalate",
        parameters=[IDEMPOTENCY_KEY],
        request=NotesRequest,
        responses={200: VarianceWithEventsSerializer, **ANSWERS},
        tags=["Variances"],
    )
    def escalate(self, request: Request, variance_id: UUID) -> Response:
        """Escalates the difference to an admin."""
        return self._do(escalate_variance, variance_id, NotesRequest)

    @extend_schema(
        operation_id="variance_repay",
        parameters=[IDEMPOTENCY_KEY],
        request=RepayRequest,
        responses={200: VarianceWithEventsSerializer, **ANSWERS},
        tags=["Variances"],
    )
    def repay(self, request: Request, variance_id: UUID) -> Response:
        """Records that a shortage was paid back: cash paid in, tied to the variance. Only people may record it."""
        return self._do(repay_variance, variance_id, RepayRequest)

    def _do(
        self, verb: Callable[..., Variance | Repayment], variance_id: UUID, body: type[StrictSerializer]
    ) -> Response:
        found = queries.variance(by=self.by, variance_id=variance_id)
        verb(variance=found, by=self.by, at=self.now, **self.validated(body, variance=found))
        return self._shown(variance_id)

    def _shown(self, variance_id: UUID) -> Response:
        found = queries.variance(by=self.by, variance_id=variance_id)
        return Response(VarianceWithEventsSerializer(found, context={"by": self.by}).data)
