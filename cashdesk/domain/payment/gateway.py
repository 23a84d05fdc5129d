"""The interface of a payment gateway. `cashdesk.web.midtrans` implements it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

GATEWAY: Final = "midtrans"
"""The channel of payments that the gateway decides."""


class DuplicateReference(Exception):
    """The gateway already knows the reference, so an earlier charge succeeded although its answer was lost.

    This error is internal: `charge_order` asks for the state of that charge.
    """


class ChargeRefused(Exception):
    """The gateway refused the charge for good. The text is the gateway's reason."""


class Outcome(StrEnum):
    """The state of a charge, as the gateway reports it."""

    WAITING = "WAITING"
    PAID = "PAID"
    ENDED = "ENDED"
    """Denied, cancelled, expired or failed: nobody can pay it any more."""
    RETURNED = "RETURNED"
    """It was paid, and some or all of the money went back later."""
    UNKNOWN = "UNKNOWN"
    """The gateway does not know the charge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """The gateway's answer to a charge."""

    transaction_id: str
    qr_string: str
    expires_at: datetime | None
    actions: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The state of a charge, from a notification or an answer of the gateway."""

    outcome: Outcome
    status: str
    """The gateway's own name of the state, such as `settlement`."""
    gross_amount: str = ""
    currency: str = ""
    refund_key: str = ""
    """The gateway's id of the refund, if money went back. A payment can have several partial refunds."""
    refund_amount: str = ""


class Gateway(Protocol):
    """Calls a payment gateway. Every method may raise GatewayUnavailable; then nobody knows what the gateway did.

    Callers hold no database transaction and no lock meanwhile.
    """

    def charge(self, *, reference: str, gross_amount: int) -> Charged:
        """Charges an amount in whole units of the currency. A second charge with the same reference is refused.

        Raises DuplicateReference if the reference was charged before, and ChargeRefused.
        """

    def standing(self, *, reference: str) -> Standing:
        """Returns the state of a charge."""

    def cancel(self, *, reference: str) -> Standing:
        """Cancels a charge, unless it is already paid. Returns its state after the call."""
