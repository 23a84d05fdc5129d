"""A list needs as many statements for one row as for ten. The number of statements of each page is known."""

from typing import Final

import pytest
from django.test import Client

from cashdesk.admin_base.model_admin import BoundedPaginator
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
from tests.admin.back_office import EVERYTHING, Traces, list_of, make_operator, page_of, sits_down, trade_a_day
from tests.factories import AccountFactory, StoreFactory, UserFactory
from tests.stories import Cast, counted_queries

SIGNED_IN: Final = 2
"""The session and the person, on every page."""

BARS: Final = 1
"""How many variances wait, in the navigation of every page."""

BARS_WITH_STORES: Final = 2
"""The same, and the stores to choose from, for people who see several."""

STATEMENTS_OF_A_LIST: Final = {
    Account: 2,
    Vendor: 2,
    Store: 2,
    Place: 3,
    User: 3,
    AccessToken: 3,
    PaymentMethod: 2,
    Payment: 3,
    Order: 3,
    Movement: 3,
    CashSession: 4,
    Count: 4,
    Seal: 4,
    AuditEntry: 3,
}
"""The rows and how many there are; the stores of the filter; the oldest account, with which the dates above sessions and
seals begin; the amounts of the counts."""

STATEMENTS_OF_A_PAGE: Final = {
    Account: 1,
    Vendor: 1,
    Store: 1,
    Place: 1,
    User: 4,
    AccessToken: 1,
    PaymentMethod: 1,
    Payment: 2,
    Order: 1,
    Movement: 2,
    CashSession: 15,
    Count: 4,
    Seal: 3,
    AuditEntry: 1,
}
"""The row with all that it names; whether a person is locked out, by passwords, by codes of the app or by recovery
codes; the movements of a payment; the late cash of a session, for two of its figures, who had its drawer before,
which foreign cash it held and who counted that, and what was moved by hand in it; which places of a movement were
counted since; the amounts of a count, for the list's sake, and again with their pieces; whether the look at a drawer
is to be noted, for a seal once as a session's and once as a settlement's."""

WHILE_NOBODY_OPENED_SINCE: Final = 2
"""The last session of a register asks besides which currencies it left, and which were counted afterwards."""


def a_company() -> None:
    """Another account with a shop and a day of trade, so that every list has more rows."""
    account = AccountFactory()
    shop = StoreFactory(account=account)
    trade_a_day(shop, UserFactory(store=shop))


def statements_of(browser: Client, path: str) -> int:
    """Opens a page and returns its number of statements."""
    with counted_queries() as queries:
        assert browser.get(path).status_code == 200, path
    return len(queries)


def test_a_list_asks_as_often_for_one_company_as_for_three_and_for_ten(db: None) -> None:
    operator = sits_down(make_operator())
    for companies in (1, 3, 10):
        while Account.objects.count() < companies:
            a_company()
        asked = {model: statements_of(operator, list_of(model)) - SIGNED_IN - BARS_WITH_STORES for model in EVERYTHING}
        assert asked == STATEMENTS_OF_A_LIST, companies


def test_a_page_asks_as_often_whatever_the_history(cast: Cast, traces: Traces) -> None:
    erika = sits_down(cast.erika)
    for days in (1, 3, 10):
        while CashSession.objects.count() < days:
            trade_a_day(cast.store, cast.bruno, number=CashSession.objects.count() + 1)
        for model in EVERYTHING:
            erika.get(page_of(traces[model]))  # Django asks once in the life of a process which number a model has
        asked = {model: statements_of(erika, page_of(traces[model])) - SIGNED_IN - BARS for model in EVERYTHING}
        asked[CashSession] -= WHILE_NOBODY_OPENED_SINCE if days == 1 else 0
        assert asked == STATEMENTS_OF_A_PAGE, days


def test_a_list_counts_no_further_than_it_pages(cast: Cast, traces: Traces, monkeypatch: pytest.MonkeyPatch) -> None:
    erika = sits_down(cast.erika)
    monkeypatch.setattr(BoundedPaginator, "rows_max", 3)
    with counted_queries() as queries:
        shown = erika.get(list_of(Movement)).content.decode()
    assert "The newest 3 movements. Use filters to find older ones." in shown
    (counting,) = (query["sql"] for query in queries if "COUNT(" in query["sql"] and "variance" not in query["sql"])
    assert "LIMIT 3" in counting


def test_the_ledger_is_read_newest_first_and_in_no_other_order(cast: Cast, traces: Traces) -> None:
    erika = sits_down(cast.erika)
    newest_first = list(Movement.objects.order_by("-pk"))
    for query in ({}, {"o": "6"}, {"o": "-6.3"}):
        assert list(erika.get(list_of(Movement), query).context["cl"].result_list) == newest_first
