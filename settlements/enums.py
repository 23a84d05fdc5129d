"""The enums of settlements."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from django.db import models
from django.utils.translation import gettext_noop as noop

from cashdesk.enums import MovementKind, PlaceKind

PREVIEWS_OF_A_REGISTER: Final = 3
"""The number of previews of a register. The last one closes the settlement, equal or not (docs/contracts.md, section 4)."""


class SettlementType(models.TextChoices):
    """The kind of place that a settlement belongs to."""

    VAULT = "VAULT", noop("Safe")
    CASHREGISTER = "CASHREGISTER", noop("Cash register")


class SettlementState(models.TextChoices):
    """The states of a settlement.

    A vault settlement is never COUNTING, because the vault stays in use during the count.
    """

    OPEN = "OPEN", noop("Open")
    COUNTING = "COUNTING", noop("Counting")
    CLOSED = "CLOSED", noop("Closed")


class Closing(models.TextChoices):
    """The way a period was closed. CANCELLED applies only to the opening of a cash session."""

    DECLARED = "DECLARED", noop("With the counted amounts")
    MATCHED = "MATCHED", noop("By an attempt with equal amounts")
    ATTEMPTS_USED = "ATTEMPTS_USED", noop("By the last attempt")
    FORCED = "FORCED", noop("Without a count")
    CANCELLED = "CANCELLED", noop("By cancelling the opening")


CLOSINGS_OF_A_SETTLEMENT: Final = (Closing.DECLARED, Closing.MATCHED, Closing.ATTEMPTS_USED, Closing.FORCED)


class Act(models.TextChoices):
    """The actions on a settlement."""

    START_COUNTING = "START_COUNTING", "Start counting"
    PREVIEW = "PREVIEW", "Preview"
    CLOSE = "CLOSE", "Close"
    FORCE_CLOSE = "FORCE_CLOSE", "Close without a count"
    REOPEN = "REOPEN", "Open again"


PLACE_KIND: Final[Mapping[str, PlaceKind]] = MappingProxyType(
    {SettlementType.VAULT: PlaceKind.VAULT, SettlementType.CASHREGISTER: PlaceKind.REGISTER}
)


class Direction(models.TextChoices):
    """The direction of a cashbook account: money in or money out."""

    REVENUE = "REVENUE", noop("Revenue (paid in)")
    EXPENSE = "EXPENSE", noop("Expense (paid out)")


ENTRY_KIND: Final[Mapping[str, MovementKind]] = MappingProxyType(
    {Direction.REVENUE: MovementKind.PAID_IN, Direction.EXPENSE: MovementKind.PAID_OUT}
)

USUAL_ACCOUNTS: Final = (
    (SettlementType.CASHREGISTER, Direction.REVENUE, "900", "CHANGE", noop("Change brought in")),
    (SettlementType.CASHREGISTER, Direction.REVENUE, "170", "OTHER_INCOME", noop("Other income")),
    (SettlementType.CASHREGISTER, Direction.EXPENSE, "103", "SUPPLIES", noop("Supplies")),
    (SettlementType.CASHREGISTER, Direction.EXPENSE, "102", "CLEANING", noop("Cleaning")),
    (SettlementType.CASHREGISTER, Direction.EXPENSE, "104", "POSTAGE", noop("Postage and courier")),
    (SettlementType.CASHREGISTER, Direction.EXPENSE, "190", "OTHER_EXPENSE", noop("Other expense")),
    (SettlementType.VAULT, Direction.REVENUE, "170", "OTHER_INCOME", noop("Other income")),
    (SettlementType.VAULT, Direction.EXPENSE, "180", "WAGES_ADVANCE", noop("Advance on wages")),
    (SettlementType.VAULT, Direction.EXPENSE, "181", "SUPPLIER", noop("Supplier paid in cash")),
    (SettlementType.VAULT, Direction.EXPENSE, "190", "OTHER_EXPENSE", noop("Other expense")),
)
"""The cashbook accounts of a new store: type, direction, number, code and description, which is written in its language.

Managers add accounts, give them other numbers, and retire them.
"""


class DepositState(models.TextChoices):
    """The states of a bag for the bank. A reversal of its movement cancels the deposit."""

    PREPARED = "PREPARED", noop("Prepared")
    COLLECTED = "COLLECTED", noop("Picked up")
    CREDITED = "CREDITED", noop("Credited")
    CANCELLED = "CANCELLED", noop("Cancelled")


class DepositAct(models.TextChoices):
    """The actions on a deposit. COLLECT, CREDIT and CORRECT_CREDIT have API paths that end with their values."""

    COLLECT = "collect", "Collect"
    CREDIT = "credit", "Credit"
    CORRECT_CREDIT = "correct-credit", "Correct the credit"
    CANCEL = "cancel", "Cancel"


class ChangeOrderState(models.TextChoices):
    """The states of an order for notes and coins."""

    ORDERED = "ORDERED", noop("Ordered")
    ARRIVED = "ARRIVED", noop("Arrived")
    CANCELLED = "CANCELLED", noop("Cancelled")


class ChangeOrderAct(StrEnum):
    """The actions on a change order."""

    RECEIVE = "RECEIVE"
    CANCEL = "CANCEL"


class ReportOf(models.TextChoices):
    """The subject of a report: a settlement, a cash session, or a count after a forced close."""

    SETTLEMENT = "SETTLEMENT", noop("Settlement")
    SESSION = "SESSION", noop("Cash session")
    COUNT_AFTERWARDS = "COUNT_AFTERWARDS", noop("Count after a forced close")


NOUN_OF_TYPE: Final[Mapping[str, str]] = MappingProxyType(
    {SettlementType.VAULT: "vault settlement", SettlementType.CASHREGISTER: "register settlement"}
)
