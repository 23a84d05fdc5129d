"""Action pages of the admin. Each page explains its action, asks for input, and calls one function of the domain.

An action belongs to an existing row, or it creates a new row.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.act_drafts import draft_key_of, keeps_input, typed_before
from cashdesk.admin_base.additions import additions_to
from cashdesk.admin_base.model_admin import CashdeskAdmin, NamedAutocomplete, ReadOnlyAdmin, has_role, principal_of
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.draft import discard_draft
from cashdesk.enums import Role
from cashdesk.errors import DomainError, InvalidInput
from cashdesk.formats import amount_typed
from cashdesk.model_words import Words
from cashdesk.models import Place, Store
from cashdesk.web.drafts import DraftKey

REASON_MAX = 200
LOOK_NOTED: Final = gettext_lazy("The audit trail records that you looked.")


class ActForm(forms.Form):
    """The form of an action. `row` is the row of the action, or None. `by` is the caller, whose scope limits the choices."""

    rows: Any = None
    warnings: tuple[str, ...] = ()
    filled_by_links: ClassVar[tuple[str, ...]] = ()
    """The fields that a link to the page may fill in, as parameters of its address."""

    def __init__(self, *args: Any, row: Any, by: Principal, **kwargs: Any) -> None:
        self.row = row
        self.by = by
        super().__init__(*args, **{"label_suffix": "", **kwargs})

    def state_told(self) -> tuple[str, ...]:
        """Returns what the action would meet now, as lines that the page shows before a form is sent."""
        return ()

    def asks_again(self, *, at: datetime) -> bool:
        """Whether the person must confirm a valid form. If they must, also sets `warnings`, which the page shows."""
        return False

    def refuse(self, error: DomainError) -> None:
        """Adds the errors of a DomainError to the fields that it names, or else to the whole form. Keeps the input."""
        named = {name: text for name, text in error.on_pages.items() if name in self.fields}
        for name, text in named.items():
            self.add_error(name, text)
        if not named:
            self.add_error(None, " ".join(error.on_pages.values()) or error.page_message)

    def renew(self, row: Any) -> None:
        """Replaces the row after a refusal, because its state may have changed since the form was shown."""
        self.row = row


class ReasonForm(ActForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_MAX,
        error_messages={"required": gettext_lazy("Enter a reason.")},
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("In a few words. The audit trail shows it."),
    )


class OfStoreForm(ActForm):
    """A form that asks for the store. People who work in one store have no other choice."""

    store = forms.ModelChoiceField(label=gettext_lazy("Store"), queryset=Store.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["store"]
        if self.by.has_role(Role.ADMIN):
            field.widget = NamedAutocomplete(Place._meta.get_field("store"), admin.site)
            field.widget.is_required = True
        else:
            field.empty_label = None
        field.queryset = self.by.stores()


class AmountField(forms.CharField):
    """A required field for an amount, which `units_of` parses."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, error_messages={"required": gettext_lazy("Enter an amount.")}, **options)


def units_of(text: str, currency: str) -> int:
    """Parses an amount in currency units into minor units. Raises ValidationError with the domain's text."""
    try:
        return amount_typed(text, currency, field="Amount")
    except InvalidInput as error:
        raise forms.ValidationError(error.on_pages["Amount"]) from error


@dataclass(frozen=True, kw_only=True)
class Done:
    """The result of an action.

    - `stays`: whether to show the action page again.
    - `shown`: lines that the action page shows and nobody stores.
    - `made`: the new row.
    - `secret`: the credential of the row, or of the new row, which only this answer shows.
    - `note`: a sentence below the lines that are shown.
    """

    message: str = ""
    level: int = messages.SUCCESS
    stays: bool = False
    shown: tuple[str, ...] | None = None
    made: Any = None
    secret: str = ""
    note: Words = LOOK_NOTED


class ActPage:
    """An action: its texts, its form, the lowest role that may use it, its conditions, and its call of the domain.

    `used_as` is a template that shows how a program uses the new secret. {} stands for the secret. `use` introduces it.
    """

    name: ClassVar[str]
    label: ClassVar[Words]
    explanation: ClassVar[Words]
    form: ClassVar[type[ActForm]] = ReasonForm
    role: ClassVar[Role] = Role.MANAGER
    use: ClassVar[Words] = gettext_lazy("Send it like this:")
    used_as: ClassVar[str] = "{}"

    def is_offered(self, row: Any, *, by: Principal) -> bool:
        """Whether the state of the row allows the action. The domain checks this again, under the lock."""
        return True

    def why_not(self, row: Any, *, by: Principal) -> str:
        """Returns why the action is not available, as a text for the page. Returns "" to hide the action."""
        return ""

    def refusal(self, row: Any, *, by: Principal) -> str | None:
        """Returns None if the action is available, else a text as `why_not` does. Called once per page."""
        return None if self.is_offered(row, by=by) else self.why_not(row, by=by)

    def do(self, row: Any, form: Any, *, by: Principal, at: datetime) -> Done:
        """Calls the domain with the data of a valid form. The form then shows any DomainError."""
        raise NotImplementedError

    def told(self, row: Any) -> Words:
        """Returns the explanation that the page shows."""
        return self.explanation


