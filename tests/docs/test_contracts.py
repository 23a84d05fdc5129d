"""The pages name every published family of paths, and every kind of movement."""

import re
from pathlib import Path

import pytest

from cashdesk.enums import MovementKind
from reconciliations.exports.tables import TABLES
from settlements.api.movements import MOVED_BY_HAND
from tests.docs.pages import CONTRACTS, README, STRUCTURE, rows, section
from tests.web.test_permissions import ROUTES

OTHER_NAMES = {"adapters"}
"""Longer paths of the same calls, for clients of an original."""
FAMILIES = sorted({path.partition("/")[0] for _method, path in ROUTES} - OTHER_NAMES)
"""The first parts of all paths below /api/v1."""


def test_the_families_are_found() -> None:
    assert {"cash", "shifts", "settlements", "cash-management", "exports"} <= set(FAMILIES)


@pytest.mark.parametrize("page", [CONTRACTS, README], ids=lambda page: page.name)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_page_names_every_family_of_paths(page: Path, family: str) -> None:
    assert re.search(rf"/{family}\b", page.read_text())


def test_the_house_names_every_kind_of_movement() -> None:
    assert set(re.findall(r"`([A-Z_]+)`", rows(section(STRUCTURE.read_text(), "1. Words"))["kind"])) == {*MovementKind}


def test_the_contracts_name_every_kind_that_is_moved_by_hand() -> None:
    (told,) = re.findall(r"^- `kind` is (.*?)\. ", CONTRACTS.read_text(), flags=re.DOTALL | re.MULTILINE)
    assert re.findall(r"`([A-Z_]+)`", told) == [*MOVED_BY_HAND]


def test_the_contracts_name_every_table_that_is_exported() -> None:
    (told,) = re.findall(r"`GET /exports/{([a-z_|]+)}`", CONTRACTS.read_text())
    assert set(told.split("|")) == {*TABLES}
