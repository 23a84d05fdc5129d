"""Short helpers for the back-office tests: sign-in, page addresses, and a shop with one row of each model."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.counting.count import CountedAmount, Pieces
from cashdesk.domain.ledger import ledger
from cashdesk.domain.payment.order import create_order
from cashdesk.domain.people.access_token import issue_token
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.domain.session.closing import close_session
from cashdesk.enums import OrderType, PaymentStatus, Scope
from cashdesk.models import (
    AccessToken,
    Account,
    AuditEntry,
    BusinessDay,
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
    WebhookDelivery,
    WebhookEndpoint,
)
from reconciliations.models import Authorization, Reconciliation
from settlements.models import CashbookAccount, ChangeOrder, Deposit, Settlement
from tests.cashdesk.desk import NOON, minutes, open_drawer, pay, sell

NEVER_WRITTEN: Final = (Movement, Payment, Order, CashSession, Count, Seal, AuditEntry, Place)
"""Read-only for everyone: the books, and their places."""

ORGANISATION: Final = (Account, Vendor, Store, User, PaymentMethod)
"""Models that admins maintain."""

OF_SETTLEMENTS: Final = (Settlement, CashbookAccount, Deposit, ChangeOrder)
"""Models of the settlements app, tested in tests/settlements/admin."""

OF_RECONCILIATIONS: Final = (Reconciliation, Authorization, BusinessDay)
"""Models of the reconciliations app, tested in tests/reconciliations/admin."""

OF_WEBHOOKS: Final = (WebhookEndpoint, WebhookDelivery)
"""Models that only admins see, tested in test_webhooks.py."""

EVERYTHING: Final = (*NEVER_WRITTEN, *ORGANISATION, AccessToken)


DRAWN_ANEW: Final = re.compile(rb'<code>.*</code>|name="csrfmiddlewaretoken" value="\w+"|data-now="\d+"')
"""What differs each time that a page is built: the request id, the mask of the form token and the time."""


def name_of(model: type[Model]) -> str:
    """Returns the name of a model, as a test id."""
    return model.__name__


def sits_down(user: User) -> Client:
    """Signs a person in to the back office and returns their browser."""
    client = Client()
    client.force_login(user)
    return client


def list_of(model: type[Model]) -> str:
    """Returns the address of a list."""
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")


def new(model: type[Model]) -> str:
    """Returns the address of the page that adds a row."""
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_add")


def page_of(row: Model, verb: str = "change") -> str:
    """Returns the address of a row's page. `verb` is change, delete, history or the name of an action."""
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_{verb}", args=[row.pk])


def answer_of(browser: Client, path: str) -> tuple[int, bytes]:
    """Opens a page. Returns its status, and the page without the request id, the form tokens and its own address."""
    answer = browser.get(path)
    return answer.status_code, DRAWN_ANEW.sub(b"", answer.content).replace(path.encode(), b"")


def make_operator() -> User:
    """Creates an operator of the installation, who belongs to no account."""
    return User.objects.create_superuser(
        username="root", email="root@example.com", name="Root", password="a-long-password"
    )


@dataclass(frozen=True, kw_only=True)
class Traces:
    """One row of each model, from a day in a shop."""

    rows: dict[type[Model], Any] = field(default_factory=dict)

    def __getitem__(self, model: type[Model]) -> Any:
        return self.rows[model]


def trade_a_day(store: Store, cashier: User, *, number: int = 1) -> Traces:
    """Trades for a day with one event of each kind, and returns the rows.

    A drawer is opened, sells, has a reversal, a card payment and a pending payment, and is closed two euros short with
    pieces. A late sale, a key and a token of the cashier follow. `number` keeps the days of several cashiers apart.
    """
    by = Principal(user=cashier)
    session = open_drawer(cashier, 10_000)
    sale = sell(session, 2_500, at=minutes(1), tendered=3_000, change=500, tax=399)
    ledger.reverse(movement=sell(session, 700, at=minutes(2)), by=by, at=minutes(3), reason="typed twice")
    pay(session, 4_200, method="CARD", at=minutes(4))
    pay(session, 900, status=PaymentStatus.PENDING, at=minutes(5))
    pieces = (
        Pieces(denomination=5_000, pieces=2),
        Pieces(denomination=500, pieces=4),
        Pieces(denomination=100, pieces=3),
    )
    closed = close_session(
        session=session, counted=CountedAmount(currency="EUR", amount=12_300, pieces=pieces), by=by, at=minutes(60)
    )
    sell(closed, 200, at=minutes(61))
    token, _secret = issue_token(user=cashier, at=timezone.now(), lifetime=timedelta(hours=1))
    issue_api_key(
        name=f"till {number}", scopes=(Scope.PAYMENTS_WRITE,), by=SYSTEM, at=NOON, account=store.account, store=store
    )
    vendor, _is_new = Vendor.objects.get_or_create(account=store.account, name=f"Brand of {store.number}")
    Store.objects.filter(pk=store.pk).update(vendor=vendor)
    return Traces(
        rows={
            Account: store.account,
            Vendor: vendor,
            Store: store,
            Place: closed.register,
            User: cashier,
            PaymentMethod: store.account.payment_methods.get(code="CASH"),
            AccessToken: token,
            CashSession: closed,
            Movement: sale,
            Payment: sale.payment,
            Order: create_order(store=store, net_total=300, order_type=OrderType.DINE_IN, by=by, at=minutes(6)),
            Count: closed.counts.get(moment="CLOSING"),
            Seal: closed.seal,
            AuditEntry: AuditEntry.objects.filter(action="session.closed", subject=f"session:{closed.pk}").get(),
        }
    )
