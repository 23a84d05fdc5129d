"""What a manager does with a row besides reading it: a page that says what will happen, asks why, and calls the domain."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from cashdesk.admin.base import ReadOnlyAdmin, has_role, principal_of
from cashdesk.domain.principal import Principal
from cashdesk.enums import Role
from cashdesk.errors import DomainError, InvalidInput
from cashdesk.money import parse_units

REASON_MAX = 200


class ActForm(forms.Form):
    """What is asked before something is done with `row`."""

    rows: Any = None

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:
        self.row = row
        super().__init__(*args, **{"label_suffix": "", **kwargs})

    def refuse(self, error: DomainError) -> None:
        """Says what the domain refused, at the field that it names or above all; what was typed stays."""
        named = {name: text for name, text in error.errors.items() if name in self.fields}
        for name, text in named.items():
            self.add_error(name, text)
        if not named:
            self.add_error(None, error.message)

    def renew(self, row: Any) -> None:
        """Takes notice that the row is no longer what it was when the form was shown."""
        self.row = row


class ReasonForm(ActForm):
    """Asks why."""

    reason = forms.CharField(
        max_length=REASON_MAX,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="In a few words; it stands in the audit trail.",
    )


def units_of(text: str, currency: str) -> int:
    """Reads an amount as every other door does. Raises ValidationError in the domain's words."""
    try:
        return parse_units(text.strip(), currency, field="Amount")
    except InvalidInput as error:
        raise forms.ValidationError(error.message) from error


@dataclass(frozen=True, kw_only=True)
class Done:
    """What became of an act. `stays`: on its own page again. `shown`: lines to read there, of which nothing is kept."""

    message: str = ""
    level: int = messages.SUCCESS
    stays: bool = False
    shown: tuple[str, ...] | None = None


class ActPage:
    """One thing that a manager may do: its words, its form, when it is offered, and the one call that does it."""

    name: ClassVar[str]
    label: ClassVar[str]
    explanation: ClassVar[str]
    form: ClassVar[type[ActForm]] = ReasonForm

    def is_offered(self, row: Any, *, by: Principal) -> bool:
        """Whether the row is in a state that allows it; the domain decides again, under the lock."""
        raise NotImplementedError

    def do(self, row: Any, form: Any, *, by: Principal, at: datetime) -> Done:
        """Calls the domain with what a valid form holds. DomainError becomes an error of the form."""
        raise NotImplementedError

    def told(self, row: Any) -> str:
        """What the page says will happen."""
        return self.explanation


class ActingAdmin(ReadOnlyAdmin):
    """A page that is only read, with acts as its buttons."""

    acts: ClassVar[tuple[ActPage, ...]] = ()

    def get_urls(self) -> list[URLPattern]:
        """With a page for each act."""
        own = [
            path(
                f"<path:object_id>/{act.name}/",
                self.admin_site.admin_view(partial(self.act_view, act=act)),
                name=self._address(act),
            )
            for act in self.acts
        ]
        return [*own, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Offers what the row's state allows."""
        row, by = context["original"], principal_of(request)
        context["acts"] = [
            {"url": reverse(f"admin:{self._address(act)}", args=[row.pk]), "label": act.label}
            for act in self.acts
            if act.is_offered(row, by=by)
        ]
        return super().render_change_form(request, context, *args, **kwargs)

    def act_view(self, request: HttpRequest, object_id: str, act: ActPage) -> HttpResponse:
        """Asks, and does it once it was answered."""
        if not has_role(request, Role.MANAGER):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        by = principal_of(request)
        if request.method != "POST":
            if act.is_offered(row, by=by):
                return self._page(request, act, row, act.form(row=row))
            self.message_user(request, f"{act.label}: not as {row} is now.", messages.WARNING)
            return HttpResponseRedirect(self._row_page(row))
        form = act.form(request.POST, row=row)
        if not form.is_valid():
            return self._page(request, act, row, form)
        try:
            done = act.do(row, form, by=by, at=timezone.now())
        except DomainError as error:
            form.renew(self.get_object(request, unquote(object_id)))
            form.refuse(error)
            return self._page(request, act, row, form)
        if done.shown is not None:
            return self._page(request, act, row, form, shown=done.shown)
        self.log_change(request, row, f"{act.label}.")
        self.message_user(request, done.message, done.level)
        return HttpResponseRedirect(request.path if done.stays else self._row_page(row))

    def _page(
        self, request: HttpRequest, act: ActPage, row: Any, form: ActForm, *, shown: tuple[str, ...] | None = None
    ) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": act.label,
            "subtitle": str(row),
            "opts": self.opts,
            "act": act,
            "told": act.told(row),
            "row": row,
            "row_url": self._row_page(row),
            "form": form,
            "shown": shown,
        }
        return TemplateResponse(request, "admin/cashdesk/act.html", context)

    def _address(self, act: ActPage) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{act.name}"

    def _row_page(self, row: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])
