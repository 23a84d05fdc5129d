"""Writes a table as an Excel workbook."""

import tempfile
from collections.abc import Callable, Iterable
from typing import IO, Any, Final

from xlsxwriter import Workbook

from cashdesk import money
from cashdesk.documents.written import iso, number_of
from reconciliations.exports.row_pages import Row
from reconciliations.exports.table import Column, Form, Table

SHEET_ROWS_MAX: Final = 1_048_576
_WIDTHS: Final = {Form.AMOUNT: 16, Form.INSTANT: 28, Form.DATE: 12}


def write_workbook(
    *, table: Table, pages: Iterable[list[Row]], into: IO[bytes], sheet_rows: int = SHEET_ROWS_MAX
) -> None:
    """Writes the rows to a workbook in constant memory.

    Finished rows go to disk. If a sheet is full, the rows continue on another sheet. Text is never read as a formula,
    a link or a number. Amounts are numbers with the decimals of their currency.
    """
    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        book = Workbook(
            into,
            {
                "constant_memory": True,
                "tmpdir": folder,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "use_zip64": True,
            },
        )
        try:
            _write(book, table=table, pages=pages, sheet_rows=sheet_rows)
        finally:
            # Closes the workbook after an error too, because it has open files in the folder.
            book.close()


def _write(book: Any, *, table: Table, pages: Iterable[list[Row]], sheet_rows: int) -> None:
    bold = book.add_format({"bold": True})
    cell = _cell_writer(book)
    forms, currency_at = [column.form for column in table.columns], table.currency_at
    sheet = _sheet(book, table=table, bold=bold)
    number = 1
    for page in pages:
        for row in page:
            if number == sheet_rows:
                sheet = _sheet(book, table=table, bold=bold)
                number = 1
            currency = row[currency_at]
            for at, (value, form) in enumerate(zip(row, forms, strict=True)):
                if value is not None:
                    cell(sheet, number, at, value, form, currency)
            number += 1


def _sheet(book: Any, *, table: Table, bold: Any) -> Any:
    """Adds a sheet with a frozen header row."""
    number = len(book.worksheets()) + 1
    sheet = book.add_worksheet(table.title if number == 1 else f"{table.title} {number}")
    sheet.freeze_panes(1, 0)
    for at, column in enumerate(table.columns):
        sheet.set_column(at, at, _width(column))
        sheet.write_string(0, at, column.header, bold)
    return sheet


def _width(column: Column) -> int:
    return max(_WIDTHS.get(column.form, 10), len(column.header) + 2)


def _cell_writer(book: Any) -> Callable[..., None]:
    """Returns a function that writes a value to a cell. Each currency's format is created once."""
    formats: dict[str, Any] = {}

    def format_of(currency: str) -> Any:
        if currency not in formats:
            exponent = money.exponent_of(currency)
            pattern = "#,##0." + "0" * exponent if exponent else "#,##0"
            formats[currency] = book.add_format({"num_format": pattern})
        return formats[currency]

    def write(sheet: Any, line: int, at: int, value: Any, form: Form, currency: str) -> None:
        if form is Form.TEXT:
            if value != "":
                sheet.write_string(line, at, str(value))
        elif form is Form.AMOUNT:
            number = number_of(value, currency)
            if number is None:
                sheet.write_string(line, at, money.to_digits(value, currency))
            else:
                sheet.write_number(line, at, number, format_of(currency))
        elif form is Form.WHOLE:
            sheet.write_number(line, at, value)
        elif form is Form.FLAG:
            sheet.write_boolean(line, at, value)
        else:
            sheet.write_string(line, at, value if isinstance(value, str) else iso(value))

    return write
