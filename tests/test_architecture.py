"""The rules of the house that no linter knows, checked on the source."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from django.apps import apps
from django.db import models

from cashdesk.enums import ROLE_RANK, Role

PROJECT: Final = Path(__file__).resolve().parent.parent
APPS: Final = ("cashdesk", "settlements", "reconciliations")
FILE_LINES_MAX: Final = 350
TEMPLATE_LINES_MAX: Final = 180
FUNCTION_LINES_MAX: Final = 70
UNFINISHED: Final = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b")  # cut in two, so that this line is not one
MAY_DIVIDE: Final = {"cashdesk/money.py"}
"""The one place that divides money, by powers of ten and exactly."""
STATISTICS: Final = "reconciliations/patterns/"
"""Shares, intervals and evidence are fractions. Nothing here can book money: the room imports no model and no ledger."""


def python_files(*folders: str) -> list[Path]:
    """Returns the Python files of these folders, without what Django wrote."""
    found = [path for folder in folders for path in sorted((PROJECT / folder).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


def named(path: Path) -> str:
    """Returns the path of a file within the project."""
    return path.relative_to(PROJECT).as_posix()


SOURCE: Final = python_files("config", *APPS)
TESTS: Final = python_files("tests")
every_source_file = pytest.mark.parametrize("path", SOURCE, ids=named)


def tree_of(path: Path) -> ast.Module:
    """Returns the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=named(path))


def functions_of(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yields every function and method."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_there_is_source_to_look_at() -> None:
    assert len(SOURCE) > 40
    assert {path.parts[len(PROJECT.parts)] for path in SOURCE} >= {"config", "cashdesk"}


def test_who_may_import_whom() -> None:
    linter = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    result = subprocess.run(
        [sys.executable, "-c", linter, "--no-cache"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


# --- The shape of the source -----------------------------------------------------------------------------------------------


@every_source_file
def test_a_file_is_short_enough_to_be_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LINES_MAX


def test_styles_scripts_and_templates_are_short_enough_to_be_read() -> None:
    limits = {
        **{
            path: FILE_LINES_MAX
            for app in APPS
            for kind in ("css", "js")
            for path in (PROJECT / app).rglob(f"*.{kind}")
        },
        **dict.fromkeys((PROJECT / "templates").rglob("*.html"), TEMPLATE_LINES_MAX),
    }
    assert {path.suffix for path in limits} == {".css", ".js", ".html"}
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in limits}
    assert {named(path): lines for path, lines in lengths.items() if lines > limits[path]} == {}


@every_source_file
def test_a_function_fits_on_a_screen(path: Path) -> None:
    lengths = {one.name: (one.end_lineno or 0) - one.lineno + 1 for one in functions_of(tree_of(path))}
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES_MAX} == {}


@every_source_file
def test_imports_stand_at_the_top(path: Path) -> None:
    inside = [
        f"line {node.lineno}, in {function.name}"
        for function in functions_of(tree_of(path))
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


@every_source_file
def test_nothing_happens_by_signal(path: Path) -> None:
    assert path.stem != "signals"
    listens = [
        f"line {node.lineno}"
        for node in ast.walk(tree_of(path))
        if (isinstance(node, ast.ImportFrom) and node.module in ("django.dispatch", "django.db.models.signals"))
        # A class of connections may call its own base: super().connect() connects no signal.
        or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "connect"
            and not (isinstance(node.func.value, ast.Call) and called_names(node.func.value) == {"super"})
        )
    ]
    assert listens == []


def is_no_amount(node: ast.AST) -> set[ast.AST]:
    """Returns the nodes below a node that are not money: an example in the API description, a probability in the
    demonstration.
    """
    if isinstance(node, ast.Dict):
        examples = [
            value for key, value in zip(node.keys, node.values, strict=True) if getattr(key, "value", "") == "example"
        ]
        return {inner for value in examples for inner in ast.walk(value)}
    if isinstance(node, ast.Compare) and called_names(node.left) == {"random"}:
        return set(node.comparators)
    return set()


def test_the_statistics_know_no_model_and_no_ledger() -> None:
    room = [path for path in SOURCE if named(path).startswith(STATISTICS)]
    assert len(room) > 4
    imported = {
        name.split(".")[0] if not name.startswith(STATISTICS.strip("/").replace("/", ".")) else "the room itself"
        for path in room
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
    }
    assert imported <= {*sys.stdlib_module_names, "the room itself"}


@pytest.mark.parametrize(
    "path", [one for one in python_files(*APPS) if not named(one).startswith(STATISTICS)], ids=named
)
def test_no_money_becomes_a_float(path: Path) -> None:
    nodes = list(ast.walk(tree_of(path)))
    exempt = {exempt for node in nodes for exempt in is_no_amount(node)}
    floats = [
        f"line {node.lineno}"
        for node in nodes
        if node not in exempt
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float")
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and named(path) not in MAY_DIVIDE)
    ]
    assert floats == []


def test_only_the_ledger_writes_movements() -> None:
    makes = re.compile(
        r"\bMovement\(|\bMovement\.objects\.(create|bulk_create|get_or_create|update)|INTO cashdesk_movement"
    )
    writers = [named(path) for path in python_files(*APPS) if makes.search(path.read_text(encoding="utf-8"))]
    assert [name for name in writers if name != "cashdesk/models/movement.py"] == ["cashdesk/domain/ledger/ledger.py"]


