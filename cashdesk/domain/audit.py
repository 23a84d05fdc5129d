"""Writing the audit trail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from structlog.contextvars import get_contextvars

from cashdesk.domain.principal import Principal
from cashdesk.models import AuditEntry, Store


def note(
    *,
    action: str,
    subject: str,
    by: Principal,
    at: datetime,
    store: Store | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Adds one entry, in the transaction of the act itself. `detail` never holds a secret or what is still to be counted."""
    AuditEntry.objects.create(
        at=at,
        action=action,
        subject=subject,
        account_id=store.account_id if store else by.account_id,
        store=store,
        user=by.user,
        token=by.token,
        detail=dict(detail or {}),
        request_id=str(get_contextvars().get("request_id", ""))[:64],
    )
