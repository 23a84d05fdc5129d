"""The settings of the reasons for cash paid in and out, for the registers and the safe of a store."""

from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cashdesk import queries
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role
from cashdesk.errors import NotFound
from cashdesk.forms.pages import path_to, see
from cashdesk.forms.setting_page import Sent, SettingPage
from cashdesk.models import Store
from cashdesk.web.chosen_store import ask_for_store, chosen_store
from cashdesk.web.pages import page_for
from settlements.domain.cashbook import accounts_of
from settlements.domain.cashbook_settings import add_account, change_account
from settlements.enums import Direction, SettlementType
from settlements.models import CashbookAccount
from settlements.screens.reason_forms import NewReasonForm, ReasonForm

PART: Final = "reasons"


@page_for(Role.MANAGER)
def reasons_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Leads to the reasons of the store that the person works with. Somebody who sees several stores chooses one first."""
    store = chosen_store(request, by=by)
    return ask_for_store(request) if store is None else see("settings-reasons-of", store.uuid)


@page_for(Role.MANAGER)
def store_reasons_page(request: HttpRequest, by: Principal, store: UUID) -> HttpResponse:
    """Shows the reasons of one store, by place and direction."""
    found = queries.shop(by=by, store_id=store)
    accounts = [
        *accounts_of(store=found, type=SettlementType.CASHREGISTER),
        *accounts_of(store=found, type=SettlementType.VAULT),
    ]
    groups = [
        {
            "title": title,
            "accounts": [one for one in accounts if one.type == type_ and one.direction == direction],
        }
        for type_, direction, title in (
            (SettlementType.CASHREGISTER, Direction.EXPENSE, _("Paid out at a register")),
            (SettlementType.CASHREGISTER, Direction.REVENUE, _("Paid in at a register")),
            (SettlementType.VAULT, Direction.EXPENSE, _("Paid out of the safe")),
            (SettlementType.VAULT, Direction.REVENUE, _("Paid into the safe")),
        )
    ]
    context = {
        "part": PART,
        "store": found,
        "groups": groups,
        "has_choice": by.has_role(Role.ADMIN),
        "done": request.GET.get("done", ""),
    }
    return render(request, "settlements/settings_reasons.html", context)


@page_for(Role.MANAGER, takes_posts=True)
def new_reason_page(request: HttpRequest, by: Principal, store: UUID) -> HttpResponse:
    """Adds a reason."""
    found = queries.shop(by=by, store_id=store)

    def save(sent: Sent) -> str:
        add_account(account=sent.row, by=by, at=sent.at)
        return path_to("settings-reasons-of", found.uuid, done="saved")

    return SettingPage(
        request=request,
        by=by,
        row=CashbookAccount(store=found),
        form=NewReasonForm,
        subject=f"set-reason-new:{found.uuid}",
        save=save,
        back=path_to("settings-reasons-of", found.uuid),
        context={
            "part": PART,
            "store": found,
            "heading": _("Add reason"),
            "about": str(found),
            "button": _("Add reason"),
        },
    ).answer()


@page_for(Role.MANAGER, takes_posts=True)
def reason_page(request: HttpRequest, by: Principal, store: UUID, account: int) -> HttpResponse:
    """Changes a reason."""
    found = queries.shop(by=by, store_id=store)
    row = _account(account, store=found)

    def save(sent: Sent) -> str:
        is_changed = change_account(account=sent.row, fields=sent.fields, by=by, at=sent.at, seen=sent.seen)
        return path_to("settings-reasons-of", found.uuid, done="saved" if is_changed else "unchanged")

    return SettingPage(
        request=request,
        by=by,
        row=row,
        form=ReasonForm,
        subject=f"set-reason:{row.pk}",
        save=save,
        back=path_to("settings-reasons-of", found.uuid),
        context={
            "part": PART,
            "store": found,
            "heading": row.description,
            "about": f"{found} · {row.code}",
            "button": _("Save changes"),
        },
    ).answer()


def _account(number: int, *, store: Store) -> CashbookAccount:
    rows = CashbookAccount.objects.select_related("store").filter(store=store)
    found = rows.filter(pk=number).first() if number < 2**63 else None
    if found is None:
        raise NotFound(_("There is no such reason."))
    return found
