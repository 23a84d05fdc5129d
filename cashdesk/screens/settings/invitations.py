"""Invitations: invite a person, hand over the link, make a new one, and withdraw it."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.invitation import (
    Invited,
    invite_person,
    is_invited,
    renew_invitation,
    withdraw_invitation,
)
from cashdesk.domain.people.one_time_link import may_let_in
from cashdesk.enums import Role
from cashdesk.errors import NotFound
from cashdesk.forms.pages import path_to, see
from cashdesk.forms.setting_page import Sent, SettingPage
from cashdesk.models import User
from cashdesk.screens.settings.frame import Confirmation
from cashdesk.screens.settings.people import PART, find_person
from cashdesk.screens.settings.person_forms import InvitationForm
from cashdesk.screens.settings.person_states import day_of
from cashdesk.web.chosen_store import chosen_store
from cashdesk.web.mail import Mail, can_mail, send_mail_later
from cashdesk.web.pages import page_for

MAIL: Final = Mail(
    subject=noop("%(inviter)s invites you to Cashdesk"),
    text=noop(
        "Hello %(name)s,\n\n"
        "%(inviter)s invites you to work with Cashdesk. Open this link and choose a password:\n\n"
        "%(link)s\n\n"
        "You sign in with the username %(username)s. The link works once, until %(day)s.\n"
    ),
)


@page_for(Role.MANAGER, takes_posts=True)
def invite_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Asks whom to invite, invites them, and shows the link. The link is shown once."""
    own = chosen_store(request, by=by)
    made: list[Invited] = []

    def save(sent: Sent) -> str:
        row = sent.row
        store = row.store if "store" in sent.form.fields else own
        account = store.account if store is not None else by.user.account if by.user is not None else None
        if account is None:
            raise NotFound(_("Choose a store."))
        invited = invite_person(
            account=account,
            role=Role(row.role),
            store=store,
            name=row.name,
            username=row.username,
            email=row.email,
            by=by,
            at=sent.at,
        )
        made.append(invited)
        return path_to("settings-invitation", invited.person.uuid)

    answer = SettingPage(
        request=request,
        by=by,
        row=User(role=Role.CASHIER, store=own),
        form=InvitationForm,
        subject="set-invitation:new",
        save=save,
        back=path_to("settings-people"),
        context={
            "part": PART,
            "heading": _("Invite person"),
            "intro": _("The person opens a link and chooses a password. You can hand the link over or send it.")
            if by.has_role(Role.ADMIN)
            else _("The person opens a link, chooses a password, and works as a cashier in your store."),
            "button": _("Invite person"),
        },
    ).answer()
    return _shown(request, made[0], is_sent=_sends(request, made[0], by=by)) if made else answer


@page_for(Role.MANAGER, takes_posts=True)
def invitation_page(request: HttpRequest, by: Principal, person: UUID) -> HttpResponse:
    """Makes a new link for a person who was invited, and shows it once. Links that were made before end."""
    found = _invited(person, by=by)
    if found is None:
        return see("settings-person", person)
    made: list[Invited] = []

    def act(at: datetime) -> str:
        made.append(renew_invitation(person=found, by=by, at=at))
        return path_to("settings-invitation", found.uuid)

    answer = Confirmation(
        request=request,
        by=by,
        part=PART,
        heading=_("New link for %(name)s") % {"name": found},
        text=_("A link is shown only once. Make a new one if the person lost theirs. The old link then stops working."),
        button=_("Make new link"),
        is_grave=False,
        back=path_to("settings-person", found.uuid),
        act=act,
    ).answer()
    return _shown(request, made[0], is_sent=_sends(request, made[0], by=by)) if made else answer


@page_for(Role.MANAGER, takes_posts=True)
def withdraw_page(request: HttpRequest, by: Principal, person: UUID) -> HttpResponse:
    """Asks before an invitation is withdrawn."""
    found = _invited(person, by=by)
    if found is None:
        return see("settings-person", person)

    def act(at: datetime) -> str:
        withdraw_invitation(person=found, by=by, at=at)
        return path_to("settings-people", done="withdrawn")

    return Confirmation(
        request=request,
        by=by,
        part=PART,
        heading=_("Withdraw the invitation of %(name)s?") % {"name": found},
        text=_("The link stops working, and the person cannot sign in. You can invite them again."),
        button=_("Withdraw invitation"),
        back=path_to("settings-person", found.uuid),
        act=act,
    ).answer()


def _invited(uuid: UUID, *, by: Principal) -> User | None:
    """Returns a person whom the caller may invite, or None if the person has a password already."""
    found = find_person(uuid, by=by)
    if not may_let_in(found, by=by):
        raise NotFound(_("There is no such person."))
    return found if is_invited(found) else None


def _sends(request: HttpRequest, made: Invited, *, by: Principal) -> bool:
    """Sends the link by mail, if the person has an address and this installation sends mails."""
    person = made.person
    if not can_mail(person):
        return False
    values = {
        "name": person.name,
        "inviter": by.name,
        "username": person.username,
        "link": _address(request, made),
        "day": day_of(made.issued.link.expires_at, person),
    }
    send_mail_later(MAIL, to=person, values=values)
    return True


def _shown(request: HttpRequest, made: Invited, *, is_sent: bool) -> HttpResponse:
    """Shows the link, in the answer to the form: nothing keeps the secret, so a later page could not show it."""
    context: dict[str, Any] = {
        "part": PART,
        "person": made.person,
        "link": _address(request, made),
        "day": day_of(made.issued.link.expires_at, made.person),
        "is_sent": is_sent,
    }
    answer = render(request, "cashdesk/settings/invited.html", context)
    add_never_cache_headers(answer)
    return answer


def _address(request: HttpRequest, made: Invited) -> str:
    return request.build_absolute_uri(reverse("one-time-link", args=[made.issued.secret]))
