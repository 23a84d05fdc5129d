"""Signs people in at an OpenID Connect provider: authorization code with PKCE, state and nonce.

authlib speaks the protocol. This module gives it our rules for outgoing requests, keeps the published data of the
provider for an hour, and turns each failure into a reason for which the sign-in page has words (docs/decisions/0041).
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Self
from urllib.parse import quote_plus, urlencode, urlsplit

import structlog
from authlib.integrations.base_client import BaseApp, OAuth2Mixin, OAuthError, OpenIDMixin
from authlib.oauth2.auth import encode_client_secret_basic
from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client
from django.conf import settings
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError

from cashdesk.web.outgoing_http import Answer, NotAnswered, Rules, Unsendable, send

logger = structlog.get_logger(__name__)

ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
"""The signatures that only the provider can make. HS256 would make the client secret a key, and `none` signs nothing."""
KEPT_SECONDS: Final = 3600
LEEWAY_SECONDS: Final = 60
"""How far the clocks of the provider and of this server may be apart."""
STATE_LENGTH: Final = 48
"""Longer than the log shows values."""
PROFILE_CLAIMS: Final = ("name", "preferred_username", "email", "email_verified")


class ProviderFailure(Exception):
    """The sign-in at the provider failed. `reason` chooses the words on the page; the text is for the log."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


UNREACHABLE: Final = "unreachable"
MISFIT: Final = "misfit"
DENIED: Final = "denied"
STALE: Final = "stale"
CLOCK: Final = "clock"
FORGED: Final = "forged"


@dataclass(frozen=True, kw_only=True)
class Account:
    """A person's account at the provider, as its signed token tells. `claims` are those of the token and of userinfo."""

    issuer: str
    subject: str
    claims: Mapping[str, Any]
    id_token: str

    @property
    def groups(self) -> frozenset[str]:
        """The groups of the account. Providers send a list, or one name."""
        found = self.claims.get(settings.PROVIDER.groups_claim)
        names = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        return frozenset(str(name) for name in names)

    @property
    def verified_email(self) -> str:
        """The e-mail address, if the provider says that it belongs to the account."""
        return str(self.claims.get("email", "")) if self.claims.get("email_verified") is True else ""

    @property
    def has_second_factor(self) -> bool:
        """Whether the person needed more than a password at the provider (RFC 8176)."""
        methods = self.claims.get("amr")
        return isinstance(methods, list) and bool(
            {"mfa", "otp", "hwk", "swk", "fpt", "face", "sms"} & {*map(str, methods)}
        )


def is_configured() -> bool:
    """Whether people can sign in at a provider."""
    return bool(settings.PROVIDER.issuer)


def begin(*, redirect_uri: str, state: str, language: str, asks_again: bool = False) -> tuple[str, dict[str, str]]:
    """Returns the address at the provider for the browser, and the values that the session must keep until it returns.

    With `asks_again` the provider asks who is there, even if somebody is still signed in at this browser.
    """
    prompt = {"prompt": "login"} if asks_again else {}
    begun = _app().create_authorization_url(redirect_uri, state=state, ui_locales=language, **prompt)
    kept = {"state": state, "nonce": begun["nonce"], "verifier": begun["code_verifier"], "redirect_uri": redirect_uri}
    return str(begun["url"]), kept


def finish(*, answer: Mapping[str, str], kept: Mapping[str, str]) -> Account:
    """Returns the account with which the browser comes back. `kept` is what `begin` returned. Raises ProviderFailure."""
    if not answer.get("state") or answer["state"] != kept.get("state"):
        raise ProviderFailure(STALE, "The state is not that of this browser's sign-in.")
    if answer.get("iss", settings.PROVIDER.issuer) != settings.PROVIDER.issuer:
        raise ProviderFailure(FORGED, "The answer names another issuer.")
    if named := answer.get("error"):
        reason = DENIED if named == "access_denied" else _reason_of(named)
        raise ProviderFailure(reason, f"The provider answered {named[:100]!r}.")
    if not answer.get("code"):
        raise ProviderFailure(STALE, "The answer has no code.")
    app = _app()
    try:
        token = app.fetch_access_token(
            kept["redirect_uri"], grant_type="authorization_code", code=answer["code"], code_verifier=kept["verifier"]
        )
    except (OAuth2Error, OAuthError) as error:
        raise ProviderFailure(_reason_of(str(error.error)), f"The token endpoint answered {error.error}.") from None
    except (ValueError, TypeError, KeyError):
        raise ProviderFailure(MISFIT, "The answer of the token endpoint cannot be read.") from None
    claims = _claims(app, token, nonce=kept["nonce"])
    return Account(
        issuer=settings.PROVIDER.issuer,
        subject=str(claims["sub"]),
        claims=_with_profile(app, token, claims),
        id_token=str(token["id_token"]),
    )


