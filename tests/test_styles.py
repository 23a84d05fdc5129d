"""The style sheets: colours and sizes come from tokens.css alone."""

import re
from pathlib import Path
from typing import Final

import pytest

PROJECT: Final = Path(__file__).resolve().parent.parent
SHEETS: Final = sorted(PROJECT.glob("*/static/**/*.css"))
TOKENS: Final = PROJECT / "cashdesk" / "static" / "cashdesk" / "tokens.css"
ADMIN_AND_DOCS: Final = {"admin.css", "docs.css"}
"""These set the variables of somebody else's styles."""
COLOUR: Final = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(", re.IGNORECASE)
SIZE: Final = re.compile(r"\bfont(?:-size)?: [^;]*\d(?:rem|px)\b|\bfont(?:-weight)?: [^;]*\b(?:[1-9]00|650|bold)\b")
"""Print sheets may use points, and a size may be a share of the text around it."""
TOKEN: Final = re.compile(r"^ +(--[\w-]+):", re.MULTILINE)
USED: Final = re.compile(r"var\((--[\w-]+)\)")


def without_comments(sheet: Path) -> str:
    """Returns the text of a sheet without its comments."""
    return re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)


pages = pytest.mark.parametrize(
    "sheet",
    [sheet for sheet in SHEETS if sheet != TOKENS and sheet.name not in ADMIN_AND_DOCS],
    ids=lambda one: one.name,
)


@pages
def test_a_sheet_adds_no_colour_and_no_size_of_text(sheet: Path) -> None:
    text = without_comments(sheet)
    assert COLOUR.findall(text) == []
    assert [found.group() for found in SIZE.finditer(text)] == []


@pages
def test_a_sheet_uses_variables_that_exist(sheet: Path) -> None:
    text = without_comments(sheet)
    known = set(TOKEN.findall(TOKENS.read_text(encoding="utf-8"))) | set(TOKEN.findall(text))
    assert set(USED.findall(text)) - known == set()
