"""Decides which rows a person may see, for each model. All lists, pages, filters and choices of the admin use this."""

from collections.abc import Callable
from typing import Any, Final

from django.db.models import Model, Q, QuerySet

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.api_key import keys_seen
from cashdesk.enums import Role, TokenKind
from cashdesk.models import (
    AccessToken,
    Account,
    AuditEntry,
    CashSession,
    Count,
    Movement,
    Order,
    Payment,
    PaymentMethod,
    Place,
    Seal,
    Store,
    User,
    Vendor,
)


def rows_of(model: type[Model], *, by: Principal) -> "QuerySet[Any]":
    """Returns the rows that `by` may see, including inactive rows, because old movements refer to them.

    Managers see the rows of their store, admins the rows of their account, and superusers of the installation see all
    rows. Raises KeyError for a model without a scope, so that a new model is never visible to everybody by mistake.
    """
    rows: QuerySet[Any] = model._default_manager.all()
    wanted = SCOPES[model](by)
    return rows if by.user is not None and by.user.is_superuser else rows.filter(wanted)


def register_scope(model: type[Model], condition: Callable[[Principal], Q]) -> None:
    """Sets which rows of a model a person may see in the admin. Other apps call this for their models."""
    SCOPES[model] = condition


def of_stores(path: str) -> Callable[[Principal], Q]:
    """Returns the condition that the store at `path` is in scope."""
    return lambda by: Q(**{f"{path}__in": by.stores()})


def of_account(path: str) -> Callable[[Principal], Q]:
    """Returns the condition that the row belongs to the person's account."""
    return lambda by: Q(**{path: by.account_id})


def _vendors(by: Principal) -> Q:
    if by.has_role(Role.ADMIN):
        return Q(account_id=by.account_id)
    return Q(pk__in=by.stores().values("vendor_id"))


def _tokens(by: Principal) -> Q:
    """Returns the condition for visible tokens. An admin sees all tokens of the account.

    A manager sees the sign-in tokens of the store's people, and the API keys that are bound to the store.
    """
    if by.has_role(Role.ADMIN):
        return Q(account_id=by.account_id)
    of_people = Q(kind=TokenKind.SIGN_IN, user__in=by.people(with_inactive=True))
    return of_people | keys_seen(by)


def _audit_entries(by: Principal) -> Q:
    if by.has_role(Role.ADMIN):
        return Q(account_id=by.account_id)
    return Q(store__in=by.stores())


SCOPES: Final[dict[type[Model], Callable[[Principal], Q]]] = {
    Account: of_account("pk"),
    Vendor: _vendors,
    Store: lambda by: Q(pk__in=by.stores()),
    Place: of_stores("store"),
    User: lambda by: Q(pk__in=by.people(with_inactive=True)),
    AccessToken: _tokens,
    PaymentMethod: of_account("account"),
    Payment: of_stores("store"),
    Order: of_stores("store"),
    Movement: of_stores("store"),
    CashSession: of_stores("store"),
    Count: of_stores("place__store"),
    Seal: of_stores("place__store"),
    AuditEntry: _audit_entries,
}