def test_only_expected_sums_the_ledger() -> None:
    # An API, a screen or a report that adds up movements by itself is how two figures come to disagree.
    sums = re.compile(r"\bSum\(\s*[\"'](movements__|movements_in__|movements_out__)?amount|SUM\(amount\)")
    found = [named(path) for path in python_files(*APPS) if sums.search(path.read_text(encoding="utf-8"))]
    # The one sum stands in two files: per period of a place, and per business date of a store.
    expected = {"cashdesk/domain/ledger/expected.py", "reconciliations/domain/store_day_sums.py"}
    assert set(found) <= {*expected, "cashdesk/domain/ledger/proof.py"}, "proofs recompute, all others ask"


def test_every_form_goes_through_one_door() -> None:
    callers = [named(path) for path in SOURCE if "act_once" in called_names(tree_of(path))]
    assert callers == ["cashdesk/forms/submit.py"]
    with_key = [
        path.name for path in (PROJECT / "templates").rglob("*.html") if 'name="once"' in path.read_text("utf-8")
    ]
    assert with_key == ["form_key.html"]


def test_nothing_is_left_unfinished() -> None:
    left = [
        f"{named(path)}:{number}"
        for path in [*SOURCE, *TESTS, *(PROJECT / "templates").rglob("*.html"), *(PROJECT / "docs").rglob("*.md")]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if UNFINISHED.search(line)
    ]
    assert left == []


# --- The tests themselves -------------------------------------------------------------------------------------------------


def asserts(node: ast.AST) -> bool:
    """Whether a function contains something that can fail: `assert`, `pytest.raises`, `pytest.fail` or `raise`."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assert | ast.Raise):
            return True
        if (
            isinstance(inner, ast.Call)
            and isinstance(inner.func, ast.Attribute)
            and inner.func.attr in ("raises", "fail")
        ):
            return True
    return False


def called_names(node: ast.AST) -> set[str]:
    """Returns the names of all functions and methods that a function calls."""
    calls = (inner.func for inner in ast.walk(node) if isinstance(inner, ast.Call))
    return {
        func.id if isinstance(func, ast.Name) else func.attr
        for func in calls
        if isinstance(func, ast.Name | ast.Attribute)
    }


def asserting_helpers() -> set[str]:
    """Returns the names of helpers that assert, directly or through another helper."""
    helpers = {
        one.name: one for path in TESTS for one in functions_of(tree_of(path)) if not one.name.startswith("test_")
    }
    asserting = {name for name, one in helpers.items() if asserts(one)}
    while more := {name for name, one in helpers.items() if name not in asserting and called_names(one) & asserting}:
        asserting |= more
    return asserting


def test_every_test_can_fail() -> None:
    helpers = asserting_helpers()
    silent = [
        f"{named(path)}::{one.name}"
        for path in TESTS
        if path.name.startswith("test_")
        for one in functions_of(tree_of(path))
        if one.name.startswith("test_") and not asserts(one) and not called_names(one) & helpers
    ]
    assert silent == []


def test_every_test_file_has_tests() -> None:
    empty = [
        named(path)
        for path in TESTS
        if path.name.startswith("test_")
        and not any(one.name.startswith("test_") for one in functions_of(tree_of(path)))
    ]
    assert empty == []


BROWSER_TEST: Final = re.compile(r"mark\.browse" r"r\b")  # cut in two, so that this line is not one


def test_browser_tests_stand_where_make_collects_them() -> None:
    found = {named(path.parent) for path in TESTS if BROWSER_TEST.search(path.read_text(encoding="utf-8"))}
    assert found == {"tests/browser"}


LATE_ON_PURPOSE = "tests/browser/slow.py"
"""The server that answers late: it is what tests wait for."""


def test_no_test_waits_by_sleeping_or_pretends_by_mocking() -> None:
    found = [
        f"{named(path)}:{node.lineno}"
        for path in TESTS
        if "storms" not in path.parts and "real_retail" not in path.parts and named(path) != LATE_ON_PURPOSE
        for node in ast.walk(tree_of(path))
        if (
            isinstance(node, ast.ImportFrom | ast.Import)
            and any("mock" in (getattr(node, "module", "") or "") + a.name for a in node.names)
        )
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sleep")
    ]
    assert found == []


# --- What is data --------------------------------------------------------------------------------------------------------------


def own_models() -> list[type[models.Model]]:
    """Returns the models of our apps. A proxy has the table of a package."""
    return [model for model in apps.get_models() if model._meta.app_label in APPS and not model._meta.proxy]


def holds_money(model: type[models.Model]) -> bool:
    """Whether a table holds amounts: big integers that are not keys."""
    return any(type(field) is models.BigIntegerField for field in model._meta.concrete_fields)


def test_nothing_with_money_is_deleted_along_with_something_else() -> None:
    with_money = [model for model in own_models() if holds_money(model)]
    assert len(with_money) >= 5
    cascades = [
        f"{model.__name__}.{field.name}"
        for model in with_money
        for field in model._meta.concrete_fields
        if field.remote_field is not None and field.remote_field.on_delete not in (models.PROTECT, models.RESTRICT)
    ]
    assert cascades == []


def test_every_role_has_its_rank() -> None:
    assert set(ROLE_RANK) == set(Role)
    assert len(set(ROLE_RANK.values())) == len(Role)
