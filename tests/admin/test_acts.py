"""A manager's actions on a drawer: count and close it, close it without a count, and count it afterwards."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.models import AuditEntry, CashSession, Store
from tests.admin.back_office import page_of, sits_down
from tests.cashdesk.desk import books, close_drawer, open_drawer, pay, sell
from tests.factories import StoreFactory, UserFactory
from tests.stories import Cast

BOTH = ("force-close", "count-afterwards")
"""The actions on a drawer that its cashier left."""


@pytest.fixture
def erika(cast: Cast) -> Client:
    """Erika's browser."""
    return sits_down(cast.erika)


@pytest.fixture
def drawer(cast: Cast) -> CashSession:
    """Carla's open drawer after a sale. She went home."""
    session = open_drawer(cast.carla, 10_000)
    sell(session, 2_500)
    return session


def act(browser: Client, session: CashSession, name: str, **fields: str) -> Any:
    """Sends the form of an action page and follows the redirect."""
    return browser.post(page_of(session, name), fields, follow=True)


def errors_of(response: Any) -> dict[str, list[str]]:
    """Returns the errors of a form that was shown again."""
    assert response.status_code == 200
    return dict(response.context["form"].errors)


def detail_of(action: str) -> Any:
    """Returns the detail of the only audit entry of an action."""
    return AuditEntry.objects.get(action=action).detail


def test_a_drawer_is_closed_without_a_count_and_counted_afterwards(
    cast: Cast, erika: Client, drawer: CashSession
) -> None:
    assert b"You cannot undo this." in erika.get(page_of(drawer, "force-close")).content
    closed = act(erika, drawer, "force-close", reason="went home")
    assert [str(message) for message in closed.context["messages"]] == [f"{drawer} is closed without a count."]
    drawer.refresh_from_db()
    assert (drawer.status, drawer.closed_by) == ("CLOSED_SYSTEM", cast.erika)
    assert detail_of("session.forced_closed") == {"reason": "went home"}
    assert books(cast.store)["Register 1"] == 12_500
    after = act(erika, drawer, "count-afterwards", amount="124.50", reason="found the key")
    assert [str(message) for message in after.context["messages"]] == [f"The drawer of {drawer} is counted: €124.50."]
    assert detail_of("session.counted_afterwards") == {
        "declared": 12_450,
        "difference": -50,
        "reason": "found the key",
    }
    assert "Register 1" not in books(cast.store)
    assert list(faults_of_store(cast.store)) == []
    assert LogEntry.objects.filter(user=cast.erika).count() == 2


def offered(browser: Client, session: CashSession) -> set[str]:
    """Returns the actions that have a button on the page of a session."""
    page = browser.get(page_of(session)).content.decode()
    return {name for name in BOTH if page_of(session, name) in page}


def test_only_what_the_state_allows_is_offered_and_done(cast: Cast, erika: Client, drawer: CashSession) -> None:
    counted = close_drawer(open_drawer(cast.bruno, 100), 100)
    assert (offered(erika, drawer), offered(erika, counted)) == ({"force-close"}, set())
    for session, names in ((drawer, BOTH[1:]), (counted, BOTH)):
        for name in names:
            assert erika.get(page_of(session, name))["Location"] == page_of(session)
            assert "__all__" in errors_of(act(erika, session, name, amount="1", reason="why not"))
    act(erika, drawer, "force-close", reason="went home")
    assert offered(erika, drawer) == {"count-afterwards"}
    again = errors_of(act(erika, drawer, "force-close", reason="twice"))
    assert again == {"__all__": ["The session is already closed."]}
    act(erika, drawer, "count-afterwards", amount="1", reason="found it")
    assert offered(erika, drawer) == set()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"amount": "1"}, {"reason"}),
        ({"amount": "1", "reason": " "}, {"reason"}),
        ({"amount": "1", "reason": "x" * 201}, {"reason"}),
        ({"reason": "a good one"}, {"amount"}),
        ({"amount": "1,50,0", "reason": "a good one"}, {"amount"}),
        ({"amount": "-1", "reason": "a good one"}, {"amount"}),
    ],
)
def test_what_does_not_fit_is_said_and_what_was_typed_stays(
    cast: Cast, erika: Client, drawer: CashSession, fields: dict[str, str], named: set[str]
) -> None:
    act(erika, drawer, "force-close", reason="went home")
    response = act(erika, drawer, "count-afterwards", **fields)
    assert set(errors_of(response)) == named
    page = response.content.decode()
    assert all(f'value="{text}"' in page for text in fields.values() if text.strip())
    assert not drawer.counts.filter(moment="AFTERWARDS").exists()


