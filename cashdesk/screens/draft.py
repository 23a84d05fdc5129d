"""Nothing typed is lost: forms that are kept as they are typed, shown again with every digit, and thrown away when asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.draft import discard_draft, draft_of, drafts_of
from cashdesk.enums import Role
from cashdesk.errors import DomainError, DraftChanged, DraftGone
from cashdesk.models import CashSession, Draft, Store, User
from cashdesk.screens.form import path_within, see, see_path
from cashdesk.screens.sign_in import sign_in_page
from cashdesk.web import errors
from cashdesk.web.idempotency import WITNESS_PROOF
from cashdesk.web.keeping import Keeper, carried_on, keep, keep_carried
from cashdesk.web.middleware import API_PREFIX
from cashdesk.web.pages import ask_to_sign_in, page_for
from cashdesk.writing import style

VERSION_HEADER: Final = "Draft-Version"


@dataclass(kw_only=True)
class Kept:
    """The draft behind a form: what the fields show, and what the page tells of it."""

    keeper: Keeper
    by: Principal
    draft: Draft | None
    typed: dict[str, str]
    is_resumed: bool
    is_saved: bool

    @property
    def token(self) -> str:
        """What the form carries of it."""
        return self.keeper.token

    @property
    def page(self) -> str:
        """Where the form is shown."""
        return self.keeper.page

    @property
    def version(self) -> int:
        """The version that this page knows of; 0 where there is none."""
        return self.draft.version if self.draft else 0

    @property
    def time(self) -> str:
        """When it was typed into last, on the person's wall clock."""
        return clock(self.draft.updated_at, self.by) if self.draft else ""

    def save(self, request: HttpRequest, *, at: datetime) -> None:
        """Keeps what the form says that was sent: a step of a form that leads on saves it too, without any script."""
        self.draft = keep(request=request, keeper=self.keeper, by=self.by, at=at, seen_version=None)
        self.is_saved = True

    def discard(self) -> None:
        """Throws the draft away, in the transaction of what the form did."""
        discard_draft(by=self.by, subject=self.keeper.subject)


def kept_of(request: HttpRequest, subject: str, *, by: Principal, page: str = "") -> Kept:
    """Returns the draft behind the form of a page: `typed` is what was sent, else what was kept, else empty.

    `subject` names what is filled in, such as `close:<uuid of the session>`. It is shown again at `page`, else at the page's
    own path.
    """
    draft = draft_of(by=by, subject=subject)
    is_sent = request.method == "POST"
    is_resumed = not is_sent and draft is not None and any(draft.fields.values())
    return Kept(
        keeper=Keeper(user_id=cast(User, by.user).pk, subject=subject, page=page or request.path),
        by=by,
        draft=draft,
        typed=request.POST.dict() if is_sent else dict(draft.fields) if draft is not None else {},
        is_resumed=is_resumed,
        is_saved=not is_sent,
    )


def opening_subject(store: Store) -> str:
    """Returns what the draft of a drawer that is opened with a float is called."""
    return f"open:{store.uuid}"


def counting_in_subject(left: CashSession) -> str:
    """Returns what the draft of a drawer that is counted in is called, by the session that handed it over."""
    return f"count-in:{left.uuid}"


def begun(subjects: Iterable[str], *, by: Principal) -> dict[str, str]:
    """Returns when the person last typed into the forms that are not sent yet, by subject, in one statement."""
    drafts = drafts_of(by=by, subjects=subjects)
    return {subject: clock(draft.updated_at, by) for subject, draft in drafts.items() if any(draft.fields.values())}


def clock(at: datetime, by: Principal) -> str:
    """Writes an instant on the wall clock of the person's store, with the day where it is not today."""
    store = by.user.store if by.user else None
    zone = ZoneInfo(store.time_zone if store else "UTC")
    local, now = at.astimezone(zone), timezone.now().astimezone(zone)
    return style().clock(at, zone.key) if local.date() == now.date() else style().instant(at, zone.key)


@sensitive_post_parameters(WITNESS_PROOF)
@never_cache
@require_POST
def save_page(request: HttpRequest) -> HttpResponse:
    """Keeps a form while it is typed into: for the script, so it answers in few words and leads nowhere.

    204 with the version that is kept now; 401 who is signed out; 403 whose form it is not; 409 with the sentence that
    tells of another device.
    """
    if not isinstance(request.user, User):
        answer = JsonResponse({"message": _("You were signed out.")}, status=401)
        answer.headers["WWW-Authenticate"] = 'Bearer realm="cashdesk"'
        return answer
    by, keeper = Principal(user=request.user), Keeper.of(request)
    if keeper is None or not keeper.is_of(by):
        return JsonResponse({"message": _("This page was opened by somebody else.")}, status=403)
    seen, device = request.POST.get("seen", ""), request.POST.get("device", "")
    seen_version = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0
    try:
        draft = keep(request=request, keeper=keeper, by=by, at=timezone.now(), seen_version=seen_version, device=device)
    except DraftChanged as error:
        words = _("This count was changed on another device at %(time)s.") if keeper.is_count else ""
        words = words or _("This was changed on another device at %(time)s.")
        told = {"message": words % {"time": clock(error.changed_at, by)}, "version": error.version}
        return JsonResponse(told, status=409)
    except DraftGone:
        told = {"message": _("What you typed here was sent, or thrown away, on another page."), "version": 0}
        return JsonResponse(told, status=409)
    except DomainError as error:
        return JsonResponse({"message": error.message}, status=errors.status_of(error))
    return HttpResponse(status=204, headers={VERSION_HEADER: str(draft.version if draft else 0)})


@sensitive_post_parameters(WITNESS_PROOF)
@page_for(Role.CASHIER, takes_posts=True)
def go_on_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Keeps what was typed and shows the form again, or leads to `next` where a form that is left asks for it; nothing of
    it is done. Who was signed out is asked to sign in first.
    """
    shown = keep_carried(request=request, by=by, at=timezone.now()) if request.method == "POST" else ""
    return see_path(path_within(request.POST.get("next", "")) or shown) if shown else see("desk")


@page_for(Role.CASHIER, takes_posts=True)
def begin_anew_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Asks whether what was typed is to go (GET), and throws it away (POST)."""
    keeper = Keeper.of(request)
    if keeper is None or not keeper.is_of(by):
        return see("desk")
    if request.method == "POST":
        discard_draft(by=by, subject=keeper.subject)
        return see_path(keeper.page)
    began = begun([keeper.subject], by=by).get(keeper.subject, "")
    if not began:
        return see_path(keeper.page)
    context = {"keeper": keeper, "began": began}
    return render(request, "cashdesk/draft_anew.html", context)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's seam for a form whose token is not the browser's: nothing is done, and what was typed is carried on.

    Only what comes with a token that we signed for the person who is signed in is shown, so that no other site can fill a
    form in. The API answers in its dialect, and a form without anything to keep with a plain page.
    """
    keeper = None if request.path_info.startswith(API_PREFIX) else Keeper.of(request)
    is_sign_in = request.resolver_match is not None and request.resolver_match.func is sign_in_page
    if keeper is None and not is_sign_in:
        return errors.csrf_failure(request, reason)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"message": _("This page was open too long.")}, status=403)
    if not isinstance(request.user, User):
        return ask_to_sign_in(request, name=request.POST.get("name", "") if is_sign_in else "")
    if keeper is None:
        return redirect("sign-in")
    carried = carried_on(request) if keeper.is_of(Principal(user=request.user)) else {}
    answer = render(request, "cashdesk/draft_too_old.html", {"carried_on": carried}, status=403)
    add_never_cache_headers(answer)
    return answer
