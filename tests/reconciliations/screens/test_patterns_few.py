"""The pages of patterns in shops with few closes."""

from datetime import timedelta

from django.utils import timezone

from cashdesk.formats import style, write_as
from reconciliations.domain.pattern_review import months_of_review
from reconciliations.models import PatternSetting
from reconciliations.patterns.scale import round_up
from tests.reconciliations.patterns.month_world import Weeks
from tests.screens.desk import Browser
from tests.stories import Cast


def text_at(path: str, browser: Browser) -> str:
    browser.get(path)
    return browser.text


def test_a_store_without_closes_says_so(cast: Cast) -> None:
    text = text_at("/patterns", Browser(cast.erika))
    assert "No drawer was counted yet" in text
    assert "No counted closes in the last twelve months." in text
    assert "and there are no counted closes in these months." in text


def test_the_head_names_the_first_and_the_last_day_with_a_close_and_the_foot_that_none_is_compared(cast: Cast) -> None:
    weeks = Weeks(cast=cast)
    today = timezone.now().date()
    days = [today - timedelta(days=ago) for ago in (2, 1)]
    for day in days:
        weeks.close(cast.carla, day, 0)
    last_compared = months_of_review(store=cast.store, at=timezone.now())[-1]
    text = text_at("/patterns", Browser(cast.erika))
    write_as(cast.store.language, cast.store.currency, cast.store.time_zone)
    first, last = (style().date(day) for day in days)
    assert f"2 counted closes from {first} to {last}." in text
    assert days[0].replace(day=1) > last_compared
    assert "and there are no counted closes in these months." in text


def test_the_scale_of_the_shares_ends_at_a_round_number() -> None:
    shares = (0.03, 0.1, 0.3, 0.7, 0.81, 0.999, 1.0)
    assert [round_up(share) for share in shares] == [0.1, 0.1, 0.3, 0.7, 0.9, 1.0, 1.0]


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
