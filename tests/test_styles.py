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
PHYSICAL: Final = re.compile(
    r"(?<![\w-])(?:(?:scroll-)?(?:margin|padding)-(?:left|right)|border-(?:left|right)[\w-]*|border-(?:top|bottom)-(?:left|right)-radius"
    r"|left|right)(?=\s*:)"
    r"|(?<![\w-])(?:text-align|float|clear|caption-side|transform-origin|background-position)\s*:[^;]*\b(?:left|right)\b"
)
"""Names of sides that do not turn with the direction of the text."""
SIDES: Final = re.compile(r"(?<![\w-])(margin|padding|inset)\s*:\s*([^;]+);")
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


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda one: one.name)
def test_a_sheet_names_the_sides_by_the_direction_of_the_text(sheet: Path) -> None:
    text = without_comments(sheet)
    assert [found.group() for found in PHYSICAL.finditer(text)] == []
    # Four values are top, right, bottom and left: the second and the fourth must be the same.
    uneven = []
    for name, values in SIDES.findall(text):
        parts = re.findall(r"(?:[\w-]*\([^()]*(?:\([^()]*\)[^()]*)*\)|[^\s()]+)", values)
        if len(parts) == 4 and parts[1] != parts[3]:
            uneven.append(f"{name}: {values}")
    assert uneven == []


@pytest.mark.parametrize(
    "rule",
    [
        "margin-left: 0",
        "border-right-color: red",
        "left: 0",
        "text-align: right",
        "border-top-left-radius: 0",
        "float:left",
    ],
)
def test_the_search_for_sides_finds_them(rule: str) -> None:
    assert PHYSICAL.search(f".one {{ {rule}; }}")
    assert not PHYSICAL.search(".one { margin-inline-start: 0; inset-inline-end: 0; text-align: end; --left: 0; }")
