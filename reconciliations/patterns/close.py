"""A close as the statistics see it."""

from dataclasses import dataclass
from enum import StrEnum


# Not frozen: a look makes thousands of them, and a frozen one takes three times as long.
@dataclass(slots=True, kw_only=True)
class Close:
    """A session that its own cashier counted. Amounts are in minor units of the store's currency.

    `difference` is counted minus expected, with late money and approved corrections. `sales` is the number of cash
    payments and refunds, at least 1.
    """

    difference: int
    sales: int
    cashier: int
    register: int
    weekday: int
    """0 is Monday, of the business date."""
    no_sales: int = 0
    refunds: int = 0
    paid_outs: int = 0


class Group(StrEnum):
    """What closes are grouped by."""

    CASHIER = "cashier"
    REGISTER = "register"
    WEEKDAY = "weekday"


def label_of(close: Close, by: Group) -> int:
    """Returns the id of the group to which a close belongs."""
    if by == Group.CASHIER:
        return close.cashier
    return close.register if by == Group.REGISTER else close.weekday
