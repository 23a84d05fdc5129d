"""Deliveries are sent again for three days, after longer and longer waits, or as the receiver asks within bounds."""

from datetime import datetime, timedelta

import pytest

from cashdesk.web.webhooks.schedule import GIVEN_UP_AFTER, RETRY_AFTER_MOST, next_attempt_at
from tests.cashdesk.desk import NOON


def waits(failures: int, retry_after: timedelta | None = None) -> tuple[timedelta, timedelta]:
    """Returns the shortest and the longest wait of many."""
    found = [
        moment - NOON
        for _again in range(200)
        if (moment := next_attempt_at(failures=failures, first_attempt_at=NOON, at=NOON, retry_after=retry_after))
    ]
    return min(found), max(found)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 5), (2, 30), (3, 120), (4, 600), (5, 1800), (6, 3600), (7, 3600), (500, 3600)]
)
def test_a_wait_grows_to_an_hour_and_is_up_to_a_fifth_longer(failures: int, seconds: int) -> None:
    shortest, longest = waits(failures)
    assert shortest >= timedelta(seconds=seconds)
    assert shortest < longest <= timedelta(seconds=seconds * 6) // 5


def test_a_delivery_is_tried_for_three_days_to_the_minute() -> None:
    at: datetime | None = NOON
    tried: list[datetime] = []
    while at is not None:
        tried.append(at)
        at = next_attempt_at(failures=len(tried), first_attempt_at=NOON, at=at)
    assert tried[-1] == NOON + GIVEN_UP_AFTER
    assert 60 < len(tried) < 80
    assert sorted(tried) == tried


@pytest.mark.parametrize(
    ("asked", "least"),
    [
        (timedelta(0), timedelta(minutes=1)),
        (timedelta(minutes=5), timedelta(minutes=5)),
        (timedelta(hours=2), timedelta(hours=2)),
        (timedelta(days=400), RETRY_AFTER_MOST),
    ],
)
def test_a_receiver_may_ask_for_another_wait_within_bounds(asked: timedelta, least: timedelta) -> None:
    shortest, longest = waits(6, asked)
    assert least <= shortest <= longest <= least * 6 // 5


def test_a_receiver_cannot_ask_for_more_requests_than_usual_at_the_beginning() -> None:
    assert waits(1, timedelta(0))[0] >= timedelta(seconds=5)
