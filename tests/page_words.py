"""Collects the words of a page, and translates pages into a language of no letters, so that unmarked words stand out."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Final

from django.apps import apps
from django.utils.translation.trans_real import DjangoTranslation

SAID: Final = ("alt", "aria-label", "placeholder", "title", "content", "data-label", "data-words", "data-busy")
"""The attributes that people see or hear."""
NO_WORDS: Final = re.compile(r"(%\(\w+\)[a-z]|%[sd%]|\{[^}]*\}|<[^>]*>|&\w+;)")
"""The parts of a message that a translation keeps: placeholders, tags and entities."""
WORD: Final = re.compile(r"[A-Za-z]{2,}")
UUIDS: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8,}…")
"""UUIDs, and the beginnings of digests."""


class Words(HTMLParser):
    """Collects the texts of a page that a person can see or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        # What follows a choice of language is each language's own name.
        if tag not in ("meta", "input", "link", "br", "img"):
            self.inside.append(f"{tag}[lang]" if "lang" in named and tag != "html" else tag)
        self.found += [value or "" for name, value in attrs if name in SAID and named.get("name") != "viewport"]
        if tag == "input" and named.get("type") == "submit":
            self.found.append(named.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        while self.inside and self.inside.pop().partition("[")[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"code", "script", "button[lang]"} & set(self.inside):
            self.found.append(" ".join(data.split()))


def words_of(html: str) -> list[str]:
    """Returns the texts of a page."""
    words = Words()
    words.feed(html)
    return words.found


@contextmanager
def nothing_but_marks() -> Iterator[None]:
    """Translates every marked text, except into English, to text without Latin letters.

    So a word in Latin letters on a page is data, or a word that nobody marked.
    """
    gettext, ngettext = DjangoTranslation.gettext, DjangoTranslation.ngettext

    def masked(text: str) -> str:
        plain = text.rpartition("\x04")[2]
        parts = NO_WORDS.split(plain)
        return "".join(part if number % 2 else re.sub(r"[A-Za-z]", "ж", part) for number, part in enumerate(parts))

    def one(self: DjangoTranslation, message: str) -> str:
        return gettext(self, message) if self.language() == "en" else masked(message)

    def several(self: DjangoTranslation, single: str, plural: str, number: int) -> str:
        if self.language() == "en":
            return ngettext(self, single, plural, number)
        return masked(single if number == 1 else plural)

    DjangoTranslation.gettext, DjangoTranslation.ngettext = one, several  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        DjangoTranslation.gettext, DjangoTranslation.ngettext = gettext, ngettext  # type: ignore[method-assign]


def texts_of_data() -> set[str]:
    """Returns the values of all rows in the database."""
    rows = (row for model in apps.get_models() for row in model._default_manager.values())
    return {str(value) for row in rows for value in row.values()}


def latin(text: str) -> set[str]:
    """Returns the words of a text in Latin letters, without UUIDs and codes in capitals such as EUR."""
    return {word for word in WORD.findall(UUIDS.sub("", text)) if not word.isupper()}
