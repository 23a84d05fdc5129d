"""The settings of people: the list, a person, and the form that changes them."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from cashdesk import queries
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.api_key import keys_issued_by
from cashdesk.domain.people.invitation import has_no_password
from cashdesk.domain.people.one_time_link import may_let_in
from cashdesk.domain.people.person import change_person, may_help, sign_out_person, unlock_person
from cashdesk.domain.people.second_factor import has_wrong_codes, remove_second_factor
from cashdesk.domain.people.sign_in import may_use_password
from cashdesk.domain.people.sign_in_throttle import recent_tries
from cashdesk.enums import Role
from cashdesk.errors import NotFound
from cashdesk.forms.pages import path_to
from cashdesk.forms.setting_page import Sent, SettingPage
from cashdesk.models import Store, User
from cashdesk.screens.settings.frame import Confirmation, is_admin
from cashdesk.screens.settings.person_forms import PersonForm
from cashdesk.screens.settings.person_states import rows_of
from cashdesk.web.pages import page_for

PART: Final = "people"
ROWS: Final = 50
SHOWN: Final = ("working", "invited", "off")


@page_for(Role.MANAGER)
def people_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Lists the people in scope by name. `?q=` searches names, `?store=` and `?shown=` narrow the list."""
    asked, shown, number = _text(request, "q"), request.GET.get("shown", ""), _page_number(request)
    shown = shown if shown in SHOWN else SHOWN[0]
    stores = list(by.stores().order_by("number", "pk")) if is_admin(by) else []
    store = next((one for one in stores if str(one.uuid) == request.GET.get("store", "")), None)
    people = _narrowed(by.people(with_inactive=True), text=asked, store=store, shown=shown)
    found = list(
        people.select_related("store", "register").order_by("name", "pk")[number * ROWS : (number + 1) * ROWS + 1]
    )
    context = {
        "part": PART,
        "rows": rows_of(found[:ROWS], at=timezone.now()),
        "stores": stores,
        "chosen": store,
        "shown": shown,
        "q": asked,
        "page": number,
        "has_more": len(found) > ROWS,
        "done": request.GET.get("done", ""),
    }
    return render(request, "cashdesk/settings/people.html", context)


@page_for(Role.MANAGER)
def person_page(request: HttpRequest, by: Principal, person: UUID) -> HttpResponse:
    """Shows a person, with what the caller may do for them."""
    found, at = find_person(person, by=by), timezone.now()
    (row,) = rows_of([found], at=at)
    may_change = by.administers(found.account_id) and (
        by.user is None or by.user.is_superuser or not found.is_superuser
    )
    is_self = by.user is not None and by.user.pk == found.pk
    context = {
        "part": PART,
        "row": row,
        "person": found,
        "store": found.store,
        "lines": PersonForm(found, by=by).lines(),
        "may_change": may_change,
        "may_switch": may_change and not is_self and not (found.is_active and row.is_invited),
        "may_help": may_help(found, by=by) and found.is_active and not row.is_invited,
        "may_invite": may_let_in(found, by=by) and row.is_invited,
        "may_reset": may_let_in(found, by=by) and may_use_password(found) and found.is_active and not row.is_invited,
        "is_locked_out": may_help(found, by=by) and (recent_tries(found, at=at).exists() or has_wrong_codes(found)),
        "has_second_factor": may_change and not is_self and found.second_factor_since is not None,
        "is_self": is_self,
        "done": request.GET.get("done", ""),
    }
    return render(request, "cashdesk/settings/person.html", context)


@page_for(Role.ADMIN, takes_posts=True)
def change_person_page(request: HttpRequest, by: Principal, person: UUID) -> HttpResponse:
    """Changes a person."""
    found = find_person(person, by=by)

    def save(sent: Sent) -> str:
        is_changed = change_person(user=sent.row, fields=sent.fields, by=by, at=sent.at, seen=sent.seen)
        return path_to("settings-person", found.uuid, done="saved" if is_changed else "unchanged")

    return SettingPage(
        request=request,
        by=by,
        row=found,
        form=PersonForm,
        subject=f"set-person:{found.uuid}",
        save=save,
        back=path_to("settings-person", found.uuid),
        context={
            "part": PART,
            "heading": _("Change %(name)s") % {"name": found},
            "intro": _("A new role or store signs the person out everywhere."),
            "button": _("Save changes"),
        },
    ).answer()


