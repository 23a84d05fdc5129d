"""The pages of the sign-in and the sign-out at an OpenID Connect provider."""

import secrets
from typing import Any, Final

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cashdesk.domain.people.provider_account import Policy, Presented, ProviderRefusal, person_of_account
from cashdesk.domain.people.provider_connection import connect_account
from cashdesk.domain.people.second_factor import needs_verification
from cashdesk.domain.people.sign_in import note_sign_in
from cashdesk.enums import OidcSecondFactor, PasswordSignIn
from cashdesk.forms.pages import path_within
from cashdesk.models import User
from cashdesk.screens.provider_words import words_for
from cashdesk.screens.signing_in import begin_session, end_sign_in, step_of, way_of
from cashdesk.web import openid_provider
from cashdesk.web.browser_sessions import DESK_ONLY
from cashdesk.web.desk_only import answers_pin
from cashdesk.web.openid_provider import ProviderFailure
from cashdesk.web.waiting_sessions import mark_verified

logger = structlog.get_logger(__name__)

KEPT: Final = "provider_sign_in"
"""The session's entry with what must be the same when the browser comes back from the provider."""
ID_TOKEN: Final = "provider_id_token"  # noqa: S105 (the name of an entry)
"""The session's entry with the ID token, which tells the provider whom to sign out."""
MINUTES: Final = 10
CONNECTS: Final = "connects"
"""The key in KEPT with the UUID of the signed-in person who connects their account."""


@answers_pin
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def to_provider(request: HttpRequest) -> HttpResponse:
    """Redirects to the provider. A POST carries a form that was sent while signed out. The session keeps that form."""
    _refuse_unconfigured()
    wanted = path_within(request.POST.get("next", request.GET.get("next", "")))
    try:
        address = _begin(request, way=way_of(request, wanted=wanted))
    except ProviderFailure as failure:
        return _failed(request, failure.reason, str(failure), wanted=wanted)
    return leave_for(request, address) if request.method == "POST" else redirect(address)


@answers_pin
@never_cache
@require_safe
def from_provider(request: HttpRequest) -> HttpResponse:
    """Signs in the person whose account the provider has confirmed."""
    _refuse_unconfigured()
    kept: dict[str, Any] = request.session.pop(KEPT, {})
    if kept.get("until", 0) < timezone.now().timestamp():
        kept = {}
    if kept.get(CONNECTS):
        return _connect(request, kept)
    way = kept.get("way", {})
    at, wanted = timezone.now(), str(way.get("wanted", ""))
    try:
        account = openid_provider.finish(answer=request.GET.dict(), kept=kept)
        user = person_of_account(_presented(account), policy=_policy(), at=at)
    except ProviderFailure as failure:
        return _failed(request, failure.reason, str(failure), wanted=wanted)
    except ProviderRefusal as refusal:
        # Whoever was signed in here before wanted to be somebody else, or has lost their access.
        logout(request)
        return _failed(request, refusal.reason, str(refusal), wanted=wanted)
    begin_session(request, user, way=way)
    request.session[ID_TOKEN] = account.id_token
    if _counts_as_verified(account):
        mark_verified(request, by="provider")
    elif needs_verification(user):
        return redirect(step_of(user))
    note_sign_in(user, at=at, provider=account.issuer)
    request.user = user
    return redirect(end_sign_in(request, user))


def to_provider_to_connect(request: HttpRequest, user: User) -> HttpResponse:
    """Leads a signed-in person to the provider, where they sign in once to connect their account."""
    _refuse_unconfigured()
    try:
        address = _begin(request, asks_again=True, **{CONNECTS: str(user.uuid)})
    except ProviderFailure as failure:
        return _failed(request, failure.reason, str(failure), wanted="", is_connecting=True)
    return leave_for(request, address)


def _begin(request: HttpRequest, *, asks_again: bool = False, **others: Any) -> str:
    """Returns the address at the provider, and keeps in the session what must be the same at the way back."""
    address, kept = openid_provider.begin(
        redirect_uri=request.build_absolute_uri(reverse("provider-back")),
        state=secrets.token_urlsafe(openid_provider.STATE_LENGTH),
        language=get_language() or "en",
        asks_again=asks_again,
    )
    request.session[KEPT] = {**kept, **others, "until": timezone.now().timestamp() + MINUTES * 60}
    return address


