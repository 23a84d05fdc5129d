"""A manager counts and closes the drawer of somebody else: blind, once, and under the manager's name."""

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.closing import close_session, force_close_session
from cashdesk.domain.session.handover import custody_of
from cashdesk.enums import PlaceKind, Role, SessionStatus
from cashdesk.errors import Forbidden
from cashdesk.models import AuditEntry, CashSession, Count, Draft, Movement, Store
from tests.cashdesk.desk import NOON, counted, minutes, open_drawer, sell
from tests.factories import PASSWORD, UserFactory
from tests.reconciliations.queue import limits
from tests.screens.desk import Browser
from tests.stories import Cast


@pytest.fixture
def drawer(cast: Cast) -> CashSession:
    """Carla's open drawer with a float of 150.00 and a sale of 93.21."""
    session = open_drawer(cast.carla, 150_00, station=1)
    sell(session, 93_21)
    return session


def path_of(session: CashSession) -> str:
    """Returns the address of the page."""
    return f"/desk/sessions/{session.uuid}/count"


def count(browser: Browser, session: CashSession, amount: str) -> None:
    """Counts, reviews the count, and closes."""
    browser.fill(path_of(session), {"amount": amount, "step": "review"})
    assert browser.page.status_code == 200, browser.text
    browser.send(path_of(session), {"step": "close"})


@pytest.mark.parametrize("start", ["/today", "/drawers", "result"])
def test_each_page_of_the_drawer_leads_to_the_count(cast: Cast, drawer: CashSession, start: str) -> None:
    page = f"/desk/sessions/{drawer.uuid}" if start == "result" else start
    for user, offered in ((cast.erika, True), (cast.carla, False)):
        found = Browser(user).get(page).content.decode()
        assert (f'href="{path_of(drawer)}"' in found) is offered, user


def test_the_count_closes_the_drawer_under_the_name_of_the_manager(cast: Cast, drawer: CashSession) -> None:
    limits(cast.store)
    erika = Browser(cast.erika)
    erika.get(path_of(drawer))
    assert "1337 Berlin · Register 1 · Carla" in erika.text
    assert "This is the drawer of Carla. Your count closes it, and carries your name." in erika.text
    count(erika, drawer, "240")
    assert erika.page.headers["Location"] == f"/desk/sessions/{drawer.uuid}"
    drawer.refresh_from_db()
    assert (drawer.status, drawer.declared_amount, drawer.difference) == (SessionStatus.CLOSED, 240_00, -3_21)
    assert (drawer.user, drawer.closed_by) == (cast.carla, cast.erika)
    assert Count.objects.get(moment="CLOSING").counted_by == cast.erika
    assert AuditEntry.objects.get(action="session.closed").user == cast.erika
    assert Movement.objects.get(kind="RETURN").recorded_by == cast.erika
    assert cast.book(PlaceKind.REGISTER, 1) == 0
    variance = drawer.variances.get()
    assert (variance.person, variance.counted_by) == (cast.carla, cast.erika)
    assert not Draft.objects.exists()
    erika.follow()
    assert "Counted by Erika Mustermann" in erika.text
    assert "What happens next" in erika.text
    carla = Browser(cast.carla)
    carla.get(f"/desk/sessions/{drawer.uuid}")
    assert "Short by €3.21" in carla.text
    assert "What happens next" not in carla.text


def test_no_step_tells_what_is_expected_and_no_look_is_noted(cast: Cast, drawer: CashSession) -> None:
    erika = Browser(cast.erika)
    for typed in ({}, {"amount": "x"}, {"amount": "1", "step": "back"}, {"amount": "1", "step": "review"}):
        erika.fill(path_of(drawer), typed)
        for figure in ("243.21", "93.21", "242.21"):
            assert figure not in erika.text, typed
    assert not AuditEntry.objects.filter(action="expected.seen").exists()


