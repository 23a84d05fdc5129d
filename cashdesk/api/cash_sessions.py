"""The cash-sessions API (docs/contracts.md, section 1)."""

from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk import money, queries
from cashdesk.api.counted import CountedRequest, CountsField, PiecesRequest, in_units, others_of
from cashdesk.api.signed_in import PersonSerializer
from cashdesk.domain.caller.principal import Principal, find_person
from cashdesk.domain.session.closing import close_session
from cashdesk.domain.session.current import current_session
from cashdesk.domain.session.opening import open_session
from cashdesk.domain.store.workplace import store_to_open_in
from cashdesk.domain.visibility import note_rows_seen, result_is_shown
from cashdesk.enums import Scope, SessionStatus
from cashdesk.errors import SessionAlreadyOpen
from cashdesk.filters import SessionFilter
from cashdesk.models import CashSession
from cashdesk.web.dialects import BareDialect, array_in_pieces
from cashdesk.web.fields import InstantField, NumberField, RowSerializer, WholeNumberField
from cashdesk.web.openapi import BARE_ERROR, IDEMPOTENCY_KEY, SELECTED_STORE
from cashdesk.web.pagination import CompleteHistory, NewestFirst
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import KEPT, POLLED
from cashdesk.web.views import ApiViewSet

FORCE_CLOSE_HINT = "Use force_close_previous: true to close your own automatically."


@extend_schema_field({"type": "number", "example": 1250.5})
class UnitsField(serializers.Field[Any, Any, Any, Any]):
    """An exact amount in units of the session's currency."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def get_attribute(self, instance: CashSession) -> Any:
        """Returns (amount, currency), or None if there is no amount yet."""
        amount = getattr(instance, self.source or "")
        return None if amount is None else (amount, instance.currency)

    def to_representation(self, value: tuple[int, str]) -> Any:
        return money.to_units(*value)


@extend_schema_field({"type": ["number", "null"], "example": 1250.5})
class ResultField(UnitsField):
    """A final amount: null while the session is open, and 0 if it is closed and the caller may not see it yet."""

    def get_attribute(self, instance: CashSession) -> Any:
        """Returns (amount, currency), or None while the session is open."""
        found = super().get_attribute(instance)
        return found if found is None or result_is_shown(instance) else (0, instance.currency)


class SessionSerializer(RowSerializer[CashSession]):
    """A cash session."""

    user_id = serializers.IntegerField()
    start_time = InstantField(source="opened_at")
    end_time = InstantField(source="closed_at", allow_null=True)
    start_amount = UnitsField()
    final_cash_system = ResultField(source="expected_amount")
    final_cash_declared = ResultField(source="declared_amount")
    difference = ResultField()
    status = serializers.ChoiceField(choices=SessionStatus.choices)
    is_counted = serializers.SerializerMethodField(
        help_text="Whether the final amounts are those of a count. If false, declared is 0 because nobody counted."
    )

    class Meta:
        model = CashSession
        fields: tuple[str, ...] = (
            "id",
            "user_id",
            "start_time",
            "end_time",
            "start_amount",
            "final_cash_system",
            "final_cash_declared",
            "difference",
            "status",
            "is_counted",
        )

    def get_is_counted(self, session: CashSession) -> bool:
        """Returns false also if the caller may not see the final amounts yet."""
        return session.is_counted and result_is_shown(session)


class ListedSessionSerializer(SessionSerializer):
    """A cash session with its cashier. `is_cancelled` is present only if the opening was cancelled."""

    user = PersonSerializer()
    is_cancelled = serializers.BooleanField(required=False)

    class Meta(SessionSerializer.Meta):
        fields = (*SessionSerializer.Meta.fields, "user", "is_cancelled")

    def to_representation(self, instance: CashSession) -> dict[str, Any]:
        shown = super().to_representation(instance)
        if not instance.is_cancelled:
            del shown["is_cancelled"]
        return shown


class OpenRequest(CountedRequest):
    """The body of `POST /cash/open`."""

    amount_field = "start_amount"

    start_amount = NumberField(required=False, help_text="The float, in the currency's units. Or send count.")
    user_id = WholeNumberField(required=False, help_text="Your own id. A manager can name a cashier of the store.")
    force_close_previous = serializers.BooleanField(default=False)
    station = WholeNumberField(required=False, help_text="Number of the register.")
    count = serializers.ListField(child=PiecesRequest(), required=False, max_length=100)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Finds the cashier first: the amount is in the currency of the store where the cashier opens the drawer."""
        by: Principal = self.context["by"]
        user = find_person(user_id=attrs.get("user_id"), by=by)
        counted = self.counted(attrs, currency=store_to_open_in(user=user, by=by).currency)
        return {
            "user": user,
            "counted": counted,
            "station": attrs.get("station"),
            "force_close_previous": attrs["force_close_previous"],
        }


