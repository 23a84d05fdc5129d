"""Records when an endpoint begins to fail and when it works again. Switches it off if it fails for too long."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import transaction

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.enums import OffReason
from cashdesk.models import WebhookEndpoint, WebhookLane
from cashdesk.web.webhooks.endpoint import turn_off
from cashdesk.web.webhooks.lane import Outcome
from cashdesk.web.webhooks.sender import GONE

OFF_AFTER: Final = timedelta(days=5)
"""An endpoint is switched off if nothing was delivered for this long although it was tried."""
BACK_AFTER: Final = timedelta(minutes=10)
"""After an outage this long, the first delivery makes everything that waits due at once. It is not an outage if a
receiver refuses a single event and takes others."""

log = structlog.get_logger(__name__)


def note_health(endpoint: WebhookEndpoint, outcome: Outcome, *, at: datetime) -> None:
    """Records when an endpoint began to fail, and switches it off after OFF_AFTER or when the receiver answers 410.

    Call it after the transaction that records the outcome: that transaction locks a lane, and an endpoint must be
    locked before its lanes. If the worker dies in between, the next outcome does the same. `endpoint` may be out of
    date: its row is read again under the lock.
    """
    since = endpoint.failing_since
    is_news = outcome.is_delivered if since is not None else not outcome.is_delivered
    if not is_news and outcome.status != GONE and (since is None or at - since < OFF_AFTER):
        return
    with transaction.atomic():
        row = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        if not row.is_active:
            return
        if outcome.is_delivered:
            _works_again(row, at=at)
        elif outcome.status == GONE:
            _turn_off(row, OffReason.GONE, at=at)
        elif row.failing_since is None:
            row.failing_since = at
            row.save(update_fields=["failing_since"])
        elif at - row.failing_since >= OFF_AFTER:
            _turn_off(row, OffReason.FAILING, at=at)


def _works_again(row: WebhookEndpoint, *, at: datetime) -> None:
    if row.failing_since is None:
        return
    if at - row.failing_since >= BACK_AFTER:
        WebhookLane.objects.filter(endpoint=row, due_at__gt=at).update(due_at=at)
    row.failing_since = None
    row.save(update_fields=["failing_since"])


def _turn_off(row: WebhookEndpoint, reason: OffReason, *, at: datetime) -> None:
    turn_off(row, reason=reason, by=SYSTEM, at=at)
    log.warning("webhook_endpoint_switched_off", endpoint=str(row.uuid), reason=reason.value)