@page_for(Role.ADMIN, takes_posts=True)
def switch_person_page(request: HttpRequest, by: Principal, person: UUID) -> HttpResponse:
    """Asks before a person is switched off or on."""
    found = find_person(person, by=by)
    goes_off = request.POST.get("goes") == "off" if request.method == "POST" else found.is_active

    def act(at: datetime) -> str:
        if found.is_active == goes_off:
            found.is_active = not goes_off
            change_person(user=found, fields=["is_active"], by=by, at=at)
        return path_to("settings-person", found.uuid, done="off" if goes_off else "on")

    named = {"name": found}
    keys = keys_issued_by(found, at=timezone.now()) if goes_off else []
    return Confirmation(
        request=request,
        by=by,
        part=PART,
        heading=(_("Switch off %(name)s?") if goes_off else _("Switch on %(name)s?")) % named,
        text=_("The person is signed out everywhere and cannot sign in. What they did stays in the books.")
        if goes_off
        else _("The person can sign in again, with the password they had."),
        warnings=tuple(
            _("The API key %(key)s still works, and %(name)s may know its secret. Revoke or rotate it.")
            % {"key": key.name, **named}
            for key in keys
        ),
        button=_("Switch off person") if goes_off else _("Switch on person"),
        is_grave=goes_off,
        back=path_to("settings-person", found.uuid),
        act=act,
        context={"hidden_fields": [("goes", "off" if goes_off else "on")]},
    ).answer()


@page_for(Role.MANAGER, takes_posts=True)
def sign_out_person_page(request: HttpRequest, by: Principal, person: UUID) -> HttpResponse:
    """Asks before a person is signed out everywhere."""
    found = find_person(person, by=by)
    if not may_help(found, by=by):
        raise NotFound(_("There is no such person."))

    def act(at: datetime) -> str:
        sign_out_person(user=found, by=by, at=at)
        return path_to("settings-person", found.uuid, done="signed-out")

    return Confirmation(
        request=request,
        by=by,
        part=PART,
        heading=_("Sign out %(name)s everywhere?") % {"name": found},
        text=_("All browsers and devices of the person are signed out. The password stays. An open drawer stays open."),
        button=_("Sign out everywhere"),
        back=path_to("settings-person", found.uuid),
        act=act,
    ).answer()


@page_for(Role.MANAGER, takes_posts=True)
def unlock_person_page(request: HttpRequest, by: Principal, person: UUID) -> HttpResponse:
    """Asks before the wrong tries of a person are forgotten, so that they can sign in at once."""
    found = find_person(person, by=by)
    if not may_help(found, by=by):
        raise NotFound(_("There is no such person."))

    def act(at: datetime) -> str:
        unlock_person(user=found, by=by, at=at)
        return path_to("settings-person", found.uuid, done="unlocked")

    return Confirmation(
        request=request,
        by=by,
        part=PART,
        heading=_("Unlock the sign-in of %(name)s?") % {"name": found},
        text=_("The wrong passwords of the last hour are forgotten. Do this only if you know that it was the person."),
        button=_("Unlock sign-in"),
        is_grave=False,
        back=path_to("settings-person", found.uuid),
        act=act,
    ).answer()


@page_for(Role.ADMIN, takes_posts=True)
def remove_second_factor_page(request: HttpRequest, by: Principal, person: UUID) -> HttpResponse:
    """Asks before the second factor of a person is removed."""
    found = find_person(person, by=by)

    def act(at: datetime) -> str:
        remove_second_factor(user=found, by=by, at=at)
        return path_to("settings-person", found.uuid, done="second-factor")

    return Confirmation(
        request=request,
        by=by,
        part=PART,
        heading=_("Remove the second factor of %(name)s?") % {"name": found},
        text=_(
            "For a person who lost the phone and the recovery codes. Make sure that it is really them who ask. They are "
            "signed out everywhere, and the password alone signs them in until they add a new second factor."
        ),
        button=_("Remove second factor"),
        back=path_to("settings-person", found.uuid),
        act=act,
    ).answer()


def find_person(uuid: UUID, *, by: Principal) -> User:
    """Returns a person in scope. Raises the same NotFound for an unknown person and for one out of scope."""
    people = queries.people(by=by).select_related("store", "register", "account")
    found = people.filter(uuid=uuid).first()
    if found is None:
        raise NotFound(_("There is no such person."))
    return found


def _narrowed(people: "QuerySet[User]", *, text: str, store: Store | None, shown: str) -> "QuerySet[User]":
    if text:
        named = Q(name__icontains=text) | Q(username__icontains=text) | Q(email__icontains=text)
        people = people.filter(named | Q(operator_code=text))
    if store is not None:
        people = people.filter(store=store)
    if shown == "off":
        return people.filter(is_active=False)
    people = people.filter(is_active=True)
    return people.filter(has_no_password()) if shown == "invited" else people


def _text(request: HttpRequest, name: str) -> str:
    return "".join(sign for sign in request.GET.get(name, "").strip()[:100] if sign.isprintable())


def _page_number(request: HttpRequest) -> int:
    typed = request.GET.get("page", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 5 else 0
