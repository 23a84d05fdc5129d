"""Kinds, states and roles."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from django.db import models
from django.utils.translation import gettext_noop as noop

CASH: Final = "CASH"
QRIS: Final = "QRIS"
"""The code of QRIS with a code for each payment (dynamic)."""
QRIS_STATIC: Final = "QRIS_STATIC"
"""The code of QRIS with one printed code for all payments."""
CORRECTION: Final = "correction"
"""The reason on a movement that corrects a booked difference, after a recount or after a corrected bank credit.

`manage.py verify` uses it to leave these movements out of the sum of the differences at closes.
"""

CASH_SPELLINGS: Final = frozenset({"CASH", "EFECTIVO"})
"""Method codes that mean cash in requests (docs/contracts.md, section 1). The ledger stores only CASH."""


def method_code(text: str) -> str:
    """Returns the method code as the ledger stores it: in capitals, with every spelling of cash as CASH."""
    code = text.upper()
    return CASH if code in CASH_SPELLINGS else code


class Role(models.TextChoices):
    """The role of a person. Each role may do everything that the roles before it may do."""

    CASHIER = "cashier", noop("Cashier")
    MANAGER = "manager", noop("Manager")
    ADMIN = "admin", noop("Admin")


class SecondFactorRequired(StrEnum):
    """The people who must have a second factor (the setting SECOND_FACTOR_REQUIRED)."""

    OFF = "off"
    MANAGERS = "managers"
    ADMINS = "admins"


class OidcSecondFactor(StrEnum):
    """The proof that replaces our second factor at a sign-in at the provider (the setting OIDC_SECOND_FACTOR)."""

    PROVIDER = "provider"
    AMR = "amr"
    CASHDESK = "cashdesk"


class PasswordSignIn(StrEnum):
    """The people who may sign in with a password (the setting PASSWORD_SIGN_IN)."""

    EVERYBODY = "everybody"
    SUPERUSERS = "superusers"


ROLE_RANK: Final[Mapping[str, int]] = MappingProxyType({Role.CASHIER: 1, Role.MANAGER: 2, Role.ADMIN: 3})


class Language(models.TextChoices):
    """The languages of the pages. Each label is the language's own name."""

    ENGLISH = "en", "English"
    SPANISH = "es", "español"
    PORTUGUESE = "pt-br", "português (Brasil)"
    INDONESIAN = "id", "Bahasa Indonesia"
    GERMAN = "de", "Deutsch"


class PlaceKind(models.TextChoices):
    """The kinds of places where money can be."""

    VAULT = "VAULT", noop("Safe")
    REGISTER = "REGISTER", noop("Register")
    CUSTOMERS = "CUSTOMERS", noop("Customers")
    OUTSIDE = "OUTSIDE", noop("Outside")
    BANK = "BANK", noop("Bank")
    CLEARING = "CLEARING", noop("Clearing")
    OVER_SHORT = "OVER_SHORT", noop("Over/short")
    OPENING = "OPENING", noop("Opening")


class MovementKind(models.TextChoices):
    """The kinds of movement: the reasons why money moves between two places."""

    FLOAT = "FLOAT", noop("Float")
    SALE = "SALE", noop("Sale")
    REFUND = "REFUND", noop("Refund")
    PAID_IN = "PAID_IN", noop("Paid in")
    PAID_OUT = "PAID_OUT", noop("Paid out")
    DROP = "DROP", noop("Drop")
    LOAN = "LOAN", noop("Loan")
    RETURN = "RETURN", noop("Return")
    DEPOSIT = "DEPOSIT", noop("Deposit")
    WITHDRAWAL = "WITHDRAWAL", noop("Withdrawal")
    OVER_SHORT = "OVER_SHORT", noop("Over/short")
    OPENING_BALANCE = "OPENING_BALANCE", noop("Opening balance")
    CLEARING = "CLEARING", noop("To clearing")
    PAYOUT = "PAYOUT", noop("Payout")
    FEE = "FEE", noop("Payout fee")


class ReportLine(models.TextChoices):
    """Report lines that are not a movement kind. ROUNDING is the amount moved by payments minus the amount billed."""

    ROUNDING = "ROUNDING", noop("Rounding")


