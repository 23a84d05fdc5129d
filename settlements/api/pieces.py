"""Notes and coins in minor units: in requests, and in answers about change orders and bags."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from cashdesk.domain.counting.count import PIECES_MAX, CountedAmount, Pieces, total_of
from cashdesk.errors import InvalidInput
from cashdesk.money import bounded
from cashdesk.web.fields import StrictSerializer, WholeNumberField


class OrderedPiecesRequest(StrictSerializer):
    """The number of pieces of one note or coin."""

    denomination = WholeNumberField(min_value=1, help_text="Value of one piece in minor units.")
    pieces = WholeNumberField(min_value=0, max_value=PIECES_MAX)


class CountedMinorRequest(StrictSerializer):
    """An amount of cash. Send the amount in minor units, or `count` with the pieces, or both if they agree."""

    amount_field = "amount"

    count = OrderedPiecesRequest(many=True, required=False, max_length=100)  # type: ignore[call-arg]  # of the list that DRF makes

    def counted(self, attrs: dict[str, Any], *, currency: str) -> CountedAmount:
        """Returns the amount. Raises InvalidInput if the pieces do not add up to it, or if both are missing."""
        name, pieces = self.amount_field, tuple(Pieces(**line) for line in attrs.get("count", ()))
        if "count" not in attrs and name not in attrs:
            raise InvalidInput.of(name, f"Send {name} in minor units, or count with the pieces.")
        total = total_of(currency=currency, pieces=pieces) if "count" in attrs else attrs[name]
        if attrs.get(name, total) != total:
            raise InvalidInput.of(name, f"count adds up to {total}. Send that amount, or only count.")
        return CountedAmount(currency=currency, amount=bounded(total, currency, field=name), pieces=pieces)


class OrderedPiecesSerializer(serializers.Serializer[Any]):
    """The number of pieces of one note or coin."""

    denomination = serializers.IntegerField(help_text="Value of one piece in minor units.")
    pieces = serializers.IntegerField()


class PackedPiecesSerializer(serializers.Serializer[Any]):
    """The number of pieces of one note or coin in a bag."""

    denomination = serializers.IntegerField(help_text="Value of one piece in minor units: 5000 is a note of 50.00.")
    pieces = serializers.IntegerField(help_text="How many of them are in the bag.")


def listed(pieces: Mapping[int, int]) -> list[dict[str, int]]:
    """Returns pieces by their value as rows of an answer, in the order of `pieces`."""
    return [{"denomination": worth, "pieces": number} for worth, number in pieces.items()]
