"""Writes the audit trail."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import CharField, Model, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Concat
from structlog.contextvars import get_contextvars

from cashdesk.domain.caller.principal import Principal
from cashdesk.models import Account, AuditEntry, Store, User


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
    """Adds an entry to the audit trail, in the same transaction as the change.

    `detail` never holds a secret or the expected amount of an open period. The entry belongs to the account of `store`.
    Without `store` it belongs to `account`, and without both to the caller's account.
    """
    account_id = store.account_id if store else account.pk if account else by.account_id
    _entry(action, subject, by=by, at=at, store=store, account_id=account_id, detail=detail).save()


def note_edit(
    *,
    noun: str,
    row: Model,
    changes: Mapping[str, list[Any]],
    by: Principal,
    at: datetime,
    store: Store | None = None,
    account: Account | None = None,
    untold: Collection[str] = (),
) -> None:
    """Adds the entry `noun.changed`, with the old and the new value of each field in `changes` (`edit.changes_between`).

    For the fields in `untold` the entry has only the field's name, because the values are personal data.
    """
    told = {name: pair for name, pair in changes.items() if name not in untold}
    detail = {"fields": sorted(changes), **({"changes": told} if told else {})}
    note(
        action=f"{noun}.changed", subject=f"{noun}:{row.pk}", by=by, at=at, store=store, account=account, detail=detail
    )


def note_for_stores(
    *, action: str, stores: Iterable[Store], by: Principal, at: datetime, detail: Mapping[str, Any] | None = None
) -> None:
    """Adds an entry about each store to the audit trail, in one statement."""
    AuditEntry.objects.bulk_create(
        _entry(action, f"store:{store.pk}", by=by, at=at, store=store, account_id=store.account_id, detail=detail)
        for store in stores
    )


def note_for_people(*, action: str, people: Iterable[User], store: Store, by: Principal, at: datetime) -> None:
    """Adds an entry about each of these people of a store to the audit trail, in one statement."""
    AuditEntry.objects.bulk_create(
        _entry(action, f"user:{person.pk}", by=by, at=at, store=store, account_id=store.account_id, detail=None)
        for person in people
    )


def _entry(
    action: str,
    subject: str,
    *,
    by: Principal,
    at: datetime,
    store: Store | None,
    account_id: int | None,
    detail: Mapping[str, Any] | None,
) -> AuditEntry:
    return AuditEntry(
        at=at,
        action=action,
        subject=subject,
        account_id=account_id,
        store=store,
        user=by.user,
        token=by.token,
        detail=dict(detail or {}),
        request_id=str(get_contextvars().get("request_id", ""))[:64],
    )


def entry_of(action: str) -> Subquery:
    """Returns a subquery: for each row of a query, the id of the row's audit entry with `action` (`noun.verb`).

    The action must happen at most once per row. To learn which of two changes came first, compare these ids and not the
    times. The ids are in the real order if both changes locked the same place exclusively. The times may be in the
    wrong order, because a change reads the clock before it waits for the lock.
    """
    noun, _dot, _verb = action.partition(".")
    subject = Concat(Value(f"{noun}:"), Cast(OuterRef("pk"), CharField()))
    return Subquery(AuditEntry.objects.filter(action=action, subject=subject).order_by().values("pk")[:1])