def test_the_result_does_not_tell_the_cashier_that_they_counted(cast: Cast, drawer: CashSession) -> None:
    count(Browser(cast.erika), drawer, "243.21")
    carla = Browser(cast.carla)
    carla.get(f"/desk/sessions/{drawer.uuid}")
    assert "The count is as expected. There is nothing to explain." in carla.text
    assert "Counted by Erika Mustermann" in carla.text
    assert "You counted" not in carla.text


def test_sent_twice_it_is_one_close(cast: Cast, drawer: CashSession) -> None:
    erika = Browser(cast.erika)
    erika.fill(path_of(drawer), {"amount": "243.21", "step": "review"})
    sent = {**erika.hidden(), "step": "close"}
    answers = [erika.client.post(path_of(drawer), sent).status_code for _ in range(2)]
    assert answers == [303, 303]
    assert Count.objects.filter(moment="CLOSING").count() == 1


def test_only_a_manager_of_the_store_counts_the_drawer_of_somebody_else(cast: Cast, drawer: CashSession) -> None:
    other = Store.objects.create(account=cast.store.account, number="1402", name="Wedding", currency="EUR")
    far = UserFactory(store=other, username="mia", role=Role.MANAGER)
    for user, status in ((cast.bruno, 404), (far, 404), (cast.otto, 404)):
        assert Browser(user).get(path_of(drawer)).status_code == status, user
        assert Browser(user).send(path_of(drawer), {"amount": "1", "step": "close"}).status_code == status, user
    for user in (cast.bruno, far):
        with pytest.raises(Forbidden):
            close_session(session=drawer, counted=counted(1), by=Principal(user=user), at=NOON)
    drawer.refresh_from_db()
    assert drawer.is_open
    count(Browser(cast.anna), drawer, "243.21")
    drawer.refresh_from_db()
    assert drawer.closed_by == cast.anna


def test_the_own_drawer_and_a_closed_one_lead_elsewhere(cast: Cast, drawer: CashSession) -> None:
    own = open_drawer(cast.erika, 10_00, station=2)
    erika = Browser(cast.erika)
    assert erika.get(path_of(own)).headers["Location"] == "/desk/count"
    assert Browser(cast.carla).get(path_of(drawer)).headers["Location"] == "/desk/count"
    erika.fill(path_of(drawer), {"amount": "1", "step": "review"})
    force_close_session(session=drawer, by=Principal(user=cast.anna), at=minutes(3), reason="ill")
    erika.send(path_of(drawer), {"step": "close"})
    assert erika.page.headers["Location"] == f"/desk/sessions/{drawer.uuid}?notice=closed-meanwhile"
    assert erika.get(path_of(drawer)).headers["Location"].endswith("?notice=closed-meanwhile")


def test_a_large_count_needs_somebody_else_than_the_manager(cast: Cast, drawer: CashSession) -> None:
    limits(cast.store)
    Store.objects.filter(pk=cast.store.pk).update(witness_minor=100_00)
    erika = Browser(cast.erika)
    erika.fill(path_of(drawer), {"amount": "243.21", "step": "review"})
    review = erika.hidden()
    for name, is_closed in (("erika", False), ("carla", True)):
        typed = {**review, "step": "close", "witness_name": name, "witness_password": PASSWORD}
        erika.client.post(path_of(drawer), typed)
        drawer.refresh_from_db()
        assert (not drawer.is_open) is is_closed, name
    assert Count.objects.get(moment="CLOSING").witness == cast.carla


def test_cash_that_stays_is_in_the_care_of_the_person_who_counted_it(cast: Cast) -> None:
    session = open_drawer(cast.carla, 150_00, station=1)
    close_session(session=session, counted=counted(150_00), by=Principal(user=cast.erika), at=minutes(2))
    custody = custody_of(session.register)
    assert not custody.answers_for_gap(cast.carla.pk)
    assert custody.answers_for_gap(cast.erika.pk)
