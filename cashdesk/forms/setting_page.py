"""Shows a form that changes settings. Sent twice, it saves once. A refused form keeps what was typed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.errors import ChangedMeanwhile, DomainError, InvalidInput
from cashdesk.forms.draft import FormDraft, form_draft
from cashdesk.forms.pages import form_page
from cashdesk.forms.refusals import Refusal
from cashdesk.forms.setting_form import WAS, Line, SettingForm, input_with, seen_in
from cashdesk.forms.submit import submit_once


@dataclass(kw_only=True)
class SettingPage:
    """A page with one form. `save` calls the domain and returns the path of the next page.

    `row` is read again at each request. `save` gets the filled row, the names of its columns, and the values that the
    person saw, which it passes to the domain.
    """

    request: HttpRequest
    by: Principal
    row: Any
    form: type[SettingForm]
    subject: str
    """The subject of the draft."""
    save: Callable[["Sent"], str]
    back: str
    """The path of the page that leads here."""
    template: str = "cashdesk/settings/form.html"
    context: Mapping[str, Any] = field(default_factory=dict)

    def answer(self) -> HttpResponse:
        """Shows the form, or saves it and redirects."""
        draft = form_draft(self.request, self.subject, by=self.by)
        if self.request.method != "POST":
            return self._begin(draft)
        form, at = self.form(self.row, by=self.by, data=self.request.POST), timezone.now()
        seen = seen_in(self.request.POST.get(WAS, ""))

        def check() -> None:
            if not form.is_valid():
                raise InvalidInput(_("Some fields are missing or wrong."), errors=form.first_errors())
            if not form.is_new and set(seen) != set(form.columns):
                raise ChangedMeanwhile(_("This page is out of date. Check it and send it again."), facts={"fields": []})

        def act() -> str:
            try:
                return self.save(Sent(form=form, row=form.filled(), fields=form.columns, seen=seen, at=at))
            except ValidationError as error:
                raise _as_domain_error(error) from error

        def again(error: DomainError) -> HttpResponse:
            if isinstance(error, ChangedMeanwhile):
                return self._after_another(form, draft, error, seen=seen)
            form.refuse(error.on_pages)
            errors = form.first_errors()
            refusal = Refusal(
                status=Refusal.of(error).status, errors=errors, message="" if errors else error.page_message
            )
            # Not the current values: the person saw the older ones.
            return self._show(form, draft, refusal, was=self.request.POST.get(WAS, ""))

        return submit_once(self.request, by=self.by, at=at, act=act, again=again, draft=draft, check=check)

    def _begin(self, draft: FormDraft) -> HttpResponse:
        if not draft.is_resumed:
            form = self.form(self.row, by=self.by)
            return self._show(form, draft, was=form.was())
        form = self.form(self.row, by=self.by, data=draft.typed)
        form.forgive()
        return self._show(form, draft, was=draft.typed.get(WAS, ""))

    def _after_another(
        self, form: SettingForm, draft: FormDraft, error: ChangedMeanwhile, *, seen: Mapping[str, str]
    ) -> HttpResponse:
        """Shows the form with what somebody else saved, and keeps what this person typed."""
        self.row.refresh_from_db()
        now, stale = self.form(self.row, by=self.by), error.facts["fields"]
        typed = input_with(form, now=now, stale=stale, seen=seen)
        names = {name for column in stale for name in form.fields_of(column)}
        theirs = [line for name, line in zip(now.fields, now.lines(), strict=True) if name in names]
        shown = self.form(self.row, by=self.by, data=typed)
        shown.forgive()
        return self._show(shown, draft, Refusal.of(error), was=now.was(), theirs=theirs)

    def _show(
        self,
        form: SettingForm,
        draft: FormDraft,
        refusal: Refusal | None = None,
        *,
        was: str,
        theirs: Sequence[Line] = (),
    ) -> HttpResponse:
        shown = {
            "form": form,
            "draft": draft,
            "was": was,
            "theirs": theirs,
            "wrong": [form[name] for name in form.errors if name in form.fields],
            "back": self.back,
        }
        return form_page(self.request, self.template, {**self.context, **shown}, refusal)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A valid form that was sent: the filled row, its changed columns, and the values that the person saw."""

    form: SettingForm
    row: Any
    fields: list[str]
    seen: Mapping[str, str]
    at: datetime


def _as_domain_error(error: ValidationError) -> InvalidInput:
    """Returns the errors of a model as an error of the domain, with the first error of each field."""
    if not hasattr(error, "error_dict"):
        return InvalidInput(error.messages[0])
    told = {name: str(found[0]) for name, found in error.message_dict.items()}
    return InvalidInput(next(iter(told.values())), errors={k: v for k, v in told.items() if k != NON_FIELD_ERRORS})
