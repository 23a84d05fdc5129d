"""The addresses of the settings, for the tests, and the rows that they need."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.domain.people.invitation import invite_person
from cashdesk.enums import Role, Scope
from cashdesk.models import AccessToken, PaymentMethod, Store, User
from settlements.domain.cashbook import accounts_of
from settlements.enums import SettlementType
from settlements.models import CashbookAccount


@dataclass(frozen=True, kw_only=True)
class Rows:
    """One row of each kind that the settings show."""

    store: Store
    person: User
    invited: User
    method: PaymentMethod
    key: AccessToken
    account: CashbookAccount


def rows_in(store: Store, person: User) -> Rows:
    """Creates what a store and its account have, for the pages about them."""
    at, account = timezone.now(), store.account
    invited = invite_person(account=account, role=Role.CASHIER, store=store, name="Iris Invited", by=SYSTEM, at=at)
    key, _secret = issue_api_key(
        name="till", scopes=[Scope.PAYMENTS_WRITE], by=SYSTEM, at=at, account=account, store=store
    )
    return Rows(
        store=store,
        person=person,
        invited=invited.person,
        method=PaymentMethod.objects.get(account=account, code="CARD"),
        key=key,
        account=accounts_of(store=store, type=SettlementType.CASHREGISTER)[0],
    )


FOR_MANAGERS = (
    "settings", "settings-stores", "settings-store", "settings-register-new", "settings-register",
    "settings-register-switch", "settings-people", "settings-invite", "settings-person", "settings-person-sign-out",
    "settings-person-unlock", "settings-invitation", "settings-invitation-withdraw", "settings-methods", "settings-keys",
    "settings-key", "settings-reasons", "settings-reasons-of", "settings-reason-new", "settings-reason",
)  # fmt: skip
FOR_ADMINS = (
    "settings-store-new", "settings-store-switch", "settings-store-group", "settings-place-limits", "settings-person-change",
    "settings-person-switch", "settings-person-second-factor", "settings-method-new", "settings-method", "settings-key-new",
    "settings-key-rotate", "settings-key-limit", "settings-key-revoke",
)  # fmt: skip


def path_of(name: str, rows: Rows) -> str:
    """Returns the address of a page about these rows."""
    named: list[Any] = []
    if name in ("settings-invitation", "settings-invitation-withdraw"):
        named = [rows.invited.uuid]
    elif name.startswith("settings-person"):
        named = [rows.person.uuid]
    elif name.startswith("settings-key") and name not in ("settings-keys", "settings-key-new"):
        named = [rows.key.pk]
    elif name == "settings-method":
        named = [rows.method.uuid]
    elif name == "settings-store-group":
        named = [rows.store.uuid, "differences"]
    elif name in ("settings-register", "settings-register-switch", "settings-place-limits"):
        named = [rows.store.uuid, 1]
    elif name == "settings-reason":
        named = [rows.store.uuid, rows.account.pk]
    elif name in (
        "settings-store",
        "settings-store-switch",
        "settings-register-new",
        "settings-reasons-of",
        "settings-reason-new",
    ):
        named = [rows.store.uuid]
    return reverse(name, args=named)


OF_A_ROW = tuple(
    name
    for name in (*FOR_MANAGERS, *FOR_ADMINS)
    if name
    not in (
        "settings", "settings-stores", "settings-people", "settings-invite", "settings-methods", "settings-keys",
        "settings-reasons", "settings-store-new", "settings-method-new", "settings-key-new",
    )
)  # fmt: skip
"""The pages about one row, which has to be in scope."""
