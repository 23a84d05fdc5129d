"""The settlements API (docs/contracts.md, section 4): camelCase, minor units, times in milliseconds."""

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest
from drf_spectacular.utils import (
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
    inline_serializer,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.domain.store.store_reference import store_for
from cashdesk.domain.visibility import note_rows_seen
from cashdesk.enums import Scope
from cashdesk.web.fields import (
    CamelCaseSerializer,
    EpochMillisField,
    ReferenceField,
    StrictSerializer,
    WholeNumberField,
)
from cashdesk.web.openapi import IDEMPOTENCY_KEY
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import POLLED
from cashdesk.web.views import ApiViewSet
from settlements import queries
from settlements.api.amounts import AMOUNTS_MAX, AmountRequest, AmountSerializer
from settlements.api.numbered_pages import DESCRIBED_PARAMETERS, PAGE_PARAMETERS, Page, PageSerializer, sort_wishes
from settlements.dialect import SETTLEMENT_ERROR, SettlementDialect
from settlements.domain.counting import Preview, change_settlement
from settlements.domain.opening import open_settlement
from settlements.enums import SettlementState, SettlementType
from settlements.filters.settlements import PARAMETERS, SettlementFilter, sorted_by
from settlements.models import ClosingAmount, InitialAmount, Settlement

CREATED: Final = ("I06001", "Settlement created successfully.")
UPDATED: Final = ("I06003", "Settlement updated successfully.")
PREVIEWED: Final = ("I06004", "Settlement previewed successfully.")
CLOSED: Final = ("I06005", "Settlement closed successfully.")
RETRIEVED: Final = ("I06006", "Settlements retrieved from query.")


class SettlementSerializer(CamelCaseSerializer, serializers.Serializer[Settlement]):
    """A settlement. Empty values are left out.

    The target, actual and difference amounts are left out until the settlement is closed (law 5).
    """

    settlement_id = serializers.UUIDField(source="uuid")
    type = serializers.ChoiceField(choices=SettlementType.choices)
    state = serializers.ChoiceField(choices=SettlementState.choices)
    store = serializers.CharField(source="store.number")
    station = serializers.IntegerField(source="place.number")
    opened_by_name = serializers.CharField()
    opened_time = EpochMillisField(source="opened_at")
    counted_by_name = serializers.CharField(required=False)
    counted_time = EpochMillisField(source="counted_at", required=False)
    closed_by_name = serializers.CharField(required=False)
    closed_time = EpochMillisField(source="closed_at", required=False)
    last_count_by_name = serializers.CharField(required=False)
    last_count_time = EpochMillisField(source="last_count_at", required=False)
    target_amounts = serializers.SerializerMethodField(required=False)
    initial_amounts = serializers.SerializerMethodField()
    actual_amounts = serializers.SerializerMethodField(required=False)
    difference_amounts = serializers.SerializerMethodField(required=False)
    uncounted = serializers.SerializerMethodField(
        required=False,
        help_text="Extension: true if a manager closed it without a count. The actual amounts are then 0.",
    )

    def to_representation(self, instance: Settlement) -> dict[str, Any]:
        return {name: value for name, value in super().to_representation(instance).items() if value not in (None, "")}

    @extend_schema_field(AmountSerializer(many=True))
    def get_target_amounts(self, settlement: Settlement) -> Any:
        return _closing_amounts(settlement, "target")

    @extend_schema_field(AmountSerializer(many=True))
    def get_initial_amounts(self, settlement: Settlement) -> Any:
        return [_amount(line, line.amount) for line in settlement.initial_amounts.all()]

    @extend_schema_field(AmountSerializer(many=True))
    def get_actual_amounts(self, settlement: Settlement) -> Any:
        return _closing_amounts(settlement, "actual")

    @extend_schema_field(AmountSerializer(many=True))
    def get_difference_amounts(self, settlement: Settlement) -> Any:
        return _closing_amounts(settlement, "difference")

    def get_uncounted(self, settlement: Settlement) -> bool | None:
        return True if settlement.is_closed and not settlement.is_counted else None


def _closing_amounts(settlement: Settlement, part: str) -> list[dict[str, Any]] | None:
    if not getattr(settlement, "shows_result", False):
        return None
    return [_amount(line, getattr(line, part)) for line in settlement.closing_amounts.all()]


def _amount(line: InitialAmount | ClosingAmount, value: int) -> dict[str, Any]:
    return {"value": value, "currency": line.currency, "method": line.method}


@extend_schema_serializer(component_name="SettlementOpenRequest")
class OpenRequest(CamelCaseSerializer, StrictSerializer):
    """The body of `POST /settlements`.

    `store` and `station` are our own extension. They default to the caller's own store and register.
    """

    type = serializers.ChoiceField(choices=SettlementType.choices)
    initial_cash = AmountRequest(many=True, max_length=AMOUNTS_MAX)  # type: ignore[call-arg]  # of the list that DRF makes
    store = ReferenceField(max_length=36, default="", allow_blank=True, help_text="Number or UUID of the store.")
    station = WholeNumberField(
        min_value=0, max_value=2**31 - 1, required=False, help_text="Number of the register; 0 is the vault."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": SettlementType(attrs["type"]),
            "initial": attrs["initial_cash"],
            "store": store_for(reference=attrs["store"], by=self.context["by"]),
            "station": attrs.get("station"),
        }


class ChangeRequest(CamelCaseSerializer, StrictSerializer):
    """The body of `PATCH /settlements/{settlementId}`."""

    state = serializers.ChoiceField(choices=SettlementState.choices)
    amounts = AmountRequest(many=True, required=False, max_length=AMOUNTS_MAX)  # type: ignore[call-arg]  # as above


class PreviewSerializer(CamelCaseSerializer):
    """Whether the counted amount of a currency and method equals the target.

    The answer has one such result for every pair that was counted or is held at the place. It never contains the size
    or direction of a difference (law 5).
    """

    is_equal = serializers.BooleanField()
    currency = serializers.CharField()
    method = serializers.CharField()


class StatusSerializer(CamelCaseSerializer):
    """`apiResponseStatus`: the response code of an answer and its message."""

    response_code = serializers.CharField()
    message = serializers.CharField()


class SettlementAnswer(SettlementSerializer):
    """A settlement. After a preview that closed it, the answer also has `previewCount` and `preview`."""

    preview_count = serializers.IntegerField(required=False)
    preview = PreviewSerializer(many=True, required=False)
    api_response_status = StatusSerializer()


class PreviewAnswer(CamelCaseSerializer):
    """The answer to a preview that did not close the settlement."""

    settlement_id = serializers.UUIDField()
    type = serializers.ChoiceField(choices=SettlementType.choices)
    preview_count = serializers.IntegerField()
    preview = PreviewSerializer(many=True)
    api_response_status = StatusSerializer()


class SettlementPageSerializer(PageSerializer):
    """A page of settlements."""

    content = SettlementSerializer(many=True)


class SettlementViewSet(ApiViewSet):
    """Open, count, close and list settlements."""

    dialect = SettlementDialect
    polled = {"list": POLLED, "retrieve": POLLED}
    access = {
        "create": Access(scope=Scope.SETTLEMENTS_WRITE),
        "partial_update": Access(scope=Scope.SETTLEMENTS_WRITE),
        "list": Access(scope=Scope.SETTLEMENTS_READ),
        "retrieve": Access(scope=Scope.SETTLEMENTS_READ),
    }
    query_parameters = {"list": (*PARAMETERS, *PAGE_PARAMETERS)}
    filterset_class = SettlementFilter
    queryset = Settlement.objects.none()

    @extend_schema(
        operation_id="settlement_open",
        parameters=[IDEMPOTENCY_KEY],
        request=OpenRequest,
        responses={
            201: SettlementAnswer,
            400: SETTLEMENT_ERROR,
            401: SETTLEMENT_ERROR,
            403: SETTLEMENT_ERROR,
            409: SETTLEMENT_ERROR,
        },
        tags=["Settlements"],
    )
    def create(self, request: Request) -> Response:
        """Opens the settlement of a vault (managers only) or of a cash register."""
        settlement = open_settlement(**self.validated(OpenRequest), by=self.by, at=self.now)
        return self._answer_of(settlement, CREATED, status=201)

    @extend_schema(
        operation_id="settlement_change",
        parameters=[IDEMPOTENCY_KEY],
        request=ChangeRequest,
        responses={
            200: PolymorphicProxySerializer(
                "SettlementChangeAnswer", [SettlementAnswer, PreviewAnswer], resource_type_field_name=None
            ),
            400: SETTLEMENT_ERROR,
            401: SETTLEMENT_ERROR,
            403: SETTLEMENT_ERROR,
            404: SETTLEMENT_ERROR,
            409: SETTLEMENT_ERROR,
        },
        tags=["Settlements"],
    )
    def partial_update(self, request: Request, settlement_id: UUID) -> Response:
        """Starts the count, previews amounts, or closes with amounts."""
        asked = self.validated(ChangeRequest)
        found = queries.settlement(by=self.by, settlement_id=settlement_id)
        done = change_settlement(
            settlement=found,
            state=SettlementState(asked["state"]),
            counted=asked.get("amounts"),
            by=self.by,
            at=self.now,
        )
        if isinstance(done, Settlement):
            return self._answer_of(done, CLOSED if done.is_closed else UPDATED)
        return self._answer_of_preview(done)

    @extend_schema(
        operation_id="settlements",
        parameters=[*DESCRIBED_PARAMETERS],
        responses={
            200: inline_serializer(
                "SettlementsAnswer",
                {"settlements": SettlementPageSerializer(), "apiResponseStatus": StatusSerializer()},
            ),
            400: SETTLEMENT_ERROR,
            401: SETTLEMENT_ERROR,
            403: SETTLEMENT_ERROR,
        },
        tags=["Settlements"],
    )
    def list(self, request: Request) -> Response:
        """Lists settlements in pages, filtered by any of their attributes."""
        found = self.filter_queryset(queries.settlements(by=self.by))
        rows, said = sorted_by(found, sort_wishes(request))
        page = Page.of(request, rows, with_related=queries.with_amounts)
        note_rows_seen(rows=page.rows, by=self.by, at=self.now, noun="settlements")
        shown = page.body(SettlementSerializer(page.rows, many=True).data, sort=said)
        code, message = RETRIEVED
        return Response(SettlementDialect.body({"settlements": shown}, code=code, message=message))

    @extend_schema(
        operation_id="settlement",
        responses={200: SettlementAnswer, 401: SETTLEMENT_ERROR, 403: SETTLEMENT_ERROR, 404: SETTLEMENT_ERROR},
        tags=["Settlements"],
    )
    def retrieve(self, request: HttpRequest, settlement_id: UUID) -> Response:
        """Shows one settlement."""
        found = queries.settlement(by=self.by, settlement_id=settlement_id)
        note_rows_seen(rows=[found], by=self.by, at=self.now, noun="settlements")
        return self._shown(found, RETRIEVED)

    def _answer_of(
        self, settlement: Settlement, words: tuple[str, str], *, status: int = 200, beside: dict[str, Any] | None = None
    ) -> Response:
        shown = queries.settlement(by=self.by, settlement_id=settlement.uuid)
        return self._shown(shown, words, status=status, beside=beside)

    def _shown(
        self, shown: Settlement, words: tuple[str, str], *, status: int = 200, beside: dict[str, Any] | None = None
    ) -> Response:
        code, message = words
        body = SettlementDialect.body(
            {**SettlementSerializer(shown).data, **(beside or {})}, code=code, message=message
        )
        return Response(body, status=status)

    def _answer_of_preview(self, done: Preview) -> Response:
        results = [
            {"isEqual": is_equal, "currency": pair.currency, "method": pair.method} for pair, is_equal in done.results
        ]
        beside = {"previewCount": done.attempt, "preview": results}
        if done.settlement.is_closed:
            return self._answer_of(done.settlement, CLOSED, beside=beside)
        code, message = PREVIEWED
        head = {"settlementId": str(done.settlement.uuid), "type": done.settlement.type, **beside}
        return Response(SettlementDialect.body(head, code=code, message=message))
