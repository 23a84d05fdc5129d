"""The examiner of the pages: what it must find in each colour."""

import re
from pathlib import Path

import pytest

from tests.browser.screen import Screen

PROJECT = Path(__file__).resolve().parents[2]
FAINT = (
    "@media (prefers-color-scheme: %s) { .top .brand > span { color: #888 !important; background: #777 !important } }"
)
ADD_STYLES = """(text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets.push(sheet);
}"""
DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{\n(.*?)\n\}", re.DOTALL)
SETS_A_VARIABLE = re.compile(r"--[\w-]+: [^;]+;")


@pytest.mark.browser
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_faint_words_in_one_colour_are_found_there(screen: Screen, colours: str) -> None:
    page = screen.visit("/nowhere", status=404)
    assert screen.barriers() == []
    page.evaluate(ADD_STYLES, FAINT % colours)
    assert screen.barriers() == [f"{colours}: color-contrast (serious): [['.brand > span']]"]


@pytest.mark.browser
def test_a_picture_without_words_is_found_in_the_first_colour(screen: Screen) -> None:
    page = screen.visit("/nowhere", status=404)
    page.evaluate("document.querySelector('main').append(new Image())")
    assert screen.barriers() == ["light: image-alt (critical): [['#main > img']]"]


def test_dark_pages_differ_in_nothing_but_colours() -> None:
    # The examiner looks in dark for the contrast alone.
    dark = {sheet.name: DARK.findall(sheet.read_text()) for sheet in PROJECT.glob("*/static/**/*.css")}
    assert {name for name, blocks in dark.items() if blocks} >= {"tokens.css"}
    for name, blocks in dark.items():
        for declaration in re.findall(r"^ +([\w-]+:.*)$", "\n".join(blocks), re.MULTILINE):
            assert SETS_A_VARIABLE.fullmatch(declaration), f"{name}: {declaration}"