class CloseRequest(CountedRequest):
    """The body of `POST /cash/close`."""

    amount_field = "final_cash_declared"

    final_cash_declared = NumberField(
        required=False, help_text="The counted amount, in the currency's units. Or send count."
    )
    count = serializers.ListField(child=PiecesRequest(), required=False, max_length=100)
    counts = CountsField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Finds the open session first, because the amount is in its currency. Raises NothingOpen."""
        session = current_session(user=find_person(user_id=None, by=self.context["by"]), by=self.context["by"])
        counted = self.counted(attrs, currency=session.currency)
        return {"session": session, "counted": counted, "others": others_of(attrs, read=in_units)}


class CashSessionViewSet(ApiViewSet):
    """Opens a drawer, shows its session, closes it with a blind count, and lists past sessions."""

    dialect = BareDialect
    queryset = CashSession.objects.none()
    filterset_class = SessionFilter
    at_drawer = ("session_status", "close")
    polled = {"session_status": KEPT, "sessions": POLLED}
    access = {
        "open": Access(scope=Scope.SESSIONS_WRITE),
        "session_status": Access(scope=Scope.SESSIONS_READ),
        "close": Access(),
        "sessions": Access(scope=Scope.SESSIONS_READ),
    }
    query_parameters = {
        "session_status": ("user_id",),
        "sessions": (*SessionFilter.base_filters, *NewestFirst.parameters),
    }

    @extend_schema(
        operation_id="cash_open",
        parameters=[IDEMPOTENCY_KEY, SELECTED_STORE],
        request=OpenRequest,
        responses={200: SessionSerializer, 400: BARE_ERROR, 401: BARE_ERROR, 403: BARE_ERROR, 409: BARE_ERROR},
        tags=["Cash sessions"],
    )
    @action(detail=False, methods=["post"])
    def open(self, request: Request) -> Response:
        """Opens a cash session with a counted float."""
        try:
            session = open_session(**self.validated(OpenRequest), by=self.by, at=self.now)
        except SessionAlreadyOpen as error:
            raise SessionAlreadyOpen(f"{error.message} {FORCE_CLOSE_HINT}") from error
        return Response(SessionSerializer(session).data)

    @extend_schema(
        operation_id="cash_status",
        parameters=[
            OpenApiParameter("user_id", int, description="Your own id. A manager can name a cashier of the store."),
            SELECTED_STORE,
        ],
        responses={200: SessionSerializer, 401: BARE_ERROR, 403: BARE_ERROR, 404: BARE_ERROR},
        tags=["Cash sessions"],
    )
    @action(detail=False, methods=["get"], url_path="status")
    def session_status(self, request: Request) -> Response:
        """Shows the open session. Answers 404 if there is none."""
        text = request.query_params.get("user_id")
        user_id = money.parse_whole(text, field="user_id") if text is not None else None
        session = current_session(user=find_person(user_id=user_id, by=self.by), by=self.by)
        return Response(SessionSerializer(session).data)

    @extend_schema(
        operation_id="cash_close",
        parameters=[IDEMPOTENCY_KEY, SELECTED_STORE],
        request=CloseRequest,
        responses={200: SessionSerializer, 400: BARE_ERROR, 401: BARE_ERROR, 403: BARE_ERROR, 404: BARE_ERROR},
        tags=["Cash sessions"],
    )
    @action(detail=False, methods=["post"])
    def close(self, request: Request) -> Response:
        """Closes the open session with a blind count and shows the result."""
        session = close_session(**self.validated(CloseRequest), by=self.by, at=self.now)
        return Response(SessionSerializer(session).data)

    @extend_schema(
        operation_id="cash_sessions",
        parameters=[
            OpenApiParameter(
                "limit",
                int,
                description="Rows per page, at most 1000. Without it the complete history, up to 10,000 rows.",
            ),
            OpenApiParameter(
                "cursor", OpenApiTypes.STR, description="The cursor from the Link header of the previous page."
            ),
            SELECTED_STORE,
        ],
        responses={200: ListedSessionSerializer(many=True), 400: BARE_ERROR, 401: BARE_ERROR},
        tags=["Cash sessions"],
    )
    @action(detail=False, methods=["get"])
    def sessions(self, request: Request) -> HttpResponseBase:
        """Lists sessions, newest first. Cashiers see only their own. The `Link` header leads to the next page."""
        sessions = self.filter_queryset(queries.sessions(by=self.by))
        if "limit" in request.query_params:
            pages = NewestFirst(instant="opened_at")
            return Response(self._shown(pages.page(sessions, request)), headers=pages.headers())
        history = CompleteHistory(instant="opened_at")
        newest = self._shown(history.first_chunk(sessions, request))
        if not history.has_more_chunks:
            return Response(newest, headers=history.headers())
        # HEAD also answers without a length, because nobody knows it before all chunks are read.
        pieces = () if request.method == "HEAD" else array_in_pieces(self._all_shown(newest, history))
        return StreamingHttpResponse(
            pieces,
            content_type=BareDialect.media_type,
            headers=history.headers(),
        )

    def _shown(self, sessions: list[CashSession]) -> list[Any]:
        """Returns the sessions as rows of the list. Writes an audit entry if they show expected amounts (law 5)."""
        note_rows_seen(rows=sessions, by=self.by, at=self.now)
        return list(ListedSessionSerializer(sessions, many=True).data)

    def _all_shown(self, newest: list[Any], history: CompleteHistory) -> Iterator[list[Any]]:
        yield newest
        for chunk in history.other_chunks():
            yield self._shown(chunk)
