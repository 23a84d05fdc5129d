"""A shop whose day was declared, signed off and closed. It has one row of each model."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Model

from cashdesk.domain.caller.principal import Principal
from cashdesk.models import BusinessDay, CashSession, Store, User
from reconciliations.domain.authorization import issue_authorization
from reconciliations.domain.business_day_close import close_business_day
from reconciliations.domain.reconciliation import Declaration, record_reconciliation
from reconciliations.models import Authorization, Reconciliation
from tests.cashdesk.desk import minutes, open_drawer, pay, sell

DAY: Final = date(2026, 3, 10)
ISSUE: Final = "/admin/reconciliations/authorization/issue/"
CLOSE: Final = "/admin/cashdesk/businessday/close/"


@dataclass(frozen=True, kw_only=True)
class Declared:
    """The rows of one business day.

    The day was declared twice, the second time with an authorization. It was closed with a drawer that nobody counted.
    One sale came late, and one authorization was never used.
    """

    first: Reconciliation
    second: Reconciliation
    used: Authorization
    unused: Authorization
    day: BusinessDay
    session: CashSession

    @property
    def rows(self) -> dict[type[Model], Any]:
        """One row of each model."""
        return {Reconciliation: self.second, Authorization: self.unused, BusinessDay: self.day}


def declare(
    store: Store,
    by: User,
    declared: int,
    *,
    on: date = DAY,
    permission: Authorization | None = None,
    at: datetime | None = None,
    **fields: Any,
) -> Reconciliation:
    """Declares cash for a day of the store."""
    made = Declaration(
        store=store,
        currency=store.currency,
        declared=declared,
        business_date=on,
        authorization_id=permission.uuid if permission else None,
        **fields,
    )
    return record_reconciliation(declaration=made, by=Principal(user=by), at=at or minutes(20))


def permit(store: Store, by: User, *, lasting: int = 600) -> Authorization:
    """Issues an authorization for this many minutes."""
    return issue_authorization(
        store=store, purpose="a shortage", expires_in=timedelta(minutes=lasting), by=Principal(user=by), at=minutes(10)
    )


def declare_a_day(store: Store, cashier: User, manager: User, second: User) -> Declared:
    """Lets the shop sell, declare 3.00 less than expected, and close its day. `second` authorizes the report of
    `manager`.
    """
    session = open_drawer(cashier, 10_000)
    sell(session, 2_500, at=minutes(1))
    first = declare(store, manager, 12_000)
    used = permit(store, second)
    superseding = declare(store, manager, 12_200, permission=used, reason="COUNTING_ERROR", notes="3 coins")
    unused = permit(store, second)
    day = close_business_day(store=store, on=DAY, by=Principal(user=manager), at=minutes(30)).day
    pay(session, 700, at=minutes(40), paid_at=minutes(15))
    return Declared(
        first=first, second=superseding, used=used, unused=unused, day=day,
        session=CashSession.objects.get(pk=session.pk),
    )  # fmt: skip
