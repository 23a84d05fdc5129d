"""The actions of a manager on a settlement: preview a count, close with it, close without a count, count afterwards."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop

from cashdesk.admin_base.action_pages import ActPage, Done, ReasonForm, units_of
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.enums import CASH
from cashdesk.errors import DomainError, InvalidInput
from cashdesk.models import PaymentMethod
from cashdesk.money import exponent_of
from settlements import queries
from settlements.domain.closing import close_settlement, force_close_settlement
from settlements.domain.count_settlement_afterwards import count_settlement_afterwards
from settlements.domain.counting import Preview, preview_settlement
from settlements.domain.target import counted_methods
from settlements.enums import PREVIEWS_OF_A_REGISTER, Act, Closing, SettlementType
from settlements.models import Settlement

ROWS_MIN: Final = 4
ROWS_MAX: Final = 50
BLANK_ROWS: Final = 2
MISSING: Final = {
    "currency": noop("Enter the currency, or empty the row. If there is no cash, enter 0."),
    "method": noop("Enter the method, or empty the row. If there is no cash, enter 0."),
    "amount": noop("Enter the amount, or empty the row. If there is no cash, enter 0."),
}
"""The error of an empty field in a row that is not empty."""


class AmountRowForm(forms.Form):
    """The count of one currency and method. A row has all three fields or is empty."""

    currency = forms.CharField(
        label=gettext_lazy("Currency"), max_length=3, required=False, widget=forms.TextInput(attrs={"size": 4})
    )
    method = forms.ChoiceField(label=gettext_lazy("Method"), required=False)
    amount = forms.CharField(
        label=gettext_lazy("Amount"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )

    def __init__(self, *args: Any, methods: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["method"].choices = methods  # type: ignore[attr-defined]  # of a choice field

    def clean_currency(self) -> str:
        currency = str(self.cleaned_data["currency"]).upper()
        if currency:
            try:
                exponent_of(currency)
            except InvalidInput as error:
                raise forms.ValidationError(error.on_pages["currency"]) from error
        return currency

    def clean(self) -> dict[str, Any]:
        """Adds `counted`: the amount, or None for an empty row."""
        given = {name: self.cleaned_data.get(name) for name in self.fields}
        if self.errors:
            return self.cleaned_data
        if not any(given.values()):
            return {"counted": None}
        for name, text in given.items():
            if not text:
                self.add_error(name, _(MISSING[name]))
        if self.errors:
            return self.cleaned_data
        currency, method = str(given["currency"]), str(given["method"])
        try:
            amount = units_of(str(given["amount"]), currency)
        except forms.ValidationError as error:
            self.add_error("amount", error)
            return self.cleaned_data
        return {"counted": CountedAmount(currency=currency, method=method, amount=amount)}


AmountRows: Any = forms.formset_factory(AmountRowForm, extra=0, max_num=ROWS_MAX, absolute_max=ROWS_MAX)


class CountedRowsForm(ReasonForm):
    """Asks for the count per currency and method, and for a reason.

    Offers rows for the opening amounts and for the methods that are counted by hand. The rows never depend on the
    movements, because that would reveal which pairs of currency and method moved (law 5).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settlement: Settlement = self.row
        opened_with = [line.pair for line in settlement.initial_amounts.all()]
        # A vault holds cash only.
        counted = {CASH} if settlement.type == SettlementType.VAULT else counted_methods(settlement)
        by_hand = sorted(counted, key=lambda code: (code != CASH, code))
        pairs = list(dict.fromkeys([*opened_with, *((settlement.store.currency, code) for code in by_hand)]))
        known = PaymentMethod.objects.filter(account=settlement.store.account_id).order_by("-is_cash", "code")
        methods = [("", "-"), *known.values_list("code", "name")]
        others = sorted({method for _currency, method in pairs} - {code for code, _name in methods})
        begun = [{"currency": currency, "method": method} for currency, method in pairs]
        blank: list[dict[str, str]] = [{} for _ in range(max(ROWS_MIN - len(begun), BLANK_ROWS))]
        self.rows = AmountRows(
            self.data if self.is_bound else None,
            prefix="rows",
            initial=_typed_rows(self.initial) or [*begun, *blank],
            form_kwargs={"methods": [*methods, *((code, code) for code in others)]},
        )

    def clean(self) -> dict[str, Any]:
        """Adds `counted`: the amounts of the rows that are not empty."""
        cleaned = super().clean() or self.cleaned_data
        if not self.rows.is_valid():
            raise forms.ValidationError(_("Correct the marked rows."))
        self.filled = [row for row in self.rows if row.cleaned_data.get("counted") is not None]
        return {**cleaned, "counted": [row.cleaned_data["counted"] for row in self.filled]}

    def refuse(self, error: DomainError) -> None:
        """Shows the error at the row that the domain names."""
        named = {name: text for name, text in error.on_pages.items() if name.startswith("amounts.")}
        for name, text in named.items():
            self.filled[int(name.partition(".")[2])].add_error("amount", text)
        if named:
            self.add_error(None, _("Correct the marked rows."))
        else:
            super().refuse(error)


