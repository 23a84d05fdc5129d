"""The setting of an account: whether managers see patterns by person."""

from typing import Final

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role
from cashdesk.forms.pages import path_to
from cashdesk.forms.setting_fields import LineField, YesField
from cashdesk.forms.setting_form import SettingForm
from cashdesk.forms.setting_page import Sent, SettingPage
from cashdesk.web.pages import page_for
from reconciliations.domain.pattern_setting import change_pattern_setting, setting_of

PART: Final = "patterns"
AGREED_MAX: Final = 500


class PatternSettingForm(SettingForm):
    """Patterns by person, and who agreed to them."""

    def make_fields(self) -> dict[str, forms.Field]:
        """Returns the two fields."""
        return {
            "shows_people": YesField(
                label=_("Show patterns by person to managers"),
                help_text=_(
                    "Tell your people before, and ask their representatives if you have any. Everybody sees their own row "
                    "and who looked at it. Registers and weekdays are shown anyway."
                ),
            ),
            "agreed": LineField(
                label=_("Who agreed, and when"),
                length_max=AGREED_MAX,
                required=False,
                help_text=_("Needed to switch it on, such as: works council, 3 March 2026."),
            ),
        }


@page_for(Role.ADMIN, takes_posts=True)
def pattern_setting_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Shows and changes the setting of the admin's account."""
    account = by.user.account if by.user is not None else None
    if account is None:
        raise Http404

    def save(sent: Sent) -> str:
        change_pattern_setting(setting=sent.row, fields=sent.fields, by=by, at=sent.at, seen=sent.seen)
        return path_to("settings-patterns")

    return SettingPage(
        request=request,
        by=by,
        row=setting_of(account),
        form=PatternSettingForm,
        subject=f"set-patterns:{account.uuid}",
        save=save,
        back=path_to("settings"),
        context={"part": PART, "heading": _("Patterns"), "about": str(account), "button": _("Save changes")},
    ).answer()
