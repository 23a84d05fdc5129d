"""The base of forms that change settings: it fills in a row, and notices what somebody else changed meanwhile."""

import json
from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from django import forms

from cashdesk.domain.caller.edit import as_seen
from cashdesk.domain.caller.principal import Principal
from cashdesk.forms.setting_fields import shown_value

WAS: Final = "was"
"""The hidden field with the values that the person saw when they opened the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A setting as a page shows it. `value` is never empty."""

    label: str
    value: str
    hint: str = ""


class SettingForm(forms.Form):
    """A form whose fields are named like the columns of a row. `row` is a new row for a form that adds one.

    Subclasses add their fields in `make_fields`, because most need the row: its currency, or what the caller may choose.
    """

    title: ClassVar[Any] = ""
    use_required_attribute = False

    def __init__(self, row: Any, *, by: Principal, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, auto_id="%s", label_suffix="")
        self.row, self.by = row, by
        for name, field in self.make_fields().items():
            self.fields[name] = field
            self.initial[name] = self.first_value(name)

    def make_fields(self) -> dict[str, forms.Field]:
        """Returns the fields, by name and in order."""
        raise NotImplementedError

    def first_value(self, name: str) -> Any:
        """Returns the value of a field before somebody types."""
        return getattr(self.row, name, self.fields[name].initial)

    @property
    def columns(self) -> list[str]:
        """The columns of the row that the form changes."""
        known = {field.name for field in self.row._meta.concrete_fields}
        return [name for name in self.fields if name in known]

    def fields_of(self, column: str) -> list[str]:
        """Returns the fields that show a column."""
        return [column]

    def filled(self) -> Any:
        """Returns a copy of the row with the values of a valid form."""
        row = copy(self.row)
        for name in self.columns:
            setattr(row, name, self.cleaned_data[name])
        return row

    def lines(self) -> list[Line]:
        """Returns the settings of the row, for a page that only shows them."""
        return [
            Line(label=str(field.label), value=shown_value(field, self.initial[name]) or "–")
            for name, field in self.fields.items()
        ]

    def was(self) -> str:
        """Returns the text for the field WAS. Empty for a new row."""
        return "" if self.is_new else json.dumps(as_seen(self.row, self.columns), ensure_ascii=False)

    @property
    def is_new(self) -> bool:
        """Whether the form adds a row."""
        return bool(self.row._state.adding)

    def forgive(self) -> None:
        """Removes the errors, for input that was restored from a draft."""
        self.full_clean()
        self._errors = type(self.errors)()

    def refuse(self, errors: Mapping[str, str]) -> None:
        """Adds the errors of the domain at their fields."""
        self.full_clean()
        for name, told in errors.items():
            if name in self.fields and name not in self.errors:
                self.add_error(name, told)

    def first_errors(self) -> dict[str, str]:
        """Returns the first error of each field."""
        return {name: str(found[0]) for name, found in self.errors.items()}


def seen_in(text: str) -> dict[str, str]:
    """Returns the values in the field WAS. Returns an empty dict for a text that no form has sent."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def input_with(
    form: SettingForm, *, now: SettingForm, stale: Collection[str], seen: Mapping[str, str]
) -> dict[str, str]:
    """Returns the input of a valid form, with the current value in each field that the person had left alone.

    `now` is the form with the current row, and `stale` are the columns that somebody else changed.
    """
    typed = {name: str(form.data[name]) for name in form.data}
    wanted = as_seen(form.filled(), form.columns)
    for column in stale:
        if wanted[column] != seen[column]:
            continue
        for name in form.fields_of(column):
            value = now[name].value()
            typed.pop(name, None)
            if value not in (None, False, ""):
                typed[name] = "on" if value is True else str(value)
    return typed
