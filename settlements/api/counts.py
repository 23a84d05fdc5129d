"""Our own API for counts: what people found in registers and vaults (docs/contracts.md, section 5)."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.domain.visibility import note_periods_seen
from cashdesk.enums import CountMoment, Scope
from cashdesk.models import Count, CountAmount, CountPieces
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.fields import RowSerializer
from cashdesk.web.list_filters import PAGE, STORE_OF_LIST, newest_for, of_store_or_session
from cashdesk.web.openapi import PROBLEM
from cashdesk.web.pagination import NewestFirst
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import POLLED
from cashdesk.web.views import ApiViewSet
from settlements.filters.lists import COUNT_PARAMETERS, CountFilter
from settlements.models import SettlementCount
from settlements.queries import lists


class KeptPiecesSerializer(RowSerializer[CountPieces]):
    """The number of pieces of one note or coin."""

    class Meta:
        model = CountPieces
        fields = ("denomination", "pieces")


class KeptAmountSerializer(RowSerializer[CountAmount]):
    """The counted amount of one currency and method, in minor units. `count` is empty if no pieces were entered."""

    count = KeptPiecesSerializer(source="pieces", many=True)

    class Meta:
        model = CountAmount
        fields = ("currency", "method", "amount", "count")


class CountSerializer(RowSerializer[Count]):
    """A count: where, when, by whom, and the amounts that were found."""

    store = serializers.CharField(source="place.store.number")
    station = serializers.IntegerField(source="place.number", help_text="Number of the register; 0 is the vault.")
    session = serializers.IntegerField(source="session_id", allow_null=True, help_text="Id of the cash session.")
    settlement = serializers.SerializerMethodField(help_text="Id of the settlement.")
    moment = serializers.ChoiceField(choices=CountMoment.choices)
    attempt = serializers.SerializerMethodField(help_text="1 for the first count of a period.")
    counted_by = serializers.CharField(source="counted_by.name", default=None, allow_null=True)
    user_id = serializers.IntegerField(source="counted_by_id", allow_null=True, help_text="Id of who counted.")
    witness = serializers.CharField(source="witness.name", default=None, allow_null=True)
    equal = serializers.SerializerMethodField(
        help_text="For a closed settlement: whether every amount was equal to its target."
    )
    amounts = KeptAmountSerializer(many=True)

    class Meta:
        model = Count
        fields = (
            "store", "station", "session", "settlement", "moment", "attempt", "counted_at", "counted_by", "user_id",
            "witness", "equal", "amounts",
        )  # fmt: skip

    def get_settlement(self, row: Count) -> UUID | None:
        kept = _of_settlement(row)
        return kept.settlement.uuid if kept is not None else None

    def get_attempt(self, row: Count) -> int:
        kept = _of_settlement(row)
        return kept.attempt if kept is not None else row.attempt

    def get_equal(self, row: Count) -> bool | None:
        kept = _of_settlement(row)
        return kept.is_equal if kept is not None and kept.settlement.is_closed else None


def _of_settlement(row: Any) -> SettlementCount | None:
    return getattr(row, "settlement_count", None)


class CountViewSet(ApiViewSet):
    """List counts."""

    dialect = ProblemDialect
    queryset = Count.objects.none()
    filterset_class = CountFilter
    polled = {"list": POLLED}
    access = {"list": Access(scope=Scope.SETTLEMENTS_READ)}
    query_parameters = {"list": ("store", *COUNT_PARAMETERS, *NewestFirst.parameters)}

    @extend_schema(
        operation_id="counts",
        parameters=[STORE_OF_LIST, *PAGE],
        responses={200: CountSerializer(many=True), 400: PROBLEM, 401: PROBLEM, 403: PROBLEM},
        tags=["Reports"],
    )
    def list(self, request: Request) -> Response:
        """Lists counts of a store, newest first, with the notes and coins that were counted.

        - **Settlements.** Counts of a settlement appear when it is closed.
        - **Cashiers** must name one of their own closed sessions in `session`. The list is empty until that session is
          counted.
        - **Handovers.** A drawer that was handed over holds what its last count says. The audit trail therefore notes who
          reads that count before the next person has counted the drawer.

        The `Link` header leads to the next page.
        """
        rows = of_store_or_session(lists.counts(by=self.by), request, by=self.by, of_store=lists.counts_of_store)
        rows = self.filter_queryset(rows)
        pages = newest_for(self.by, rows, instant="counted_at")
        page = pages.page(rows, request)
        # The count of a drawer that was handed over is what the next person should find there.
        closed = {row.session_id for row in page if row.session_id is not None and row.moment == CountMoment.CLOSING}
        note_periods_seen(places={}, sessions=closed, by=self.by, at=self.now)
        return Response(CountSerializer(page, many=True).data, headers=pages.headers())
