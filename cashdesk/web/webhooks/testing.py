"""Sends a test event to an endpoint at once, and returns the answer."""

from dataclasses import replace
from datetime import datetime, timedelta

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.models import WebhookEndpoint
from cashdesk.web.webhooks.endpoint import refuse_others, rules
from cashdesk.web.webhooks.lane import Outcome
from cashdesk.web.webhooks.sender import attempt, test_request_of


def send_test(*, endpoint: WebhookEndpoint, by: Principal, at: datetime) -> Outcome:
    """Sends `webhook.test`, also to an endpoint that is off. It is not retried and not in the log of deliveries.

    Raises Forbidden if the caller is not an admin of the account. Call it outside of a transaction, because it waits for
    the receiver.
    """
    refuse_others(account_id=endpoint.account_id, by=by)
    # Somebody waits in front of a page, so this takes less patience than a delivery.
    allowed = replace(rules(), answer_within=timedelta(seconds=8), whole_within=timedelta(seconds=10))
    outcome = attempt(test_request_of(endpoint, at=at), allowed)
    audit.note(
        action="webhook.tested",
        subject=f"webhook:{endpoint.pk}",
        by=by,
        at=at,
        store=endpoint.store,
        account=endpoint.account,
        detail={"status": outcome.status, "error": outcome.error},
    )
    return outcome
