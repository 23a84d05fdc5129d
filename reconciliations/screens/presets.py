"""The ranges of business dates that people ask for most often."""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext_noop as noop

PRESETS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "yesterday": noop("Yesterday"),
        "last-week": noop("Last week"),
        "this-month": noop("This month"),
        "last-month": noop("Last month"),
    }
)
"""The names of the ranges in addresses, and their words on pages."""


def range_of(preset: str, *, today: date) -> tuple[date, date]:
    """Returns the first and the last day of a preset. Weeks begin on Monday. `today` is the store's business date.

    Raises KeyError for an unknown preset.
    """
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    yesterday = today - timedelta(days=1)
    before = first - timedelta(days=1)
    return {
        "yesterday": (yesterday, yesterday),
        "last-week": (monday - timedelta(days=7), monday - timedelta(days=1)),
        "this-month": (first, today),
        "last-month": (before.replace(day=1), before),
    }[preset]
