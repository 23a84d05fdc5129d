"""A walk photographs every page of the product, or a reason excuses the page. The test needs no browser."""

from tests.screenshots import __main__ as command
from tests.screenshots.pages import NOT_PHOTOGRAPHED, forgotten, page_names
from tests.screenshots.walks import GROUPS, pages_of_all


def test_no_page_is_forgotten() -> None:
    assert forgotten(pages_of_all()) == []


def test_a_new_page_would_be_missed() -> None:
    assert forgotten(pages_of_all() - {"desk-open"}) == ["desk-open"]


def test_walks_and_excuses_name_pages_that_exist() -> None:
    assert pages_of_all() | NOT_PHOTOGRAPHED.keys() <= page_names()


def test_no_page_is_both_photographed_and_excused() -> None:
    assert pages_of_all() & NOT_PHOTOGRAPHED.keys() == set()


def test_the_command_knows_every_group() -> None:
    assert tuple(GROUPS) == command.GROUPS