class SessionStatus(models.TextChoices):
    """The states of a cash session. CLOSED_SYSTEM means closed without a count."""

    OPEN = "OPEN", noop("Open")
    CLOSED = "CLOSED", noop("Closed")
    CLOSED_SYSTEM = "CLOSED_SYSTEM", noop("Closed without a count")


class SessionAct(StrEnum):
    """The actions that end a session. A handover is a close whose cash stays in the drawer."""

    CLOSE = "CLOSE"
    FORCE_CLOSE = "FORCE_CLOSE"
    CANCEL_OPENING = "CANCEL_OPENING"


class Settling(models.TextChoices):
    """The state of a place's settlement: none, open for trade, or being counted."""

    NONE = "NONE", noop("No settlement")
    OPEN = "OPEN", noop("Open settlement")
    COUNTING = "COUNTING", noop("Settlement being counted")


class PaymentStatus(models.TextChoices):
    """The status of a payment as the point of sale reports it. Only APPROVED moves money."""

    PENDING = "PENDING", noop("Pending")
    APPROVED = "APPROVED", noop("Approved")
    REJECTED = "REJECTED", noop("Rejected")


class PaymentAct(StrEnum):
    """The decisions on a pending payment."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"


class OrderStatus(models.TextChoices):
    """The states of an order. Only an open order can be paid or cancelled."""

    OPEN = "OPEN", noop("Open")
    PAID = "PAID", noop("Paid")
    CANCELLED = "CANCELLED", noop("Cancelled")


class OrderAct(StrEnum):
    """The actions that end an order."""

    PAY = "PAY"
    CANCEL = "CANCEL"


class OrderType(models.TextChoices):
    """Where the customer eats. The values are published (docs/contracts.md, section 2)."""

    DINE_IN = "dine_in", noop("Dine in")
    TAKEAWAY = "takeaway", noop("Takeaway")


class PaymentType(models.TextChoices):
    """The direction of a payment: SALE brings money in, REFUND pays money out."""

    SALE = "SALE", noop("Sale")
    REFUND = "REFUND", noop("Refund")


class Booked(models.TextChoices):
    """The way a payment was booked: into the open period, late for a closed period, or not at all."""

    ON_TIME = "on_time", noop("On time")
    LATE = "late", noop("Late")
    NOT_MOVED = "none", noop("No money moved")


class CountMoment(models.TextChoices):
    """The moment of a count in a session or settlement. PREVIEW is a count that did not close the settlement."""

    OPENING = "OPENING", noop("Opening")
    PREVIEW = "PREVIEW", noop("Preview")
    CLOSING = "CLOSING", noop("Closing")
    AFTERWARDS = "AFTERWARDS", noop("After a forced close")
    RECOUNT = "RECOUNT", noop("Recount by a second person")
    AUDIT = "AUDIT", noop("Mid-shift count")


WITHIN_A_PERIOD: Final = (CountMoment.PREVIEW, CountMoment.RECOUNT, CountMoment.AUDIT)
"""The moments of counts during a period, when nobody takes over or hands back a drawer."""


class VarianceKind(models.TextChoices):
    """The source of a variance. UNCOUNTED and LATE have no count, so they have no expected and no counted amount."""

    SESSION = "SESSION", noop("Cash session")
    OPENING = "OPENING", noop("Opening difference")
    SETTLEMENT = "SETTLEMENT", noop("Settlement")
    DEPOSIT = "DEPOSIT", noop("Deposit")
    RECONCILIATION = "RECONCILIATION", noop("Reconciliation")
    UNCOUNTED = "UNCOUNTED", noop("Closed without a count")
    LATE = "LATE", noop("Late money")


class VarianceState(models.TextChoices):
    """The states of a variance. `reconciliations.state_flow` says what each state allows."""

    OPEN = "OPEN", noop("Open")
    EXPLAINED = "EXPLAINED", noop("Explained")
    REJECTED = "REJECTED", noop("Rejected")
    ESCALATED = "ESCALATED", noop("Escalated")
    APPROVED = "APPROVED", noop("Approved")
    SUPERSEDED = "SUPERSEDED", noop("Superseded")


ENDED_VARIANCES: Final = (VarianceState.APPROVED, VarianceState.SUPERSEDED)
"""Final states: a variance in one of them needs no further action and never changes (law 4)."""


class Reason(models.TextChoices):
    """The seven published reasons for a difference between declared and system cash (docs/contracts.md, section 3)."""

    WRONG_CHANGE_GIVEN = "WRONG_CHANGE_GIVEN", noop("Wrong change given")
    COUNTING_ERROR = "COUNTING_ERROR", noop("Counting error")
    INCOMPLETE_CUSTOMER_PAYMENT = "INCOMPLETE_CUSTOMER_PAYMENT", noop("Incomplete customer payment")
    MINOR_UNIDENTIFIED_DIFFERENCE = "MINOR_UNIDENTIFIED_DIFFERENCE", noop("Minor unidentified difference")
    THEFT_SUSPECTED = "THEFT_SUSPECTED", noop("Theft suspected")
    UNRECORDED_PAYMENT = "UNRECORDED_PAYMENT", noop("Unrecorded payment")
    OTHER = "OTHER", noop("Other")


class TryBy(models.TextChoices):
    """The origin of a sign-in attempt, as far as the request proves it.

    For each sign-in name, failed attempts are counted and limited per origin.
    """

    STRANGER = "STRANGER", "A stranger at an address"
    INSIDER = "INSIDER", "A device on which the person signed in before, or a signed-in colleague"
    SELF = "SELF", "The person, signed in already"


class TokenKind(models.TextChoices):
    """The kinds of tokens: a person gets one at sign-in, and a program has a key."""

    SIGN_IN = "SIGN_IN", noop("Sign-in")
    API_KEY = "API_KEY", noop("API key")


class LinkPurpose(models.TextChoices):
    """The purposes of a one-time link. With each a person chooses a password; an invitation is for the first one."""

    PASSWORD = "password", noop("New password")
    INVITATION = "invitation", noop("Invitation")


class Scope(models.TextChoices):
    """The scopes of an API key (docs/contracts.md, section 0). The label says what the scope allows."""

    CASH_MANAGEMENT_READ = (
        "cash-management:read",
        noop("see expected cash of places and store-days, and reconciliations"),
    )
    CASH_MANAGEMENT_WRITE = "cash-management:write", noop("record reconciliations, close business days")
    PAYMENTS_READ = "payments:read", noop("see payments and the ways to pay")
    PAYMENTS_WRITE = "payments:write", noop("report payments, decide pending ones")
    SETTLEMENTS_READ = (
        "settlements:read",
        noop("see settlements, movements, counts, deposits, change orders, X and Z reports"),
    )
    SETTLEMENTS_WRITE = (
        "settlements:write",
        noop(
            "open, count and close settlements; book entries, drops, loans, deposits and change; "
            "open a drawer without a sale"
        ),
    )
    SESSIONS_READ = "sessions:read", noop("see cash sessions, shift summaries and people")
    SESSIONS_WRITE = "sessions:write", noop("open cash sessions, reverse movements")


EVENTS_KEPT_DAYS: Final = 90
"""How many days an event is kept. The database refuses to delete a younger one."""


class EventType(models.TextChoices):
    """The types of events (docs/contracts.md, section 5). `domain.caller.event_types` has a row for each."""

    SESSION_OPENED = "session.opened"
    SESSION_CLOSED = "session.closed"
    SESSION_HANDED_OVER = "session.handed_over"
    SETTLEMENT_OPENED = "settlement.opened"
    SETTLEMENT_COUNTING = "settlement.counting"
    SETTLEMENT_CLOSED = "settlement.closed"
    MOVEMENT_RECORDED = "movement.recorded"
    VARIANCE_RAISED = "variance.raised"
    VARIANCE_DECIDED = "variance.decided"
    RECONCILIATION_RECORDED = "reconciliation.recorded"
    DAY_CLOSED = "day.closed"
    DEPOSIT_COLLECTED = "deposit.collected"
    DEPOSIT_CREDITED = "deposit.credited"


class DeliveryState(models.TextChoices):
    """The state of one event on its way to one webhook endpoint."""

    WAITING = "WAITING", noop("Waiting")
    DELIVERED = "DELIVERED", noop("Delivered")
    FAILED = "FAILED", noop("Failed")


class OffReason(models.TextChoices):
    """The reasons why a webhook endpoint is off."""

    PERSON = "PERSON", noop("switched off by a person")
    GONE = "GONE", noop("switched off: the receiver answered 410 Gone")
    FAILING = "FAILING", noop("switched off: nothing was delivered for days")