def sign_out_address(*, id_token: str, back_to: str) -> str:
    """Returns the address that ends the sign-in at the provider too, or "" if the provider has none or does not answer."""
    try:
        app = _app()
        if not app.load_server_metadata().get("end_session_endpoint"):
            return ""
        return str(app.create_logout_url(back_to, id_token_hint=id_token, client_id=settings.PROVIDER.client_id)["url"])
    except ProviderFailure:
        return ""


def _claims(app: "_App", token: Mapping[str, Any], *, nonce: str) -> Mapping[str, Any]:
    """Returns the claims of the signed token, after all checks of OpenID Connect Core, section 3.1.3.7."""
    if not isinstance(token.get("id_token"), str):
        raise ProviderFailure(MISFIT, "The token endpoint sent no ID token. The scopes must have openid.")
    wanted = {
        "iss": {"essential": True, "value": settings.PROVIDER.issuer},
        "aud": {"essential": True, "value": settings.PROVIDER.client_id},
        "sub": {"essential": True},
    }
    try:
        found: Mapping[str, Any] = app.parse_id_token(token, nonce=nonce, claims_options=wanted, leeway=LEEWAY_SECONDS)
    except ExpiredTokenError:
        raise ProviderFailure(CLOCK, "The ID token has expired.") from None
    except ClaimError as error:
        reason = CLOCK if error.claim in ("iat", "nbf") else STALE if error.claim == "nonce" else FORGED
        raise ProviderFailure(reason, f"The claim {error.claim} of the ID token is wrong.") from None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ProviderFailure(FORGED, f"The ID token is not valid: {type(error).__name__}.") from None
    return found


