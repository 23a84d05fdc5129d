"""A drawing of shares with their intervals: one line for each group, and an upright line for the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from reconciliations.patterns.scale import place_of, round_up
from reconciliations.patterns.summary import Summary
from reconciliations.screens.pattern_words import from_to, percent

WIDTH: Final = 600
_LEFT: Final = 10
_STEP: Final = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One group on the drawing."""

    name: str
    text_y: int
    y: int
    low: int
    at: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What the template `reconciliations/interval_chart.html` draws."""

    key: str
    title: str
    description: str
    height: int
    lines: Sequence[Line]
    store_at: int
    largest: str
    """The right end of the scale, so many of 100."""


def draw_intervals(rows: Sequence[tuple[str, Summary]], *, of_store: Summary, key: str, title: str) -> Chart | None:
    """Draws the shortages above the tolerance, per 100 closes. Returns None without two groups of ten closes."""
    if len(rows) < 2:
        return None
    largest = round_up(max(one.above_interval[1] for _name, one in rows))

    def x_of(share: float) -> int:
        return _LEFT + place_of(share, largest=largest, reach=WIDTH - 2 * _LEFT)

    def told(name: str, one: Summary) -> str:
        return _("%(name)s: %(rate)s, interval %(interval)s.") % {
            "name": name,
            "rate": percent(one.above_share),
            "interval": from_to(one.above_interval),
        }

    return Chart(
        key=key,
        title=title,
        description=" ".join(told(name, one) for name, one in rows),
        height=_STEP * len(rows) + 24,
        lines=[
            Line(
                name=name,
                text_y=_STEP * at + 18,
                y=_STEP * at + 36,
                low=x_of(one.above_interval[0]),
                at=x_of(one.above_share),
                high=x_of(one.above_interval[1]),
            )
            for at, (name, one) in enumerate(rows)
        ],
        store_at=x_of(min(of_store.above_share, largest)),
        largest=percent(largest),
    )
