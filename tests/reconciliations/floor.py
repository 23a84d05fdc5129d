"""A shop whose clock shows about noon now, for tests of pages that read the real clock."""

from datetime import datetime, timedelta

from django.utils import timezone

from cashdesk.models import Store, User
from tests.reconciliations.queue import limits
from tests.screens.desk import Browser
from tests.settlements.desk import Shop
from tests.stories import Cast


def at_noon(cast: Cast, *, days_ago: int = 0, tolerance: int = 0) -> Shop:
    """Returns the shop, with a clock that begins half an hour before now, or that many days earlier.

    Moves the store to a time zone where it is about noon, so that no test runs over the end of a business day.
    """
    now = timezone.now()
    east = 12 - now.hour
    Store.objects.filter(account=cast.store.account).update(time_zone=f"Etc/GMT{-east:+d}" if east else "UTC")
    cast.store.refresh_from_db()
    for person in (cast.carla, cast.bruno, cast.erika):
        # Their own copies of the store would still have the old time zone.
        person.store = cast.store
    limits(cast.store, tolerance=tolerance)
    return Shop(cast, at=ago(minutes=30, days=days_ago))


def ago(*, minutes: int = 0, days: int = 0) -> datetime:
    """Returns an instant before now."""
    return timezone.now() - timedelta(minutes=minutes, days=days)


def today_of(user: User, query: str = "") -> Browser:
    """Opens the page Today for a person."""
    browser = Browser(user)
    browser.get(f"/today{query}")
    return browser
