"""Writes CSV line by line, and protects text that a spreadsheet would run as a formula."""

import csv
import io
from collections.abc import Callable, Iterable
from typing import Any, Final

FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""The first characters of text that a spreadsheet reads as a formula (OWASP, CSV injection), also in full width."""

BYTE_ORDER_MARK: Final = "\ufeff"
"""The start of each file. Without this mark, spreadsheets read UTF-8 as an old local code page."""


def formula_safe(value: Any) -> Any:
    """Puts an apostrophe before text that a spreadsheet would run as a formula, such as `=HYPERLINK(...)`.

    Returns other values unchanged.
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_SIGNS) else value


def lines_of(rows: Iterable[Iterable[Any]]) -> str:
    """Returns rows of cells as lines of CSV, as `line_writer` does line by line. It escapes no formulas either."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue()


class _Line:
    """A file-like object whose `write` returns the line. So the csv module can produce lines for a streamed answer."""

    def write(self, line: str) -> str:
        return line


def line_writer() -> Callable[[Iterable[Any]], str]:
    """Returns a function that turns cells into one line of CSV.

    It does not escape formulas: the caller passes text through `formula_safe` first.
    """
    return csv.writer(_Line()).writerow
