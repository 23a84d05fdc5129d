"""The pages of patterns in shops with few closes."""

from datetime import timedelta

from django.utils import timezone

from reconciliations.models import PatternSetting
from tests.reconciliations.patterns.month_world import Weeks
from tests.screens.desk import Browser
from tests.stories import Cast


def text_at(path: str, browser: Browser) -> str:
    browser.get(path)
    return browser.text


def test_a_store_without_closes_says_so(cast: Cast) -> None:
    assert "No drawer was counted yet" in text_at("/patterns", Browser(cast.erika))


def test_fewer_than_three_people_have_no_figures(cast: Cast) -> None:
    weeks = Weeks(cast=cast)
    PatternSetting.objects.create(account=cast.store.account, shows_people=True, agreed="all")
    on = timezone.now().date() - timedelta(days=3)
    for hour in range(12):
        weeks.close(weeks.people["carla" if hour % 2 else "bruno"], on, -100, hour=hour)
    path = f"/patterns/{cast.store.uuid}/people"
    text = text_at(path, Browser(cast.erika))
    assert "Not enough data" in text
    assert "Carla" not in text
    assert Browser(cast.erika).get(f"{path}/{cast.carla.uuid}").status_code == 404


def test_differences_that_cancel_each_other_are_shown_first(cast: Cast) -> None:
    weeks = Weeks(cast=cast)
    on = timezone.now().date() - timedelta(days=3)
    for hour, difference in enumerate((0, -10_00, 10_00)):
        weeks.close(cast.carla, on, difference, hour=hour)
    text = text_at("/patterns/me", Browser(cast.carla))
    assert text.index("Differences that cancel each other") < text.index("Compared with others")
