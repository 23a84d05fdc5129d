"""Payments reported by points of sale (docs/contracts.md, section 5).

This API is Cashdesk's own design. Amounts are in minor units.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final, cast

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk import money, queries
from cashdesk.api.payment_rows import ListedPaymentSerializer, PaymentSerializer, payment_row
from cashdesk.domain.payment.at_once import plain_payment, store_at_once
from cashdesk.domain.payment.decision import decide_payment
from cashdesk.domain.payment.payment_report import AMOUNTS, PaymentReport
from cashdesk.domain.payment.recording import BATCH_SIZE_MAX, Outcome, record_payment, record_payments
from cashdesk.domain.visibility import newest_by_place, note_periods_seen
from cashdesk.enums import Booked, PaymentStatus, PaymentType, Scope
from cashdesk.errors import InvalidInput
from cashdesk.filters import PAYMENT_PARAMETERS, PaymentFilter
from cashdesk.models import Payment
from cashdesk.web.dialects import ExactJSONParser, ExactJSONRenderer, ProblemDialect
from cashdesk.web.errors import fault_of, flatten, request_id
from cashdesk.web.fields import (
    AnythingField,
    InstantField,
    MethodField,
    NumberField,
    ReferenceField,
    StrictSerializer,
    TextField,
)
from cashdesk.web.idempotency import answer_to_keep
from cashdesk.web.list_filters import PAGE, STATION_MAX, STORE_OF_LIST, newest_for, of_store_or_session
from cashdesk.web.openapi import IDEMPOTENCY_KEY, PROBLEM, ProblemSerializer
from cashdesk.web.pagination import NewestFirst
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import POLLED
from cashdesk.web.views import ApiViewSet

PATHS = ("batch", "midtrans-notification")
BATCH_PROBLEMS_LENGTH_MAX = 256 * 1024


class PaymentRequest(StrictSerializer):
    """A payment. Amounts are integers in minor units. Store, register and session default to the caller's own."""

    id = ReferenceField(max_length=128, help_text="The point of sale's own id, unique per till.")
    order = ReferenceField(max_length=128, default="", allow_blank=True)
    store = ReferenceField(max_length=36, default="", allow_blank=True, help_text="Number or UUID of the store.")
    station = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, allow_null=True, help_text="Number of the register."
    )
    session = ReferenceField(max_length=36, default="", allow_blank=True, help_text="Id or UUID of a cash session.")
    operator = ReferenceField(max_length=64, default="", allow_blank=True, help_text="Operator code of the cashier.")
    method = MethodField(help_text="CASH or EFECTIVO for cash, else the code of the method.")
    currency = TextField(min_length=3, max_length=3, help_text="ISO 4217.")
    amount = NumberField(help_text="Amount owed, in minor units.")
    tendered = NumberField(
        required=False, allow_null=True, help_text="What the customer gave, or received in a refund."
    )
    change = NumberField(required=False, allow_null=True, help_text="The change given back.")
    status = serializers.ChoiceField(choices=PaymentStatus.choices)
    type = serializers.ChoiceField(choices=PaymentType.choices, default=PaymentType.SALE)
    paid_at = InstantField(
        required=False, allow_null=True, help_text="When it was paid by the till's clock, with its UTC offset."
    )
    tax = NumberField(required=False, allow_null=True)
    discount = NumberField(required=False, allow_null=True)
    channel = TextField(max_length=64, default="", allow_blank=True)
    service = TextField(max_length=64, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["id"] in PATHS:
            raise InvalidInput.of("id", f"must not be '{attrs['id']}', which is a path of its own.")
        money.exponent_of(attrs["currency"])
        for name in AMOUNTS:
            if attrs.get(name) is not None:
                attrs[name] = money.parse_whole(attrs[name], field=name)
        return attrs


READER: Final = PaymentRequest()
"""Validates all reports, because it is slow to build a serializer. It keeps nothing of a report."""


@extend_schema_field(PaymentRequest(many=True, min_length=1, max_length=BATCH_SIZE_MAX))  # type: ignore[call-arg]  # of the list
class PaymentsField(serializers.ListField):
    """Payments that are validated later, one by one, so that a wrong one does not refuse the others."""

    def __init__(self) -> None:
        super().__init__(child=AnythingField(allow_null=True), min_length=1, max_length=BATCH_SIZE_MAX)


class BatchRequest(StrictSerializer):
    """Up to 5,000 payments. A bare array of payments is accepted too."""

    payments = PaymentsField()


class DecisionRequest(StrictSerializer):
    """The body of `PATCH /payments/{id}`."""

    status = serializers.ChoiceField(choices=[PaymentStatus.APPROVED, PaymentStatus.REJECTED])
    store = ReferenceField(
        max_length=36, required=False, help_text="Number or UUID of the store, if several use the id."
    )
    station = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, help_text="Number of the register, if several use the id."
    )


