"""Describes how a caller signs in. Each way is an alternative: a request needs one of them."""

from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

BEARER: Final[dict[str, Any]] = {
    "type": "http",
    "scheme": "bearer",
    "description": "The `access_token` of `POST /auth/login`. An API key is accepted here too.",
}
API_KEY: Final[dict[str, Any]] = {
    "type": "apiKey",
    "in": "header",
    "name": "x-api-key",
    "description": "The key of a program. Managers issue keys in the back office, with scopes.",
}
COOKIE: Final[dict[str, Any]] = {
    "type": "apiKey",
    "in": "cookie",
    "name": "access_token",
    "description": "The cookie that `POST /auth/login` sets, for browsers.",
}
BROWSER_SESSION: Final[dict[str, Any]] = {
    "type": "apiKey",
    "in": "cookie",
    "name": "sessionid",
    "description": "The session of a person who signed in on the pages. Unsafe requests need the CSRF token as well.",
}


def is_for_programs(view: Any) -> bool:
    """Whether an API key with the right scope may make the call."""
    access = view.access.get(view.action)
    return access is not None and access.scope is not None


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its base is untyped
    """The three ways to send a token or key."""

    target_class = "cashdesk.web.authentication.TokenAuthentication"
    name = ["bearer", "apiKey", "cookie"]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        """Returns the security schemes."""
        return [BEARER, API_KEY, COOKIE]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        """Returns one alternative for each way. drf-spectacular would demand all three at once."""
        ways = ("bearer", "apiKey", "cookie") if is_for_programs(auto_schema.view) else ("bearer", "cookie")
        return [{way: []} for way in ways]


class BrowserSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its base is untyped
    """The session of a person who is signed in on the pages."""

    target_class = "cashdesk.web.authentication.BrowserSessionAuthentication"
    name = "browserSession"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Returns the security scheme."""
        return BROWSER_SESSION
