"""The settings of payment methods."""

from typing import Final
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.payment_method_settings import add_payment_method, change_payment_method
from cashdesk.enums import Role
from cashdesk.errors import NotFound
from cashdesk.forms.pages import path_to
from cashdesk.forms.setting_page import Sent, SettingPage
from cashdesk.models import PaymentMethod
from cashdesk.screens.settings.frame import is_admin
from cashdesk.screens.settings.method_forms import MethodForm, NewMethodForm
from cashdesk.web.pages import page_for

PART: Final = "methods"
METHODS_MAX: Final = 500


@page_for(Role.MANAGER)
def methods_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Lists the payment methods of the account, cash first."""
    methods = PaymentMethod.objects.filter(Q(account_id=by.account_id)).order_by("-is_active", "-is_cash", "name", "pk")
    context = {
        "part": PART,
        "methods": methods[:METHODS_MAX],
        "may_change": is_admin(by) and by.account_id is not None,
        "done": request.GET.get("done", ""),
    }
    return render(request, "cashdesk/settings/methods.html", context)


@page_for(Role.ADMIN, takes_posts=True)
def new_method_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Adds a payment method to the admin's account."""
    account = by.user.account if by.user is not None else None
    if account is None:
        raise Http404

    def save(sent: Sent) -> str:
        add_payment_method(method=sent.row, by=by, at=sent.at)
        return path_to("settings-methods", done="saved")

    return SettingPage(
        request=request,
        by=by,
        row=PaymentMethod(account=account),
        form=NewMethodForm,
        subject="set-method:new",
        save=save,
        back=path_to("settings-methods"),
        context={"part": PART, "heading": _("Add payment method"), "button": _("Add payment method")},
    ).answer()


@page_for(Role.ADMIN, takes_posts=True)
def method_page(request: HttpRequest, by: Principal, method: UUID) -> HttpResponse:
    """Changes a payment method."""
    found = PaymentMethod.objects.select_related("account").filter(Q(account_id=by.account_id), uuid=method).first()
    if found is None:
        raise NotFound(_("There is no such payment method."))

    def save(sent: Sent) -> str:
        is_changed = change_payment_method(method=sent.row, fields=sent.fields, by=by, at=sent.at, seen=sent.seen)
        return path_to("settings-methods", done="saved" if is_changed else "unchanged")

    return SettingPage(
        request=request,
        by=by,
        row=found,
        form=MethodForm,
        subject=f"set-method:{found.uuid}",
        save=save,
        back=path_to("settings-methods"),
        context={"part": PART, "heading": str(found), "about": found.code, "button": _("Save changes")},
    ).answer()
