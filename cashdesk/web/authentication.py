"""Finds the caller of a request: bearer token, API key, token cookie or browser session (docs/contracts.md, section 0)."""

from typing import Any, Final

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AnonymousUser
from django.db.models import BigIntegerField
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.access_token import authenticate
from cashdesk.domain.people.second_factor import is_missing_second_factor, needs_verification
from cashdesk.domain.people.sign_in import refuse_password_of, verify_called
from cashdesk.errors import NotSignedIn, PasswordSignInOff, TooManyAttempts
from cashdesk.models import User
from cashdesk.origin_checks import is_one_site
from cashdesk.prepared_query import Parameter, PreparedQuery
from cashdesk.web.devices import remember_device, source_of

COOKIE: Final = "access_token"
REFRESH_COOKIE: Final = "refresh_token"
STORE_HEADER: Final = "HTTP_X_TENANT_ID"
ID_DIGITS_MAX: Final = 18
SIGN_IN_PATHS: Final = ("/auth/login", "/auth/token", "/auth/refresh")
"""Paths that ignore a wrong credential, because clients may send an old token when they sign in or refresh."""

SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")
PERSON_OF_SESSION: Final = PreparedQuery(
    lambda: User.objects.able_to_sign_in().filter(pk=Parameter("pk", BigIntegerField())).order_by()
)


class TokenAuthentication(BaseAuthentication):
    """Authenticates with `Authorization: Bearer`, `x-api-key` or the cookie `access_token`, tried in this order.

    Only the first credential that is present counts. If it is wrong, the request is refused, even if a later credential is
    valid. Only SIGN_IN_PATHS ignore a wrong credential. Afterwards `request.auth` is a Principal.
    """

    def authenticate(self, request: Request) -> tuple[Any, Principal] | None:
        """Returns (user, principal), or None if the request has no such credential. Raises AuthenticationFailed."""
        try:
            found = _principal_of(request)
        except exceptions.AuthenticationFailed:
            if _is_sign_in(request):
                return None
            raise
        if found is None:
            return None
        principal, came_as_cookie = found
        if came_as_cookie:
            refuse_foreign_origin(request)
        return principal.user or AnonymousUser(), in_selected_store(principal, request)

    def authenticate_header(self, request: Request) -> str:
        """Returns the WWW-Authenticate header of a 401."""
        return 'Bearer realm="cashdesk"'


class BrowserSessionAuthentication(SessionAuthentication):
    """Authenticates people who are signed in on the pages, with Django's session and CSRF check."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Returns (user, principal), or None for an anonymous visitor.

        Raises PermissionDenied if the CSRF token is not valid, and for a sign-in by PIN. For SIGN_IN_PATHS, returns None
        instead, because their views check the origin.
        """
        try:
            found = super().authenticate(request)
        except exceptions.PermissionDenied:
            if _is_sign_in(request):
                return None
            raise
        if found is None:
            return None
        if found[0].is_desk_only:
            if _is_sign_in(request):
                return None
            raise exceptions.PermissionDenied("You signed in with a PIN, which opens only the desk.")
        return found[0], in_selected_store(Principal(user=found[0]), request)

    def enforce_csrf(self, request: Request) -> None:
        """Checks the CSRF token in the header only. The body must not be read before its size is known."""
        plain = request._request
        plain.POST = QueryDict()  # so that Django does not parse the body to find a token
        super().enforce_csrf(plain)  # type: ignore[arg-type]  # the method uses nothing that only DRF's request has


class SignInBackend(BaseBackend):
    """Signs people in to the admin with the API's password check and throttle."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_others: Any
    ) -> User | None:
        """Returns the person, or None for a wrong name or password, and also after too many attempts."""
        if not username or password is None:
            return None
        try:
            user = verify_called(name=username, password=password, source=source_of(request), at=timezone.now())
            refuse_password_of(user)
        except (NotSignedIn, PasswordSignInOff, TooManyAttempts):
            return None
        if request is not None and not needs_verification(user):
            remember_device(request, user)
        return user

    def get_user(self, user_id: int) -> User | None:
        """Returns the person of a browser session, or None if they may no longer sign in."""
        return PERSON_OF_SESSION.first(pk=user_id)


def in_selected_store(principal: Principal, request: Request) -> Principal:
    """Limits a person to the store whose id is in the header `X-Tenant-ID`.

    Ignores the header if the value is not the id of a store that the person may see.
    """
    text = request.META.get(STORE_HEADER, "").strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS_MAX):
        return principal
    return principal.within(int(text))


def _is_sign_in(request: Request) -> bool:
    return bool(request.path_info.endswith(SIGN_IN_PATHS))


def _principal_of(request: Request) -> tuple[Principal, bool] | None:
    """Returns (owner of the credential, whether it came as a cookie), or None without a credential.

    Raises AuthenticationFailed if the credential is wrong.
    """
    secret, came_as_cookie = _secret_of(request)
    if secret is None:
        return None
    view = (request.parser_context or {}).get("view")
    with_standing = getattr(view, "action", None) in getattr(view, "at_drawer", ())
    principal = authenticate(secret=secret, at=timezone.now(), with_standing=with_standing)
    if principal is None:
        raise exceptions.AuthenticationFailed("The token or key is unknown, expired or revoked.")
    if principal.user is not None and is_missing_second_factor(principal.user):
        # The setting was turned on after this sign-in.
        raise exceptions.AuthenticationFailed("Add a second factor first: sign in on the pages of Cashdesk.")
    return principal, came_as_cookie


def _secret_of(request: Request) -> tuple[str | None, bool]:
    """Returns (credential or None, whether it came as a cookie).

    Raises AuthenticationFailed if the Authorization header is no bearer token.
    """
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if header:
        scheme, _space, secret = header.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise exceptions.AuthenticationFailed("Send the Authorization header as: Bearer <token>.")
        return secret.strip(), False
    if key := request.META.get("HTTP_X_API_KEY", "").strip():
        return key, False
    if cookie := request.COOKIES.get(COOKIE, ""):
        return cookie, True
    return None, False


def delete_token_cookies(response: HttpResponseBase) -> None:
    """Deletes the access and refresh cookies, which the API sets when a person signs in."""
    same_site = settings.ACCESS_TOKEN_SAMESITE
    response.delete_cookie(COOKIE, samesite=same_site)
    response.delete_cookie(REFRESH_COOKIE, path=reverse("auth-refresh"), samesite=same_site)


def refuse_foreign_origin(request: Request) -> None:
    """Raises PermissionDenied if a page of an unknown origin made the browser send an unsafe request with the cookie.

    Origins in CORS_ALLOWED_ORIGINS are known: their pages may use the cookie. `null` is never known, because any site can
    make a page of that origin.

    A request without an Origin header is accepted, because browsers always send the header with an unsafe request from
    another site.
    """
    if request.method in SAFE_METHODS:
        return
    origin = request.META.get("HTTP_ORIGIN")
    own = f"{'https' if request.is_secure() else 'http'}://{request.get_host()}"
    known = (own, *settings.CSRF_TRUSTED_ORIGINS, *settings.CORS_ALLOWED_ORIGINS)
    if origin is not None and not (origin in known and is_one_site(origin)):
        raise exceptions.PermissionDenied("This request came from a page of another site.")
