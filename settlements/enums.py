"""Types and states of settlements, and as data: what may be asked of which, and what follows from it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.db import models
from django.utils.translation import gettext_noop as noop

from cashdesk.enums import MovementKind, PlaceKind

PREVIEWS_OF_A_REGISTER: Final = 3
"""The preview that closes a register's settlement with what it found, whatever that was (the settlements page)."""


class SettlementType(models.TextChoices):
    """Whose period it is."""

    VAULT = "VAULT", "Vault"
    CASHREGISTER = "CASHREGISTER", "Cash register"


class SettlementState(models.TextChoices):
    """The life of a settlement. A vault's is never COUNTING: it trades on while it is counted."""

    OPEN = "OPEN", noop("Open")
    COUNTING = "COUNTING", noop("Counting")
    CLOSED = "CLOSED", noop("Closed")


class Closing(models.TextChoices):
    """How a period came to be closed. Only the opening of a cash session is ever cancelled."""

    DECLARED = "DECLARED", noop("With the amounts that were declared")
    MATCHED = "MATCHED", noop("By a preview in which all was equal")
    ATTEMPTS_USED = "ATTEMPTS_USED", noop("By the last preview there may be")
    FORCED = "FORCED", noop("Without a count")
    CANCELLED = "CANCELLED", noop("By cancelling the opening")


CLOSINGS_OF_A_SETTLEMENT: Final = (Closing.DECLARED, Closing.MATCHED, Closing.ATTEMPTS_USED, Closing.FORCED)


class Act(models.TextChoices):
    """What may be asked of a settlement."""

    START_COUNTING = "START_COUNTING", noop("start counting (state COUNTING)")
    PREVIEW = "PREVIEW", noop("preview (state COUNTING with amounts)")
    CLOSE = "CLOSE", noop("close (state CLOSED with amounts)")
    FORCE_CLOSE = "FORCE_CLOSE", noop("close without a count")
    REOPEN = "REOPEN", noop("open again (state OPEN)")


ACTS: Final[Mapping[str, Mapping[str, frozenset[Act]]]] = MappingProxyType(
    {
        SettlementType.CASHREGISTER: MappingProxyType(
            {
                SettlementState.OPEN: frozenset({Act.START_COUNTING, Act.FORCE_CLOSE}),
                SettlementState.COUNTING: frozenset({Act.PREVIEW, Act.CLOSE, Act.FORCE_CLOSE}),
                SettlementState.CLOSED: frozenset(),
            }
        ),
        SettlementType.VAULT: MappingProxyType(
            {
                SettlementState.OPEN: frozenset({Act.PREVIEW, Act.CLOSE}),
                SettlementState.CLOSED: frozenset(),
            }
        ),
    }
)
"""Per type and state what may be asked; everything else is a conflict (docs/contracts.md, section 4)."""

PLACE_KIND: Final[Mapping[str, PlaceKind]] = MappingProxyType(
    {SettlementType.VAULT: PlaceKind.VAULT, SettlementType.CASHREGISTER: PlaceKind.REGISTER}
)


class Direction(models.TextChoices):
    """Which way the entries of a cashbook account go."""

    REVENUE = "REVENUE", "Revenue (paid in)"
    EXPENSE = "EXPENSE", "Expense (paid out)"


ENTRY_KIND: Final[Mapping[str, MovementKind]] = MappingProxyType(
    {Direction.REVENUE: MovementKind.PAID_IN, Direction.EXPENSE: MovementKind.PAID_OUT}
)

USUAL_ACCOUNTS: Final = (
    (SettlementType.CASHREGISTER, Direction.REVENUE, "CHANGE", "Change brought in"),
    (SettlementType.CASHREGISTER, Direction.REVENUE, "OTHER_INCOME", "Other income"),
    (SettlementType.CASHREGISTER, Direction.EXPENSE, "SUPPLIES", "Supplies"),
    (SettlementType.CASHREGISTER, Direction.EXPENSE, "CLEANING", "Cleaning"),
    (SettlementType.CASHREGISTER, Direction.EXPENSE, "POSTAGE", "Postage and courier"),
    (SettlementType.CASHREGISTER, Direction.EXPENSE, "OTHER_EXPENSE", "Other expense"),
    (SettlementType.VAULT, Direction.REVENUE, "OTHER_INCOME", "Other income"),
    (SettlementType.VAULT, Direction.EXPENSE, "WAGES_ADVANCE", "Advance on wages"),
    (SettlementType.VAULT, Direction.EXPENSE, "SUPPLIER", "Supplier paid in cash"),
    (SettlementType.VAULT, Direction.EXPENSE, "OTHER_EXPENSE", "Other expense"),
)
"""What a store begins with; a manager adds to them and retires them."""


class DepositState(models.TextChoices):
    """The way of a bag to the bank. Reversing the movement of a bag cancels it."""

    PREPARED = "PREPARED", "Prepared"
    COLLECTED = "COLLECTED", "Collected"
    CREDITED = "CREDITED", "Credited"
    CANCELLED = "CANCELLED", "Cancelled"


DEPOSIT_FLOW: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        DepositState.PREPARED: frozenset({DepositState.COLLECTED, DepositState.CREDITED, DepositState.CANCELLED}),
        DepositState.COLLECTED: frozenset({DepositState.CREDITED, DepositState.CANCELLED}),
        DepositState.CREDITED: frozenset(),
        DepositState.CANCELLED: frozenset(),
    }
)


class DepositAct(models.TextChoices):
    """What may be done with a bag; the values are the last part of the API's paths."""

    COLLECT = "collect", "Collect"
    CREDIT = "credit", "Credit"
    CORRECT_CREDIT = "correct-credit", "Correct the credit"


class ChangeOrderState(models.TextChoices):
    """The way of an order for notes and coins: until what was ordered has come, or nobody waits for it any more."""

    ORDERED = "ORDERED", "Ordered"
    ARRIVED = "ARRIVED", "Arrived"
    CANCELLED = "CANCELLED", "Cancelled"


CHANGE_ORDER_FLOW: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        ChangeOrderState.ORDERED: frozenset({ChangeOrderState.ARRIVED, ChangeOrderState.CANCELLED}),
        ChangeOrderState.ARRIVED: frozenset(),
        ChangeOrderState.CANCELLED: frozenset(),
    }
)


class ReportOf(models.TextChoices):
    """What a report tells of: the period of a settlement or of a cash session, or a count after a forced close."""

    SETTLEMENT = "SETTLEMENT", noop("Settlement")
    SESSION = "SESSION", noop("Cash session")
    COUNT_AFTERWARDS = "COUNT_AFTERWARDS", noop("Count after a forced close")
