"""Writing the audit trail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import CharField, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Concat
from structlog.contextvars import get_contextvars

from cashdesk.domain.caller.principal import Principal
from cashdesk.models import Account, AuditEntry, Store


def note(
    *,
    action: str,
    subject: str,
    by: Principal,
    at: datetime,
    store: Store | None = None,
    account: Account | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Adds one entry, in the transaction of the act itself. `detail` never holds a secret or what is still to be counted.

    It belongs to the store, or to the account where no store is concerned, or else to the account of who did it.
    """
    AuditEntry.objects.create(
        at=at,
        action=action,
        subject=subject,
        account_id=store.account_id if store else account.pk if account else by.account_id,
        store=store,
        user=by.user,
        token=by.token,
        detail=dict(detail or {}),
        request_id=str(get_contextvars().get("request_id", ""))[:64],
    )


def entry_of(action: str) -> Subquery:
    """Builds the id of the entry that says what was done with a row, for a statement over such rows; `action` is its
    noun.verb, of what is done once.

    Two acts that both take a place's row exclusively add their entries in the order in which they were done, whatever the
    clocks said: those were read before anybody waited.
    """
    noun, _dot, _verb = action.partition(".")
    subject = Concat(Value(f"{noun}:"), Cast(OuterRef("pk"), CharField()))
    return Subquery(AuditEntry.objects.filter(action=action, subject=subject).order_by().values("pk")[:1])
