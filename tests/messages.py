"""Extracts the words that are marked for translation, and updates the catalogs in locale/: `make messages`.

Uses only Python: Django prepares the templates, and Babel extracts the words.
"""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import django
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

HEADER: Final = """# Cashdesk in another language; docs/languages.md has the glossary.
msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""
ROOT: Final = Path(__file__).resolve().parent.parent
APPS: Final = ("cashdesk", "settlements", "reconciliations")
KEYWORDS: Final[dict[str, Any]] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "noop": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}


def catalogs() -> dict[str, Path]:
    """Returns the path of the catalog of each language. English has none, because the source is English."""
    found = (ROOT / "locale").glob("*/LC_MESSAGES/django.po")
    return {path.parent.parent.name: path for path in sorted(found)}


def read(path: Path) -> Catalog:
    """Reads a catalog."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, domain="django", abort_invalid=True)


def source() -> Catalog:
    """Returns all marked words of the source."""
    catalog = Catalog(domain="django", project="Cashdesk", charset="utf-8", fuzzy=False)
    for path, text in _texts():
        for _line, message, comments, context in extract(
            "python", io.BytesIO(text.encode()), keywords=KEYWORDS, comment_tags=("Translators:",)
        ):
            flags = ["python-format"] if "%(" in str(message) else []
            catalog.add(message, locations=[(path, None)], auto_comments=comments, context=context, flags=flags)  # type: ignore[list-item]
    for path, text in _words_of_models():
        catalog.add(text, locations=[(path, None)])  # type: ignore[list-item]
    return catalog


def _words_of_models() -> Iterator[tuple[str, str]]:
    """Yields the words of models that the admin shows (cashdesk.model_words): names, and the fields with their help."""
    from django.contrib import admin

    for model, page in sorted(admin.site._registry.items(), key=lambda found: found[0]._meta.label):
        if model._meta.app_label not in APPS:
            continue
        path = f"{model.__module__.replace('.', '/')}.py"
        names = (model._meta.verbose_name, model._meta.verbose_name_plural)
        yield from ((path, _english(name)) for name in names if name)
        for rows, pages in ((model, page), *((inline.model, inline) for inline in page.inlines)):
            yield from ((path, word) for word in _words_of_fields(rows, shown=set(_shown_by(pages))))


def _words_of_fields(model: Any, *, shown: set[str]) -> Iterator[str]:
    from django.utils.text import capfirst

    from cashdesk.model_words import lazy_name

    for field in model._meta.fields:
        if field.name in shown and isinstance(field.verbose_name, type(lazy_name(""))):
            yield capfirst(_english(field.verbose_name))
            yield from (_english(words) for words in (field.help_text,) if words)


def _shown_by(page: Any) -> Iterator[str]:
    """Yields the names of what a page of the admin shows: fields, and the columns that are named after one."""
    names = ("list_display", "list_filter", "fields", "fieldsets", "add_fieldsets", "readonly_fields", "basics")
    return _names_in([getattr(page, name, None) for name in names])


def _names_in(shown: Any) -> Iterator[str]:
    if isinstance(shown, str):
        yield shown
    elif isinstance(shown, dict):
        yield from _names_in(shown["fields"])
    elif isinstance(shown, list | tuple):
        for part in shown:
            yield from _names_in(part)
    elif callable(shown) and not isinstance(shown, type):
        yield shown.__name__


def _english(words: Any) -> str:
    from django.utils.translation import override

    with override(None):
        return str(words)


def _texts() -> Iterator[tuple[str, str]]:
    from django.utils.translation.template import templatize

    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text()
    for path in sorted((ROOT / "templates").rglob("*.html")):
        lines = templatize(path.read_text(), origin=str(path)).splitlines()
        # What is left of a template is no Python: its indentation least of all.
        yield str(path.relative_to(ROOT)), "\n".join(line.strip() for line in lines)


def main() -> int:
    """Updates every catalog from the source, and prints the words without a translation."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    marked = source()
    for language, path in catalogs().items():
        catalog = read(path)
        catalog.update(marked, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        with path.open("wb") as file:
            # No dates and no names: a catalog changes where its words change, and nowhere else.
            file.write(HEADER.format(language=language, plurals=catalog.plural_forms).encode())
            write_po(file, catalog, width=0, sort_by_file=True, omit_header=True, include_lineno=False)
        empty = [message.id for message in catalog if message.id and not _is_translated(message.string)]
        print(f"{language}: {len(catalog)} messages, {len(empty)} to translate")
    return 0


def _is_translated(string: Any) -> bool:
    return all(string) if isinstance(string, list | tuple) else bool(string)


if __name__ == "__main__":
    sys.exit(main())
