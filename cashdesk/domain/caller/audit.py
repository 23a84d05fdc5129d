"""Writes the audit trail."""

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
    """Adds an entry, in the transaction of the change. `detail` never holds a secret or an expected amount.

    The entry belongs to the account of `store`, else to `account`, else to the caller's account.
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
    """Returns a subquery for the id of a row's audit entry. `action` is `noun.verb`, for something that happens once
    per row.

    Two changes that lock the same place exclusively write their entries in their real order. Their clocks may disagree,
    because they are read before the wait for the lock.
    """
    noun, _dot, _verb = action.partition(".")
    subject = Concat(Value(f"{noun}:"), Cast(OuterRef("pk"), CharField()))
    return Subquery(AuditEntry.objects.filter(action=action, subject=subject).order_by().values("pk")[:1])
