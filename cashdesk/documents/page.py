"""Prepares a document for its template: every value is written, and a class tells what it is."""

from typing import Any, Final

from django.urls import reverse
from django.utils.safestring import SafeString

from cashdesk.documents.answer import WRITERS
from cashdesk.documents.document import Cell, Document, Fact, Money, Section, Table
from cashdesk.documents.long_tables import for_reading
from cashdesk.documents.written import for_people
from cashdesk.models import Store
from cashdesk.templatetags.figures import marked

FORMATS: Final = {file_format: file_format.upper() for file_format in WRITERS}
"""The formats in which a page offers its document."""


def files_at(page: str, *named: Any) -> list[tuple[str, str]]:
    """Returns (path, name) of each format of a document. The URL `page` takes the format last."""
    return [(reverse(page, args=[*named, file_format]), name) for file_format, name in FORMATS.items()]


def shown(document: Document) -> dict[str, Any]:
    """Returns the context of `cashdesk/document.html`. The caller sets the style of the store."""
    store, document = document.store, for_reading(document)
    return {
        "document": document,
        "facts": _facts(document.facts, store),
        "figures": _facts(document.figures, store),
        "seal": _facts(document.seal, store),
        "sections": [_section(section, store) for section in document.sections],
    }


def _facts(facts: tuple[Fact, ...], store: Store) -> list[dict[str, Any]]:
    return [{"label": fact.label, "value": _text(fact.value, store, with_currency=True)} for fact in facts]


def _section(section: Section, store: Store) -> dict[str, Any]:
    return {
        "title": section.title,
        "tables": [_table(table, store) for table in section.tables],
        "lines": section.lines,
    }


def _table(table: Table, store: Store) -> dict[str, Any]:
    return {
        "caption": table.caption,
        "columns": table.columns,
        "rows": [
            {
                "is_sum": row.is_sum,
                "cells": [
                    {
                        "text": _text(cell, store),
                        "is_figure": column.is_figure,
                        "kind": _kind(cell),
                    }
                    for column, cell in zip(table.columns, row.cells, strict=True)
                ],
            }
            for row in table.rows
        ],
    }


def _text(value: Cell, store: Store, *, with_currency: bool = False) -> str | SafeString:
    text = for_people(value, store=store, with_currency=with_currency)
    return marked(text) if isinstance(value, Money) else text


def _kind(value: Cell) -> str:
    """Returns the class of a difference, so that its colour has a meaning."""
    if not (isinstance(value, Money) and value.is_signed):
        return ""
    return "is-good" if value.minor == 0 else "is-short" if value.minor < 0 else "is-over"
