"""The pair of currency and method, by which amounts are kept apart and summed."""

from typing import NamedTuple


class Pair(NamedTuple):
    """A currency (ISO 4217) and the code of a payment method. Amounts of different pairs are never added."""

    currency: str
    method: str
