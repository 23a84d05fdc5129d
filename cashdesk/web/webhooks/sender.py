"""Builds, signs and sends the request of a delivery, and reads the answer. Nothing here touches the database."""

import json
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from cashdesk.domain.caller.event import published
from cashdesk.models import Event, WebhookDelivery, WebhookEndpoint, WebhookSecret
from cashdesk.web.outgoing_http import NotAnswered, Rules, Unsendable, send
from cashdesk.web.webhooks.lane import Outcome
from cashdesk.web.webhooks.secret import SecretLost, secrets_in_force, signature_of

TEST_TYPE: Final = "webhook.test"
GONE: Final = 410
RETRY_AFTER_DIGITS: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A signed request. Never log it: the URL may contain a secret of the receiver."""

    url: str
    headers: Mapping[str, str]
    body: str


def request_of(delivery: WebhookDelivery, *, at: datetime) -> Request | Outcome:
    """Returns the request for one attempt of a delivery, or the failed outcome if it cannot be signed."""
    signing = secrets_in_force(delivery.endpoint, at=at)
    return _signed(delivery.endpoint, message_of(delivery.event), signing, at=at)


def test_request_of(endpoint: WebhookEndpoint, *, at: datetime) -> Request | Outcome:
    """Returns the request of a test, with an event that is stored nowhere and has an id of its own."""
    message = {
        "id": str(uuid.uuid4()),
        "type": TEST_TYPE,
        "timestamp": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "data": {"endpoint_id": str(endpoint.uuid)},
    }
    return _signed(endpoint, message, secrets_in_force(endpoint, at=at), at=at)


def message_of(event: Event) -> dict[str, Any]:
    """Returns the body of a delivery: the event exactly as in `GET /events`, where it already follows law 5."""
    return published(event)


def _signed(
    endpoint: WebhookEndpoint, message: Mapping[str, Any], signing: Iterable[WebhookSecret], *, at: datetime
) -> Request | Outcome:
    body = json.dumps(message, separators=(",", ":"), ensure_ascii=False)
    try:
        signature = signature_of(signing, message_id=message["id"], at=at, body=body)
    except SecretLost:
        return Outcome(error="secret_lost", text=_("The secret cannot be calculated any more. Rotate the secret."))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Cashdesk-Webhooks/1",
        "webhook-id": message["id"],
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
    return Request(url=endpoint.url, headers=headers, body=body)


def attempt(request: Request | Outcome, rules: Rules) -> Outcome:
    """Sends a request and returns the outcome. Never raises for what the other side does."""
    if isinstance(request, Outcome):
        return request
    begun = time.monotonic_ns()
    try:
        answer = send("POST", request.url, body=request.body.encode(), headers=request.headers, rules=rules)
    except Unsendable as error:
        return Outcome(error="refused_url", text=error.told())
    except NotAnswered as error:
        return Outcome(error=error.code, text=error.told(), duration_ms=_since(begun))
    return Outcome(
        status=answer.status,
        text=answer.body.decode("utf-8", "replace").replace("\0", "\ufffd"),
        duration_ms=_since(begun),
        retry_after=_retry_after(answer.headers.get("retry-after", "")),
    )


def _since(begun_ns: int) -> int:
    """Returns the milliseconds since a moment, rounded up, so that 0 means that nothing was sent."""
    return -((begun_ns - time.monotonic_ns()) // 1_000_000)


def _retry_after(text: str) -> timedelta | None:
    """Reads the header Retry-After: seconds, or a date. Returns None for anything else."""
    text = text.strip()
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=int(text[:RETRY_AFTER_DIGITS]))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return max(until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(tz=UTC), timedelta(0))