def test_nobody_acts_on_a_drawer_that_is_not_theirs_to_manage(cast: Cast, drawer: CashSession) -> None:
    hamburg = StoreFactory(account=cast.store.account, number="1338")
    strangers = (cast.otto, UserFactory(store=hamburg, role="manager"))
    for name in BOTH:
        path = page_of(drawer, name)
        for stranger in strangers:
            browser = sits_down(stranger)
            assert [browser.get(path).status_code, browser.post(path, {"reason": "x"}).status_code] == [404, 404]
        for browser in (Client(), sits_down(cast.bruno)):
            assert browser.post(path, {"reason": "x", "amount": "1"}).status_code == 302
    drawer.refresh_from_db()
    assert drawer.is_open


def test_a_manager_counts_and_closes_a_drawer_in_one_step(cast: Cast, erika: Client, drawer: CashSession) -> None:
    page = erika.get(page_of(drawer, "close"))
    assert "125.00" not in page.content.decode()
    assert list(page.context["form"].fields) == ["amount_EUR", "reason"]
    done = act(erika, drawer, "close", amount_EUR="124.50", reason="Carla is ill")
    assert [str(message) for message in done.context["messages"]] == [f"{drawer} is counted and closed: €124.50."]
    drawer.refresh_from_db()
    assert (drawer.status, drawer.closed_by, drawer.difference) == ("CLOSED", cast.erika, -50)
    assert detail_of("session.closed") == {
        "declared": 12_450, "expected": 12_500, "difference": -50, "reason": "Carla is ill"
    }  # fmt: skip
    assert list(faults_of_store(cast.store)) == []
    again = errors_of(act(erika, drawer, "close", amount_EUR="1", reason="twice"))
    assert set(again) == {"__all__"}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"amount_EUR": "1"}, {"reason"}),
        ({"reason": "ill"}, {"amount_EUR"}),
        ({"amount_EUR": "-1", "reason": "ill"}, {"amount_EUR"}),
        ({"amount_EUR": "1,50,0", "reason": " "}, {"amount_EUR", "reason"}),
    ],
)
def test_a_close_without_an_amount_or_a_reason_is_refused(
    erika: Client, drawer: CashSession, fields: dict[str, str], named: set[str]
) -> None:
    assert set(errors_of(act(erika, drawer, "close", **fields))) == named
    drawer.refresh_from_db()
    assert drawer.is_open


def test_a_close_asks_for_every_currency_of_the_drawer(cast: Cast, erika: Client, drawer: CashSession) -> None:
    opened = set(erika.get(page_of(drawer, "close")).context["form"].fields)
    pay(drawer, 2_000, currency="USD")
    refused = act(erika, drawer, "close", amount_EUR="125.00", reason="ill")
    assert set(refused.context["form"].fields) - opened == {"amount_USD"}
    done = act(erika, drawer, "close", amount_EUR="125.00", amount_USD="19", reason="ill")
    assert done.status_code == 200
    drawer.refresh_from_db()
    assert (drawer.difference, [row.difference for row in drawer.foreign_cash.all()]) == (0, [-100])


def test_a_large_amount_needs_the_page_with_a_second_person(cast: Cast, erika: Client, drawer: CashSession) -> None:
    Store.objects.filter(pk=cast.store.pk).update(witness_minor=10_000)
    refused = errors_of(act(erika, drawer, "close", amount_EUR="125.00", reason="ill"))
    assert refused == {"__all__": ["This much cash needs a second person."]}
    drawer.refresh_from_db()
    assert drawer.is_open
