"""Calls the Core API of the payment gateway Midtrans, and reads its notifications (https://docs.midtrans.com).

Facts of its contract that this module relies on:

- `Authorization` is Basic, with the server key as user name and an empty password.
- `status_code` in the body is text and decides, whatever the HTTP status. `gross_amount` is text with two decimals.
- An `order_id` can be charged once: 406 the second time. A repeated idempotency key within five minutes gets the first
  successful answer, or HTTP 202 while the first request runs.
- Times have no offset and are in UTC+7.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Final
from urllib.parse import quote

from django.conf import settings

from cashdesk.domain.payment.gateway import (
    Charged,
    ChargeRefused,
    DuplicateReference,
    Outcome,
    Standing,
)
from cashdesk.errors import GatewayUnavailable
from cashdesk.web.outgoing_http import NotAnswered, Rules, Unsendable, send

RULES: Final = Rules(
    # An operator chose the address in the settings, and the start refuses http to other machines.
    allows_http=True,
    allows_private=True,
    connect_within=timedelta(seconds=3),
    answer_within=timedelta(seconds=8),
    whole_within=timedelta(seconds=10),
    answer_bytes=64 * 1024,
)
TIME_ZONE: Final = timezone(timedelta(hours=7))
PAID: Final = frozenset({"settlement", "capture"})
ENDED: Final = frozenset({"deny", "cancel", "expire", "failure"})
RETURNED: Final = frozenset({"refund", "partial_refund", "chargeback", "partial_chargeback"})
REASON_LENGTH_MAX: Final = 200
SILENT: Final = "Midtrans did not answer. Try again in a moment; a payment is never charged twice."


class Midtrans:
    """The gateway with the keys of the settings. Implements `domain.payment.gateway.Gateway`."""

    def __init__(self, *, server_key: str, base_url: str, payment_type: str) -> None:
        self._server_key = server_key
        self._base_url = base_url.rstrip("/")
        self._payment_type = payment_type

    def charge(self, *, reference: str, gross_amount: int) -> Charged:
        """Charges an amount in whole rupiah. See `Gateway.charge`."""
        asked = {
            "payment_type": self._payment_type,
            "transaction_details": {"order_id": reference, "gross_amount": gross_amount},
        }
        told = self._call("POST", "/v2/charge", asked, key=reference)
        code, status = _code(told), str(told.get("transaction_status", ""))
        if code == "406":
            raise DuplicateReference
        if code in ("200", "201") and status in ("pending", *PAID) and told.get("order_id", reference) == reference:
            return Charged(
                transaction_id=str(told.get("transaction_id", "")),
                qr_string=str(told.get("qr_string", "")),
                expires_at=_instant(told.get("expiry_time")),
                actions=_actions(told.get("actions")),
            )
        if status in ENDED or (code.startswith("4") and code not in ("409", "429")):
            raise ChargeRefused(_reason(told))
        raise GatewayUnavailable(SILENT)

    def standing(self, *, reference: str) -> Standing:
        """Returns the state of a charge. See `Gateway.standing`."""
        told = self._call("GET", f"/v2/{quote(reference, safe='')}/status")
        if _code(told) == "404":
            return Standing(outcome=Outcome.UNKNOWN, status="404")
        if not told.get("transaction_status"):
            raise GatewayUnavailable(SILENT)
        return standing_of(told)

    def cancel(self, *, reference: str) -> Standing:
        """Cancels a waiting charge. See `Gateway.cancel`."""
        told = self._call("POST", f"/v2/{quote(reference, safe='')}/cancel", {}, key=f"{reference}-x")
        if _code(told) == "200" and told.get("transaction_status") == "cancel":
            return standing_of(told)
        # Any other code, such as 412 for a charge that is already paid or expired: ask for the current state.
        return self.standing(reference=reference)

    def _call(
        self, method: str, path: str, asked: Mapping[str, Any] | None = None, *, key: str = ""
    ) -> Mapping[str, Any]:
        """Sends a request and returns the body of the answer. Raises GatewayUnavailable."""
        credentials = base64.b64encode(f"{self._server_key}:".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", "Accept": "application/json"}
        if asked is not None:
            # Current pages of the Core API document the first name of the key, older pages the second.
            headers |= {"Content-Type": "application/json", "Idempotency-Key": key, "X-Idempotency-Key": key}
        body = b"" if asked is None else json.dumps(asked).encode()
        try:
            answer = send(method, f"{self._base_url}{path}", body=body, headers=headers, rules=RULES)
            told = json.loads(answer.body)
        except (NotAnswered, Unsendable, ValueError, RecursionError) as error:
            raise GatewayUnavailable(SILENT) from error
        if not isinstance(told, dict) or answer.status in (202, 429) or answer.status >= 500:
            raise GatewayUnavailable(SILENT)
        told.setdefault("status_code", str(answer.status))
        if _code(told).startswith("5"):
            raise GatewayUnavailable(SILENT)
        return told


def midtrans() -> Midtrans:
    """Returns the gateway of the settings. Raises GatewayUnavailable if the installation has no server key."""
    refuse_unconfigured()
    return Midtrans(
        server_key=settings.MIDTRANS_SERVER_KEY,
        base_url=settings.MIDTRANS_BASE_URL,
        payment_type=settings.MIDTRANS_PAYMENT_TYPE,
    )


def refuse_unconfigured() -> None:
    """Raises GatewayUnavailable if the installation has no server key."""
    if not settings.MIDTRANS_SERVER_KEY:
        raise GatewayUnavailable(
            "Midtrans is not set up here: the setting MIDTRANS_SERVER_KEY is missing.", code="gateway_not_configured"
        )


def is_signed(*, order_id: str, status_code: str, gross_amount: str, signature_key: str) -> bool:
    """Whether a notification is signed with our server key. Compares in constant time."""
    signed = f"{order_id}{status_code}{gross_amount}{settings.MIDTRANS_SERVER_KEY}"
    wanted = hashlib.sha512(signed.encode("utf-8", "surrogatepass")).hexdigest()
    return hmac.compare_digest(wanted.encode(), signature_key.lower().encode("utf-8", "surrogatepass"))


def standing_of(told: Mapping[str, Any]) -> Standing:
    """Reads the state of a charge from a notification or an answer.

    The money has arrived only if the state is `settlement` or `capture`, with the status code 200 and no suspicion of
    fraud.
    """
    status, fraud = str(told.get("transaction_status", "")), str(told.get("fraud_status") or "accept")
    outcome = Outcome.WAITING
    if status in ENDED or (status in PAID and fraud == "deny"):
        outcome = Outcome.ENDED
    elif _code(told) == "200" and fraud == "accept" and status in PAID:
        outcome = Outcome.PAID
    elif _code(told) == "200" and status in RETURNED:
        outcome = Outcome.RETURNED
    return Standing(
        outcome=outcome,
        status=status,
        gross_amount=str(told.get("gross_amount") or ""),
        currency=str(told.get("currency") or ""),
        refund_key=str(told.get("refund_key") or ""),
        refund_amount=str(told.get("refund_amount") or ""),
    )


def _code(told: Mapping[str, Any]) -> str:
    return str(told.get("status_code", ""))


def _reason(told: Mapping[str, Any]) -> str:
    found = told.get("validation_messages")
    messages = found if isinstance(found, list) else []
    return " ".join(str(text) for text in (told.get("status_message", ""), *messages))[:REASON_LENGTH_MAX]


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=TIME_ZONE)
    except ValueError:
        return None


def _actions(found: Any) -> list[dict[str, str]]:
    rows = found if isinstance(found, list) else []
    return [
        {name: str(row.get(name, "")) for name in ("name", "method", "url")} for row in rows if isinstance(row, dict)
    ]
