"""Extracts the words that are marked for translation, and updates the catalogs in locale/: `make messages`.

Uses only Python: Django prepares the templates, and Babel extracts the words.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import django
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings

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
    return catalog


def _texts() -> Iterator[tuple[str, str]]:
    from django.utils.translation.template import templatize

    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text()
    for path in sorted((ROOT / "templates").rglob("*.html")):
        if "admin" in path.parts:
            continue  # the back office speaks English
        lines = templatize(path.read_text(), origin=str(path)).splitlines()
        # What is left of a template is no Python: its indentation least of all.
        yield str(path.relative_to(ROOT)), "\n".join(line.strip() for line in lines)


def main() -> int:
    """Updates every catalog from the source, and prints the words without a translation."""
    settings.configure(USE_I18N=False) if not settings.configured else None
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
