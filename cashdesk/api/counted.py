"""Parses counts in requests: an amount, notes and coins, or both, and cash of other currencies in the same drawer."""

from collections.abc import Callable
from typing import Any, Final

from rest_framework import serializers

from cashdesk import money
from cashdesk.domain.counting.count import PIECES_MAX, CountedAmount, Pieces, total_of
from cashdesk.errors import InvalidInput
from cashdesk.web.fields import NumberField, StrictSerializer, TextField, WholeNumberField

CURRENCIES_MAX: Final = 20
Read = Callable[[object, str, str], int]
"""Converts an amount of a currency to minor units: `read(amount, currency, field)`. Errors name the field."""


class PiecesRequest(StrictSerializer):
    """The number of pieces of one note or coin."""

    denomination = NumberField(help_text="Value of one piece in the currency's units, such as 20 or 0.5.")
    pieces = WholeNumberField(min_value=0, max_value=PIECES_MAX)


class OtherCurrencyRequest(StrictSerializer):
    """Cash of another currency: an `amount`, or a `count` of notes and coins that gives the amount."""

    currency = TextField(min_length=3, max_length=3, help_text="ISO 4217.")
    amount = NumberField(required=False, help_text="In the unit of the other amounts of this request. Or send count.")
    count = serializers.ListField(child=PiecesRequest(), required=False, max_length=100)


class CountsField(serializers.ListField):
    """The cash of other currencies in the drawer."""

    def __init__(self) -> None:
        super().__init__(
            child=OtherCurrencyRequest(),
            required=False,
            max_length=CURRENCIES_MAX,
            help_text="Extension: the counts of other currencies. A currency that is left out still has to be counted.",
        )


class CountedRequest(StrictSerializer):
    """The base class of the open and close requests: a count as an amount, as pieces, or as both."""

    amount_field = ""

    def counted(self, attrs: dict[str, Any], *, currency: str) -> CountedAmount:
        """Returns the count in minor units. Raises InvalidInput, also if the pieces do not add up to the amount."""
        return _counted(attrs, currency=currency, amount_field=self.amount_field, read=in_units)


def others_of(attrs: dict[str, Any], *, read: Read) -> list[CountedAmount]:
    """Returns the counts of other currencies in minor units. Raises InvalidInput naming the line and field."""
    return [
        _counted(
            line,
            currency=_known(line["currency"], field=f"counts.{number}.currency"),
            amount_field="amount",
            read=read,
            within=f"counts.{number}.",
        )
        for number, line in enumerate(attrs.get("counts", ()))
    ]


def in_units(amount: object, currency: str, field: str) -> int:
    """Converts an amount in currency units to minor units."""
    return money.parse_units(amount, currency, field=field)


def _known(currency: str, *, field: str) -> str:
    try:
        money.exponent_of(currency)
    except InvalidInput as error:
        raise InvalidInput.of(field, error.errors["currency"]) from error
    return currency


def _counted(attrs: dict[str, Any], *, currency: str, amount_field: str, read: Read, within: str = "") -> CountedAmount:
    field, counted_by = f"{within}{amount_field}", f"{within}count"
    amount = read(attrs[amount_field], currency, field) if amount_field in attrs else None
    if "count" not in attrs:
        if amount is None:
            raise InvalidInput.of(field, "Send an amount or a count. If there is no cash, send 0.")
        return CountedAmount(currency=currency, amount=amount)
    pieces = tuple(
        Pieces(denomination=in_units(line["denomination"], currency, counted_by), pieces=line["pieces"])
        for line in attrs["count"]
    )
    total = total_of(currency=currency, pieces=pieces, field=counted_by)
    if amount is not None and amount != total:
        told, worth = money.to_text(amount, currency), money.to_text(total, currency)
        raise InvalidInput.of(field, f"The pieces add up to {worth}, not {told}.")
    return CountedAmount(currency=currency, amount=total, pieces=pieces)
