"""The business day: it follows the shop's local time, and the hours before the cut-off belong to the day before."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashdesk.domain.store.business_day import business_date, end_of_business_day
from cashdesk.models import Store

BERLIN, SANTIAGO, JAKARTA = "Europe/Berlin", "America/Santiago", "Asia/Jakarta"
ZONES = (BERLIN, SANTIAGO, JAKARTA, "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC")


def day_of(local: str, zone: str, *, cut_off_hour: int = 0, fold: int = 0) -> str:
    """Returns the business date of a local time. `fold=1` is the second of two equal hours."""
    at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)
    return business_date(store=Store(time_zone=zone, cut_off_hour=cut_off_hour), at=at).isoformat()


@pytest.mark.parametrize(
    ("local", "cut_off_hour", "day"),
    [
        ("2026-03-10 00:00", 0, "2026-03-10"),
        ("2026-03-10 23:59:59.999999", 0, "2026-03-10"),
        ("2026-03-11 00:00", 4, "2026-03-10"),
        ("2026-03-11 03:59:59.999999", 4, "2026-03-10"),
        ("2026-03-11 04:00", 4, "2026-03-11"),
        ("2026-03-10 22:59", 23, "2026-03-09"),
        ("2026-03-10 23:00", 23, "2026-03-10"),
        ("2026-01-01 00:30", 1, "2025-12-31"),
        ("2028-03-01 02:00", 3, "2028-02-29"),
    ],
)
@pytest.mark.parametrize("zone", [BERLIN, SANTIAGO, JAKARTA])
def test_the_night_before_the_cut_off_is_still_yesterday(zone: str, local: str, cut_off_hour: int, day: str) -> None:
    assert day_of(local, zone, cut_off_hour=cut_off_hour) == day


def test_one_instant_is_another_day_in_another_shop() -> None:
    at = datetime(2026, 3, 10, 20, 0, tzinfo=UTC)
    days = {
        zone: business_date(store=Store(time_zone=zone, cut_off_hour=0), at=at) for zone in (SANTIAGO, BERLIN, JAKARTA)
    }
    assert days == {SANTIAGO: date(2026, 3, 10), BERLIN: date(2026, 3, 10), JAKARTA: date(2026, 3, 11)}


def test_an_instant_may_come_in_any_time_zone() -> None:
    store = Store(time_zone=BERLIN, cut_off_hour=4)
    at = datetime(2026, 3, 11, 2, 30, tzinfo=UTC)
    zones = [UTC, ZoneInfo(JAKARTA), ZoneInfo(SANTIAGO)]
    assert {business_date(store=store, at=at.astimezone(zone)) for zone in zones} == {date(2026, 3, 10)}


# In Berlin 02:00 becomes 03:00 on the last Sunday of March, and 03:00 becomes 02:00 on the last of October.
@pytest.mark.parametrize(
    ("local", "fold", "cut_off_hour", "day"),
    [
        ("2026-03-29 01:59", 0, 2, "2026-03-28"),
        ("2026-03-29 03:00", 0, 2, "2026-03-29"),
        ("2026-03-29 01:59", 0, 3, "2026-03-28"),
        ("2026-03-29 03:00", 0, 3, "2026-03-29"),
        ("2026-10-25 01:59", 0, 2, "2026-10-24"),
        ("2026-10-25 02:00", 0, 2, "2026-10-25"),
        ("2026-10-25 02:59", 0, 3, "2026-10-24"),
        ("2026-10-25 02:00", 1, 3, "2026-10-24"),
        ("2026-10-25 02:59", 1, 3, "2026-10-24"),
        ("2026-10-25 03:00", 0, 3, "2026-10-25"),
    ],
)
def test_when_the_clock_is_changed_in_berlin(local: str, fold: int, cut_off_hour: int, day: str) -> None:
    assert day_of(local, BERLIN, cut_off_hour=cut_off_hour, fold=fold) == day


# In Santiago the hour after midnight is left out in September, and the hour before midnight comes twice in April.
@pytest.mark.parametrize(
    ("local", "fold", "cut_off_hour", "day"),
    [
        ("2026-09-05 23:59", 0, 0, "2026-09-05"),
        ("2026-09-06 01:00", 0, 0, "2026-09-06"),
        ("2026-09-06 01:00", 0, 1, "2026-09-06"),
        ("2026-09-05 23:59", 0, 1, "2026-09-05"),
        ("2026-04-04 23:59", 0, 0, "2026-04-04"),
        ("2026-04-04 23:00", 1, 0, "2026-04-04"),
        ("2026-04-04 23:59", 1, 0, "2026-04-04"),
        ("2026-04-05 00:00", 0, 0, "2026-04-05"),
        ("2026-04-04 23:00", 1, 23, "2026-04-04"),
    ],
)
def test_when_the_clock_is_changed_in_santiago(local: str, fold: int, cut_off_hour: int, day: str) -> None:
    assert day_of(local, SANTIAGO, cut_off_hour=cut_off_hour, fold=fold) == day


@pytest.mark.parametrize(
    ("zone", "day", "hours"), [(BERLIN, "2026-03-28", 23), (BERLIN, "2026-10-24", 25), (JAKARTA, "2026-03-28", 24)]
)
def test_on_the_nights_of_the_change_a_business_day_has_23_or_25_hours(zone: str, day: str, hours: int) -> None:
    store = Store(time_zone=zone, cut_off_hour=4)
    noon = datetime.fromisoformat(f"{day} 12:00").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    around = (noon + timedelta(minutes=step) for step in range(-36 * 60, 36 * 60))
    assert sum(business_date(store=store, at=at).isoformat() == day for at in around) == hours * 60


@given(
    st.datetimes(min_value=datetime(2015, 1, 1), max_value=datetime(2036, 1, 1)),
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=36)),
    st.sampled_from(ZONES),
    st.integers(min_value=0, max_value=23),
)
def test_it_never_goes_backwards(at: datetime, later: timedelta, zone: str, cut_off_hour: int) -> None:
    store = Store(time_zone=zone, cut_off_hour=cut_off_hour)
    first = at.replace(tzinfo=UTC)
    assert business_date(store=store, at=first) <= business_date(store=store, at=first + later)


@pytest.mark.parametrize("zone", ZONES)
def test_around_every_change_of_the_clock_it_never_goes_backwards(zone: str) -> None:
    noons = [datetime(2015, 1, 1, 12, tzinfo=UTC) + timedelta(days=day) for day in range(12 * 366)]
    offsets = [noon.astimezone(ZoneInfo(zone)).utcoffset() for noon in noons]
    changes = [noon for noon, before, after in zip(noons, offsets, offsets[1:], strict=False) if before != after]
    assert len(changes) == {JAKARTA: 0, "Asia/Kathmandu": 0, "UTC": 0}.get(zone, len(changes))
    for noon in changes:
        for cut_off_hour in range(24):
            store = Store(time_zone=zone, cut_off_hour=cut_off_hour)
            days = [business_date(store=store, at=noon + timedelta(minutes=15 * step)) for step in range(97)]
            assert days == sorted(days)


@given(
    zone=st.sampled_from(ZONES),
    cut_off_hour=st.integers(0, 23),
    on=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
)
def test_a_day_ends_where_the_next_one_begins(zone: str, cut_off_hour: int, on: date) -> None:
    store = Store(time_zone=zone, cut_off_hour=cut_off_hour)
    end = end_of_business_day(store=store, on=on)
    assert business_date(store=store, at=end - timedelta(microseconds=1)) == on
    assert business_date(store=store, at=end) == on + timedelta(days=1)
