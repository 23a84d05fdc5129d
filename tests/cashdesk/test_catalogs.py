"""A check names a catalog that was not compiled. Without it, gettext would silently use English."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils.translation import to_locale

from cashdesk.catalog_checks import check_catalogs
from cashdesk.enums import Language

PROJECT = Path(__file__).resolve().parents[2]
LANGUAGES = [to_locale(language) for language in Language.values if language != Language.ENGLISH]


@pytest.fixture
def catalogs(tmp_path: Path, settings: Any) -> Path:
    """A catalog for each language, compiled after its last change."""
    for language in LANGUAGES:
        folder = tmp_path / "locale" / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        for name, at in (("django.po", 1_000), ("django.mo", 2_000)):
            (folder / name).write_text("")
            os.utime(folder / name, (at, at))
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    return tmp_path / "locale"


def test_compiled_catalogs_are_not_mentioned(catalogs: Path) -> None:
    assert check_catalogs() == []


def test_a_catalog_that_was_not_compiled_is_named(catalogs: Path) -> None:
    (catalogs / "pt_BR" / "LC_MESSAGES" / "django.mo").unlink()
    (warning,) = check_catalogs()
    assert "português (Brasil) (pt-br) are not compiled" in warning.msg
    assert "pybabel compile" in str(warning.hint)


def test_a_catalog_that_is_older_than_its_source_is_named(catalogs: Path) -> None:
    os.utime(catalogs / "de" / "LC_MESSAGES" / "django.po", (3_000, 3_000))
    (warning,) = check_catalogs()
    assert "Deutsch (de) are older than their source" in warning.msg


def test_a_missing_catalog_stops_no_command(catalogs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (catalogs / "es" / "LC_MESSAGES" / "django.mo").unlink()
    call_command("check")
    assert "español (es) are not compiled" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")
def test_a_second_checkout_with_the_same_environment_compiles_its_own(tmp_path: Path) -> None:
    compiler = tmp_path / "venv" / "bin" / "pybabel"
    compiler.parent.mkdir(parents=True)
    compiler.write_text('#!/bin/sh\nwhile [ "$1" != --output-file ]; do shift; done\necho compiled > "$2"\n')
    compiler.chmod(0o755)
    for name in ("Makefile", "pyproject.toml", "uv.lock"):
        shutil.copy2(PROJECT / name, tmp_path)
    for language in LANGUAGES:
        folder = tmp_path / "locale" / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "django.po").write_text("")
    # Another checkout has prepared the environment already.
    for name in (".installed", ".ready"):
        (tmp_path / "venv" / name).touch()
        os.utime(tmp_path / "venv" / name, (4_000_000_000, 4_000_000_000))
    subprocess.run(["make", "VENV=venv", "venv/.ready"], cwd=tmp_path, check=True, capture_output=True)
    assert len(list(tmp_path.glob("locale/*/LC_MESSAGES/django.mo"))) == len(LANGUAGES)
