"""The form of a store's usual float: pieces of each note and coin, or one amount."""

from copy import copy
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.denominations import denominations_of
from cashdesk.formats import style
from cashdesk.forms.setting_fields import AmountField
from cashdesk.forms.setting_form import Line, SettingForm
from cashdesk.models.organisation import FLOAT_PIECES_MAX

PIECES: Final = "pieces-"


class FloatForm(SettingForm):
    """The float with which a drawer begins: one amount, or pieces of notes and coins."""

    title = gettext_lazy("Usual float")

    def make_fields(self) -> dict[str, forms.Field]:
        currency = self.row.currency
        fields: dict[str, forms.Field] = {
            "float_minor": AmountField(
                currency,
                label=_("Amount"),
                empty=0,
                empty_words=_("Not set"),
                help_text=_("The cash in a drawer before the first sale. It is offered when a drawer is opened."),
            )
        }
        for worth in dict.fromkeys(piece.value for piece in denominations_of(currency)):
            fields[f"{PIECES}{worth}"] = forms.IntegerField(
                label=style().face(worth, currency),
                required=False,
                min_value=0,
                max_value=FLOAT_PIECES_MAX,
                widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            )
        return fields

    def first_value(self, name: str) -> Any:
        if name.startswith(PIECES):
            return self.row.float_template.get(name.removeprefix(PIECES), "")
        return super().first_value(name)

    @property
    def columns(self) -> list[str]:
        return ["float_minor", "float_template"]

    def fields_of(self, column: str) -> list[str]:
        return [column] if column == "float_minor" else [name for name in self.fields if name.startswith(PIECES)]

    @property
    def pieces(self) -> list[forms.BoundField]:
        """The fields for pieces of notes and coins."""
        return [self[name] for name in self.fields_of("float_template")]

    def clean(self) -> dict[str, Any]:
        """Refuses an amount that differs from the sum of the pieces."""
        told = self.cleaned_data
        total = sum(int(worth) * count for worth, count in self._typed_pieces().items())
        if total and told.get("float_minor") and told["float_minor"] != total:
            words = _("The notes and coins add up to %(total)s. Leave the amount empty, or correct the pieces.")
            self.add_error("float_minor", words % {"total": style().amount(total, self.row.currency)})
        return told

    def filled(self) -> Any:
        row = copy(self.row)
        row.float_template = self._typed_pieces()
        row.float_minor = 0 if row.float_template else self.cleaned_data["float_minor"]
        return row

    def _typed_pieces(self) -> dict[str, int]:
        return {
            name.removeprefix(PIECES): self.cleaned_data[name]
            for name in self.fields_of("float_template")
            if self.cleaned_data.get(name)
        }

    def lines(self) -> list[Line]:
        """Returns one line: the pieces and their sum, or the amount."""
        currency = self.row.currency
        pieces = ", ".join(
            f"{count} × {style().face(worth, currency)}" for worth, count in self.row.usual_float.items()
        )
        total = self.row.usual_float_minor
        value = style().amount(total, currency) if total else _("Not set")
        return [Line(label=_("Float"), value=value, hint=pieces)]
