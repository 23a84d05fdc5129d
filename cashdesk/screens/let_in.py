"""The page on which a manager helps a person who forgot their password."""

from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.one_time_link import HANDED_OVER, issue_link, may_let_in, shown_code
from cashdesk.domain.people.sign_in import may_use_password
from cashdesk.enums import LinkPurpose, Role
from cashdesk.errors import Conflict, Forbidden, NotFound, PasswordSignInOff
from cashdesk.forms.pages import path_to
from cashdesk.models import User
from cashdesk.web.errors import status_of
from cashdesk.web.mail import Mail, can_mail, send_mail
from cashdesk.web.pages import page_for

LINK_MAIL: Final = Mail(
    subject=noop("New password for Cashdesk"),
    text=noop(
        "Hello %(name)s,\n\n"
        "%(manager)s sends you a link with which you choose a new password for your account %(username)s. "
        "Open it within 24 hours:\n\n"
        "%(link)s\n\n"
        "The link works once.\n"
    ),
)


@page_for(Role.MANAGER, takes_posts=True)
def let_in_page(request: HttpRequest, by: Principal, person: UUID) -> HttpResponse:
    """Makes a code and a link for one person, to hand over or to send. Both are shown once."""
    found = by.people(with_inactive=True).select_related("store", "account").filter(uuid=person).first()
    if found is None:
        raise NotFound("There is no such person.")
    if not may_let_in(found, by=by):
        raise Forbidden("Only a manager of the store or an admin can help this person.")
    context: dict[str, Any] = {"person": found, "can_mail": can_mail(found), "provider": ""}
    if not may_use_password(found):
        context["provider"] = settings.PROVIDER.name
    if request.method != "POST":
        return render(request, "cashdesk/let_in.html", context)
    by_mail = request.POST.get("act") == "mail" and can_mail(found)
    try:
        issued = issue_link(
            person=found,
            purpose=LinkPurpose.PASSWORD,
            by=by,
            at=timezone.now(),
            lifetime=HANDED_OVER,
            with_code=not by_mail,
        )
    except (Conflict, PasswordSignInOff) as error:
        return render(request, "cashdesk/let_in.html", {**context, "refusal": error.message}, status=status_of(error))
    address = request.build_absolute_uri(path_to("one-time-link", issued.secret))
    if not by_mail:
        context |= {"code": shown_code(issued.code), "address": address}
        return render(request, "cashdesk/let_in.html", context)
    if _sent(found, by=by, address=address):
        return render(request, "cashdesk/let_in.html", {**context, "is_mailed": True})
    refusal = _("The mail could not be sent. Make a code and hand it over.")
    return render(request, "cashdesk/let_in.html", {**context, "refusal": refusal}, status=400)


def _sent(person: User, *, by: Principal, address: str) -> bool:
    values = {"name": person, "manager": by.name, "username": person.username, "link": address}
    return send_mail(LINK_MAIL, to=person, values=values)
