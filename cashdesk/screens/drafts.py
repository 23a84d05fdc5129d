"""The pages for drafts: save a form while the person types, continue with the draft, and discard it."""

from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.draft import discard_draft
from cashdesk.enums import Role
from cashdesk.errors import DomainError, DraftChanged, DraftGone
from cashdesk.forms.draft import begun, clock
from cashdesk.forms.pages import path_within, see, see_path
from cashdesk.models import User
from cashdesk.screens.sign_in import sign_in_page
from cashdesk.screens.sign_in_pin import pin_page
from cashdesk.web import errors
from cashdesk.web.desk_only import answers_pin
from cashdesk.web.drafts import DraftKey, draft_fields, save_input, save_sent
from cashdesk.web.idempotency import WITNESS_PROOF
from cashdesk.web.middleware import API_PREFIX
from cashdesk.web.pages import ask_to_sign_in, page_for

VERSION_HEADER: Final = "Draft-Version"


@answers_pin
@sensitive_post_parameters(WITNESS_PROOF)
@never_cache
@require_POST
def save_page(request: HttpRequest) -> HttpResponse:
    """Saves a form while the person types. The script of the form sends it here.

    Answers 204 with the saved version. Answers 401 if the person is signed out, and 403 if the form was shown to another
    person. Answers 409 if another device changed the draft, or if the form was already sent or discarded.
    """
    if not isinstance(request.user, User):
        answer = JsonResponse({"message": _("You were signed out.")}, status=401)
        answer.headers["WWW-Authenticate"] = 'Bearer realm="cashdesk"'
        return answer
    by, key = Principal(user=request.user), DraftKey.of(request)
    if key is None or not key.is_of(by):
        return JsonResponse({"message": _("This page was opened by somebody else.")}, status=403)
    seen, device = request.POST.get("seen", ""), request.POST.get("device", "")
    seen_version = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0
    try:
        draft = save_input(request=request, key=key, by=by, at=timezone.now(), seen_version=seen_version, device=device)
    except DraftChanged as error:
        words = _("This count was changed on another device at %(time)s.") if key.is_count else ""
        words = words or _("This was changed on another device at %(time)s.")
        told = {"message": words % {"time": clock(error.changed_at, by)}, "version": error.version}
        return JsonResponse(told, status=409)
    except DraftGone:
        told = {"message": _("You sent or discarded this form on another page."), "version": 0}
        return JsonResponse(told, status=409)
    except DomainError as error:
        return JsonResponse({"message": error.message}, status=errors.status_of(error))
    return HttpResponse(status=204, headers={VERSION_HEADER: str(draft.version if draft else 0)})


@sensitive_post_parameters(WITNESS_PROOF)
@page_for(Role.CASHIER, takes_posts=True, by_pin=True)
def go_on_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Saves the typed input as a draft. Then shows the form again, or redirects to the path in `next`.

    It never books the form. Anonymous users sign in first.
    """
    shown = save_sent(request=request, by=by, at=timezone.now()) if request.method == "POST" else ""
    return see_path(path_within(request.POST.get("next", "")) or shown) if shown else see("desk")


@page_for(Role.CASHIER, takes_posts=True, by_pin=True)
def begin_anew_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Asks whether to discard the draft (GET), and discards it (POST)."""
    key = DraftKey.of(request)
    if key is None or not key.is_of(by):
        return see("desk")
    if request.method == "POST":
        discard_draft(by=by, subject=key.subject)
        return see_path(key.page)
    began = begun([key.subject], by=by).get(key.subject, "")
    if not began:
        return see_path(key.page)
    context = {"key": key, "began": began}
    return render(request, "cashdesk/draft_anew.html", context)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answers a form whose CSRF token does not match the browser, and keeps the input of the form. Django calls this.

    The input is kept only if the form carries a draft token that we signed for the signed-in person. So no other site can
    fill in a form. API paths answer in their dialect. A form without a draft gets the plain error page.
    """
    key = None if request.path_info.startswith(API_PREFIX) else DraftKey.of(request)
    is_sign_in = request.resolver_match is not None and request.resolver_match.func in (sign_in_page, pin_page)
    if key is None and not is_sign_in:
        if isinstance(request.user, User) or not _needs_sign_in(request):
            return errors.csrf_failure(request, reason)
        return ask_to_sign_in(request, page=request.get_full_path())
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"message": _("This page was open too long.")}, status=403)
    if not isinstance(request.user, User):
        return ask_to_sign_in(request, name=request.POST.get("name", "") if is_sign_in else "")
    if key is None:
        return redirect("sign-in")
    fields = draft_fields(request) if key.is_of(Principal(user=request.user)) else {}
    answer = render(request, "cashdesk/draft_too_old.html", {"draft_fields": fields}, status=403)
    add_never_cache_headers(answer)
    return answer


def _needs_sign_in(request: HttpRequest) -> bool:
    """Whether only signed-in people may send this form. Somebody without any cookies was signed out."""
    match = request.resolver_match
    return match is not None and (match.app_name == "admin" or getattr(match.func, "needs_sign_in", False))
