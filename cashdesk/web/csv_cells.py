"""Writes CSV line by line, so that spreadsheets run no text as a formula."""

import csv
from collections.abc import Callable, Iterable
from typing import Any, Final

FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A spreadsheet reads text that starts with one of these as a formula (OWASP, CSV injection). Includes the full-width
forms.
"""

BYTE_ORDER_MARK: Final = "\ufeff"
"""Starts each file. Without it, spreadsheets read UTF-8 as an old local code page."""


def formula_safe(value: Any) -> Any:
    """Puts an apostrophe before text that a spreadsheet would run, such as `=HYPERLINK(...)`. Other values stay
    unchanged.
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_SIGNS) else value


class _Line:
    """A file whose `write` returns the line, so that the csv module can stream."""

    def write(self, line: str) -> str:
        return line


def line_writer() -> Callable[[Iterable[Any]], str]:
    """Returns a function that turns cells into one line of CSV.

    It does not escape formulas: the caller passes text through `formula_safe` first.
    """
    return csv.writer(_Line()).writerow
