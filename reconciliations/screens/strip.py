"""The strip: the differences of the last thirty closes as dots, oldest first. Draws only what callers may show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cashdesk.formats import style
from reconciliations.patterns.scale import height_of

CLOSES_MAX: Final = 30
_LEFT: Final = 30
_STEP: Final = 20
_MIDDLE: Final = 70
_REACH: Final = 56
"""From zero to the largest difference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StripClose:
    """One close on a strip. Amounts are in minor units."""

    difference: int
    when: str
    """The day as it is written on the page."""
    place: str = ""
    path: str = ""
    """The page of the close, for the table."""
    band: tuple[int, int] | None = None
    """The smallest and the largest usual difference at this register, if they are known."""
    is_current: bool = False
    """Whether the page is about this close. Its dot has a ring."""

    @property
    def is_outside(self) -> bool:
        """Whether the difference is outside the band."""
        return self.band is not None and not self.band[0] <= self.difference <= self.band[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A close with its place on the drawing."""

    close: StripClose
    x: int
    y: int
    band_left: int
    band_top: int = 0
    band_height: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """What the template `reconciliations/strip.html` draws."""

    key: str
    """Begins the ids of the drawing, because a page may have several strips."""
    title: str
    description: str
    currency: str
    dots: Sequence[Dot]
    has_bands: bool
    top: str
    bottom: str
    """The amounts at the upper and at the lower edge."""


def draw_strip(closes: Sequence[StripClose], *, key: str, title: str, currency: str) -> Strip:
    """Draws the last thirty of these closes, oldest first. The scale is wider near zero."""
    shown = closes[-CLOSES_MAX:]
    edges = [abs(edge) for one in shown if one.band for edge in one.band]
    largest = max([abs(one.difference) for one in shown] + edges, default=0) or 1

    def y_of(difference: int) -> int:
        return _MIDDLE - height_of(difference, largest=largest, reach=_REACH)

    dots = []
    for at, one in enumerate(shown):
        top, bottom = (y_of(one.band[1]), y_of(one.band[0])) if one.band else (0, 0)
        dots.append(
            Dot(
                close=one,
                x=_LEFT + _STEP * at,
                band_left=_LEFT + _STEP * at - _STEP // 2,
                y=y_of(one.difference),
                band_top=top - 4,
                band_height=bottom - top + 8,
            )
        )
    return Strip(
        key=key,
        title=title,
        description=_in_words(shown, currency),
        currency=currency,
        dots=dots,
        has_bands=any(one.band for one in shown),
        top=style().signed(largest, currency),
        bottom=style().signed(-largest, currency),
    )


def _in_words(closes: Sequence[StripClose], currency: str) -> str:
    """Returns what the drawing shows, for those who do not see it."""
    short = [one.difference for one in closes if one.difference < 0]
    over = [one.difference for one in closes if one.difference > 0]
    sentences = [
        ngettext("%(count)s close.", "%(count)s closes, oldest first.", len(closes)) % {"count": len(closes)},
        _("%(exact)s balanced, %(short)s short, %(over)s over.")
        % {"exact": len(closes) - len(short) - len(over), "short": len(short), "over": len(over)},
    ]
    if short:
        sentences.append(_("Largest shortage: %(amount)s.") % {"amount": style().amount(-min(short), currency)})
    if over:
        sentences.append(_("Largest overage: %(amount)s.") % {"amount": style().amount(max(over), currency)})
    outside = sum(1 for one in closes if one.is_outside)
    if any(one.band for one in closes):
        sentences.append(
            ngettext(
                "%(count)s close is outside the band of its register.",
                "%(count)s closes are outside the band of their register.",
                outside,
            )
            % {"count": outside}
        )
    return " ".join(sentences)