def _typed_rows(typed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the rows that a person typed before they had to sign in again, or []."""
    numbers = range(ROWS_MAX if "rows-0-amount" in typed else 0)
    rows = [{name: typed.get(f"rows-{number}-{name}") for name in AmountRowForm.base_fields} for number in numbers]
    return [row for row in rows if None not in row.values()]


class RecountForm(CountedRowsForm):
    """Also asks whether to preview or to close with the amounts."""

    PREVIEW, CLOSE = "preview", "close"
    do = forms.ChoiceField(
        label=gettext_lazy("What to do with these amounts"),
        choices=[
            (PREVIEW, gettext_lazy("Preview: show which amounts are not equal")),
            (CLOSE, gettext_lazy("Close the settlement")),
        ],
        widget=forms.RadioSelect,
        initial=PREVIEW,
    )
    after_previews = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    field_order = ("do", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["after_previews"] = self.row.preview_count

    def renew(self, row: Settlement) -> None:
        """Updates `after_previews` after another person's preview, so that this form can be sent again."""
        super().renew(row)
        self.data = {**self.data.dict(), "after_previews": str(row.preview_count)}  # type: ignore[attr-defined]  # a POST


class Recount(ActPage):
    """Previews a manager's count, or closes the settlement with it.

    Only the close shows the size of a difference (law 5).
    """

    name = "recount"
    label = gettext_lazy("Recount cash")
    explanation = gettext_lazy(
        "A preview shows which amounts are not equal, but not by how much. Closing books the differences and seals "
        "the period. You cannot undo this."
    )
    form = RecountForm

    def told(self, row: Settlement) -> str:
        """Returns the explanation of the page, followed by a sentence that says what the next preview does."""
        if row.type == SettlementType.VAULT:
            told = _("You can preview the safe as often as you like. Its next settlement opens at once.")
            return f"{self.explanation} {told}"
        number = row.preview_count + 1
        if number >= PREVIEWS_OF_A_REGISTER:
            told = _(
                "Preview %(number)s of %(last)s is the last. It closes the settlement with these amounts, equal or not."
            )
        else:
            told = _("Preview %(number)s of %(last)s closes the settlement if all amounts are equal.")
        return f"{self.explanation} {told % {'number': number, 'last': PREVIEWS_OF_A_REGISTER}}"

    def is_offered(self, row: Settlement, *, by: Principal) -> bool:
        return Act.CLOSE in row.allowed_acts

    def do(self, row: Settlement, form: RecountForm, *, by: Principal, at: datetime) -> Done:
        asked = form.cleaned_data
        if asked["do"] == RecountForm.CLOSE:
            close_settlement(settlement=row, counted=asked["counted"], by=by, at=at, reason=asked["reason"])
            return Done(message=_("%(settlement)s is closed with these amounts.") % {"settlement": row})
        preview = preview_settlement(
            settlement=row,
            counted=asked["counted"],
            by=by,
            at=at,
            reason=asked["reason"],
            after_previews=asked["after_previews"],
        )
        return _answer(preview)


class ForceClose(ActPage):
    name = "force-close"
    label = gettext_lazy("Close settlement without a count")
    explanation = gettext_lazy(
        "Closes and seals the settlement without a count. Nothing is booked, and the cash stays in the register's "
        "book. The next opening, or a count afterwards, shows the difference. You cannot undo this."
    )

    def is_offered(self, row: Settlement, *, by: Principal) -> bool:
        return Act.FORCE_CLOSE in row.allowed_acts

    def do(self, row: Settlement, form: ReasonForm, *, by: Principal, at: datetime) -> Done:
        force_close_settlement(settlement=row, by=by, at=at, reason=form.cleaned_data["reason"])
        return Done(message=_("%(settlement)s is closed without a count.") % {"settlement": row})


class CountAfterwards(ActPage):
    name = "count-afterwards"
    label = gettext_lazy("Count drawer afterwards")
    explanation = gettext_lazy(
        "The sealed settlement does not change. The differences are booked now, and the cash goes back to the safe. "
        "You cannot undo this."
    )
    form = CountedRowsForm

    def is_offered(self, row: Settlement, *, by: Principal) -> bool:
        """Offers the action after a close without a count, until somebody opens or counts the drawer."""
        if row.closing != Closing.FORCED:
            return False
        return any(found.awaits_count for found in queries.settlements(by=by).filter(pk=row.pk))  # type: ignore[attr-defined]

    def do(self, row: Settlement, form: CountedRowsForm, *, by: Principal, at: datetime) -> Done:
        asked = form.cleaned_data
        count_settlement_afterwards(settlement=row, counted=asked["counted"], by=by, at=at, reason=asked["reason"])
        return Done(
            message=_("The drawer of %(settlement)s is counted. The differences are booked.") % {"settlement": row}
        )


def _answer(preview: Preview) -> Done:
    unequal = ", ".join(f"{currency} {method}" for currency, method in preview.unequal)
    facts = {"number": preview.attempt, "amounts": unequal}
    if preview.settlement.is_closed:
        if unequal:
            told = _("Preview %(number)s was the last. Not equal: %(amounts)s. The settlement is closed.")
            return Done(message=told % facts, level=messages.WARNING)
        return Done(message=_("Preview %(number)s: all amounts are equal. The settlement is closed.") % facts)
    if unequal:
        told = _("Preview %(number)s. Not equal: %(amounts)s.")
        return Done(message=told % facts, level=messages.WARNING, stays=True)
    return Done(message=_("Preview %(number)s: all amounts are equal.") % facts, stays=True)
