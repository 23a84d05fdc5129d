"""The published routes, and a view with a deprecated call and deprecated fields, for test_deprecation."""

from datetime import date

from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.web.deprecation import Deprecated
from cashdesk.web.permissions import PUBLIC
from cashdesk.web.views import ApiViewSet
from config.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500"]


class AgeingViewSet(ApiViewSet):
    """Has a deprecated call, and a call with deprecated fields."""

    access = {"old": PUBLIC, "mixed": PUBLIC, "sent": PUBLIC, "young": PUBLIC}
    query_parameters = {"mixed": ("shop", "store", "till"), "old": ("store",)}
    deprecated = {"old": Deprecated(since=date(2027, 1, 1), ends=date(2028, 1, 3), instead="Use GET /young.")}
    deprecated_fields = {
        "mixed": {
            "shop": Deprecated(since=date(2027, 2, 1), instead="Use store."),
            "till": Deprecated(since=date(2027, 3, 1), ends=date(2028, 5, 1), instead="Use station."),
        },
        "sent": {"shop": Deprecated(since=date(2027, 2, 1), instead="Use store.")},
    }

    def old(self, request: Request) -> Response:
        """Answers with a link of its own."""
        return Response([], headers={"Link": '<https://cash.example/next>; rel="next"'})

    def mixed(self, request: Request) -> Response:
        """Accepts query parameters."""
        return Response([])

    def sent(self, request: Request) -> Response:
        """Reads a body."""
        return Response({"names": sorted(request.data)})

    def young(self, request: Request) -> Response:
        """Answers without an announcement."""
        return Response([])


urlpatterns = [
    path("api/v1/old", AgeingViewSet.as_view({"get": "old"})),
    path("api/v1/mixed", AgeingViewSet.as_view({"get": "mixed"})),
    path("api/v1/sent", AgeingViewSet.as_view({"post": "sent"})),
    path("api/v1/young", AgeingViewSet.as_view({"get": "young"})),
    path("", include("config.urls")),
]
