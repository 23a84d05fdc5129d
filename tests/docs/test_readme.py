"""The pages name only things that exist, and they name all of them."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from cashdesk.management import demo_stores, demo_world
from tests.docs.pages import CONTRACTS, DECISIONS, PAGES, PROJECT, README, STRUCTURE, anchors, code_in, rows, section

# The environment is read where it is turned into settings, and by the one command that prints an address.
READERS = tuple(PROJECT / "config" / name for name in ("settings.py", "environment.py", "databases.py", "sign_in.py"))
READ_ELSEWHERE = {"PORT": PROJECT / "cashdesk" / "management" / "commands" / "demo.py"}

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))


def test_the_pages_are_found() -> None:
    assert {README, STRUCTURE, CONTRACTS, PROJECT / "CONTRIBUTING.md"} < set(PAGES)


@every_page
def test_every_make_target_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):(?!=)", (PROJECT / "Makefile").read_text(), flags=re.MULTILINE))

    named = set(re.findall(r"\bmake ([a-z][a-z-]*)", code_in(page.read_text())))

    assert named <= targets


def test_the_targets_that_a_developer_needs_are_named() -> None:
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)", code_in(README.read_text())))

    assert {"demo", "test", "help", "run", "check", "storm", "bench", "real-retail", "test-browser"} <= named


@every_page
def test_every_command_named_exists(page: Path) -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", code_in(page.read_text())))

    assert named <= set(get_commands())


def test_every_command_of_ours_is_named_in_the_readme() -> None:
    ours = {command for command, app in get_commands().items() if app == "cashdesk"}

    assert {"demo", "tidy", "verify"} <= ours
    assert ours <= set(re.findall(r"manage\.py ([a-z_]+)", code_in(README.read_text())))


def test_the_configuration_table_has_what_is_read_and_nothing_else() -> None:
    read = {name for reader in READERS for name in re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', reader.read_text())}
    read |= {
        name for name, reader in READ_ELSEWHERE.items() if re.search(rf"environ\W+get\W+{name}\b", reader.read_text())
    }

    told = {name for name in rows(section(README.read_text(), "Configuration")) if name.isupper()}

    assert "DATABASE_URL" in read
    assert "PORT" in read
    assert told == read


def test_the_configuration_table_has_the_defaults_of_the_numbers() -> None:
    source = "".join(reader.read_text() for reader in READERS)
    numbers = re.findall(r'env\.int\(\s*"([A-Z_]+)", default=(\d+)\)', source)
    told = rows(section(README.read_text(), "Configuration"))

    assert numbers
    for name, default in numbers:
        assert told[name].split("|")[2].strip() == f"`{default}`"


@every_page
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in target:
            continue
        path, _hash, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        assert found.is_relative_to(PROJECT), target
        if anchor:
            assert anchor in anchors(found.read_text()), target


def test_every_picture_says_in_words_what_it_shows() -> None:
    pictures = [picture for page in PAGES for picture in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", page.read_text())]

    assert len(pictures) >= 2
    assert all(len(words) > 40 for words, _path in pictures)


def test_each_decision_has_a_number_of_its_own() -> None:
    numbers = [int(page.name[:4]) for page in sorted(DECISIONS.glob("*.md"))]

    # There may be gaps: a number is taken when work on a decision begins.
    assert numbers[0] == 1
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("page", sorted(DECISIONS.glob("*.md")), ids=lambda page: page.stem)
def test_a_decision_tells_context_choice_and_cost(page: Path) -> None:
    told = page.read_text()

    assert told.startswith(f"# {page.name[:4]}. ")
    assert re.findall(r"^\*\*(Context|Choice|What it costs)\.\*\*", told, flags=re.MULTILINE) == [
        "Context",
        "Choice",
        "What it costs",
    ]


def test_every_page_that_the_source_refers_to_exists() -> None:
    sources = [path for app in ("cashdesk", "config", "settlements") for path in (PROJECT / app).rglob("*.py")]

    named = {name for source in sources for name in re.findall(r"\bdocs/[\w./-]*\w", source.read_text())}

    assert "docs/decisions/0005" in named
    for name in named:
        # A decision may be named by its number alone.
        assert list(PROJECT.glob(f"{name}*")), name


# --- The layout in structure.md ---------------------------------------------------------------------------------------


LAYOUT = "4. Layout, and who may know whom"


def _layout() -> str:
    (block,) = re.findall(r"^```\n(.*?)^```", section(STRUCTURE.read_text(), LAYOUT), flags=re.DOTALL | re.MULTILINE)
    return str(block)


def test_the_layout_names_what_is_in_the_ground_floor_and_nothing_else() -> None:
    lines = re.search(r"^cashdesk/.*?^(?=\w)", _layout(), flags=re.DOTALL | re.MULTILINE)
    assert lines is not None

    named = set(re.findall(r"^  (\w[\w.]*)", lines.group(), flags=re.MULTILINE))

    there = {path.name for path in (PROJECT / "cashdesk").iterdir() if not path.name.startswith("_")}
    assert named == {name for name in there if not name.startswith(".")}


@pytest.mark.parametrize("folder", ["models", "api", "management/commands"])
def test_the_layout_names_every_file_of_a_folder_told_file_by_file(folder: str) -> None:
    words = set(re.findall(r"\w+", _layout()))

    there = {path.stem for path in (PROJECT / "cashdesk" / folder).glob("*.py")} - {"__init__", "public_id"}

    assert there <= words


def test_the_layout_names_every_folder_of_the_project() -> None:
    ignored = {"var", "test-results", "bench"}  # what running and testing make; what `make bench` measures with
    there = {path.name for path in PROJECT.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))}

    assert there - ignored == set(re.findall(r"^(\w+)/", _layout(), flags=re.MULTILINE))


# --- The demonstration world ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("store", demo_stores.STORES, ids=lambda store: store.number)
def test_the_readme_tells_the_demonstration_world_as_it_is(store: demo_stores.DemoStore) -> None:
    told = rows(section(README.read_text(), "The demonstration world"))[store.number]
    _empty, _number, where, currency, registers, manager, cashiers, _end = (cell.strip() for cell in told.split("|"))

    assert store.name.startswith(where)
    assert (currency, registers) == (store.currency, str(store.registers))
    assert manager.split()[0] == f"`{store.manager[0]}`"
    assert cashiers == ", ".join(f"`{username}`" for username, _name in store.cashiers)


def test_the_readme_tells_how_to_sign_in() -> None:
    assert f"`{demo_world.PASSWORD}`" in section(README.read_text(), "The demonstration world")
