"""The settings of API keys: issue, replace, limit and revoke them. A secret is shown once, and never stored."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.access_token import revoke
from cashdesk.domain.people.api_key import is_rotatable, issue_api_key, keys_seen, register_of_key, rotate_api_key
from cashdesk.domain.people.request_limit import limit_of, set_request_limit
from cashdesk.enums import Role, Scope
from cashdesk.errors import NotFound
from cashdesk.formats import style
from cashdesk.forms.pages import path_to
from cashdesk.forms.setting_page import Sent, SettingPage
from cashdesk.models import AccessToken
from cashdesk.screens.settings.frame import Confirmation, is_admin
from cashdesk.screens.settings.key_forms import WORDS, IssueKeyForm, LimitForm, RotateForm
from cashdesk.web.pages import page_for

PART: Final = "keys"
KEYS_MAX: Final = 200
HEADER: Final = "x-api-key"


@page_for(Role.MANAGER)
def keys_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Lists the newest API keys that the caller may see, those that work first."""
    at = timezone.now()
    found = AccessToken.objects.filter(keys_seen(by)).select_related("store", "register", "vendor")
    keys = found.order_by(F("revoked_at").asc(nulls_first=True), "-pk")[:KEYS_MAX]
    context = {
        "part": PART,
        "rows": [{"key": key, **_state(key, at=at)} for key in keys],
        "may_issue": is_admin(by) and by.account_id is not None,
        "done": request.GET.get("done", ""),
    }
    return render(request, "cashdesk/settings/keys.html", context)


@page_for(Role.ADMIN, takes_posts=True)
def new_key_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Issues a key, and shows its secret once."""
    account = by.user.account if by.user is not None else None
    if account is None:
        raise Http404
    made: list[tuple[AccessToken, str]] = []

    def save(sent: Sent) -> str:
        told = sent.form.cleaned_data
        key, secret = issue_api_key(
            name=told["name"],
            scopes=sent.form.scopes,  # type: ignore[attr-defined]  # the form is an IssueKeyForm
            account=account,
            vendor=told.get("vendor"),
            store=told["store"],
            register=register_of_key(store=told["store"], station=told["station"]),
            expires_at=told["expires_at"],
            requests_per_minute=told["requests_per_minute"],
            by=by,
            at=sent.at,
        )
        made.append((key, secret))
        return path_to("settings-key", key.pk)

    answer = SettingPage(
        request=request,
        by=by,
        row=AccessToken(account=account),
        form=IssueKeyForm,
        subject="set-key:new",
        save=save,
        template="cashdesk/settings/key_new.html",
        back=path_to("settings-keys"),
        context={
            "part": PART,
            "heading": _("Issue API key"),
            "intro": _("The next page shows the secret of the key once. Give the program only what it needs."),
            "button": _("Issue key"),
        },
    ).answer()
    return _secret(request, *made[0]) if made else answer


@page_for(Role.MANAGER)
def key_page(request: HttpRequest, by: Principal, key: int) -> HttpResponse:
    """Shows a key without its secret."""
    found, at = _found(key, by=by), timezone.now()
    context = {
        "part": PART,
        "key": found,
        "row": _state(found, at=at),
        "scopes": [_(WORDS[Scope(scope)]) for scope in found.scopes if scope in Scope.values],
        "limit": limit_of(found),
        "created_on": style().date(found.created_at.date()),
        "ends_on": style().date(found.expires_at.date()) if found.expires_at else "",
        "used_on": style().date(found.last_used_at.date()) if found.last_used_at else "",
        "may_change": by.administers(found.account_id),
        "is_rotatable": is_rotatable(found, at=at),
        "done": request.GET.get("done", ""),
    }
    return render(request, "cashdesk/settings/key.html", context)


@page_for(Role.ADMIN, takes_posts=True)
def rotate_key_page(request: HttpRequest, by: Principal, key: int) -> HttpResponse:
    """Replaces a key with a new one, and shows the new secret once."""
    found = _found(key, by=by)
    made: list[tuple[AccessToken, str]] = []

    def save(sent: Sent) -> str:
        overlap = timedelta(hours=sent.form.cleaned_data["hours"])
        made.append(rotate_api_key(token=found, overlap=overlap, by=by, at=sent.at))
        return path_to("settings-key", made[0][0].pk)

    answer = SettingPage(
        request=request,
        by=by,
        row=found,
        form=RotateForm,
        subject=f"set-key-rotate:{found.pk}",
        save=save,
        back=path_to("settings-key", found.pk),
        context={
            "part": PART,
            "heading": _("Replace key %(name)s") % {"name": found.name},
            "intro": _("The new key may do the same. The next page shows its secret once."),
            "button": _("Replace key"),
        },
    ).answer()
    return _secret(request, *made[0]) if made else answer


@page_for(Role.ADMIN, takes_posts=True)
def limit_key_page(request: HttpRequest, by: Principal, key: int) -> HttpResponse:
    """Sets how many requests a key may send in a minute."""
    found = _found(key, by=by)

    def save(sent: Sent) -> str:
        requests = sent.form.cleaned_data["requests_per_minute"]
        set_request_limit(token=found, requests_per_minute=requests, by=by, at=sent.at, seen=sent.seen)
        return path_to("settings-key", found.pk, done="saved")

    return SettingPage(
        request=request,
        by=by,
        row=found,
        form=LimitForm,
        subject=f"set-key-limit:{found.pk}",
        save=save,
        back=path_to("settings-key", found.pk),
        context={
            "part": PART,
            "heading": _("Limit the requests of %(name)s") % {"name": found.name},
            "intro": _("Above the limit the program has to wait until the minute is over. People are never limited."),
            "button": _("Save changes"),
        },
    ).answer()


@page_for(Role.ADMIN, takes_posts=True)
def revoke_key_page(request: HttpRequest, by: Principal, key: int) -> HttpResponse:
    """Asks before a key is revoked."""
    found = _found(key, by=by)

    def act(at: datetime) -> str:
        revoke(token=found, by=by, at=at)
        return path_to("settings-keys", done="revoked")

    return Confirmation(
        request=request,
        by=by,
        part=PART,
        heading=_("Revoke key %(name)s?") % {"name": found.name},
        text=_("It stops working at once. You cannot undo this."),
        button=_("Revoke key"),
        back=path_to("settings-key", found.pk),
        act=act,
    ).answer()


def _found(key: int, *, by: Principal) -> AccessToken:
    keys = AccessToken.objects.filter(keys_seen(by)).select_related(
        "store", "register", "vendor", "account", "replaced_by"
    )
    found = keys.filter(pk=key).first() if key < 2**63 else None
    if found is None:
        raise NotFound(_("There is no such key."))
    return found


def _state(key: AccessToken, *, at: datetime) -> dict[str, Any]:
    """Returns the word for the state of a key, and its class."""
    if key.revoked_at is not None:
        return {"state": _("Revoked"), "css": "closed", "works": False}
    if key.expires_at is not None and key.expires_at <= at:
        return {"state": _("Ended"), "css": "closed", "works": False}
    return {"state": _("Active"), "css": "good", "works": True}


def _secret(request: HttpRequest, key: AccessToken, secret: str) -> HttpResponse:
    """Shows the secret, in the answer to the form: nothing keeps it, so a later page could not show it."""
    context = {"part": PART, "key": key, "secret": secret, "header": HEADER}
    answer = render(request, "cashdesk/settings/key_secret.html", context)
    add_never_cache_headers(answer)
    return answer
