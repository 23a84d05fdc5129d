"""Sends an export in pieces and records its progress and its end."""

import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import IO, Final

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.web.csv_cells import BYTE_ORDER_MARK, lines_of
from reconciliations.domain.export import Wanted, begin_export, end_export, note_progress
from reconciliations.enums import ExportState, FileFormat
from reconciliations.exports.export_request import ExportRequest
from reconciliations.exports.row_pages import PAGE_ROWS, Row, RowPages, row_pages_of
from reconciliations.exports.table import text_cells
from reconciliations.exports.xlsx import write_workbook
from reconciliations.models import Export

NOTED_EVERY_ROWS: Final = 4_000
BYTES_PER_PIECE: Final = 64 * 1024
CONTENT_TYPES: Final = {
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Clock = Callable[[], datetime]


class Run:
    """A running export. `rows_done` counts the rows in the file. `told` is called after each page of rows."""

    def __init__(
        self, *, export: Export, reading: RowPages, clock: Clock, told: Callable[["Run"], None] | None
    ) -> None:
        self.export = export
        self.reading = reading
        self.rows_done = 0
        self._noted = 0
        self._clock = clock
        self._told = told

    def pages(self) -> Iterator[list[Row]]:
        """Yields the rows. A page counts as done after the consumer has taken it."""
        for page in self.reading.pages():
            yield page
            self.rows_done += len(page)
            if self.rows_done - self._noted >= NOTED_EVERY_ROWS:
                self._noted = self.rows_done
                note_progress(export=self.export, rows_done=self.rows_done, at=self._clock())
            if self._told is not None:
                self._told(self)

    def end(self, state: ExportState) -> None:
        """Records the final state of the export."""
        end_export(export=self.export, state=state, rows_done=self.rows_done, at=self._clock())


class Download:
    """The file as an iterator over its pieces. An iterator that is closed early sets the export to BROKEN_OFF.

    An iterator that is read to its end sets the export to DONE.

    This is a class, because the close of a generator that has not started runs none of its code.
    """

    def __init__(self, *, run: Run, pieces: Iterator[bytes], file: IO[bytes] | None = None) -> None:
        self.run = run
        self.size = _size_of(file) if file is not None else None
        self._pieces = pieces
        self._file = file
        self._is_over = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except StopIteration:
            self._end(ExportState.DONE)
            raise
        except BaseException as error:
            self._end(state_after(error))
            raise

    def close(self) -> None:
        """Ends the export. The server calls this when the response ends, even if nobody read the file."""
        self._end(ExportState.BROKEN_OFF)

    def _end(self, state: ExportState) -> None:
        if self._is_over:
            return
        self._is_over = True
        if self._file is not None:
            self._file.close()
        self.run.end(state)


def start_download(
    *,
    asked: ExportRequest,
    by: Principal,
    clock: Clock = timezone.now,
    told: Callable[[Run], None] | None = None,
    page_rows: int = PAGE_ROWS,
) -> Download:
    """Begins an export and returns it as a file in pieces.

    CSV rows are read while the file is sent. A workbook is first written completely, to an unnamed temporary file that
    disappears when it is closed or the server dies. Raises the errors of `begin_export`.
    """
    reading = row_pages_of(table=asked.table, wanted=asked.wanted, by=by, page_rows=page_rows)
    export = begin_export(wanted=asked.wanted, rows_total=reading.rows_total, by=by, at=clock())
    run = Run(export=export, reading=reading, clock=clock, told=told)
    if asked.wanted.file_format == FileFormat.CSV:
        return Download(run=run, pieces=_csv(run))
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the download closes it, when it is over)
    try:
        write_workbook(table=asked.table, pages=run.pages(), into=file)
        return Download(run=run, pieces=_pieces_of(file), file=file)
    except BaseException as error:
        file.close()
        run.end(state_after(error))
        raise


def answer(*, asked: ExportRequest, by: Principal, is_wanted: bool = True) -> HttpResponseBase:
    """Returns the response with the file. Without `is_wanted`, the response has only headers and no export starts."""
    content_type = CONTENT_TYPES[asked.wanted.file_format]
    response: HttpResponseBase
    if is_wanted:
        download = start_download(asked=asked, by=by)
        response = StreamingHttpResponse(download, content_type=content_type)
        if download.size is not None:
            response.headers["Content-Length"] = str(download.size)
    else:
        response = HttpResponse(content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{file_name(asked.wanted)}"'
    return response


def file_name(wanted: Wanted) -> str:
    """Returns a file name with the table, store number and dates.

    Drops characters of the store number that an HTTP header cannot carry.
    """
    number = "".join(character for character in wanted.store.number if character.isascii() and character.isalnum())
    return f"{wanted.table}-{number or 'store'}-{wanted.first_date}-{wanted.last_date}.{wanted.file_format}"


def _csv(run: Run) -> Iterator[bytes]:
    table = run.reading.table
    cells = text_cells(table)
    yield (BYTE_ORDER_MARK + lines_of([table.headers])).encode()
    for page in run.pages():
        yield lines_of(map(cells, page)).encode()


def _pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(BYTES_PER_PIECE):
        yield piece


def _size_of(file: IO[bytes]) -> int:
    file.seek(0, 2)
    return file.tell()


def state_after(error: BaseException) -> ExportState:
    """Returns BROKEN_OFF for Ctrl-C and a server stop, otherwise FAILED."""
    return ExportState.FAILED if isinstance(error, Exception) else ExportState.BROKEN_OFF
