"""The form fields of settings: amounts, percentages, hours, and what each of them shows on a page."""

import re
from typing import Any, Final, Literal
from unicodedata import category

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.errors import InvalidInput
from cashdesk.formats import amount_typed, style

HUNDREDTHS: Final = "EUR"
"""A currency with two decimals. Percentages are read and written like its amounts, in the style of the page."""
PERCENT_MAX: Final = 100_00
HOURS: Final = 24
CODE: Final = re.compile(r"[A-Z][A-Z0-9_]*\Z")


class AmountField(forms.CharField):
    """An amount of a currency, in minor units. An empty field is `empty`: None, or 0 if the column has no NULL."""

    default_error_messages = {"required": gettext_lazy("Enter an amount.")}

    def __init__(
        self, currency: str, *, empty: int | None = None, empty_words: str = "", required: bool = False, **told: Any
    ) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(required=required, widget=widget, **told)
        self.currency, self.empty, self.empty_words = currency, empty, empty_words

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        if not text:
            return self.empty
        try:
            return amount_typed(text, self.currency, field="amount")
        except InvalidInput as error:
            raise forms.ValidationError(error.on_pages["amount"]) from error

    def validate(self, value: Any) -> None:
        if self.required and value is None:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def prepare_value(self, value: Any) -> Any:
        """Writes minor units as people type them. Typed text stays as it is."""
        if value is None or (value == 0 and self.empty == 0):
            return ""
        return style().digits(value, self.currency) if isinstance(value, int) else value

    def shown(self, value: Any) -> str:
        """Returns the amount for a page."""
        if value is None or (value == 0 and self.empty == 0):
            return self.empty_words
        return style().amount(value, self.currency)


class PercentField(forms.CharField):
    """A percentage, kept in hundredths of a percent. An empty field is `empty`: 0, or None if the column has NULL."""

    def __init__(self, *, label: str, help_text: str = "", empty_words: str = "", empty: Literal[0] | None = 0) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(label=label, help_text=help_text, required=False, widget=widget)
        self.empty, self.empty_words = empty, empty_words

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip().removesuffix("%").strip()
        if not text:
            return self.empty
        if any(sign.isalpha() or category(sign) == "Sc" for sign in text):
            # Amounts may have a currency beside them. "5 €" in this field is an amount in the wrong field.
            raise forms.ValidationError(_wrong_percent())
        try:
            found = amount_typed(text, HUNDREDTHS, field="percent")
        except InvalidInput as error:
            raise forms.ValidationError(_wrong_percent()) from error
        if found > PERCENT_MAX:
            raise forms.ValidationError(_wrong_percent())
        return found

    def prepare_value(self, value: Any) -> Any:
        if value == self.empty:
            return ""
        return style().digits(value, HUNDREDTHS) if isinstance(value, int) else value

    def shown(self, value: Any) -> str:
        """Returns the percentage for a page."""
        return self.empty_words if value == self.empty else percent(value)


def percent(value: int) -> str:
    """Writes hundredths of a percent for a page."""
    return f"{style().digits(value, HUNDREDTHS)} %"


def _wrong_percent() -> str:
    return _("Enter a percentage from 0 to 100, such as %(example)s.") % {"example": style().digits(50, HUNDREDTHS)}


class HourField(forms.TypedChoiceField):
    """A full hour of the day."""

    def __init__(self, *, label: str, help_text: str = "") -> None:
        choices = [(hour, f"{hour:02}:00") for hour in range(HOURS)]
        super().__init__(choices=choices, coerce=int, label=label, help_text=help_text)


class YesField(forms.BooleanField):
    """A checkbox."""

    def __init__(self, *, label: str, help_text: str = "") -> None:
        super().__init__(label=label, help_text=help_text, required=False)

    def shown(self, value: Any) -> str:
        """Returns Yes or No."""
        return _("Yes") if value else _("No")


class LineField(forms.CharField):
    """A line of text. White space around it and control characters are removed."""

    default_error_messages = {"required": gettext_lazy("Fill in this field.")}

    def __init__(self, *, length_max: int, required: bool = True, empty_words: str = "", **told: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off"})
        super().__init__(required=required, max_length=length_max, widget=widget, **told)
        self.empty_words = empty_words

    def to_python(self, value: Any) -> Any:
        plain = "".join(" " if sign.isspace() else sign for sign in str(value or "").strip())
        return super().to_python("".join(sign for sign in plain if sign.isprintable()))

    def shown(self, value: Any) -> str:
        """Returns the text, or the words for an empty field."""
        return str(value) if value else self.empty_words


class CodeField(LineField):
    """A code that programs send and the books keep: capital letters, digits and underscores."""

    default_validators = [
        RegexValidator(CODE, gettext_lazy("Use capital letters, digits and _, and begin with a letter."))
    ]


def shown_value(field: forms.Field, value: Any) -> str:
    """Returns a value as a page shows it."""
    own = getattr(field, "shown", None)
    if own is not None:
        return str(own(value))
    if isinstance(field, forms.ModelChoiceField):
        return str(value) if value is not None else str(field.empty_label or "")
    if isinstance(field, forms.ChoiceField):
        return str(dict(field.choices).get(value, value))  # type: ignore[arg-type]  # the stubs allow groups of choices
    return str(value)
