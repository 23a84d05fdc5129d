"""Our own API for deposits: bags on their way to the bank."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.enums import Role, Scope
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.fields import RowSerializer, StrictSerializer, TextField, WholeNumberField
from cashdesk.web.list_filters import PAGE
from cashdesk.web.openapi import IDEMPOTENCY_KEY, PROBLEM
from cashdesk.web.pagination import NewestFirst
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import POLLED
from cashdesk.web.views import ApiViewSet
from settlements import queries
from settlements.api.pieces import PackedPiecesSerializer, listed
from settlements.domain.deposit import REASON_MAX, acts_open_to, collect_deposit, correct_credit, credit_deposit
from settlements.filters.lists import DEPOSIT_PARAMETERS, DepositFilter
from settlements.models import CreditCorrection, Deposit


class CorrectionSerializer(RowSerializer[CreditCorrection]):
    """A correction of the bank's credit. Amounts are in minor units."""

    movement = serializers.UUIDField(source="movement.uuid")
    corrected_by = serializers.CharField(source="corrected_by.name")

    class Meta:
        model = CreditCorrection
        fields = ("number", "corrected_from", "corrected_to", "reason", "corrected_at", "corrected_by", "movement")


class DepositSerializer(RowSerializer[Deposit]):
    """A deposit. Amounts are in minor units. `state` is CANCELLED if its movement was reversed."""

    id = serializers.UUIDField(source="uuid")
    store = serializers.CharField(source="store.number")
    movement = serializers.UUIDField(source="movement.uuid")
    amount = serializers.IntegerField(source="movement.amount")
    currency = serializers.CharField(source="movement.currency")
    prepared_by = serializers.CharField(source="prepared_by.name", default=None, allow_null=True)
    collected_by = serializers.CharField(source="collected_by.name", default=None, allow_null=True)
    credited_by = serializers.CharField(source="credited_by.name", default=None, allow_null=True)
    credited_amount = serializers.IntegerField(
        source="credited_now",
        allow_null=True,
        help_text="The amount that the bank credited, after the last correction.",
    )
    difference = serializers.IntegerField(
        source="difference_now", allow_null=True, help_text="`credited_amount` minus `amount`."
    )
    count = serializers.SerializerMethodField(
        help_text="The notes and coins in the bag, largest first; empty if only an amount was entered."
    )
    corrections = CorrectionSerializer(many=True, help_text="Corrections of the credited amount, oldest first.")
    allowed = serializers.SerializerMethodField(
        help_text="Actions that the caller may take now. Each is a path below the deposit's."
    )

    class Meta:
        model = Deposit
        fields = (
            "id", "store", "state", "bag_number", "slip_number", "movement", "amount", "currency", "count",
            "prepared_at", "prepared_by", "collected_at", "collected_by", "courier", "credited_at", "credited_by",
            "credited_amount", "difference", "corrections", "allowed",
        )  # fmt: skip

    @extend_schema_field(PackedPiecesSerializer(many=True))
    def get_count(self, row: Deposit) -> list[dict[str, int]]:
        return listed(row.packed_by_worth)

    def get_allowed(self, row: Deposit) -> list[str]:
        return [str(act) for act in acts_open_to(row, by=self.context["by"])]


class CollectRequest(StrictSerializer):
    """The body of `POST /deposits/{id}/collect`."""

    courier = TextField(max_length=200, default="", allow_blank=True, help_text="Name of the courier.")


class CreditRequest(StrictSerializer):
    """The body of `POST /deposits/{id}/credit`."""

    amount = WholeNumberField(min_value=0, help_text="The amount that the bank credited, in minor units.")


class CorrectCreditRequest(CreditRequest):
    """The body of `POST /deposits/{id}/correct-credit`."""

    reason = TextField(min_length=1, max_length=REASON_MAX, help_text="Why the recorded amount is wrong.")


