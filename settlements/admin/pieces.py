"""How the back office lists notes and coins that a row stores."""

from collections.abc import Mapping

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from cashdesk.admin_base.columns import NOTHING
from cashdesk.formats import style


def pieces_told(pieces: Mapping[int, int], currency: str) -> SafeString | str:
    """Returns one line per note or coin, largest first."""
    lines = ((number, style().face(worth, currency)) for worth, number in pieces.items())
    return format_html_join(SafeString("<br>"), "{} × {}", lines) or NOTHING
