"""Kinds, states and roles, and as data: between which places a kind of movement may go, and which transitions exist."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.db import models
from django.utils.translation import gettext_noop as noop

CASH: Final = "CASH"
CORRECTION: Final = "correction"
"""The reason on a movement that corrects a miscount found by a recount: it is booked apart from what a close books."""

CASH_SPELLINGS: Final = frozenset({"CASH", "EFECTIVO"})
"""The method codes that mean cash (docs/contracts.md, section 1); the ledger knows CASH alone."""


def method_code(text: str) -> str:
    """Returns the code under which the ledger knows a method: in capitals, and cash by its one name."""
    code = text.upper()
    return CASH if code in CASH_SPELLINGS else code


class Role(models.TextChoices):
    """What a person may do: each role may do all that the one before it may."""

    CASHIER = "cashier", "Cashier"
    MANAGER = "manager", "Manager"
    ADMIN = "admin", "Admin"


ROLE_RANK: Final[Mapping[str, int]] = MappingProxyType({Role.CASHIER: 1, Role.MANAGER: 2, Role.ADMIN: 3})


class Language(models.TextChoices):
    """The languages that the pages speak; each is called by its own name."""

    ENGLISH = "en", "English"
    SPANISH = "es", "español"
    PORTUGUESE = "pt-br", "português (Brasil)"
    INDONESIAN = "id", "Bahasa Indonesia"
    GERMAN = "de", "Deutsch"


class PlaceKind(models.TextChoices):
    """Where money can be."""

    VAULT = "VAULT", noop("Vault")
    REGISTER = "REGISTER", noop("Register")
    CUSTOMERS = "CUSTOMERS", noop("Customers")
    OUTSIDE = "OUTSIDE", noop("Outside")
    BANK = "BANK", noop("Bank")
    OVER_SHORT = "OVER_SHORT", noop("Over/short")
    OPENING = "OPENING", noop("Opening")


class MovementKind(models.TextChoices):
    """Why money went from one place to another."""

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


class ReportLine(models.TextChoices):
    """Lines of a report that are no kind of movement. ROUNDING: what payments moved minus what was billed."""

    ROUNDING = "ROUNDING", noop("Rounding")


class SessionStatus(models.TextChoices):
    """The life of a cash session. CLOSED_SYSTEM is closed without a count."""

    OPEN = "OPEN", "Open"
    CLOSED = "CLOSED", "Closed"
    CLOSED_SYSTEM = "CLOSED_SYSTEM", "Closed by the system, uncounted"


class Settling(models.TextChoices):
    """Whether a settlement holds a place: no, while it trades, or while what lies in it is being counted."""

    NONE = "NONE", "No settlement"
    OPEN = "OPEN", "Open settlement"
    COUNTING = "COUNTING", "Settlement being counted"


class PaymentStatus(models.TextChoices):
    """What the point of sale says of a tender. Only APPROVED moves money."""

    PENDING = "PENDING", "Pending"
    APPROVED = "APPROVED", "Approved"
    REJECTED = "REJECTED", "Rejected"


class PaymentType(models.TextChoices):
    """Which way a tender goes."""

    SALE = "SALE", "Sale"
    REFUND = "REFUND", "Refund"


class Booked(models.TextChoices):
    """Where a payment's money went: into the running period, late onto a closed one, or nowhere."""

    ON_TIME = "on_time", "On time"
    LATE = "late", "Late"
    NOT_MOVED = "none", "No money moved"


class CountMoment(models.TextChoices):
    """When in the life of a session or a settlement a count was taken. A preview is one that did not close it."""

    OPENING = "OPENING", noop("Opening")
    PREVIEW = "PREVIEW", noop("Preview")
    CLOSING = "CLOSING", noop("Closing")
    AFTERWARDS = "AFTERWARDS", noop("After a forced close")
    RECOUNT = "RECOUNT", noop("Recount by a second person")


WITHIN_A_PERIOD: Final = (CountMoment.PREVIEW, CountMoment.RECOUNT)
"""The counts that neither begin nor end anybody's custody of a drawer."""


class VarianceKind(models.TextChoices):
    """Where a difference that waits to be dealt with arose. Of UNCOUNTED and LATE no count says how large it is."""

    SESSION = "SESSION", "Cash session"
    OPENING = "OPENING", "Custody between two periods"
    SETTLEMENT = "SETTLEMENT", "Settlement"
    DEPOSIT = "DEPOSIT", "Deposit"
    RECONCILIATION = "RECONCILIATION", "Reconciliation"
    UNCOUNTED = "UNCOUNTED", "Closed without a count"
    LATE = "LATE", "Late money"


class VarianceState(models.TextChoices):
    """How far a difference has been dealt with; what may be done in which state is `reconciliations.enums.ACTS`."""

    OPEN = "OPEN", "Waits to be explained"
    EXPLAINED = "EXPLAINED", "Explained, waits for approval"
    REJECTED = "REJECTED", "Rejected, waits for a better explanation"
    ESCALATED = "ESCALATED", "Escalated, waits for an admin"
    APPROVED = "APPROVED", "Approved"
    SUPERSEDED = "SUPERSEDED", "Superseded by a later figure"


ENDED_VARIANCES: Final = (VarianceState.APPROVED, VarianceState.SUPERSEDED)
"""The states in which nothing more is waited for, or changed (law 4)."""


