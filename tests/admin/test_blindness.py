"""Law 5 in the back office: no page shows the expected amount of an open drawer, and late cash explains a closed drawer."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.closing import force_close_session
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.enums import MovementKind
from cashdesk.models import AuditEntry, CashSession, Movement
from tests.admin.back_office import EVERYTHING, Traces, list_of, page_of, sits_down
from tests.cashdesk.desk import close_drawer, counted, minutes, move, open_drawer, sell
from tests.stories import Cast

FLOAT, SALES, PAID_OUT = 731_300, (420_907, 11_171), 5_003
EXPECTED = FLOAT + sum(SALES) - PAID_OUT
IN_WORDS = ("11583.75", "11,583.75", "11.583,75", str(EXPECTED), "1,158,375", "1.158.375")


@pytest.fixture
def drawer(cast: Cast) -> CashSession:
    """Bruno's open drawer after trade. Its expected amount is a number that no page contains by chance."""
    session = open_drawer(cast.bruno, FLOAT)
    for amount in SALES:
        sell(session, amount)
    move(session, MovementKind.PAID_OUT, PAID_OUT)
    assert EXPECTED == 1_158_375
    return session


def every_page(browser: Client) -> Iterator[tuple[str, str]]:
    """Opens the index, every list, every row and its history. Yields the address and the page."""
    paths = ["/admin/"]
    for model in EVERYTHING:
        response = browser.get(list_of(model), {"all": ""})
        yield list_of(model), response.content.decode()
        for row in response.context["cl"].result_list:
            paths += [page_of(row), page_of(row, "history")]
    for path in paths:
        yield path, browser.get(path).content.decode()


def pages_that_tell(browser: Client) -> list[str]:
    return [path for path, page in every_page(browser) if any(words in page for words in IN_WORDS)]


@pytest.mark.parametrize("who", ["erika", "anna", "operator"])
def test_no_page_tells_what_is_expected_in_an_open_drawer(
    cast: Cast, operator: object, drawer: CashSession, who: str
) -> None:
    browser = sits_down(operator if who == "operator" else getattr(cast, who))  # type: ignore[arg-type]
    assert pages_that_tell(browser) == []


def test_the_page_of_the_session_tells_it_once_it_is_closed(cast: Cast, drawer: CashSession) -> None:
    close_drawer(drawer, EXPECTED - 1)
    assert page_of(drawer) in pages_that_tell(sits_down(cast.erika))


def test_an_open_session_shows_its_float_and_nothing_of_its_end(cast: Cast, drawer: CashSession) -> None:
    page = sits_down(cast.erika).get(page_of(drawer)).content.decode()
    assert "€7,313.00" in page
    figures = {
        name: figure_of(page, name)
        for name in ("declared_amount", "expected_amount", "difference", "late_cash", "adjusted_difference")
    }
    assert set(figures.values()) == {"-"}, figures


def figure_of(page: str, field: str) -> str:
    """Returns the text of a field of a page."""
    found = re.search(rf'field-{field}">.*?<div class="readonly">(.*?)</div>', page, re.DOTALL)
    assert found is not None, field
    return re.sub(r"</?bdi[^>]*>", "", found.group(1)).strip()


def test_late_cash_explains_the_difference_of_a_closed_session(cast: Cast, traces: Traces) -> None:
    page = sits_down(cast.erika).get(page_of(traces[CashSession])).content.decode()
    figures = ("declared_amount", "expected_amount", "difference", "late_cash", "adjusted_difference")
    assert [figure_of(page, name) for name in figures] == [
        "€123.00",
        "€125.00",
        "−€2.00",
        "€2.00",
        "−€4.00",
    ]


def test_a_look_at_a_drawer_that_nobody_counted_is_noted(cast: Cast, drawer: CashSession) -> None:
    by = Principal(user=cast.erika)
    closed = force_close_session(session=drawer, by=by, at=minutes(9), reason="went home")
    erika = sits_down(cast.erika)
    seen = AuditEntry.objects.filter(action="expected.seen", user=cast.erika, store=cast.store)
    for model in EVERYTHING:
        erika.get(list_of(model))
    assert seen.count() == 0
    assert "€11,583.75" in erika.get(page_of(closed)).content.decode()
    assert seen.count() == 1
    assert "€11,583.75" in erika.get(page_of(closed.seal)).content.decode()
    assert [entry.detail for entry in seen] == [{"sessions": [closed.pk]}] * 2
    count_afterwards(session=closed, counted=counted(1), by=by, at=timezone.now())
    erika.get(page_of(closed))
    assert seen.count() == 2


def test_the_movements_of_a_session_are_one_step_away(cast: Cast, traces: Traces) -> None:
    erika = sits_down(cast.erika)
    session = traces[CashSession]
    sell(open_drawer(cast.bruno, 100), 50)
    page = erika.get(page_of(session)).content.decode()
    (link,) = re.findall(rf'href="({list_of(Movement)}[?][^"]*)"', page)[-1:]
    shown = erika.get(link.replace("&amp;", "&")).context["cl"].result_list
    assert set(shown) == set(Movement.objects.filter(session=session)) != set(Movement.objects.all())
    payment = traces[Movement].payment
    assert page_of(traces[Movement]) in erika.get(page_of(payment)).content.decode()
