"""Amounts in the format of the settlements API: minor units, currency, method."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from cashdesk import money
from cashdesk.domain.counting.count import CountedAmount, Pieces, total_of
from cashdesk.enums import CASH, method_code
from cashdesk.errors import InvalidInput
from cashdesk.web.fields import CamelCaseSerializer, MethodField, StrictSerializer, TextField, WholeNumberField

AMOUNTS_MAX: Final = 200


@extend_schema_serializer(component_name="SettlementPiecesRequest")
class PiecesRequest(CamelCaseSerializer, StrictSerializer):
    """The number of pieces of one note or coin. Our own extension."""

    denomination = WholeNumberField(min_value=1, help_text="Value of one piece in minor units.")
    pieces = WholeNumberField(min_value=0, max_value=10_000_000)


class AmountRequest(CamelCaseSerializer, StrictSerializer):
    """An amount of one currency and method.

    `count` is our own extension: the counted pieces. With a `count`, the `value` must be the total of the pieces, or be
    left out.
    """

    value = WholeNumberField(min_value=0, required=False, help_text="Amount in minor units.")
    currency = TextField(min_length=3, max_length=3, help_text="ISO 4217.")
    method = MethodField(min_length=1, help_text="CASH, or the code of another method.")
    count = PiecesRequest(many=True, required=False, max_length=100)  # type: ignore[call-arg]  # of the list that DRF makes

    def validate(self, attrs: dict[str, Any]) -> Any:
        """Returns a CountedAmount.

        Raises InvalidInput for an unknown currency, or if the pieces do not add up to the value.
        """
        currency, method = attrs["currency"], method_code(attrs["method"])
        money.exponent_of(currency)
        if "count" not in attrs:
            if "value" not in attrs:
                raise InvalidInput.of("value", "is required; 0 is something you say.")
            amount = money.bounded(attrs["value"], currency, field="value")
            return CountedAmount(currency=currency, method=method, amount=amount)
        if method != CASH:
            raise InvalidInput.of("count", "Only CASH has notes and coins. Leave count out, or use the method CASH.")
        pieces = tuple(Pieces(**line) for line in attrs["count"])
        total = total_of(currency=currency, pieces=pieces)
        if attrs.get("value", total) != total:
            raise InvalidInput.of("value", f"The pieces add up to {total}, not {attrs['value']}.")
        return CountedAmount(currency=currency, method=method, amount=total, pieces=pieces)


class AmountSerializer(serializers.Serializer[Any]):
    """An amount of one currency and method."""

    value = serializers.IntegerField(help_text="Amount in minor units.")
    currency = serializers.CharField()
    method = serializers.CharField()
