"""Cuts long tables for people. A PDF of 1,000 rows takes seconds of a worker; spreadsheets have all rows at once."""

from dataclasses import replace
from typing import Final

from django.utils.translation import gettext as _

from cashdesk.documents.document import Document, Section, Table
from cashdesk.formats import grouped

ROWS_MAX: Final = 1000
"""The most rows of a table on a page and in a PDF."""


def for_reading(document: Document) -> Document:
    """Returns a document whose tables have at most ROWS_MAX rows, besides their sums. It says how many are left out."""
    return replace(document, sections=tuple(_section(section) for section in document.sections))


def _section(section: Section) -> Section:
    if all(len(table.rows) <= ROWS_MAX for table in section.tables):
        return section
    lines = [
        _("The first %(shown)s of %(total)s rows. The spreadsheets have all of them.")
        % {"shown": grouped(ROWS_MAX), "total": grouped(sum(not row.is_sum for row in table.rows))}
        for table in section.tables
        if sum(not row.is_sum for row in table.rows) > ROWS_MAX
    ]
    return replace(section, tables=tuple(_table(table) for table in section.tables), lines=(*lines, *section.lines))


def _table(table: Table) -> Table:
    rows = [row for row in table.rows if not row.is_sum]
    if len(rows) <= ROWS_MAX:
        return table
    return replace(table, rows=(*rows[:ROWS_MAX], *(row for row in table.rows if row.is_sum)))
