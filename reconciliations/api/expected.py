"""Expected cash (docs/contracts.md, section 3)."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk import money
from cashdesk.domain.visibility import note_seen
from cashdesk.enums import Role, Scope
from cashdesk.models import Store, User
from cashdesk.web.fields import CamelCaseSerializer, InstantField, date_in
from cashdesk.web.permissions import Access
from cashdesk.web.views import ApiViewSet
from reconciliations.api.common import operator_of, refuse_loose_key, store_of, uuid_in
from reconciliations.dialect import RECONCILIATION_ERROR, ReconciliationDialect
from reconciliations.domain.business_day_close import current_date, day_of
from reconciliations.domain.expected_cash import CurrencyCash, ExpectedCash, Takings, expected_cash

METHOD, OPERATOR, STATION, CHANNEL, SERVICE = range(5)


class NumbersSerializer(CamelCaseSerializer):
    """The number and totals of a group of payments, in currency units."""

    transaction_count = serializers.IntegerField()
    approved_count = serializers.IntegerField()
    rejected_count = serializers.IntegerField()
    pending_count = serializers.IntegerField()
    total_billed = serializers.DecimalField(max_digits=20, decimal_places=4)
    cash_tendered = serializers.DecimalField(max_digits=20, decimal_places=4)
    change_given = serializers.DecimalField(max_digits=20, decimal_places=4)
    expected_cash_on_hand = serializers.DecimalField(max_digits=20, decimal_places=4)


class MethodNumbersSerializer(NumbersSerializer):
    """Payments by method."""

    processor = serializers.CharField()


class OperatorNumbersSerializer(NumbersSerializer):
    """Payments by operator. Null means that no operator is known."""

    operator_uid = serializers.CharField(allow_null=True)
    operator_name = serializers.CharField(allow_null=True)


class OperatorMethodNumbersSerializer(OperatorNumbersSerializer):
    """Payments by operator and method."""

    processor = serializers.CharField()


class DeviceNumbersSerializer(NumbersSerializer):
    """Payments by register. Null means that no register is known."""

    device = serializers.IntegerField(allow_null=True)


class ChannelNumbersSerializer(NumbersSerializer):
    """Payments by sales channel and service."""

    channel = serializers.CharField(allow_blank=True)
    service = serializers.CharField(allow_blank=True)


class CurrencySerializer(CamelCaseSerializer):
    """The cash of one currency. openingFloat + sales - refunds + rounding + paidIn - paidOut - drops = systemCash."""

    currency = serializers.CharField()
    sales = serializers.DecimalField(max_digits=20, decimal_places=4, help_text="Sales paid in cash, as billed.")
    by_payment_method = MethodNumbersSerializer(many=True)
    by_operator = OperatorNumbersSerializer(many=True)
    by_operator_and_payment_method = OperatorMethodNumbersSerializer(many=True)
    by_device = DeviceNumbersSerializer(many=True)
    by_channel_and_service = ChannelNumbersSerializer(many=True)
    opening_float = serializers.DecimalField(
        max_digits=20, decimal_places=4, help_text="Cash carried over, plus new floats and loans."
    )
    paid_in = serializers.DecimalField(max_digits=20, decimal_places=4)
    paid_out = serializers.DecimalField(max_digits=20, decimal_places=4)
    refunds = serializers.DecimalField(max_digits=20, decimal_places=4)
    rounding = serializers.DecimalField(
        max_digits=20,
        decimal_places=4,
        help_text="Extension: the cash that sales and refunds moved, minus the billed amounts.",
    )
    drops = serializers.DecimalField(
        max_digits=20, decimal_places=4, help_text="Extension: drops of the operator. 0 without `operatorUid`."
    )
    system_cash = serializers.DecimalField(max_digits=20, decimal_places=4)


class DaySerializer(CamelCaseSerializer):
    """A business day."""

    date = serializers.DateField()
    state = serializers.CharField()
    opened_at = InstantField(allow_null=True)
    closed_at = InstantField(allow_null=True)


class StoreSerializer(CamelCaseSerializer):
    """The store."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    name = serializers.CharField()


class SummarySerializer(CamelCaseSerializer):
    """Totals of all payments in the scope."""

    transaction_count = serializers.IntegerField()
    approved_count = serializers.IntegerField()
    rejected_count = serializers.IntegerField()
    pending_count = serializers.IntegerField()


class ExpectedAnswer(CamelCaseSerializer):
    """The answer of `GET /cash-management/expected`."""

    store = StoreSerializer()
    business_day = DaySerializer()
    operator_uid = serializers.CharField(allow_null=True)
    generated_at = InstantField()
    summary = SummarySerializer()
    currencies = CurrencySerializer(many=True)