class Acting(CashdeskAdmin):
    """An admin page with actions as buttons: `acts` on the page of a row, and `list_acts` on the list."""

    acts: ClassVar[tuple[ActPage, ...]] = ()
    list_acts: ClassVar[tuple[ActPage, ...]] = ()

    @property
    def all_acts(self) -> tuple[ActPage, ...]:
        """The actions of this page, and the actions that other apps add to it."""
        return (*self.acts, *(act for addition in additions_to(self.model) for act in addition.acts))

    def get_urls(self) -> list[URLPattern]:
        of_list = [(act, f"{act.name}/") for act in self.list_acts]
        of_row = [(act, f"<path:object_id>/{act.name}/") for act in self.all_acts]
        own = [
            path(
                route, keeps_input(self.admin_site.admin_view(partial(self.act_view, act=act))), name=self._address(act)
            )
            for act, route in (*of_list, *of_row)
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        offers = [
            {"url": reverse(f"admin:{self._address(act)}"), "label": act.label}
            for act in self.list_acts
            if has_role(request, act.role)
        ]
        return super().changelist_view(request, {**(extra_context or {}), "acts": offers})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        row, by = context["original"], principal_of(request)
        refusals = [
            (act, act.refusal(row, by=by)) for act in self.all_acts if row is not None and has_role(request, act.role)
        ]
        context["acts"] = [
            {"url": reverse(f"admin:{self._address(act)}", args=[row.pk]), "label": act.label}
            for act, refusal in refusals
            if refusal is None
        ]
        context["refused_acts"] = [{"label": act.label, "why_not": refusal} for act, refusal in refusals if refusal]
        return super().render_change_form(request, context, *args, **kwargs)

    def act_view(self, request: HttpRequest, act: ActPage, object_id: str | None = None) -> HttpResponse:
        """Shows the form of an action, and runs the action when a valid form is sent."""
        if not has_role(request, act.role):
            raise PermissionDenied
        row = self._row(request, object_id)
        by, at = principal_of(request), timezone.now()
        if request.method != "POST":
            refusal = act.refusal(row, by=by)
            if refusal is None:
                return self._fresh(request, act, row, by=by)
            why = refusal or _("The state of %(row)s does not allow this now.") % {"row": row}
            self.message_user(request, f"{act.label}: {why}", messages.WARNING)
            return HttpResponseRedirect(self._way_back(row))
        form = act.form(request.POST, row=row, by=by)
        try:
            if not form.is_valid() or form.asks_again(at=at):
                return self._page(request, act, row, form)
            done = act.do(row, form, by=by, at=at)
        except DomainError as error:
            form.renew(self._row(request, object_id))
            form.refuse(error)
            return self._page(request, act, row, form)
        discard_draft(by=by, subject=self._draft_key(request, act, row, form).subject)
        if done.made is not None:
            self.log_addition(request, done.made, act.label)
        if row is not None and (done.secret or done.shown is None):
            self.log_change(request, row, act.label)
        if done.secret or done.shown is not None:
            return self._page(request, act, row, form, done=done)
        self.message_user(request, done.message, done.level)
        return HttpResponseRedirect(request.path if done.stays else self._way_back(done.made or row))

    def _fresh(self, request: HttpRequest, act: ActPage, row: Any, *, by: Principal) -> HttpResponse:
        """Shows the form with the input that was sent while the person was signed out, else with that of the link."""
        initial = {name: request.GET[name] for name in act.form.filled_by_links if name in request.GET}
        form = act.form(row=row, by=by, initial=initial)
        typed = typed_before(self._draft_key(request, act, row, form), by=by)
        if typed:
            form = act.form(row=row, by=by, initial={**initial, **typed})
        return self._page(request, act, row, form, is_resumed=bool(typed))

    def _draft_key(self, request: HttpRequest, act: ActPage, row: Any, form: ActForm) -> DraftKey:
        which = f":{row.pk}" if row is not None else ""
        return draft_key_of(request, subject=f"{self.opts.model_name}-{act.name}{which}", fields=form.fields)

    def _row(self, request: HttpRequest, object_id: str | None) -> Any:
        return self.get_object(request, unquote(object_id)) if object_id is not None else None

    def _page(
        self,
        request: HttpRequest,
        act: ActPage,
        row: Any,
        form: ActForm,
        *,
        done: Done | None = None,
        is_resumed: bool = False,
    ) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": act.label,
            "subtitle": str(row) if row is not None else None,
            "opts": self.opts,
            "act": act,
            "told": act.told(row),
            "row": row,
            "row_url": self._way_back(row),
            "form": form,
            "draft_token": self._draft_key(request, act, row, form).token,
            "is_resumed": is_resumed,
            "done": done,
            "shown": done.shown if done is not None else None,
        }
        if done is None or not done.secret:
            return TemplateResponse(request, "admin/cashdesk/act.html", context)
        owner = done.made or row
        context |= {
            "subtitle": str(owner),
            "used_as": act.used_as.format(done.secret),
            "owner": owner,
            "owner_url": self._way_back(owner),
        }
        return TemplateResponse(request, "admin/cashdesk/act_secret.html", context)

    def _address(self, act: ActPage) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{act.name}"

    def _way_back(self, row: Any) -> str:
        pages = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return reverse(f"{pages}_change", args=[row.pk]) if row is not None else reverse(f"{pages}_changelist")


class ActingAdmin(Acting, ReadOnlyAdmin):
    """A read-only page with actions as buttons."""
