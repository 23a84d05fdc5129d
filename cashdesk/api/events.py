"""The list of events, for programs that follow what happens in the stores (docs/contracts.md, section 5)."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.api.event_bodies import EVENT
from cashdesk.domain.caller.event import published
from cashdesk.domain.caller.event_feed import newest_position, read_events
from cashdesk.domain.store.store_reference import store_for
from cashdesk.domain.visibility.event_visibility import events_shown, note_events_seen
from cashdesk.enums import EVENTS_KEPT_DAYS, EventType, Role, Scope
from cashdesk.errors import InvalidInput
from cashdesk.models import Event
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.event_cursor import cursor_of, position_in
from cashdesk.web.openapi import PROBLEM
from cashdesk.web.pagination import limit_in
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import POLLED
from cashdesk.web.views import ApiViewSet

NOW: Final = "now"
"""The value of `after` for a reader who begins with what happens next."""

PAGE: Final = inline_serializer(
    "EventPage",
    {
        "events": serializers.ListSerializer(child=EVENT),
        "next": serializers.CharField(help_text="The cursor for `after` in the next request. Always present."),
        "has_more": serializers.BooleanField(help_text="Whether more events are there now. Ask again at once."),
    },
)


class EventViewSet(ApiViewSet):
    """Lists events in their order. An API key sees the types that its scopes allow."""

    dialect = ProblemDialect
    queryset = Event.objects.none()
    access = {
        "read": Access(
            role=Role.MANAGER,
            scope=Scope.SESSIONS_READ,
            other_scopes=(Scope.SETTLEMENTS_READ, Scope.CASH_MANAGEMENT_READ),
        )
    }
    polled = {"read": POLLED}
    query_parameters = {"read": ("after", "type", "store", "limit")}
    filter_backends = ()

    @extend_schema(
        operation_id="events",
        parameters=[
            OpenApiParameter(
                "after",
                str,
                description="The `next` of an earlier answer. `now` begins with the next event. Without it: the oldest "
                f"event, which is at most {EVENTS_KEPT_DAYS} days old.",
            ),
            OpenApiParameter("type", str, enum=EventType.values, many=True, description="Only these types. Repeat it."),
            OpenApiParameter("store", str, description="Number or UUID of one store."),
            OpenApiParameter("limit", int, description="Events per page: 100 by default, at most 1000."),
        ],
        responses={
            200: PAGE,
            400: PROBLEM,
            401: PROBLEM,
            403: PROBLEM,
            410: OpenApiResponse(
                PROBLEM.response, "Events after this cursor were deleted. The text says how to go on."
            ),
        },
        tags=["Events"],
    )
    def read(self, request: Request) -> Response:
        """Lists events, oldest first. Each answer has the cursor for the next request, also if there is no event."""
        wanted = request.query_params
        limit = limit_in(wanted.get("limit"))
        types = _types(wanted.getlist("type"))
        store = store_for(reference=wanted["store"], by=self.by) if "store" in wanted else None
        rows = events_shown(by=self.by, types=types, store=store)
        after = wanted.get("after")
        if after == NOW:
            return self._answer_with((), reached=newest_position(), has_more=False)
        start = position_in(after, field="after") if after is not None else None
        page = read_events(rows=rows, after=start, limit=limit)
        note_events_seen(events=page.events, by=self.by, at=self.now)
        return self._answer_with(page.events, reached=page.reached, has_more=page.has_more)

    def _answer_with(self, events: Any, *, reached: int, has_more: bool) -> Response:
        cursor = cursor_of(reached)
        parameters = self.request.query_params.copy()
        parameters["after"] = cursor
        link = f"{self.request.build_absolute_uri(self.request.path_info)}?{parameters.urlencode()}"
        body = {"events": [published(event) for event in events], "next": cursor, "has_more": has_more}
        return Response(body, headers={"Link": f'<{link}>; rel="next"'})


def _types(names: list[str]) -> list[str]:
    for name in names:
        if name not in EventType.values:
            raise InvalidInput.of("type", f"Choose one of these: {', '.join(EventType.values)}.")
    return names