class ExpectedViewSet(ApiViewSet):
    """Show the expected cash of a store on a business day. Every look is noted in the audit trail (law 5)."""

    dialect = ReconciliationDialect
    queryset = Store.objects.none()
    access = {"list": Access(role=Role.MANAGER, scope=Scope.CASH_MANAGEMENT_READ)}
    query_parameters = {"list": ("storeId", "businessDayDate", "operatorUid")}

    @extend_schema(
        operation_id="expected_cash",
        parameters=[
            OpenApiParameter("storeId", OpenApiTypes.UUID, required=True),
            OpenApiParameter("businessDayDate", OpenApiTypes.DATE, description="Default: the current business day."),
            OpenApiParameter("operatorUid", str),
        ],
        responses={
            200: ExpectedAnswer,
            400: RECONCILIATION_ERROR,
            401: RECONCILIATION_ERROR,
            403: RECONCILIATION_ERROR,
        },
        tags=["Reconciliations"],
    )
    def list(self, request: Request) -> Response:
        """Shows the expected cash with its parts. A reconciliation at this moment would record the same systemCash."""
        refuse_loose_key(self.by)
        asked, at = request.query_params, self.now
        store = store_of(store_id=uuid_in(asked.get("storeId"), field="storeId"), by=self.by)
        given = asked.get("businessDayDate")
        on = date_in(given, field="businessDayDate") if given is not None else current_date(store=store, at=at)
        uid = asked.get("operatorUid")
        operator = operator_of(uid=uid, store=store, by=self.by) if uid else None
        expected = expected_cash(store=store, business_date=on, operator=operator)
        detail = {"date": on.isoformat(), "operator": operator.pk if operator else None}
        note_seen(subject=f"store:{store.pk}", by=self.by, at=at, store=store, detail=detail)
        day, people = day_of(store=store, on=on), _people(expected)
        shown = {
            "store": {"id": str(store.uuid), "number": store.number, "name": store.name},
            "businessDay": DaySerializer(day).data,
            "operatorUid": uid or None,
            "generatedAt": at,
            "summary": _summary(expected),
            "currencies": [_currency(cash, people) for cash in expected.currencies.values()],
        }
        return Response(shown)


def _people(expected: ExpectedCash) -> Mapping[int, User]:
    ids = {key[OPERATOR] for cash in expected.currencies.values() for key in cash.takings if key[OPERATOR]}
    return User.objects.in_bulk(ids)


def _summary(expected: ExpectedCash) -> dict[str, int]:
    whole = [part for cash in expected.currencies.values() for part in cash.takings.values()]
    return {
        "transactionCount": sum(part.transactions for part in whole),
        "approvedCount": sum(part.approved for part in whole),
        "rejectedCount": sum(part.rejected for part in whole),
        "pendingCount": sum(part.pending for part in whole),
    }


def _currency(cash: CurrencyCash, people: Mapping[int, User]) -> dict[str, Any]:
    def units(minor: int) -> Any:
        return money.to_units(minor, cash.currency)

    def operator(pk: int | None) -> dict[str, Any]:
        person = people.get(pk or 0)
        return {
            "operatorUid": person.operator_uid if person else None,
            "operatorName": person.name if person else None,
        }

    def numbers(part: Takings) -> dict[str, Any]:
        return {
            "transactionCount": part.transactions,
            "approvedCount": part.approved,
            "rejectedCount": part.rejected,
            "pendingCount": part.pending,
            "totalBilled": units(part.billed),
            "cashTendered": units(part.tendered),
            "changeGiven": units(part.change),
            "expectedCashOnHand": units(part.cash_on_hand),
        }

    return {
        "currency": cash.currency,
        "sales": units(cash.sales),
        "byPaymentMethod": [{"processor": method, **numbers(part)} for (method,), part in cash.grouped(METHOD).items()],
        "byOperator": [{**operator(pk), **numbers(part)} for (pk,), part in cash.grouped(OPERATOR).items()],
        "byOperatorAndPaymentMethod": [
            {**operator(pk), "processor": method, **numbers(part)}
            for (pk, method), part in cash.grouped(OPERATOR, METHOD).items()
        ],
        "byDevice": [{"device": number, **numbers(part)} for (number,), part in cash.grouped(STATION).items()],
        "byChannelAndService": [
            {"channel": channel, "service": service, **numbers(part)}
            for (channel, service), part in cash.grouped(CHANNEL, SERVICE).items()
        ],
        "openingFloat": units(cash.opening_float),
        "paidIn": units(cash.paid_in),
        "paidOut": units(cash.paid_out),
        "refunds": units(cash.refunds),
        "rounding": units(cash.rounding),
        "drops": units(cash.drops),
        "systemCash": units(cash.system_cash),
    }
