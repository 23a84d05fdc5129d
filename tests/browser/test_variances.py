"""The variance queue in a browser: on a phone, accessible, from the list to the sign-off."""

import pytest

from cashdesk.models import Variance
from tests.admin.back_office import list_of, page_of
from tests.browser.screen import EXAMINED, Screen
from tests.cashdesk.desk import close_drawer, open_drawer
from tests.stories import Cast

pytestmark = pytest.mark.browser


@pytest.fixture
def short(cast: Cast) -> Variance:
    """Carla's drawer, three euros short."""
    close_drawer(open_drawer(cast.carla, 100_00), 97_00)
    return Variance.objects.get()


def paths_of(variance: Variance) -> tuple[str, ...]:
    """Returns the addresses of the queue, of a variance, and of its action pages."""
    acts = ("explain", "witness", "recount", "escalate")
    return (list_of(Variance), page_of(variance), *(page_of(variance, act) for act in acts))


def test_every_page_opens_without_a_complaint_and_without_sideways_scrolling(screen: Screen, short: Variance) -> None:
    screen.sign_in("erika")
    for path in paths_of(short):
        screen.visit(path)
        assert screen.too_wide() == [], path


@pytest.mark.parametrize("screen", [EXAMINED], ids=["examined"], indirect=True)
def test_nothing_bars_the_way_through_the_queue(screen: Screen, short: Variance) -> None:
    screen.sign_in("erika")
    for path in paths_of(short):
        screen.visit(path)
        assert screen.barriers() == [], path


def test_a_difference_is_explained_and_signed_off(screen: Screen, short: Variance) -> None:
    screen.sign_in("erika")
    page = screen.visit(list_of(Variance))
    page.get_by_role("link", name=str(short)).click()
    page.get_by_role("link", name="Explain").click()
    page.get_by_label("Reason").select_option("Wrong change given")
    page.get_by_label("Notes").fill("a ten for a five")
    page.get_by_role("button", name="Explain").click()
    page.get_by_text(f"{short} is explained.").wait_for()
    page.get_by_role("link", name="Approve").click()
    page.get_by_role("button", name="Approve").click()
    page.get_by_text(f"{short} is approved.").wait_for()
    assert Variance.objects.get(pk=short.pk).state == "APPROVED"
