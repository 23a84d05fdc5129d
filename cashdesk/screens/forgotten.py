"""The pages on which people choose a password without their old one: by a link from a mail, or by a manager's code."""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from cashdesk.domain.people.one_time_link import ask_for_link, find_link, find_link_by_code, use_link
from cashdesk.enums import LinkPurpose, PasswordSignIn
from cashdesk.errors import NotFound, PasswordSignInOff, TooManyAttempts
from cashdesk.forms.pages import path_to, see_path
from cashdesk.forms.passwords import (
    AGAIN,
    NEW,
    faults_of_new_password,
    new_password_fields,
    new_password_of,
    password_rules,
)
from cashdesk.models import OneTimeLink, User
from cashdesk.screens.signing_in import after_password
from cashdesk.web.desk_only import answers_pin
from cashdesk.web.devices import source_of
from cashdesk.web.errors import status_of
from cashdesk.web.mail import Mail, send_mail_later

ANSWER_TIME_MIN: Final = timedelta(milliseconds=300)
"""Every answer to a request for a link takes at least this long. So its time does not tell whether the name is known."""
LINK_MAIL: Final = Mail(
    subject=noop("New password for Cashdesk"),
    text=noop(
        "Hello %(name)s,\n\n"
        "somebody asked for a new password for your account %(username)s. If it was you, open this link within one hour:\n\n"
        "%(link)s\n\n"
        "The link works once. If you did not ask for it, do nothing: your password stays as it is.\n"
    ),
)
Faults = Mapping[str, Sequence[str]]


@answers_pin
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten_page(request: HttpRequest) -> HttpResponse:
    """Sends a link by mail, if mail is set up. The answer is the same whether the name is known or not.

    If only superusers sign in with a password, the page leads everybody else to the provider.
    """
    is_for_few = settings.PROVIDER.passwords == PasswordSignIn.SUPERUSERS
    context: dict[str, Any] = {
        "has_mail": settings.MAIL_IS_SET_UP,
        "is_sent": "sent" in request.GET,
        "provider": settings.PROVIDER.name if is_for_few else "",
    }
    if request.method != "POST" or not settings.MAIL_IS_SET_UP:
        return render(request, "cashdesk/forgotten.html", context)
    name, began = request.POST.get("name", "").strip(), time.monotonic()
    if not name:
        return render(request, "cashdesk/forgotten.html", {**context, "lacks_name": True}, status=400)
    try:
        issued = ask_for_link(name=name, source=source_of(request), at=timezone.now())
    except TooManyAttempts as error:
        return _waits(request, "cashdesk/forgotten.html", {**context, "name": name}, error)
    if issued is not None:
        person = issued.link.person
        link = request.build_absolute_uri(path_to("one-time-link", issued.secret))
        send_mail_later(LINK_MAIL, to=person, values={"name": person, "username": person.username, "link": link})
    used = timedelta(seconds=time.monotonic() - began)
    time.sleep(max(timedelta(0), ANSWER_TIME_MIN - used).total_seconds())
    return see_path(f"{path_to('password-forgotten')}?sent")


@answers_pin
@sensitive_post_parameters("code", NEW, AGAIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def handed_code_page(request: HttpRequest) -> HttpResponse:
    """Sets a new password with a code that a manager handed over."""
    if request.method != "POST":
        return _code_form(request)
    name, code = request.POST.get("name", "").strip(), request.POST.get("code", "").strip()
    faults: dict[str, list[str]] = {} if name else {"name": [_("Enter your name.")]}
    faults |= {} if code else {"code": [_("Enter the code.")]}
    faults |= faults_of_new_password(request, user=None)
    if faults:
        return _code_form(request, faults=faults)
    at = timezone.now()
    try:
        link = find_link_by_code(name=name, code=code, source=source_of(request), at=at)
        if faults := faults_of_new_password(request, user=link.person):
            return _code_form(request, faults=faults)
        use_link(link=link, password=new_password_of(request), at=at)
    except (NotFound, PasswordSignInOff) as error:
        return _code_form(request, wrong=error.message)
    except TooManyAttempts as error:
        return _waits(request, "cashdesk/code.html", _code_context(request), error)
    return _done()


@answers_pin
@sensitive_post_parameters(NEW, AGAIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link_page(request: HttpRequest, secret: str) -> HttpResponse:
    """Sets a password with a one-time link. Only the sent form uses the link, because programs open links in mails.

    A person who was invited is then signed in, and comes to their first page. Others go to the sign-in page.
    """
    at = timezone.now()
    try:
        link = find_link(secret=secret, at=at)
        faults = faults_of_new_password(request, user=link.person) if request.method == "POST" else {}
        if request.method != "POST" or faults:
            return _link_form(request, link, faults)
        person = use_link(link=link, password=new_password_of(request), at=at)
    except (NotFound, PasswordSignInOff) as error:
        told = {"why_not": error.message, "is_password_off": isinstance(error, PasswordSignInOff)}
        answer = render(request, "cashdesk/one_time_link.html", told, status=status_of(error))
        return _without_referrer(answer)
    is_invitation = link.purpose == LinkPurpose.INVITATION
    return _without_referrer(after_password(request, person, wanted="") if is_invitation else _done())


def _done() -> HttpResponse:
    return see_path(f"{path_to('sign-in')}?new-password")


def _link_form(request: HttpRequest, link: OneTimeLink, faults: Faults) -> HttpResponse:
    context = {
        "link": link,
        "is_invitation": link.purpose == LinkPurpose.INVITATION,
        "person": link.person,
        "other": request.user if isinstance(request.user, User) and request.user != link.person else None,
        "fields": new_password_fields(faults),
        "rules": password_rules(),
        "has_faults": bool(faults),
    }
    status = 400 if faults else 200
    return _without_referrer(render(request, "cashdesk/one_time_link.html", context, status=status))


def _without_referrer(answer: HttpResponse) -> HttpResponse:
    """Keeps the secret in the address out of the Referer header. Not `no-referrer`: then forms have no origin either."""
    answer.headers["Referrer-Policy"] = "strict-origin"
    return answer


def _code_form(request: HttpRequest, *, faults: Faults | None = None, wrong: str = "") -> HttpResponse:
    context = {**_code_context(request, faults), "wrong": wrong}
    return render(request, "cashdesk/code.html", context, status=400 if faults or wrong else 200)


def _code_context(request: HttpRequest, faults: Faults | None = None) -> dict[str, Any]:
    return {
        "name": request.POST.get("name", ""),
        "code": request.POST.get("code", ""),
        "faults": faults or {},
        "has_faults": bool(faults),
        "fields": new_password_fields(faults),
        "rules": password_rules(),
    }


def _waits(request: HttpRequest, template: str, context: dict[str, Any], error: TooManyAttempts) -> HttpResponse:
    answer = render(request, template, {**context, "wait": error.message}, status=status_of(error))
    answer.headers["Retry-After"] = str(error.retry_after_seconds)
    return answer
