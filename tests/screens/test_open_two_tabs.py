"""The form that opens a drawer, in two tabs: a draft of one tab never refuses the second look of the other one."""

from typing import Final

import pytest

from cashdesk.models import CashSession, Draft
from tests.screens.desk import Browser
from tests.stories import Cast

OPEN: Final = "/desk/open"
UNUSUAL: Final = "75000"
"""A float that needs a second look."""


@pytest.fixture
def tabs(cast: Cast) -> tuple[Browser, Browser]:
    """Two tabs of Carla."""
    return Browser(cast.carla), Browser(cast.carla)


def looked_and_opened(tab: Browser) -> None:
    """Confirms the unusual float on the review, and opens the drawer with it."""
    assert tab.page.status_code == 200, tab.text
    assert tab.hidden()["looked"] == "7500000 EUR"
    tab.send(OPEN, {"step": "open"})
    assert tab.page.status_code == 303, tab.text
    assert CashSession.objects.get().start_amount == 75_000_00


@pytest.mark.parametrize("typed", [{"amount": "40"}, {"pieces-20000": "3"}, {"amount": "x"}, {"amount": UNUSUAL}])
def test_a_draft_of_before_does_not_refuse_the_second_look(
    tabs: tuple[Browser, Browser], typed: dict[str, str]
) -> None:
    first, second = tabs
    second.fill(OPEN, typed)
    assert Draft.objects.exists()
    first.fill(OPEN, {"amount": UNUSUAL})
    looked_and_opened(first)


@pytest.mark.parametrize("typed", [{"amount": "40"}, {"pieces-20000": "3"}, {"amount": "x"}, {"amount": UNUSUAL}])
def test_a_draft_that_another_tab_saves_meanwhile_does_not_refuse_it(
    tabs: tuple[Browser, Browser], typed: dict[str, str]
) -> None:
    first, second = tabs
    first.fill(OPEN, {"amount": UNUSUAL})
    second.fill(OPEN, typed)
    looked_and_opened(first)
    assert not Draft.objects.filter(subject__startswith="open").exists()
    # The other tab comes too late at each of its steps, and its person is led to the open drawer.
    form = second.hidden() | {"amount": UNUSUAL, "looked": "7500000 EUR"}
    for step in ("review", "open"):
        late = second.client.post(OPEN, {**form, "step": step})
        assert (late.status_code, late.headers.get("Location")) == (303, "/desk?notice=already-open"), step
    assert CashSession.objects.count() == 1


def test_going_back_from_the_second_look_keeps_the_input_of_this_tab(tabs: tuple[Browser, Browser]) -> None:
    first, second = tabs
    first.fill(OPEN, {"amount": UNUSUAL})
    second.fill(OPEN, {"amount": "40"})
    first.send(OPEN, {"step": "back"})
    assert f'value="{UNUSUAL}"' in first.page.content.decode()
    first.send(OPEN, {"amount": UNUSUAL, "step": "review"})
    looked_and_opened(first)
