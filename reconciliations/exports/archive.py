"""All tables of several stores in one ZIP file, written piece by piece while it is sent."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import IO, Final, cast
from uuid import UUID, uuid5
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.http import StreamingHttpResponse
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.models import Store
from cashdesk.web.csv_cells import BYTE_ORDER_MARK, lines_of
from reconciliations.domain.export import (
    ALL_TABLES,
    Wanted,
    begin_export,
    end_export,
    note_progress,
    refuse_range,
    refuse_used_numbers,
)
from reconciliations.enums import ExportState, FileFormat
from reconciliations.exports.download import NOTED_EVERY_ROWS, state_after
from reconciliations.exports.row_pages import RowPages, row_pages_of
from reconciliations.exports.table import text_cells
from reconciliations.exports.tables import TABLES

Clock = Callable[[], datetime]
_MADE: Final = (1980, 1, 1, 0, 0, 0)
"""The time of each file in the archive. The same rows give the same bytes."""


class _Sink:
    """A file that cannot be read or sought: it keeps what was written until somebody takes it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        """Keeps a part. `ZipFile` calls it."""
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Does nothing. `ZipFile` calls it."""

    def taken(self) -> bytes:
        """Returns what was written since the last call."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def archive_answer(*, first: date, last: date, by: Principal, number: UUID | None = None) -> StreamingHttpResponse:
    """Returns the response with all tables of all stores in scope. `number` is the id for progress requests.

    Raises InvalidInput for a wrong range, and for an id that was used before.
    """
    refuse_range(first_date=first, last_date=last)
    stores = list(by.stores().order_by("number", "pk"))
    if number is not None:
        # Before the first piece: in the middle of a file nobody can be told.
        refuse_used_numbers([number_within(number, store) for store in stores])
    pieces = archive(stores=stores, first=first, last=last, by=by, number=number)
    response = StreamingHttpResponse(pieces, content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="cashdesk-{first}-{last}.zip"'
    return response


def number_within(number: UUID, store: Store) -> UUID:
    """Returns the id of a store's export within an archive."""
    return uuid5(number, str(store.uuid))


def archive(
    *,
    stores: Sequence[Store],
    first: date,
    last: date,
    by: Principal,
    number: UUID | None = None,
    clock: Clock = timezone.now,
) -> Iterator[bytes]:
    """Yields the archive in pieces. Each store has a folder with a CSV of each table.

    At most one page of rows is in memory. Each store is recorded as one export, with its progress.
    """
    sink = _Sink()
    with ZipFile(cast("IO[bytes]", sink), "w", ZIP_DEFLATED) as book:
        folders: set[str] = set()
        for store in stores:
            folder = _folder_of(store, folders)
            wanted = Wanted(
                table=ALL_TABLES,
                store=store,
                first_date=first,
                last_date=last,
                file_format=FileFormat.CSV,
                number=None if number is None else number_within(number, store),
            )
            for _written in _store_into(book, folder, wanted, by=by, clock=clock):
                yield sink.taken()
    yield sink.taken()


def _store_into(book: ZipFile, folder: str, wanted: Wanted, *, by: Principal, clock: Clock) -> Iterator[None]:
    """Writes the tables of a store. Yields after each page."""
    readings = [row_pages_of(table=table, wanted=wanted, by=by) for table in TABLES.values()]
    total = sum(reading.rows_total for reading in readings)
    export = begin_export(wanted=wanted, rows_total=total, by=by, at=clock())
    done = noted = 0
    try:
        for reading in readings:
            for rows in _table_into(book, folder, reading):
                done += rows
                yield
                if done - noted >= NOTED_EVERY_ROWS:
                    noted = done
                    note_progress(export=export, rows_done=done, at=clock())
            note_progress(export=export, rows_done=done, at=clock())
    except BaseException as error:
        end_export(export=export, state=state_after(error), rows_done=done, at=clock())
        raise
    end_export(export=export, state=ExportState.DONE, rows_done=done, at=clock())


def _table_into(book: ZipFile, folder: str, reading: RowPages) -> Iterator[int]:
    """Writes a table as CSV. Yields the number of rows of each page."""
    cells = text_cells(reading.table)
    entry = ZipInfo(f"{folder}/{reading.table.name}.csv", date_time=_MADE)
    entry.compress_type = ZIP_DEFLATED
    with book.open(entry, "w", force_zip64=True) as file:
        file.write((BYTE_ORDER_MARK + lines_of([reading.table.headers])).encode())
        for page in reading.pages():
            file.write(lines_of(map(cells, page)).encode())
            yield len(page)
    yield 0


def _folder_of(store: Store, taken: set[str]) -> str:
    """Returns a name for the folder of a store that no other store has."""
    number = "".join(one for one in store.number if one.isascii() and one.isalnum()) or "store"
    name = number if number not in taken else f"{number}-{store.uuid}"
    taken.add(name)
    return name