def _with_profile(app: "_App", token: Mapping[str, Any], claims: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the claims of the token. Adds those of the userinfo endpoint that the token lacks.

    Many providers send groups only there. The endpoint is not signed, but it must name the same account.
    """
    wanted = (*PROFILE_CLAIMS, settings.PROVIDER.groups_claim)
    if all(name in claims for name in wanted) or not app.load_server_metadata().get("userinfo_endpoint"):
        return dict(claims)
    try:
        told = app.userinfo(token=token)
    except (OAuth2Error, OAuthError, ValueError, TypeError) as error:
        raise ProviderFailure(MISFIT, f"The userinfo endpoint cannot be read: {type(error).__name__}.") from None
    if told.get("sub") != claims["sub"]:
        raise ProviderFailure(FORGED, "The userinfo endpoint names another account.")
    return {**{name: told[name] for name in wanted if name in told}, **claims}


def _reason_of(error: str) -> str:
    """Returns the reason for an error code of RFC 6749 or OpenID Connect."""
    if error in ("invalid_grant", "login_required", "interaction_required", "consent_required"):
        return STALE
    return UNREACHABLE if error in ("server_error", "temporarily_unavailable") else MISFIT


# --- What the provider publishes ------------------------------------------------------------------------------------------

_published: dict[str, tuple[float, dict[str, Any]]] = {}
"""What the providers publish, by issuer, and until when it counts."""


def forget_published() -> None:
    """Forgets the published data of the provider. For tests in which the data change."""
    _published.clear()


def _app() -> "_App":
    """Returns authlib's client for the configured provider. Raises ProviderFailure."""
    issuer = settings.PROVIDER.issuer
    until, metadata = _published.get(issuer, (0, {}))
    if time.monotonic() >= until:
        metadata = _discovered(issuer)
        _published[issuer] = time.monotonic() + KEPT_SECONDS, metadata
    methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
    return _App(
        None,
        client_id=settings.PROVIDER.client_id,
        client_secret=settings.PROVIDER.client_secret,
        client_kwargs={
            "scope": settings.PROVIDER.scopes,
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": method,
        },
        client_auth_methods=[("client_secret_basic", _encoded_basic)],
        metadata=metadata,
    )


def _discovered(issuer: str) -> dict[str, Any]:
    """Reads the provider's description of itself (OpenID Connect Discovery). Raises ProviderFailure."""
    found = _Line().request("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration", withhold_token=True)
    if found.status_code != 200:
        raise ProviderFailure(MISFIT, f"The provider's description has the status {found.status_code}.")
    try:
        metadata = found.json()
    except ValueError:
        raise ProviderFailure(MISFIT, "The provider's description is no JSON.") from None
    if not isinstance(metadata, dict) or metadata.get("issuer") != issuer:
        raise ProviderFailure(MISFIT, "The provider's description names another issuer than OIDC_ISSUER.")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        address = urlsplit(str(metadata.get(name, "")))
        if address.scheme != "https" and address.scheme != urlsplit(issuer).scheme:
            raise ProviderFailure(MISFIT, f"The provider's description has no https address as {name}.")
    signs = [name for name in metadata.get("id_token_signing_alg_values_supported", ["RS256"]) if name in ALGORITHMS]
    if not signs:
        raise ProviderFailure(MISFIT, "The provider signs ID tokens in no way that Cashdesk takes.")
    return {**metadata, "id_token_signing_alg_values_supported": signs}


def _encoded_basic(client: Any, method: str, uri: str, headers: dict[str, str], body: str) -> tuple[Any, Any, Any]:
    """Authenticates with name and secret, both encoded as RFC 6749 (section 2.3.1) asks. authlib does not encode them."""
    encoded = _Credentials(client_id=quote_plus(client.client_id), client_secret=quote_plus(client.client_secret))
    uri, headers, body = encode_client_secret_basic(encoded, method, uri, headers, body)
    return uri, headers, body


@dataclass(frozen=True, kw_only=True)
class _Credentials:
    client_id: str
    client_secret: str


# --- authlib on our rules for outgoing requests ---------------------------------------------------------------------------


class _Line(OAuth2Client):  # type: ignore[misc]  # the package has no types
    """authlib's client, whose requests go through `outgoing_http`."""

    def __init__(self, **options: Any) -> None:
        self.headers: dict[str, str] = {}
        super().__init__(session=self, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def request(
        self,
        method: str,
        url: str,
        *,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: Any = None,
        withhold_token: bool = False,
    ) -> "_Read":
        """Sends a request. Raises ProviderFailure if there is no answer."""
        head, body = {**self.headers, "Accept": "application/json", **(headers or {})}, urlencode(data or {})
        if auth is not None:
            url, head, body = auth.prepare(method, url, head, body)
        elif not withhold_token:
            url, head, body = self.token_auth.prepare(url, head, body)
        try:
            return _Read(send(method, url, body=body.encode(), headers=head, rules=_rules()))
        except (NotAnswered, Unsendable) as error:
            raise ProviderFailure(UNREACHABLE, f"{urlsplit(url).netloc}: {error}") from None

    def post(self, url: str, **named: Any) -> "_Read":
        """Sends a request with a body."""
        return self.request("POST", url, **named)


class _App(OAuth2Mixin, OpenIDMixin, BaseApp):  # type: ignore[misc]  # the package has no types
    """authlib's application for one provider, whose description is already known."""

    client_cls = _Line

    def __init__(self, *named: Any, metadata: Mapping[str, Any], **options: Any) -> None:
        super().__init__(*named, **options)
        self.server_metadata = metadata

    def load_server_metadata(self) -> Mapping[str, Any]:
        return self.server_metadata


class _Read:
    """An answer with the names that authlib reads."""

    def __init__(self, answer: Answer) -> None:
        self.status_code, self._body = answer.status, answer.body

    def raise_for_status(self) -> None:
        """Raises ProviderFailure for an error."""
        if self.status_code >= 400:
            reason = UNREACHABLE if self.status_code >= 500 else MISFIT
            raise ProviderFailure(reason, f"The provider answered with the status {self.status_code}.")

    def json(self) -> Any:
        """Returns the body. Raises ValueError."""
        try:
            return json.loads(self._body)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def _rules() -> Rules:
    # An operator chose the provider in the settings, and the start refuses http to other machines.
    return Rules(
        allows_http=urlsplit(settings.PROVIDER.issuer).scheme == "http",
        allows_private=True,
        connect_within=timedelta(seconds=3),
        answer_within=timedelta(seconds=5),
        whole_within=timedelta(seconds=8),
        answer_bytes=256 * 1024,
    )