class DepositViewSet(ApiViewSet):
    """List deposits, record the collection and the bank's credit, and correct a credit.

    `POST /movements` prepares a deposit.
    """

    dialect = ProblemDialect
    queryset = Deposit.objects.none()
    polled = {"list": POLLED, "retrieve": POLLED}
    access = {
        "list": Access(role=Role.MANAGER, scope=Scope.SETTLEMENTS_READ),
        "retrieve": Access(role=Role.MANAGER, scope=Scope.SETTLEMENTS_READ),
        "collect": Access(role=Role.MANAGER, scope=Scope.SETTLEMENTS_WRITE),
        "credit": Access(role=Role.MANAGER, scope=Scope.SETTLEMENTS_WRITE),
        "correct_credit": Access(role=Role.MANAGER, scope=Scope.SETTLEMENTS_WRITE),
    }
    filterset_class = DepositFilter
    query_parameters = {"list": (*DEPOSIT_PARAMETERS, *NewestFirst.parameters)}

    @extend_schema(
        operation_id="deposits",
        parameters=[*PAGE],
        responses={200: DepositSerializer(many=True), 400: PROBLEM, 401: PROBLEM, 403: PROBLEM},
        tags=["Movements"],
    )
    def list(self, request: Request) -> Response:
        """Lists deposits, newest first. The `Link` header leads to the next page."""
        pages = NewestFirst(instant="prepared_at")
        page = pages.page(self.filter_queryset(queries.deposits(by=self.by)), request)
        shown = DepositSerializer(page, many=True, context={"by": self.by})
        return Response(shown.data, headers=pages.headers())

    @extend_schema(
        operation_id="deposit",
        responses={200: DepositSerializer, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=["Movements"],
    )
    def retrieve(self, request: Request, deposit_id: UUID) -> Response:
        """Shows one deposit."""
        found = queries.deposit(by=self.by, deposit_id=deposit_id)
        return Response(DepositSerializer(found, context={"by": self.by}).data)

    @extend_schema(
        operation_id="deposit_collect",
        parameters=[IDEMPOTENCY_KEY],
        request=CollectRequest,
        responses={200: DepositSerializer, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM, 409: PROBLEM},
        tags=["Movements"],
    )
    def collect(self, request: Request, deposit_id: UUID) -> Response:
        """Records that the bag was collected."""
        asked: dict[str, Any] = self.validated(CollectRequest)
        found = queries.deposit(by=self.by, deposit_id=deposit_id)
        done = collect_deposit(deposit=found, by=self.by, at=self.now, **asked)
        return self._shown(done)

    @extend_schema(
        operation_id="deposit_credit",
        parameters=[IDEMPOTENCY_KEY],
        request=CreditRequest,
        responses={200: DepositSerializer, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM, 409: PROBLEM},
        tags=["Movements"],
    )
    def credit(self, request: Request, deposit_id: UUID) -> Response:
        """Records the amount that the bank credited, and books the difference."""
        asked: dict[str, Any] = self.validated(CreditRequest)
        found = queries.deposit(by=self.by, deposit_id=deposit_id)
        done = credit_deposit(deposit=found, by=self.by, at=self.now, **asked)
        return self._shown(done)

    @extend_schema(
        operation_id="deposit_correct_credit",
        parameters=[IDEMPOTENCY_KEY],
        request=CorrectCreditRequest,
        responses={200: DepositSerializer, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM, 409: PROBLEM},
        tags=["Movements"],
    )
    def correct_credit(self, request: Request, deposit_id: UUID) -> Response:
        """Corrects the recorded credit and books the change.

        The person who recorded the credit, or its latest correction, cannot do this. Another person can correct a
        correction again.
        """
        asked: dict[str, Any] = self.validated(CorrectCreditRequest)
        found = queries.deposit(by=self.by, deposit_id=deposit_id)
        done = correct_credit(deposit=found, by=self.by, at=self.now, **asked)
        return self._shown(done)

    def _shown(self, done: Deposit) -> Response:
        found = queries.deposit(by=self.by, deposit_id=done.uuid)
        return Response(DepositSerializer(found, context={"by": self.by}).data)
