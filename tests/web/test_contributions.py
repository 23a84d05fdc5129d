"""The parts that apps add to lower floors: they exist and render, and no lower floor names an upper app."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.template import Engine
from django.urls import URLResolver, get_resolver
from django.utils.module_loading import import_string

from cashdesk.contributions import Contributions, Spot, contributions, count_subjects, fragments_at
from cashdesk.web.dialects import Dialect
from tests.test_architecture import APPS, PROJECT, named, python_files

TEMPLATES = PROJECT / "templates"
ADMIN = "cashdesk"
"""The overrides of Django's own admin belong to the ground floor."""


def urls_of(app: str) -> set[str]:
    """Returns the names of the URLs that an app defines."""
    return {one.name for one in _patterns(get_resolver().url_patterns) if _app_of(one.callback) == app and one.name}


def _patterns(patterns: list[Any]) -> Iterator[Any]:
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from _patterns(one.url_patterns)
        else:
            yield one


def _app_of(view: Any) -> str:
    return str(getattr(view, "cls", view).__module__).partition(".")[0]


def above(app: str) -> tuple[str, ...]:
    """Returns the apps on the floors above one."""
    return APPS[APPS.index(app) + 1 :]


def templates_of(app: str) -> list[Path]:
    own = [*(TEMPLATES / app).rglob("*.html"), *(TEMPLATES / "admin" / app).rglob("*.html")]
    django = (TEMPLATES / "admin").glob("*.html") if app == ADMIN else ()
    return sorted({*own, *django})


def test_the_names_of_urls_are_found() -> None:
    assert {"desk", "home", "sign-in"} <= urls_of("cashdesk")
    assert {"vault", "desk-register", "z-report", "desk-no-sale"} <= urls_of("settlements")
    assert {"exports", "recount", "session-recount"} <= urls_of("reconciliations")


@pytest.mark.parametrize("app", APPS)
def test_no_template_names_a_url_of_an_upper_app(app: str) -> None:
    upper = {name for one in above(app) for name in urls_of(one)}
    found = [
        f"{named(path)}: {name}"
        for path in templates_of(app)
        for name in re.findall(r"""{%\s*url\s+["']([\w:-]+)["']""", path.read_text())
        if name in upper or name.startswith(tuple(f"admin:{one}_" for one in above(app)))
    ]
    assert found == []


@pytest.mark.parametrize("app", APPS)
def test_no_template_includes_one_of_an_upper_app(app: str) -> None:
    used = re.compile(r"""{%\s*(?:include|extends)\s+["'](\w+)/""")
    found = [
        f"{named(path)}: {folder}"
        for path in templates_of(app)
        for folder in used.findall(path.read_text())
        if folder in above(app)
    ]
    assert found == []


def strings_of(path: Path) -> Iterator[str]:
    """Yields the strings of a file that are not docstrings."""
    tree = ast.parse(path.read_text())
    docs = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


@pytest.mark.parametrize("app", APPS)
def test_no_code_names_a_url_a_table_a_module_or_a_template_of_an_upper_app(app: str) -> None:
    upper = "|".join(above(app)) or "(?!)"
    names = {name for one in above(app) for name in urls_of(one) if "-" in name}
    # `settlements:read` is a scope, which the keys of the ground floor may have.
    refers = re.compile(rf"\b({upper})[._/]\w|/({upper})\b")
    found = [
        f"{named(path)}: {text}"
        for path in python_files(app)
        for text in strings_of(path)
        if refers.search(text) or text in names
    ]
    assert found == []


# --- What is contributed ------------------------------------------------------------------------------------------------


def test_every_app_contributes_in_the_order_of_the_apps() -> None:
    declared = [getattr(apps.get_app_config(app), "contributes", None) for app in APPS]
    assert all(isinstance(one, Contributions) for one in declared)
    assert [*contributions()] == declared


def test_every_dialect_is_one() -> None:
    prefixes = [prefix for one in contributions() for prefix in one.dialects]
    assert len(prefixes) == len(set(prefixes))
    for one in contributions():
        for prefix, name in one.dialects.items():
            assert prefix.startswith("/api/v1/")
            assert issubclass(import_string(name), Dialect)


@pytest.mark.parametrize("app", APPS)
def test_an_app_contributes_its_own(app: str) -> None:
    contributed: Contributions = apps.get_app_config(app).contributes  # type: ignore[attr-defined]
    assert all(name.startswith((f"{app}/", f"admin/{app}/")) for name in contributed.fragments.values())
    assert all(name.startswith(f"{app}.") for name in contributed.dialects.values())


@pytest.mark.parametrize("spot", Spot)
def test_every_spot_is_shown_and_has_fragments_that_exist(spot: Spot) -> None:
    shown = [path.name for path in TEMPLATES.rglob("*.html") if f'{{% contributed "{spot}" %}}' in path.read_text()]
    assert len(shown) == 1
    assert fragments_at(spot)
    for name in fragments_at(spot):
        assert Engine.get_default().get_template(name)


def test_a_spot_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        fragments_at("nowhere")


def test_which_drafts_are_counts() -> None:
    assert count_subjects() == {"close", "open", "count-in", "count", "recount", "audit"}
