"""The cashbook of the settlements API (docs/contracts.md, section 4)."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk import money
from cashdesk.domain.store.store_reference import store_for
from cashdesk.domain.visibility import may_see_expected
from cashdesk.enums import CASH, Scope, method_code
from cashdesk.models import Movement
from cashdesk.web.fields import (
    CamelCaseSerializer,
    EpochMillisField,
    MethodField,
    StrictSerializer,
    TextField,
    WholeNumberField,
)
from cashdesk.web.openapi import IDEMPOTENCY_KEY
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import KEPT, POLLED
from cashdesk.web.views import ApiViewSet
from settlements import queries
from settlements.api.numbered_pages import DESCRIBED_PARAMETERS, PAGE_PARAMETERS, Page, PageSerializer, sort_wishes
from settlements.api.settlements import StatusSerializer
from settlements.dialect import SETTLEMENT_ERROR, SettlementDialect
from settlements.domain.cashbook import accounts_of, book_entry
from settlements.enums import Direction, SettlementType
from settlements.filters.settlements import ENTRY_COLUMNS, ENTRY_PARAMETERS, CashbookEntryFilter, sorted_by
from settlements.models import CashbookAccount

BOOKED: Final = ("I06201", "Cashbook entry created successfully.")
ACCOUNTS: Final = ("I06202", "Cashbook accounts retrieved successfully.")
RETRIEVED: Final = ("I06203", "Cashbook entries retrieved from query.")


class EntryRequest(CamelCaseSerializer, StrictSerializer):
    """The body of `POST /cashbookentries`."""

    settlement_id = serializers.UUIDField()
    account = TextField(min_length=1, max_length=50, help_text="The code or the number of a cashbook account.")
    value = WholeNumberField(min_value=1, help_text="Amount in minor units.")
    currency = TextField(min_length=3, max_length=3, help_text="ISO 4217.")
    method = MethodField(min_length=1, default=CASH)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {
            "settlement": queries.settlement(by=self.context["by"], settlement_id=attrs["settlement_id"]),
            "account": attrs["account"],
            "amount": money.bounded(attrs["value"], attrs["currency"], field="value"),
            "currency": attrs["currency"],
            "method": method_code(attrs["method"]),
        }


class EntrySerializer(CamelCaseSerializer, serializers.Serializer[Movement]):
    """A booked cashbook entry, which is a movement."""

    cashbook_entry_id = serializers.UUIDField(source="uuid")
    account = serializers.CharField(source="reason")
    value = serializers.IntegerField(source="amount")
    currency = serializers.CharField()
    method = serializers.CharField()
    booked_time = EpochMillisField(source="recorded_at")


class EntryAnswer(EntrySerializer):
    """The entry with its settlement and the status. `account` is the text from the request."""

    settlement_id = serializers.UUIDField(source="settlement.uuid")
    api_response_status = StatusSerializer()


class ListedEntrySerializer(EntrySerializer):
    """A cashbook entry in a list. `reversed` is present only for reversed entries, and never for cashiers (law 5)."""

    settlement_id = serializers.UUIDField(source="settlement_uuid")
    store = serializers.CharField(source="store.number")
    station = serializers.IntegerField(help_text="Number of the register; 0 is the vault.")
    account_number = serializers.CharField(required=False, help_text="Extension: the number of the account.")
    direction = serializers.ChoiceField(
        choices=Direction.choices, help_text="Extension: REVENUE is money paid in, EXPENSE is money paid out."
    )
    reversed = serializers.SerializerMethodField(required=False, help_text="Extension: true if it was reversed.")

    def to_representation(self, instance: Movement) -> dict[str, Any]:
        return {name: value for name, value in super().to_representation(instance).items() if value not in (None, "")}

    def get_reversed(self, movement: Movement) -> bool | None:
        return True if self.context["tells_reversals"] and hasattr(movement, "reversed_by") else None


class EntryPageSerializer(PageSerializer):
    """A page of cashbook entries."""

    content = ListedEntrySerializer(many=True)


class AccountSerializer(serializers.Serializer[CashbookAccount]):
    """A cashbook account: a reason code. An entry may name its code or its number."""

    code = serializers.CharField()
    number = serializers.CharField(required=False, help_text="Extension: left out if the account has no number.")
    description = serializers.CharField()

    def to_representation(self, instance: CashbookAccount) -> dict[str, Any]:
        return {name: value for name, value in super().to_representation(instance).items() if value != ""}


class AccountsAnswer(CamelCaseSerializer):
    """The accounts by direction."""

    revenue_accounts = AccountSerializer(many=True)
    expenses_accounts = AccountSerializer(many=True)
    api_response_status = StatusSerializer()


class CashbookEntryViewSet(ApiViewSet):
    """Book money into or out of the place of an open settlement, and list such entries."""

    dialect = SettlementDialect
    polled = {"list": POLLED}
    access = {
        "create": Access(scope=Scope.SETTLEMENTS_WRITE),
        "list": Access(scope=Scope.SETTLEMENTS_READ),
    }
    query_parameters = {"list": (*ENTRY_PARAMETERS, *PAGE_PARAMETERS)}
    filterset_class = CashbookEntryFilter
    queryset = Movement.objects.none()

    @extend_schema(
        operation_id="cashbook_entry",
        parameters=[IDEMPOTENCY_KEY],
        request=EntryRequest,
        responses={
            201: EntryAnswer,
            400: SETTLEMENT_ERROR,
            401: SETTLEMENT_ERROR,
            403: SETTLEMENT_ERROR,
            404: SETTLEMENT_ERROR,
            409: SETTLEMENT_ERROR,
        },
        tags=["Settlements"],
    )
    def create(self, request: Request) -> Response:
        """Books an entry. The account determines whether the money is paid in or out."""
        asked = self.validated(EntryRequest)
        movement = book_entry(**asked, by=self.by, at=self.now)
        code, message = BOOKED
        shown = {
            "settlementId": str(asked["settlement"].uuid),
            **EntrySerializer(movement).data,
            "account": asked["account"],
        }
        return Response(SettlementDialect.body(shown, code=code, message=message), status=201)

    @extend_schema(
        operation_id="cashbook_entries",
        parameters=[*DESCRIBED_PARAMETERS],
        responses={
            200: inline_serializer(
                "CashbookEntriesAnswer",
                {"cashbookEntries": EntryPageSerializer(), "apiResponseStatus": StatusSerializer()},
            ),
            400: SETTLEMENT_ERROR,
            401: SETTLEMENT_ERROR,
            403: SETTLEMENT_ERROR,
        },
        tags=["Settlements"],
    )
    def list(self, request: Request) -> Response:
        """Lists cashbook entries in pages, filtered by any of their attributes.

        A cashier gets only entries at registers: the entries that they booked, and all entries of closed settlements
        whose figures they may see.
        """
        found = self.filter_queryset(queries.cashbook_entries(by=self.by))
        rows, said = sorted_by(found, sort_wishes(request), columns=ENTRY_COLUMNS, newest=("-pk",))
        page = Page.of(request, rows, with_related=queries.with_reversals)
        context = {"tells_reversals": may_see_expected(self.by)}
        shown = page.body(ListedEntrySerializer(page.rows, many=True, context=context).data, sort=said)
        code, message = RETRIEVED
        return Response(SettlementDialect.body({"cashbookEntries": shown}, code=code, message=message))


class CashbookAccountViewSet(ApiViewSet):
    """The cashbook accounts of a store."""

    dialect = SettlementDialect
    polled = {"cashregister": KEPT, "vault": KEPT}
    access = {
        "cashregister": Access(scope=Scope.SETTLEMENTS_READ),
        "vault": Access(scope=Scope.SETTLEMENTS_READ),
    }
    query_parameters = {"cashregister": ("store",), "vault": ("store",)}

    @extend_schema(
        operation_id="cashbook_accounts_of_registers",
        parameters=[OpenApiParameter("store", str, description="Number or UUID of a store. Default: your own store.")],
        responses={200: AccountsAnswer, 400: SETTLEMENT_ERROR, 401: SETTLEMENT_ERROR, 403: SETTLEMENT_ERROR},
        tags=["Settlements"],
    )
    @action(detail=False, methods=["get"])
    def cashregister(self, request: Request) -> Response:
        """Lists the active cashbook accounts for cash registers."""
        return self._accounts(SettlementType.CASHREGISTER)

    @extend_schema(
        operation_id="cashbook_accounts_of_the_vault",
        parameters=[OpenApiParameter("store", str, description="Number or UUID of a store. Default: your own store.")],
        responses={200: AccountsAnswer, 400: SETTLEMENT_ERROR, 401: SETTLEMENT_ERROR, 403: SETTLEMENT_ERROR},
        tags=["Settlements"],
    )
    @action(detail=False, methods=["get"])
    def vault(self, request: Request) -> Response:
        """Lists the active cashbook accounts for the vault."""
        return self._accounts(SettlementType.VAULT)

    def _accounts(self, type_: SettlementType) -> Response:
        store = store_for(reference=self.request.query_params.get("store", ""), by=self.by)
        accounts = [account for account in accounts_of(store=store, type=type_) if account.is_active]
        shown = {
            name: [AccountSerializer(line).data for line in accounts if line.direction == direction]
            for name, direction in (("revenueAccounts", Direction.REVENUE), ("expensesAccounts", Direction.EXPENSE))
        }
        code, message = ACCOUNTS
        return Response(SettlementDialect.body(shown, code=code, message=message))