class Reason(models.TextChoices):
    """Why declared and system cash differ: the seven of the page (docs/contracts.md, section 3)."""

    WRONG_CHANGE_GIVEN = "WRONG_CHANGE_GIVEN", "Wrong change given"
    COUNTING_ERROR = "COUNTING_ERROR", "Counting error"
    INCOMPLETE_CUSTOMER_PAYMENT = "INCOMPLETE_CUSTOMER_PAYMENT", "Incomplete customer payment"
    MINOR_UNIDENTIFIED_DIFFERENCE = "MINOR_UNIDENTIFIED_DIFFERENCE", "Minor unidentified difference"
    THEFT_SUSPECTED = "THEFT_SUSPECTED", "Theft suspected"
    UNRECORDED_PAYMENT = "UNRECORDED_PAYMENT", "Unrecorded payment"
    OTHER = "OTHER", "Other"


class TryBy(models.TextChoices):
    """Who tried a password, as far as the request proves it: each kind has its own budget for a name."""

    STRANGER = "STRANGER", "A stranger at an address"
    INSIDER = "INSIDER", "A device on which the person signed in before, or a signed-in colleague"
    SELF = "SELF", "The person, signed in already"


class TokenKind(models.TextChoices):
    """A person's token from signing in, or a program's key."""

    SIGN_IN = "SIGN_IN", "Sign-in"
    API_KEY = "API_KEY", "API key"


class Scope(models.TextChoices):
    """What an API key may do (docs/contracts.md, section 0). The label says what the scope opens."""

    CASH_MANAGEMENT_READ = "cash-management:read", "see expected cash of store-days and their reconciliations"
    CASH_MANAGEMENT_WRITE = "cash-management:write", "record reconciliations, close business days"
    PAYMENTS_READ = "payments:read", "see the ways to pay"
    PAYMENTS_WRITE = "payments:write", "report payments, decide pending ones"
    SETTLEMENTS_READ = "settlements:read", "see settlements, cashbook accounts, deposits, X and Z reports"
    SETTLEMENTS_WRITE = (
        "settlements:write",
        "open, count and close settlements; book entries, drops, loans and deposits; open a drawer without a sale",
    )
    SESSIONS_READ = "sessions:read", "see cash sessions and shift summaries"
    SESSIONS_WRITE = "sessions:write", "open cash sessions, reverse movements"


_P = PlaceKind
MOVEMENT_ENDS: Final[Mapping[str, frozenset[tuple[str, str]]]] = MappingProxyType(
    {
        MovementKind.FLOAT: frozenset({(_P.VAULT, _P.REGISTER)}),
        MovementKind.SALE: frozenset({(_P.CUSTOMERS, _P.REGISTER)}),
        MovementKind.REFUND: frozenset({(_P.REGISTER, _P.CUSTOMERS)}),
        MovementKind.PAID_IN: frozenset({(_P.OUTSIDE, _P.REGISTER), (_P.OUTSIDE, _P.VAULT)}),
        MovementKind.PAID_OUT: frozenset({(_P.REGISTER, _P.OUTSIDE), (_P.VAULT, _P.OUTSIDE)}),
        MovementKind.DROP: frozenset({(_P.REGISTER, _P.VAULT)}),
        MovementKind.LOAN: frozenset({(_P.VAULT, _P.REGISTER)}),
        MovementKind.RETURN: frozenset({(_P.REGISTER, _P.VAULT)}),
        MovementKind.DEPOSIT: frozenset({(_P.VAULT, _P.BANK)}),
        MovementKind.WITHDRAWAL: frozenset({(_P.BANK, _P.VAULT)}),
        MovementKind.OVER_SHORT: frozenset(
            {
                (_P.REGISTER, _P.OVER_SHORT),
                (_P.OVER_SHORT, _P.REGISTER),
                (_P.VAULT, _P.OVER_SHORT),
                (_P.OVER_SHORT, _P.VAULT),
                (_P.BANK, _P.OVER_SHORT),  # the bank credited less than was in the bag
                (_P.OVER_SHORT, _P.BANK),
            }
        ),
        MovementKind.OPENING_BALANCE: frozenset({(_P.OPENING, _P.VAULT)}),
    }
)
"""Per kind the (source, destination) it may go between. A late movement has over/short where the place would be whose
period is closed, and a reversal goes the other way round (docs/structure.md, laws 1 and 4)."""

REVERSIBLE_KINDS: Final = frozenset(
    {
        MovementKind.SALE,
        MovementKind.REFUND,
        MovementKind.PAID_IN,
        MovementKind.PAID_OUT,
        MovementKind.DROP,
        MovementKind.LOAN,
        MovementKind.DEPOSIT,
        MovementKind.WITHDRAWAL,
    }
)
"""Floats, returns and differences belong to a transition; they are corrected by the next count, not by a reversal."""

FLOW: Final[Mapping[str, Mapping[str, frozenset[str]]]] = MappingProxyType(
    {
        "session": MappingProxyType(
            {
                SessionStatus.OPEN: frozenset({SessionStatus.CLOSED, SessionStatus.CLOSED_SYSTEM}),
                SessionStatus.CLOSED: frozenset(),
                SessionStatus.CLOSED_SYSTEM: frozenset(),
            }
        ),
        "payment": MappingProxyType(
            {
                PaymentStatus.PENDING: frozenset({PaymentStatus.APPROVED, PaymentStatus.REJECTED}),
                PaymentStatus.APPROVED: frozenset(),
                PaymentStatus.REJECTED: frozenset(),
            }
        ),
    }
)
"""Per noun and state the states that may follow (docs/structure.md, section 4)."""
