"""Tables for spreadsheets as CSV, one line at a time, in which no text can become a formula."""

import csv
from collections.abc import Callable, Iterable
from typing import Any, Final

FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""With what a spreadsheet takes a text for a formula (OWASP, CSV injection), in both widths of the signs."""

BYTE_ORDER_MARK: Final = "\ufeff"
"""At the front of a file: without it a spreadsheet reads UTF-8 as the local code page of twenty years ago."""


def formula_safe(value: Any) -> Any:
    """Keeps a spreadsheet from running a name such as `=HYPERLINK(...)`: an apostrophe goes before it. Numbers stay."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_SIGNS) else value


class _Line:
    """A file that hands each written line back, so that the csv module can stream."""

    def write(self, line: str) -> str:
        return line


def line_writer() -> Callable[[Iterable[Any]], str]:
    """Returns what turns cells into a line of CSV. The cells are safe already: text by `formula_safe`, numbers as such."""
    return csv.writer(_Line()).writerow
