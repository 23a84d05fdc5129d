"""Answers with pieces of notes and coins: those that were ordered from the bank, and those that a bag holds."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers


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
