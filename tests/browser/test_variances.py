"""The variances in a browser, on the workbench and in the back office: on a phone, accessible, up to the sign-off."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.models import Variance
from reconciliations.domain.variance_acts import recount_variance
from tests.admin.back_office import list_of, page_of
from tests.browser.patience import wait_until_begun
from tests.browser.screen import Screen
from tests.cashdesk.desk import close_drawer, open_drawer
from tests.factories import PASSWORD
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
    bench = ("/variances", "/variances?show=all&kind=LATE", f"/variances/{variance.uuid}")
    return (*bench, list_of(Variance), page_of(variance), *(page_of(variance, act) for act in acts))


def test_every_page_opens_without_a_complaint_or_a_barrier_and_fits_every_screen(
    screen: Screen, short: Variance
) -> None:
    screen.sign_in("erika")
    for path in paths_of(short):
        screen.visit(path)
        assert screen.too_wide() == [], path
        assert screen.barriers() == [], path


def test_a_difference_is_explained_and_signed_off(screen: Screen, short: Variance) -> None:
    screen.sign_in("erika")
    page = screen.visit(list_of(Variance))
    page.get_by_role("link", name=str(short)).click()
    page.get_by_role("link", name="Explain variance").click()
    page.get_by_label("Reason").select_option("Wrong change given")
    page.get_by_label("Notes").fill("a ten for a five")
    page.get_by_role("button", name="Explain").click()
    page.get_by_text(f"{short} is explained.").wait_for()
    page.get_by_role("link", name="Approve").click()
    page.get_by_role("button", name="Approve").click()
    page.get_by_text(f"{short} is approved.").wait_for()
    assert Variance.objects.get(pk=short.pk).state == "APPROVED"


def test_last_tuesdays_shortage_is_signed_off_with_six_clicks(screen: Screen, cast: Cast) -> None:
    """Counts from the sign-in page, with the reason chosen by hand."""
    now = timezone.now()
    for days in (1, 7, 9):
        at = now - timedelta(days=days)
        close_drawer(open_drawer(cast.carla, 100_00, at=at - timedelta(hours=1)), 100_00 - days * 100, at=at)
    tuesday = Variance.objects.get(difference=-7_00)
    clicks = 0
    page = screen.visit("/sign-in")
    page.get_by_label("Username").fill("erika")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    for role, name in (
        ("button", "Sign in"), ("link", "Variances"), ("link", "−€7.00"), ("button", "Explain variance"),
        ("button", "Approve variance"),
    ):  # fmt: skip
        if name == "Explain variance":
            expect(page.get_by_role("heading", name="Short by €7.00")).to_be_visible()
            page.get_by_label("Reason").select_option("WRONG_CHANGE_GIVEN")
            clicks += 1
        page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]
        clicks += 1
    expect(page.get_by_text(": approved.")).to_be_visible()
    assert clicks <= 6
    assert Variance.objects.get(pk=tuesday.pk).state == "APPROVED"


def test_a_person_works_through_the_list_with_keys(screen: Screen, cast: Cast) -> None:
    now = timezone.now()
    for minutes, amount in ((50, 97_00), (30, 95_00), (10, 93_00)):
        at = now - timedelta(minutes=minutes)
        close_drawer(open_drawer(cast.carla, 100_00, at=at - timedelta(minutes=5)), amount, at=at)
    first, second, _third = Variance.objects.order_by("raised_at", "pk")
    screen.enter(cast.erika)
    page = screen.visit("/variances")

    def press(key: str) -> None:
        # A page that is still loading does not hear keys.
        wait_until_begun(page)
        page.keyboard.press(key)

    press("j")
    heading = page.locator("#case")
    expect(heading).to_have_text("Short by €3.00")
    for key, told in (
        ("j", "Short by €5.00"),
        ("j", "Short by €7.00"),
        ("k", "Short by €5.00"),
        ("k", "Short by €3.00"),
    ):
        press(key)
        expect(heading).to_have_text(told)
    press("?")
    expect(page.get_by_text("Choose the reason with this number")).to_be_visible()
    press("?")
    expect(page.get_by_text("Choose the reason with this number")).to_be_hidden()
    press("2")
    expect(page.get_by_label("Reason")).to_have_value("COUNTING_ERROR")
    press("e")
    expect(page.get_by_text(": explained.")).to_be_visible()
    press("a")
    expect(heading).to_have_text("Short by €5.00")
    page.get_by_placeholder("Notes").press_sequentially("a jar of 7 keys")
    expect(heading).to_have_text("Short by €5.00")
    expect(page.get_by_label("Reason")).to_have_value("")
    assert Variance.objects.get(pk=first.pk).state == "APPROVED"
    assert Variance.objects.get(pk=second.pk).state == "OPEN"
    page.get_by_placeholder("Notes").blur()
    press("j")
    expect(heading).to_have_text("Short by €7.00")
    expect(page.get_by_placeholder("Notes")).to_have_value("")
    press("a")
    expect(page.locator("[data-refused-said]")).to_have_text("It is not explained yet.")
    press("k")
    expect(page.get_by_placeholder("Notes")).to_have_value("a jar of 7 keys")
    press("r")
    expect(page).to_have_url(re.compile(r"/recount$"))


def test_a_refused_act_covers_neither_its_error_nor_the_figures(screen: Screen, short: Variance) -> None:
    screen.sign_in("erika")
    screen.page.set_viewport_size({"width": 1366, "height": 768})
    page = screen.visit(f"/variances/{short.uuid}")
    screen.expected_status = 400
    page.get_by_role("button", name="Escalate variance").click()
    expect(page.get_by_text("Enter why you escalate it.")).to_be_visible()
    bar = page.locator(".decide").bounding_box()
    assert bar is not None
    assert bar["height"] < 150
    for covered in ("#refusal", "#case", ".formula"):
        box = page.locator(covered).bounding_box()
        assert box is not None
        assert box["y"] >= 0, covered
        assert box["y"] + box["height"] <= bar["y"], covered


def test_two_counts_stand_side_by_side_without_scrolling(screen: Screen, short: Variance, cast: Cast) -> None:
    recounted = CountedAmount(currency="EUR", amount=98_00)
    recount_variance(variance=short, counted=recounted, by=Principal(user=cast.erika), at=timezone.now())
    screen.sign_in("erika")
    page = screen.visit(f"/variances/{short.uuid}")
    for width in (1366, 390):
        page.set_viewport_size({"width": width, "height": 844})
        table = page.locator('.scroll[aria-labelledby="counts"]')
        assert table.evaluate("one => one.scrollWidth - one.clientWidth") <= 0, width


def test_the_list_prints_its_rows(screen: Screen, short: Variance) -> None:
    screen.sign_in("erika")
    page = screen.visit("/variances")
    page.emulate_media(media="print")
    expect(page.locator(f'.list a[href*="{short.uuid}"]')).to_be_visible()
    expect(page.get_by_text("Choose a variance to see its evidence.")).to_be_hidden()
