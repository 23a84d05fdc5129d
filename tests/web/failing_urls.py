"""The published routes, and routes that fail in every possible way, for test_errors and test_idempotency."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk import errors
from cashdesk.models import Place, Store
from cashdesk.web.dialects import BareDialect, CommonDialect, Dialect, EnvelopeDialect, ProblemDialect
from cashdesk.web.permissions import PUBLIC, Access
from cashdesk.web.views import ApiViewSet
from config.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500"]

SECRET = "the vault's code is 4711"

FAULTS: dict[str, Exception] = {
    "unforeseen": RuntimeError(SECRET),
    "division": ZeroDivisionError(SECRET),
    "busy": OperationalError("database is locked: " + SECRET),
    "denied": PermissionDenied(SECRET),
    "gone": Http404(SECRET),
    "invalid": errors.InvalidInput.of("amount", "is strange."),
    "not_signed_in": errors.NotSignedIn("Who are you?"),
    "forbidden": errors.Forbidden("Not you."),
    "not_found": errors.NotFound("Not there."),
    "nothing_open": errors.NothingOpen("Nothing is open."),
    "conflict": errors.Conflict("Not now."),
    "already_open": errors.SessionAlreadyOpen("It is open."),
    "still_running": errors.StillRunning("A moment."),
    "key_reused": errors.KeyReused("Another one."),
    "too_many": errors.TooManyAttempts("Slowly.", retry_after_seconds=77),
    "movement": errors.InvalidMovement("No such movement."),
    "any": errors.DomainError("Something."),
}


class FailingViewSet(ApiViewSet):
    """Fails in the requested way."""

    access = {"fail": PUBLIC}

    def fail(self, request: Request, how: str) -> Response:
        if how == "after_a_write":
            Place.objects.create(store=Store.objects.order_by("pk")[0], kind="REGISTER", number=777)
            raise RuntimeError(SECRET)
        raise FAULTS[how]


class ForgetfulViewSet(ApiViewSet):
    """A view set without a declaration of access."""

    access = {"other": Access()}

    def forgotten(self, request: Request) -> Response:
        return Response({"secret": SECRET})


def outside(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """A plain Django view, which DRF's exception handler never sees."""
    raise RuntimeError(SECRET)


def outage(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """A plain Django view whose database is away."""
    raise OperationalError("connection refused: " + SECRET)


DIALECTS: dict[str, type[Dialect]] = {
    "cash": BareDialect,
    "shifts": EnvelopeDialect,
    "reports": EnvelopeDialect,
    "orders": EnvelopeDialect,
    "payment-methods": EnvelopeDialect,
    "auth": CommonDialect,
    "payments": ProblemDialect,
}

urlpatterns = [
    *(
        path(
            f"api/v1/{prefix}/fail/<str:how>", FailingViewSet.as_view({"get": "fail", "post": "fail"}, dialect=dialect)
        )
        for prefix, dialect in DIALECTS.items()
    ),
    *(path(f"api/v1/{prefix}/outside", outside) for prefix in DIALECTS),
    path("api/v1/forgotten", ForgetfulViewSet.as_view({"get": "forgotten"})),
    *(path(f"api/v1/{prefix}/outage", outage) for prefix in DIALECTS),
    path("outside", outside),
    path("outage", outage),
    path("", include("config.urls")),
]