def _connect(request: HttpRequest, kept: dict[str, Any]) -> HttpResponse:
    """Connects the account to the person who asked for it, if they are still signed in here. Nobody is signed in or out."""
    user = request.user
    try:
        account = openid_provider.finish(answer=request.GET.dict(), kept=kept)
        if not isinstance(user, User) or str(user.uuid) != kept[CONNECTS] or request.session.get(DESK_ONLY):
            raise ProviderFailure(openid_provider.STALE, "The person who began this is not signed in here any more.")
        connect_account(user=user, presented=_presented(account), at=timezone.now())
    except (ProviderFailure, ProviderRefusal) as failure:
        return _failed(request, failure.reason, str(failure), wanted="", is_connecting=True)
    # So that signing out here ends the new sign-in at the provider too.
    request.session[ID_TOKEN] = account.id_token
    return redirect(f"{reverse('account')}?connected")


@answers_pin
@never_cache
@require_safe
def signed_out_there(_request: HttpRequest) -> HttpResponse:
    """Shows that the person is signed out. The provider redirects to this page."""
    return redirect(f"{reverse('sign-in')}?signed-out")


def end_at_provider(request: HttpRequest, id_token: str) -> HttpResponse | None:
    """Returns the page that leads to the end of the sign-in at the provider, or None if it has none."""
    if not id_token or not openid_provider.is_configured():
        return None
    back_to = request.build_absolute_uri(reverse("signed-out-there"))
    address = openid_provider.sign_out_address(id_token=id_token, back_to=back_to)
    return leave_for(request, address, is_out=True) if address else None


def leave_for(request: HttpRequest, address: str, *, is_out: bool = False) -> HttpResponse:
    """Answers a form with a page that leads to the provider at once.

    The Content-Security-Policy lets forms lead only to our own pages. Browsers apply it to redirects after a form too.
    """
    context = {"address": address, "provider": settings.PROVIDER.name, "is_out": is_out}
    answer = render(request, "cashdesk/provider_leave.html", context)
    answer.headers["Refresh"] = f"0;url={address}"
    return answer


def provider_context(*, wanted: str) -> dict[str, Any]:
    """Returns the context of the sign-in page: the button of the provider, and who may use a password."""
    if not openid_provider.is_configured():
        return {}
    query = f"?{urlencode({'next': wanted})}" if wanted else ""
    return {
        "provider": settings.PROVIDER.name,
        "provider_query": query,
        "is_password_for_few": settings.PROVIDER.passwords == PasswordSignIn.SUPERUSERS,
    }


def _refuse_unconfigured() -> None:
    if not openid_provider.is_configured():
        raise Http404


def _presented(account: openid_provider.Account) -> Presented:
    username, name = (str(account.claims.get(claim) or "") for claim in ("preferred_username", "name"))
    return Presented(
        issuer=account.issuer,
        subject=account.subject,
        groups=account.groups,
        email=account.verified_email,
        username=username,
        name=name,
    )


def _policy() -> Policy:
    return Policy(
        role_groups=settings.PROVIDER.role_groups,
        store_groups=settings.PROVIDER.store_groups,
        store_pattern=settings.PROVIDER.store_pattern,
        creates_people=settings.PROVIDER.creates_people,
        account=settings.PROVIDER.account,
        links_by_email=settings.PROVIDER.links_by_email,
    )


def _counts_as_verified(account: openid_provider.Account) -> bool:
    """Whether the sign-in at the provider replaces our second factor."""
    if settings.PROVIDER.second_factor == OidcSecondFactor.AMR:
        return account.has_second_factor
    return bool(settings.PROVIDER.second_factor == OidcSecondFactor.PROVIDER)


def _failed(request: HttpRequest, reason: str, text: str, *, wanted: str, is_connecting: bool = False) -> HttpResponse:
    words = words_for(reason)
    logger.warning("provider_sign_in_failed", reason=reason, fault=text)
    shown = {"title": _(words.title), "told": _(words.told), "remedy": _(words.remedy)}
    context = {
        **{name: sentence.replace("%(provider)s", settings.PROVIDER.name) for name, sentence in shown.items()},
        **provider_context(wanted=wanted),
        "reason": reason,
        "is_connecting": is_connecting,
        "is_signed_in": isinstance(request.user, User),
    }
    answer = render(request, "cashdesk/provider_refused.html", context, status=words.status)
    if words.status == 503:
        answer.headers["Retry-After"] = "30"
    return answer
