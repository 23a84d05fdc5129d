"""A pair is a currency and a payment method. Amounts are kept apart and summed by pairs."""

from typing import NamedTuple


class Pair(NamedTuple):
    """A currency (ISO 4217) and the code of a payment method. Amounts of different pairs are never added."""

    currency: str
    method: str