class BatchResultSerializer(serializers.Serializer[Any]):
    """The result of one payment in a batch. Sent alone, the payment would get the same status."""

    id = serializers.CharField(allow_null=True)
    status_code = serializers.IntegerField(help_text="201 booked, 200 already known, 4xx refused.")
    booked = serializers.ChoiceField(choices=Booked.choices, required=False)
    session = serializers.IntegerField(required=False, allow_null=True)
    problem = ProblemSerializer(required=False)


class BatchResponse(serializers.Serializer[Any]):
    """The results, in the order of the payments in the request."""

    results = BatchResultSerializer(many=True)


class PaymentViewSet(ApiViewSet):
    """Accepts reports of payments, one by one or in batches, and approves or rejects pending payments."""

    dialect = ProblemDialect
    queryset = Payment.objects.none()
    filterset_class = PaymentFilter
    takes_batches = ("batch",)
    at_drawer = ("create", "batch")
    polled = {"list": POLLED, "retrieve": POLLED}
    access = {
        "list": Access(scope=Scope.PAYMENTS_READ),
        "retrieve": Access(scope=Scope.PAYMENTS_READ),
        "create": Access(scope=Scope.PAYMENTS_WRITE),
        "batch": Access(scope=Scope.PAYMENTS_WRITE),
        "decide": Access(scope=Scope.PAYMENTS_WRITE),
    }
    query_parameters = {
        "list": ("store", *PAYMENT_PARAMETERS, *NewestFirst.parameters),
        "retrieve": ("store", "station"),
    }

    @extend_schema(
        operation_id="payments",
        parameters=[STORE_OF_LIST, *PAGE],
        responses={200: ListedPaymentSerializer(many=True), 400: PROBLEM, 401: PROBLEM, 403: PROBLEM},
        tags=["Payments"],
    )
    def list(self, request: Request) -> Response:
        """Lists payments of a store, newest first.

        Managers and API keys see all payments; every look at a drawer that is not counted yet is noted in the audit
        trail. A cashier must name one of their own closed sessions (`session`), and the list is empty until that
        session is counted. The `Link` header leads to the next page.
        """
        rows = self.filter_queryset(of_store_or_session(queries.payments(by=self.by), request, by=self.by))
        pages = newest_for(self.by, rows, instant="reported_at")
        page = pages.page(rows, request)
        self._note_seen(page)
        return Response(ListedPaymentSerializer(page, many=True).data, headers=pages.headers())

    @extend_schema(
        operation_id="payment",
        parameters=[
            OpenApiParameter("store", str, description="Number or UUID of a store, if several use the id."),
            OpenApiParameter("station", int, description="Number of the register, if several use the id."),
        ],
        responses={200: ListedPaymentSerializer, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=["Payments"],
    )
    def retrieve(self, request: Request, external_id: str) -> Response:
        """Shows one payment by the point of sale's own id. A cashier sees payments of their own counted sessions."""
        store, station = request.query_params.get("store", ""), request.query_params.get("station")
        number = min(money.parse_whole(station, field="station"), STATION_MAX) if station is not None else None
        found = queries.payment(by=self.by, external_id=external_id, store=store, station=number)
        self._note_seen([found])
        return Response(ListedPaymentSerializer(found).data)

    def _note_seen(self, page: Sequence[Payment]) -> None:
        on_time = (row for row in page if row.booked == Booked.ON_TIME)
        # A pending payment is booked at its approval. A count may come between its report and its approval.
        seen = newest_by_place((row.register_id, row.decided_at or row.reported_at) for row in on_time)
        sessions = {row.session_id for row in page if row.session_id is not None}
        note_periods_seen(places=seen, sessions=sessions, by=self.by, at=self.now)

    @extend_schema(
        operation_id="payment_report",
        parameters=[IDEMPOTENCY_KEY],
        request=PaymentRequest,
        responses={
            201: PaymentSerializer,
            200: PaymentSerializer,
            400: PROBLEM,
            401: PROBLEM,
            403: PROBLEM,
            409: PROBLEM,
        },
        tags=["Payments"],
    )
    def create(self, request: Request) -> Response:
        """Stores and books one payment. A repeated report answers 200 and books nothing."""
        outcome = record_payment(report=PaymentReport(**self.validated(PaymentRequest)), by=self.by, at=self.now)
        return Response(payment_row(cast(Payment, outcome.payment)), status=201 if outcome.is_new else 200)

    def answer_at_once(self, request: Request, *, key: str) -> HttpResponse | None:
        """Stores and books a plain payment in one statement. Leaves everything else to `create`."""
        if self.action != "create":
            return None
        report, at = _report_in(request), self.now
        plain = plain_payment(report=report, by=self.by, at=at) if report is not None else None
        if plain is None:
            return None
        body = ExactJSONRenderer().render(payment_row(plain.payment))
        response = HttpResponse(body, status=201, content_type=ExactJSONRenderer.media_type)
        kept = answer_to_keep(request=request, key=key, by=self.by, at=at, response=response) if key else None
        return response if store_at_once(plain, by=self.by, at=at, answer=kept) else None

    @extend_schema(
        operation_id="payment_report_batch",
        parameters=[IDEMPOTENCY_KEY],
        request=BatchRequest,
        responses={200: BatchResponse, 400: PROBLEM, 401: PROBLEM, 403: PROBLEM},
        tags=["Payments"],
    )
    def batch(self, request: Request) -> Response:
        """Stores and books up to 5,000 payments.

        Each payment has its own result. A refused payment does not affect the others.
        """
        body = {"payments": request.data} if isinstance(request.data, list) else request.data
        asked = BatchRequest(data=body)
        asked.is_valid(raise_exception=True)
        read = [_read(item) for item in asked.validated_data["payments"]]
        reports = [report for report in read if isinstance(report, PaymentReport)]
        outcomes = iter(record_payments(reports=reports, by=self.by, at=self.now))
        results = [
            _result(report.id, next(outcomes)) if isinstance(report, PaymentReport) else report for report in read
        ]
        return Response({"results": _bounded(results)})

    @extend_schema(
        operation_id="payment_decide",
        parameters=[IDEMPOTENCY_KEY],
        request=DecisionRequest,
        responses={200: PaymentSerializer, 400: PROBLEM, 401: PROBLEM, 404: PROBLEM, 409: PROBLEM},
        tags=["Payments"],
    )
    def decide(self, request: Request, external_id: str) -> Response:
        """Approves or rejects a pending payment. An approved payment is booked at once."""
        payment = decide_payment(external_id=external_id, **self.validated(DecisionRequest), by=self.by, at=self.now)
        return Response(payment_row(payment))


def _report_in(request: Request) -> PaymentReport | None:
    """Returns the report in the body, or None if `create` must say what is wrong with it."""
    if (request.content_type or "").partition(";")[0].strip().lower() != ExactJSONParser.media_type:
        return None
    try:
        return PaymentReport(**READER.run_validation(ExactJSONParser().parse(BytesIO(request._request.body))))
    except (serializers.ValidationError, ParseError):
        return None


def _read(item: Any) -> PaymentReport | dict[str, Any]:
    """Returns the parsed report, or the result that refuses a payment that cannot be parsed."""
    try:
        return PaymentReport(**READER.run_validation(item))
    except serializers.ValidationError as error:
        named = flatten(error.detail)
    name = item.get("id") if isinstance(item, dict) else None
    is_named = isinstance(name, str | int) and not isinstance(name, bool)
    return _refused(
        str(name) if is_named else None,
        InvalidInput(" ".join(f"{field}: {text}" for field, text in named.items()), errors=named),
    )


def _bounded(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Limits the total length of the errors in a batch to about BATCH_PROBLEMS_LENGTH_MAX characters.

    The first errors stay complete. Errors beyond the limit get a short text instead.
    """
    length = 0
    for result in results:
        problem = result.get("problem")
        if problem is None:
            continue
        length += len(problem["detail"]) + sum(len(error["detail"]) for error in problem.get("errors", ()))
        if length > BATCH_PROBLEMS_LENGTH_MAX:
            problem.pop("errors", None)
            problem["detail"] = "Refused, like others above. Send it alone to see why."
    return results


def _result(name: str, outcome: Outcome) -> dict[str, Any]:
    if outcome.error is not None or outcome.payment is None:
        return _refused(name, outcome.error or InvalidInput("unknown"))
    payment = outcome.payment
    return {
        "id": name,
        "status_code": 201 if outcome.is_new else 200,
        "booked": payment.booked,
        "session": payment.session_id,
    }


def _refused(name: str | None, error: Exception) -> dict[str, Any]:
    fault = fault_of(error, request_id=request_id())
    return {"id": name, "status_code": fault.status, "problem": ProblemDialect.error_body(fault)}
