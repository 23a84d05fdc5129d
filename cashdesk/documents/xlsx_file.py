"""Writes a document as an Excel workbook: one sheet, with the blocks of the CSV. Amounts are numbers."""

import io
from typing import Any, Final

from xlsxwriter import Workbook

from cashdesk import money
from cashdesk.documents.document import Cell, Clock, Document, Money, Table
from cashdesk.documents.written import iso, number_of

_FIRST_WIDTH: Final = 30
_WIDTH: Final = 16


def xlsx_of(document: Document) -> bytes:
    """Returns the workbook. Text is never read as a formula. The same document gives the same file."""
    file = io.BytesIO()
    book = Workbook(
        file,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    book.set_properties({"title": document.title, "created": document.at.replace(tzinfo=None)})
    try:
        _Sheet(book).write(document)
    finally:
        book.close()
    return file.getvalue()


class _Sheet:
    """The only sheet of the workbook, and the line to write next."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._sheet = book.add_worksheet()
        self._sheet.set_column(0, 0, _FIRST_WIDTH)
        self._sheet.set_column(1, 12, _WIDTH)
        self._title = book.add_format({"bold": True, "font_size": 14})
        self._bold = book.add_format({"bold": True})
        self._formats: dict[tuple[str, bool], Any] = {}
        self._line = 0

    def write(self, document: Document) -> None:
        """Writes the blocks from top to bottom."""
        self._put([document.title], self._title)
        self._put([str(document.store), document.subtitle])
        for fact in (*document.facts, *document.figures):
            self._put([fact.label, fact.value, fact.value.currency if isinstance(fact.value, Money) else None])
        for text in document.marks:
            self._put([text], self._bold)
        for section in document.sections:
            self._line += 1
            self._put([section.title], self._bold)
            for table in section.tables:
                self._table(table)
            for text in section.lines:
                self._put([text])
        self._line += 1
        for fact in document.seal:
            self._put([fact.label, fact.value])
        for text in document.notes:
            self._put([text])

    def _table(self, table: Table) -> None:
        if table.caption:
            self._put([table.caption])
        self._put([column.label for column in table.columns], self._bold)
        for row in table.rows:
            self._put(list(row.cells), self._bold if row.is_sum else None, is_bold=row.is_sum)

    def _put(self, cells: "list[Any]", style: Any = None, *, is_bold: bool = False) -> None:
        for at, value in enumerate(cells):
            self._cell(at, value, style, is_bold=is_bold)
        self._line += 1

    def _cell(self, at: int, value: Cell, style: Any, *, is_bold: bool) -> None:
        if value is None or value == "":
            return
        if isinstance(value, Money):
            number = number_of(value.minor, value.currency)
            if number is None:
                self._sheet.write_string(self._line, at, money.to_digits(value.minor, value.currency), style)
            else:
                self._sheet.write_number(self._line, at, number, self._format(value.currency, is_bold=is_bold))
        elif isinstance(value, int):
            self._sheet.write_number(self._line, at, value, style)
        else:
            instant = value.at if isinstance(value, Clock) else value
            text = instant if isinstance(instant, str) else iso(instant)
            self._sheet.write_string(self._line, at, text, style)

    def _format(self, currency: str, *, is_bold: bool) -> Any:
        """Returns the format of a currency's amounts. Each is created once."""
        if (currency, is_bold) not in self._formats:
            exponent = money.exponent_of(currency)
            pattern = "#,##0." + "0" * exponent if exponent else "#,##0"
            self._formats[currency, is_bold] = self._book.add_format({"num_format": pattern, "bold": is_bold})
        return self._formats[currency, is_bold]
