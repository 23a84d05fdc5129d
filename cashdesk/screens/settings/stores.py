"""The settings of stores: the list, a store with all its settings, and the forms that change them."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.setup.suggested_amounts import suggested_float, suggested_tolerance
from cashdesk.domain.store.store_settings import add_store, change_store, may_change
from cashdesk.enums import PlaceKind, Role
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.forms.pages import path_to
from cashdesk.forms.setting_page import Sent, SettingPage
from cashdesk.models import Place, Store
from cashdesk.screens.settings.frame import Confirmation, is_admin, store_of_page
from cashdesk.screens.settings.limit_fields import own_limits
from cashdesk.screens.settings.store_forms import GROUPS, NewStoreForm
from cashdesk.web.pages import page_for

PART = "stores"
STORES_MAX = 500


@page_for(Role.MANAGER)
def stores_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Lists the stores in scope, also those that are switched off."""
    stores = by.stores().select_related("account").order_by("-is_active", "number", "pk")[:STORES_MAX]
    context = {"part": PART, "stores": stores, "may_add": by.account_id is not None and is_admin(by)}
    return render(request, "cashdesk/settings/stores.html", context)


@page_for(Role.ADMIN, takes_posts=True)
def new_store_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Adds a store to the admin's account, with usual values for everything that the form does not ask."""
    account = by.user.account if by.user is not None else None
    if account is None:
        raise Http404

    def save(sent: Sent) -> str:
        registers = sent.form.cleaned_data["registers"]
        made = add_store(store=_with_amounts(sent.row, like=newest), registers=registers, by=by, at=sent.at)
        return path_to("settings-store", made.uuid, done="added")

    newest = Store.objects.filter(account=account).order_by("-pk").first()
    return SettingPage(
        request=request,
        by=by,
        row=_like(newest, account=account),
        form=NewStoreForm,
        subject="set-store:new",
        save=save,
        back=path_to("settings-stores"),
        context={"part": PART, "heading": _("Add store"), "button": _("Add store")},
    ).answer()


@page_for(Role.MANAGER)
def store_page(request: HttpRequest, by: Principal, store: UUID) -> HttpResponse:
    """Shows all settings of a store, with links to change those that the person may change."""
    found = store_of_page(store, by=by)
    places = Place.objects.filter(store=found, kind__in=(PlaceKind.REGISTER, PlaceKind.VAULT)).order_by("number")
    limited: list[dict[str, Any]] = [{"place": place, "limits": own_limits(place, store=found)} for place in places]
    forms = {slug: form(found, by=by) for slug, form in GROUPS.items()}
    context = {
        "part": PART,
        "store": found,
        "groups": [
            {
                "slug": slug,
                "title": form.title,
                "lines": form.lines(),
                "may_change": may_change(found, form.columns, by=by),
            }
            for slug, form in forms.items()
        ],
        "registers": [one for one in limited if one["place"].kind == PlaceKind.REGISTER],
        "safe": next((one for one in limited if one["place"].kind == PlaceKind.VAULT), None),
        "may_change": by.administers(found.account_id),
        "done": request.GET.get("done", ""),
    }
    return render(request, "cashdesk/settings/store.html", context)


@page_for(Role.MANAGER, takes_posts=True)
def store_group_page(request: HttpRequest, by: Principal, store: UUID, group: str) -> HttpResponse:
    """Changes one group of a store's settings. Managers change some of the groups (`may_change`)."""
    found, form = store_of_page(store, by=by), GROUPS.get(group)
    if form is None:
        raise Http404
    if not may_change(found, form(found, by=by).columns, by=by):
        raise Forbidden(_("Only an admin of the account can change these settings."))

    def save(sent: Sent) -> str:
        is_changed = change_store(store=sent.row, fields=sent.fields, by=by, at=sent.at, seen=sent.seen)
        return f"{path_to('settings-store', found.uuid, done='saved' if is_changed else 'unchanged')}#{group}"

    return SettingPage(
        request=request,
        by=by,
        row=found,
        form=form,
        subject=f"set-{group}:{found.uuid}",
        save=save,
        template="cashdesk/settings/float.html" if group == "float" else "cashdesk/settings/form.html",
        back=f"{path_to('settings-store', found.uuid)}#{group}",
        context={"part": PART, "store": found, "heading": form.title, "about": str(found), "button": _("Save changes")},
    ).answer()


@page_for(Role.ADMIN, takes_posts=True)
def switch_store_page(request: HttpRequest, by: Principal, store: UUID) -> HttpResponse:
    """Asks before a store is switched off or on."""
    found = store_of_page(store, by=by)
    seen_active = found.is_active

    def act(at: Any) -> str:
        if request.POST.get("is_active") != ("yes" if seen_active else "no"):
            raise InvalidInput(_("This page is out of date. Check it and send it again."))
        found.is_active = not seen_active
        change_store(store=found, fields=["is_active"], by=by, at=at)
        return path_to("settings-store", found.uuid, done="off" if seen_active else "on")

    told = {"store": found}
    return Confirmation(
        request=request,
        by=by,
        part=PART,
        heading=(_("Switch off %(store)s?") if seen_active else _("Switch on %(store)s?")) % told,
        text=_("Nobody can open a drawer there, and nothing is sold. The books stay, and people can still read them.")
        if seen_active
        else _("People can open drawers there again."),
        button=_("Switch off store") if seen_active else _("Switch on store"),
        is_grave=seen_active,
        back=path_to("settings-store", found.uuid),
        act=act,
        context={"store": found, "hidden_fields": [("is_active", "yes" if seen_active else "no")]},
    ).answer()


def _like(newest: Store | None, *, account: Any) -> Store:
    """Returns an unsaved store with the usual values. Where the newest store is, the next one probably is too."""
    store = Store(account=account, tolerance_minor=0)
    if newest is not None:
        store.currency, store.time_zone, store.language = newest.currency, newest.time_zone, newest.language
        store.cut_off_hour = newest.cut_off_hour
    return store


def _with_amounts(store: Store, *, like: Store | None) -> Store:
    """Sets the accepted difference and the usual float: those of the newest store, or suggestions for another currency."""
    if like is not None and like.currency == store.currency:
        store.tolerance_minor = like.tolerance_minor
        store.float_minor, store.float_template = like.float_minor, like.float_template
    else:
        store.tolerance_minor = suggested_tolerance(store.currency)
        store.float_minor = suggested_float(store.currency)
    return store
