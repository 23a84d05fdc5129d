"""The base class of every API view. A view validates the request, calls the domain once, and renders the answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework import viewsets
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.token_last_use import note_use
from cashdesk.errors import TryAgain
from cashdesk.web.body import BATCH, BODILESS, ORDINARY, read_body
from cashdesk.web.deprecation import Deprecated, announce
from cashdesk.web.dialects import Dialect, ProblemDialect
from cashdesk.web.fields import unknown_names
from cashdesk.web.idempotency import answer_once, kept_answer, key_of
from cashdesk.web.permissions import Access
from cashdesk.web.rate_limit_headers import limit_requests
from cashdesk.web.revalidation import Polled, offer_revalidation


class ApiViewSet(viewsets.GenericViewSet[Any]):
    """The base class of API views: DRF's viewset with a dialect, declared access and idempotency keys.

    It refuses unknown query parameters.

    `access` maps each action to the role and scope that it needs. `query_parameters` maps each action to the query
    parameters that it accepts. Answers of actions in `polled` have an ETag. `deprecated` and `deprecated_fields` announce
    the end of actions, and of query parameters and body fields of an action. Answers of actions in `not_replayed` contain
    a secret and are never stored. Actions in `takes_batches` accept a large body. Actions in `calls_out` call
    another server in `prepare`. For actions in `at_drawer` the open session of a person is read together with the token.
    """

    http_method_names: tuple[str, ...] = ("get", "post", "patch", "head")
    dialect: ClassVar[type[Dialect]] = ProblemDialect
    access: ClassVar[Mapping[str, Access]] = {}
    query_parameters: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    polled: ClassVar[Mapping[str, Polled]] = {}
    deprecated: ClassVar[Mapping[str, Deprecated]] = {}
    deprecated_fields: ClassVar[Mapping[str, Mapping[str, Deprecated]]] = {}
    not_replayed: ClassVar[tuple[str, ...]] = ()
    takes_batches: ClassVar[tuple[str, ...]] = ()
    calls_out: ClassVar[tuple[str, ...]] = ()
    at_drawer: ClassVar[tuple[str, ...]] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticates, checks access, then raises ValidationError for unknown query parameters.

        Raises MethodNotAllowed before it looks at the query, because each method has parameters of its own.
        """
        super().initial(request, *args, **kwargs)
        if self.action in (None, "metadata"):
            raise MethodNotAllowed(request.method or "")
        known = self.query_parameters.get(self.action or "", ())
        if unknown := unknown_names(request.query_params, known=known):
            raise ValidationError(unknown)

    def perform_authentication(self, request: Request) -> None:
        """Finds the caller, and counts the request of an API key, even if it is refused later. Raises TooManyRequests."""
        super().perform_authentication(request)
        limit_requests(by=request.auth, at=self.now, headers=self.headers)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Replaces DRF's dispatch: checks the size of the body, and runs the handler once per idempotency key."""
        self.args, self.kwargs = args, kwargs
        request_ = self.initialize_request(request, *args, **kwargs)
        self.request = request_
        self.headers = self.default_response_headers
        try:
            self.initial(request_, *args, **kwargs)
            # This comes after authentication, so that a large body is never read for an anonymous caller.
            if request.method not in BODILESS:
                read_body(request, limit=BATCH if self.action in self.takes_batches and request_.auth else ORDINARY)
                request.body  # noqa: B018 (Django caches it before the parser consumes the stream)
            self.confirm(request_)
            response = self._answer(request_)
        except Exception as exc:
            response = self.handle_exception(exc)
        self.response = self.finalize_response(request_, response, *args, **kwargs)
        if self.action in self.deprecated or self.action in self.deprecated_fields:
            announce(
                self.response,
                request=request_,
                call=self.deprecated.get(self.action),
                fields=self.deprecated_fields.get(self.action, {}),
            )
        if self.action in self.polled:
            offer_revalidation(self.response, request=request_, polled=self.polled[self.action])
        self._note_use(request_)
        return self.response

    def _note_use(self, request: Request) -> None:
        """Records the time of the token's last use. Skips this after a 5xx, because the database may be unreachable."""
        principal = request.__dict__.get("_auth")
        if isinstance(principal, Principal) and principal.token is not None and self.response.status_code < 500:
            note_use(token=principal.token, at=self.now)

    def confirm(self, request: Request) -> None:
        """A hook for checks before each answer, even before a stored answer. Does nothing unless a view overrides it.

        It runs outside the transaction of the answer. So its writes stay if the answer fails, such as the record of a
        wrong password.
        """

    def prepare(self, request: Request) -> None:
        """A hook of actions in `calls_out`: calls another server, outside of every transaction. Does nothing by default.

        It runs before the handler, but not for a request whose answer is stored.
        """

    def answer_at_once(self, request: Request, *, key: str) -> HttpResponse | None:
        """A hook: does the whole work in one statement, which stores the answer too if there is a key.

        Returns None if it did nothing. Then the handler answers. Does nothing by default.
        """
        return None

    def _answer(self, request: Request) -> Any:
        method = (request.method or "").lower()
        handler = getattr(self, method, None) if method in self.http_method_names else None
        handler = handler or self.http_method_not_allowed
        key = key_of(request)
        is_kept = bool(key) and isinstance(request.auth, Principal) and self.action not in self.not_replayed
        if (done := self.answer_at_once(request, key=key if is_kept else "")) is not None:
            return done
        if self.action in self.calls_out:
            if is_kept and (kept := kept_answer(request=request, key=key, by=self.by, at=self.now)) is not None:
                return kept
            self.prepare(request)
        if not is_kept:
            return handler(request, *self.args, **self.kwargs)

        def rendered() -> tuple[Response, bool]:
            may_be_kept = True
            try:
                response = handler(request, *self.args, **self.kwargs)
            except Exception as exc:
                may_be_kept = not isinstance(exc, TryAgain)
                response = self.handle_exception(exc)
            return self.finalize_response(request, response, *self.args, **self.kwargs).render(), may_be_kept

        return answer_once(request=request, key=key, by=self.by, at=self.now, answer=rendered)

    @property
    def now(self) -> datetime:
        """The current time. Each access reads the clock again."""
        return timezone.now()

    @property
    def by(self) -> Principal:
        """The authenticated caller."""
        return cast(Principal, self.request.auth)

    def validated(self, serializer_class: type[Serializer[Any]], **context: Any) -> Any:
        """Returns the validated body. Raises a ValidationError that names the wrong fields."""
        serializer = serializer_class(
            data=self.request.data, context={**self.get_serializer_context(), "by": self.by, **context}
        )
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data
