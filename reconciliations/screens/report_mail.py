"""The page on which a manager chooses how often they get the reports of a store by mail."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role
from cashdesk.errors import NotFound
from cashdesk.forms.pages import path_to
from cashdesk.forms.setting_form import SettingForm
from cashdesk.forms.setting_page import Sent, SettingPage
from cashdesk.models import User
from cashdesk.web.chosen_store import ask_for_store, chosen_store
from cashdesk.web.mail import can_mail
from cashdesk.web.pages import page_for
from reconciliations.domain.report_mail import choose_rhythm, report_mail_of
from reconciliations.enums import MailRhythm


class ReportMailForm(SettingForm):
    """How often."""

    def make_fields(self) -> dict[str, forms.Field]:
        """Returns the only field."""
        choices = [(rhythm.value, _(str(rhythm.label))) for rhythm in MailRhythm]
        return {
            "rhythm": forms.ChoiceField(
                label=_("Send me the store day reports"),
                choices=choices,
                help_text=_("As PDF. They have no figures of drawers that nobody counted."),
            )
        }


@page_for(Role.MANAGER, takes_posts=True)
def report_mail_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Shows and changes the mails that the person gets about a store."""
    store = chosen_store(request, by=by)
    if store is None:
        return ask_for_store(request)
    if not isinstance(by.user, User):
        raise NotFound("There is no person.")

    def save(sent: Sent) -> str:
        choose_rhythm(mail=sent.row, fields=sent.fields, by=by, at=sent.at, seen=sent.seen)
        return path_to("reports")

    intro = "" if can_mail(by.user) else _("Mails are not set up here, or your account has no e-mail address.")
    return SettingPage(
        request=request,
        by=by,
        row=report_mail_of(store=store, person=by.user),
        form=ReportMailForm,
        subject=f"report-mail:{store.uuid}",
        save=save,
        back=path_to("reports"),
        template="reconciliations/report_mail.html",
        context={"heading": _("Reports by mail"), "about": str(store), "intro": intro, "button": _("Save changes")},
    ).answer()
