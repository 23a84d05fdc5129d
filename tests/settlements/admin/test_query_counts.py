"""The lists and pages of settlements need a fixed number of statements, whatever the history."""

from typing import Final

import pytest
from django.urls import reverse

from cashdesk.models import Account, Place
from settlements.models import CashbookAccount, ChangeOrder, Deposit, Settlement
from tests.admin.back_office import OF_SETTLEMENTS, list_of, make_operator, page_of, sits_down
from tests.admin.test_query_counts import BARS, BARS_WITH_STORES, SIGNED_IN, statements_of
from tests.factories import AccountFactory, StoreFactory, UserFactory
from tests.settlements.admin.periods import REGISTERS, Periods, act, counted, settle
from tests.stories import Cast, make_cast

STATEMENTS_OF_A_LIST: Final = {Settlement: 3, Deposit: 4, ChangeOrder: 3, CashbookAccount: 3}
"""The rows, how many there are, and the stores of the filter; of deposits the corrections of their credits."""

STATEMENTS_OF_A_PAGE: Final = {
    "closed": 9,
    "uncounted": 11,
    "counting": 6,
    "running": 6,
    "vault": 6,
    "deposit": 2,
    "change": 1,
    "account": 1,
}
"""The row with all that it names; whether the look is to be noted; what it was opened with; its counts, their amounts and
pieces. Of a closed one what it was closed with, the settlement after it and what came late. Of one that was closed
without a count besides: whether it awaits one, for the sake of the button, and the note of the look. Of a deposit the
corrections."""

DRAFT: Final = 1
"""What the person typed before they had to sign in again, on every action page."""

STATEMENTS_OF_AN_ACT: Final = {
    ("counting", "recount"): 4,
    ("vault", "recount"): 3,
    ("running", "force-close"): 1,
    ("uncounted", "count-afterwards"): 5,
    ("deposit", "collect"): 2,
    ("deposit", "credit"): 2,
}
"""The row; what it was opened with, what is counted by hand and the ways to pay; whether it awaits a count."""


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast, made anew for each test, because one test counts all accounts."""
    return make_cast(registers=REGISTERS)


@pytest.fixture
def periods(cast: Cast) -> Periods:
    """The settlements of a day in that shop."""
    return settle(cast.store, cast.erika, cast.carla)


def test_a_list_asks_as_often_for_one_company_as_for_two_and_for_three(db: None) -> None:
    operator = sits_down(make_operator())
    for companies in (1, 2, 3):
        while Account.objects.count() < companies:
            shop = StoreFactory(account=AccountFactory(), registers=REGISTERS)
            settle(shop, UserFactory(store=shop, role="manager"), UserFactory(store=shop))
        asked = {
            model: statements_of(operator, list_of(model)) - SIGNED_IN - BARS_WITH_STORES for model in OF_SETTLEMENTS
        }
        assert asked == STATEMENTS_OF_A_LIST, companies
        assert statements_of(operator, list_of(Place)) - SIGNED_IN - BARS_WITH_STORES == 3


def test_a_page_asks_as_often_whatever_the_history(cast: Cast, periods: Periods) -> None:
    erika = sits_down(cast.erika)
    fields = counted(("EUR", "CASH", "1"), ("USD", "CASH", "7"), do="preview", reason="again")
    for previews in (1, 2, 5):
        while Settlement.objects.get(pk=periods.vault.pk).preview_count < previews:
            known = Settlement.objects.get(pk=periods.vault.pk).preview_count
            act(erika, periods.vault, "recount", **fields, after_previews=known)
        for row in periods.rows.values():
            erika.get(page_of(row))  # Django asks once in the life of a process which number a model has
        asked = {
            name: statements_of(erika, page_of(getattr(periods, name))) - SIGNED_IN - BARS
            for name in STATEMENTS_OF_A_PAGE
        }
        assert asked == STATEMENTS_OF_A_PAGE, previews
        acts = {
            (name, verb): statements_of(erika, page_of(getattr(periods, name), verb)) - SIGNED_IN - BARS - DRAFT
            for name, verb in STATEMENTS_OF_AN_ACT
        }
        assert acts == STATEMENTS_OF_AN_ACT, previews


def test_the_form_of_an_account_asks_once_for_the_stores(cast: Cast, periods: Periods) -> None:
    path = reverse("admin:settlements_cashbookaccount_add")
    assert statements_of(sits_down(cast.erika), path) - SIGNED_IN - BARS == 1
