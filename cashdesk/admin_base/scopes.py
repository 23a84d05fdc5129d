"""Which rows of each model exist for whom: the one table behind every list, page, filter and choice of the admin."""

from collections.abc import Callable
from typing import Any, Final

from django.db.models import Model, Q, QuerySet

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role, TokenKind
from cashdesk.models import (
    AccessToken,
    Account,
    AuditEntry,
    CashSession,
    Count,
    Movement,
    Payment,
    PaymentMethod,
    Place,
    Seal,
    Store,
    User,
    Vendor,
)


def rows_of(model: type[Model], *, by: Principal) -> "QuerySet[Any]":
    """Returns the rows that `by` may know of, also what is no longer active: the books outlive people and shops.

    A manager knows the store, an admin the account, an operator of the installation everything. Raises KeyError for a
    model that is not in the table, so that a new one is not shown to everybody by default.
    """
    rows: QuerySet[Any] = model._default_manager.all()
    wanted = SCOPES[model](by)
    return rows if by.user is not None and by.user.is_superuser else rows.filter(wanted)


def register_scope(model: type[Model], condition: Callable[[Principal], Q]) -> None:
    """Adds a model of a floor above to the table: whose rows exist for whom."""
    SCOPES[model] = condition


def of_stores(path: str) -> Callable[[Principal], Q]:
    """Builds the condition that the store at the end of `path` is one of those that are known."""
    return lambda by: Q(**{f"{path}__in": by.stores()})


def of_account(path: str) -> Callable[[Principal], Q]:
    """Builds the condition that the row is of the own account."""
    return lambda by: Q(**{path: by.account_id})


def _vendors(by: Principal) -> Q:
    if by.has_role(Role.ADMIN):
        return Q(account_id=by.account_id)
    return Q(pk__in=by.stores().values("vendor_id"))


def _tokens(by: Principal) -> Q:
    """A manager knows the sign-ins of the store's people and the keys that are bound to the store, not the account's."""
    if by.has_role(Role.ADMIN):
        return Q(account_id=by.account_id)
    of_people = Q(kind=TokenKind.SIGN_IN, user__in=by.people(with_inactive=True))
    return of_people | Q(kind=TokenKind.API_KEY, store__in=by.stores())


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
    Movement: of_stores("store"),
    CashSession: of_stores("store"),
    Count: of_stores("place__store"),
    Seal: of_stores("place__store"),
    AuditEntry: _audit_entries,
}
