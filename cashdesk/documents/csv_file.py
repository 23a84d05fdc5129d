"""Writes a document as CSV: one block of lines for each table, with an empty line between them."""

from collections.abc import Iterator

from cashdesk.documents.document import Document, Money, Section
from cashdesk.documents.written import plain
from cashdesk.web.csv_cells import BYTE_ORDER_MARK, line_writer


def csv_of(document: Document) -> bytes:
    """Returns the file. Amounts are plain numbers with a point, dates are ISO 8601."""
    line = line_writer()
    return (BYTE_ORDER_MARK + "".join(line(cells) for cells in lines_of(document))).encode()


def lines_of(document: Document) -> Iterator[list[str]]:
    """Yields the lines of the file as lists of cells. Behind an amount of a fact is its currency."""
    yield [plain(document.title)]
    yield [plain(str(document.store)), plain(document.subtitle)]
    for fact in (*document.facts, *document.figures):
        currency = [fact.value.currency] if isinstance(fact.value, Money) else []
        yield [plain(fact.label), plain(fact.value), *currency]
    for mark in document.marks:
        yield [plain(mark)]
    for section in document.sections:
        yield from _section(section)
    yield []
    for fact in document.seal:
        yield [plain(fact.label), plain(fact.value)]
    for note in document.notes:
        yield [plain(note)]


def _section(section: Section) -> Iterator[list[str]]:
    yield []
    yield [plain(section.title)]
    for number, table in enumerate(section.tables):
        if number:
            yield []
        if table.caption:
            yield [plain(table.caption)]
        yield [plain(column.label) for column in table.columns]
        yield from ([plain(cell) for cell in row.cells] for row in table.rows)
    yield from ([plain(text)] for text in section.lines)
