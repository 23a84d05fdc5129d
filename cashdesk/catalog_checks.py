"""Checks that the translations are compiled. Without compiled files gettext silently shows English."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register
from django.utils.translation import to_locale

COMPILE = "Run: .venv/bin/pybabel compile --domain django --directory locale"


@register(Tags.translation)
def check_catalogs(**_options: Any) -> list[CheckMessage]:
    """Warns of languages whose compiled catalog is missing or older than its source.

    This is not an error, because every command still works.
    """
    found: list[CheckMessage] = []
    for code, name in settings.LANGUAGES:
        for folder in map(Path, settings.LOCALE_PATHS):
            source = folder.joinpath(to_locale(code), "LC_MESSAGES", "django.po")
            compiled = source.with_suffix(".mo")
            if not source.exists():
                continue
            if not compiled.exists():
                message = f"The words in {name} ({code}) are not compiled: those pages speak English."
                found.append(checks.Warning(message, hint=COMPILE, obj=str(compiled), id="cashdesk.W001"))
            elif compiled.stat().st_mtime < source.stat().st_mtime:
                message = f"The compiled words in {name} ({code}) are older than their source."
                found.append(checks.Warning(message, hint=COMPILE, obj=str(compiled), id="cashdesk.W002"))
    return found
