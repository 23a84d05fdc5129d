"""The settings of a store's registers: add one, give it a name, switch it off and on."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.register_settings import (
    add_register,
    next_number,
    rename_register,
    switch_register_off,
    switch_register_on,
)
from cashdesk.domain.store.place_limits import change_place_limits
from cashdesk.enums import PlaceKind, Role
from cashdesk.errors import NotFound
from cashdesk.forms.pages import path_to
from cashdesk.forms.setting_page import Sent, SettingPage
from cashdesk.models import Place, Store
from cashdesk.screens.settings.frame import Confirmation, store_of_page
from cashdesk.screens.settings.register_forms import LimitsForm, NewRegisterForm, RegisterForm
from cashdesk.web.pages import page_for

PART = "stores"


@page_for(Role.MANAGER, takes_posts=True)
def new_register_page(request: HttpRequest, by: Principal, store: UUID) -> HttpResponse:
    """Adds a register."""
    found = store_of_page(store, by=by)

    def save(sent: Sent) -> str:
        add_register(store=found, number=sent.row.number, name=sent.row.name, by=by, at=sent.at)
        return f"{path_to('settings-store', found.uuid, done='saved')}#registers"

    return SettingPage(
        request=request,
        by=by,
        row=Place(store=found, kind=PlaceKind.REGISTER, number=next_number(found)),
        form=NewRegisterForm,
        subject=f"set-register-new:{found.uuid}",
        save=save,
        back=_store_path(found),
        context={
            "part": PART,
            "store": found,
            "heading": _("Add register"),
            "about": str(found),
            "button": _("Add register"),
        },
    ).answer()


@page_for(Role.MANAGER, takes_posts=True)
def register_page(request: HttpRequest, by: Principal, store: UUID, number: int) -> HttpResponse:
    """Changes the name of a register, and leads to the page that switches it off or on."""
    found = store_of_page(store, by=by)
    register = _register(found, number)

    def save(sent: Sent) -> str:
        rename_register(register=register, name=sent.row.name, by=by, at=sent.at, seen=sent.seen)
        return f"{path_to('settings-store', found.uuid, done='saved')}#registers"

    return SettingPage(
        request=request,
        by=by,
        row=register,
        form=RegisterForm,
        subject=f"set-register:{register.pk}",
        save=save,
        template="cashdesk/settings/register.html",
        back=_store_path(found),
        context={
            "part": PART,
            "store": found,
            "register": register,
            "heading": str(register),
            "about": str(found),
            "button": _("Save changes"),
        },
    ).answer()


@page_for(Role.ADMIN, takes_posts=True)
def place_limits_page(request: HttpRequest, by: Principal, store: UUID, number: int) -> HttpResponse:
    """Changes the limits of a register, or of the safe (number 0), where they differ from those of the store."""
    found = store_of_page(store, by=by)
    place = _register(found, number) if number else _safe(found)

    def save(sent: Sent) -> str:
        change_place_limits(place=sent.row, fields=sent.fields, by=by, at=sent.at, seen=sent.seen)
        return f"{path_to('settings-store', found.uuid, done='saved')}#registers"

    return SettingPage(
        request=request,
        by=by,
        row=place,
        form=LimitsForm,
        subject=f"set-limits:{place.pk}",
        save=save,
        back=_store_path(found),
        context={
            "part": PART,
            "store": found,
            "heading": _("Limits of register %(register)s") % {"register": number}
            if number
            else _("Limits of the safe"),
            "about": str(found),
            "button": _("Save changes"),
        },
    ).answer()


@page_for(Role.MANAGER, takes_posts=True)
def switch_register_page(request: HttpRequest, by: Principal, store: UUID, number: int) -> HttpResponse:
    """Asks before a register is switched off or on."""
    found = store_of_page(store, by=by)
    register = _register(found, number)
    goes_off = request.POST.get("goes") == "off" if request.method == "POST" else register.is_active

    def act(at: datetime) -> str:
        if goes_off:
            switch_register_off(register=register, by=by, at=at)
        else:
            switch_register_on(register=register, by=by, at=at)
        return f"{path_to('settings-store', found.uuid, done='off' if goes_off else 'on')}#registers"

    named = {"register": register.number}
    return Confirmation(
        request=request,
        by=by,
        part=PART,
        heading=(_("Switch off register %(register)s?") if goes_off else _("Switch on register %(register)s?")) % named,
        text=_("Nobody can open it. Its books stay, and you can switch it on again.")
        if goes_off
        else _("People can open it again."),
        button=_("Switch off register") if goes_off else _("Switch on register"),
        is_grave=goes_off,
        back=_store_path(found),
        act=act,
        context={"store": found, "hidden_fields": [("goes", "off" if goes_off else "on")]},
    ).answer()


def _register(store: Store, number: int) -> Place:
    found = Place.objects.select_related("store").filter(store=store, kind=PlaceKind.REGISTER, number=number).first()
    if found is None:
        raise NotFound(_("There is no such register."))
    return found


def _safe(store: Store) -> Place:
    return Place.objects.select_related("store").get(store=store, kind=PlaceKind.VAULT)


def _store_path(store: Store) -> str:
    return f"{path_to('settings-store', store.uuid)}#registers"
