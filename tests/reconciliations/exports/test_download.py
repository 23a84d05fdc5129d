"""An export while it is sent: it is streamed, counted and recorded, and it leaves no files behind."""

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import AuditEntry, CashSession, Movement
from reconciliations.domain.export import DAYS_MAX, GIVEN_UP_AFTER
from reconciliations.enums import ExportState
from reconciliations.exports import download as download_module
from reconciliations.exports.download import start_download
from reconciliations.exports.row_pages import row_pages_of
from reconciliations.exports.tables import MOVEMENTS
from reconciliations.exports.xlsx import write_workbook
from reconciliations.models import Export
from tests.cashdesk.desk import NOON, close_drawer, force_close, open_drawer, sell
from tests.reconciliations.exporting import (
    DAY,
    NUMBER,
    asked,
    declare,
    downloaded,
    exported,
    rows_of,
    sell_many,
    sheets_of,
    started,
)
from tests.stories import Cast, counted_queries

BROKEN = "the disk is full"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files, so that a test sees a file that was left behind."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def trade(cast: Cast, sales: int) -> CashSession:
    session = open_drawer(cast.carla, 100)
    sell_many(session, [100 + number for number in range(sales)])
    return session


def only() -> Export:
    return Export.objects.get()


def test_an_export_is_recorded_with_who_what_when_and_how_many(cast: Cast) -> None:
    trade(cast, 2)
    downloaded(cast.erika)
    export = only()
    assert (export.table, export.store, str(export.first_date), str(export.last_date), export.file_format) == (
        "movements", cast.store, DAY, DAY, "csv",
    )  # fmt: skip
    assert (export.requested_by, export.requested_by_user, export.requested_by_name) == (
        f"user:{cast.erika.pk}", cast.erika, "Erika Mustermann",
    )  # fmt: skip
    assert (export.state, export.rows_total, export.rows_done) == (ExportState.DONE, 3, 3)
    assert export.begun_at <= export.progressed_at == export.ended_at
    entry = AuditEntry.objects.get(action="export.begun")
    assert (entry.subject, entry.user, entry.store) == (f"export:{export.pk}", cast.erika, cast.store)
    assert entry.detail == {"table": "movements", "from": DAY, "to": DAY, "format": "csv"}


def test_the_first_piece_comes_before_the_rows_are_read(cast: Cast) -> None:
    trade(cast, 29)
    file = started(cast.erika, page_rows=10)
    with counted_queries() as queries:
        assert next(file).startswith(b"\xef\xbb\xbfmovement_id,")
    assert len(queries) == 0
    for _page in range(3):
        with counted_queries() as queries:
            assert next(file).count(b"\r\n") == 10
        assert len(queries) == 1
    assert only().state == ExportState.RUNNING
    assert list(file) == []
    assert only().state == ExportState.DONE


@pytest.mark.parametrize(("sales", "pages"), [(9, 1), (18, 2), (38, 4)])
@pytest.mark.parametrize("table", ["movements", "reconciliations"])
def test_the_statements_follow_the_pages_and_nothing_else(cast: Cast, table: str, sales: int, pages: int) -> None:
    if table == "movements":
        trade(cast, sales)
    else:
        for _ in range(sales + 1):
            declare(cast.erika, cast.store, 0)
    with counted_queries() as queries:
        file = started(cast.erika, table, page_rows=10)
    beginning = len(queries)
    with counted_queries() as queries:
        assert sum(piece.count(b"\r\n") for piece in file) == sales + 2
    # One for each page, and one that writes down that it is over.
    assert len(queries) == pages + 1
    # Of a request: the store. Then the days are counted, and the export and its look are noted in one transaction.
    assert beginning == {"movements": 10, "reconciliations": 9}[table]


def test_short_days_are_read_together(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100)
    for day in range(30):
        sell(session, 100 + day, at=NOON + timedelta(days=day))
    file = started(cast.erika, page_rows=10, last="2026-05-01")
    with counted_queries() as queries:
        rows = rows_of(b"".join(file))
    assert [row["amount"] for row in rows] == ["1.00", *(f"1.{day:02}" for day in range(30))]
    assert len(queries) == 4 + 1


def test_a_long_day_between_short_ones_is_whole(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100)
    for day, sales in enumerate((3, 35, 4, 4, 4)):
        for number in range(sales):
            sell(session, 1_000 * (day + 1) + number, at=NOON + timedelta(days=day))
    rows = rows_of(b"".join(started(cast.erika, page_rows=10, last="2026-05-01")))
    assert [row["ledger_number"] for row in rows] == [
        str(pk) for pk in Movement.objects.order_by("business_date", "pk").values_list("pk", flat=True)
    ]


def test_what_comes_in_meanwhile_is_not_among_the_rows(cast: Cast) -> None:
    session = trade(cast, 25)
    file = started(cast.erika, page_rows=10)
    pieces = [next(file), next(file)]
    sell_many(session, [500, 600])
    assert len(rows_of(b"".join([*pieces, *file]))) == 26
    assert (only().rows_done, only().rows_total) == (26, 26)


def test_progress_is_written_down_on_the_way(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download_module, "NOTED_EVERY_ROWS", 40)
    trade(cast, 49)
    file = started(cast.erika, page_rows=20)
    seen = [(only().rows_done, only().rows_total)]
    seen += [(only().rows_done, only().rows_total) for _piece in file]
    seen.append((only().rows_done, only().rows_total))
    assert [done for done, _total in seen] == [0, 0, 0, 0, 40, 50]
    assert {total for _done, total in seen} == {50}


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_a_download_that_breaks_off_says_so(cast: Cast, taken: int) -> None:
    trade(cast, 25)
    file = started(cast.erika, page_rows=10)
    for _ in range(taken):
        next(file)
    file.close()
    file.close()  # the server may say it twice
    export = only()
    assert (export.state, export.rows_done, export.rows_total) == (ExportState.BROKEN_OFF, 0, 26)
    assert export.ended_at is not None


@pytest.mark.parametrize("taken", [0, 1])
def test_a_workbook_that_nobody_takes_leaves_no_file(cast: Cast, folder: Path, taken: int) -> None:
    trade(cast, 25)
    file = started(cast.erika, file="xlsx")
    assert file.size
    for _ in range(taken):
        next(file)
    file.close()
    assert (only().state, only().rows_done) == (ExportState.BROKEN_OFF, 26)
    assert list(folder.iterdir()) == []
    with pytest.raises(ValueError, match="closed file"):
        next(file)


def test_a_workbook_that_was_taken_leaves_no_file_and_has_the_size_that_was_told(cast: Cast, folder: Path) -> None:
    trade(cast, 2)
    file = started(cast.erika, file="xlsx")
    size = file.size
    assert len(b"".join(file)) == size
    assert only().state == ExportState.DONE
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "state"), [(OSError(BROKEN), ExportState.FAILED), (KeyboardInterrupt(), ExportState.BROKEN_OFF)]
)
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_what_goes_wrong_on_the_way_is_written_down(
    cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch, file_format: str, error: BaseException, state: str
) -> None:
    trade(cast, 45)

    def refused(**told: object) -> Iterator[None]:
        raise error

    monkeypatch.setattr(download_module, "NOTED_EVERY_ROWS", 40)
    monkeypatch.setattr(download_module, "note_progress", refused)
    with pytest.raises(type(error)):
        b"".join(started(cast.erika, page_rows=20, file=file_format))
    assert only().state == state
    assert list(folder.iterdir()) == []


def test_full_sheets_are_continued_on_the_next(cast: Cast, tmp_path: Path) -> None:
    trade(cast, 9)
    wanted = asked(cast.erika).wanted
    reading = row_pages_of(table=MOVEMENTS, wanted=wanted, by=Principal(user=cast.erika))
    path = tmp_path / "book.xlsx"
    with path.open("wb") as file:
        write_workbook(table=MOVEMENTS, pages=reading.pages(), into=file, sheet_rows=5)
    sheets = sheets_of(path.read_bytes())
    assert {name: len(rows) for name, rows in sheets.items()} == {"Movements": 4, "Movements 2": 4, "Movements 3": 2}
    numbers = [row["ledger_number"][0] for rows in sheets.values() for row in rows]
    assert numbers == [str(pk) for pk in Movement.objects.order_by("pk").values_list("pk", flat=True)]


def test_an_export_whose_server_was_stopped_is_ended_by_the_next(cast: Cast) -> None:
    now = timezone.now()
    start_download(asked=asked(cast.erika), by=SYSTEM, clock=lambda: now - GIVEN_UP_AFTER - timedelta(seconds=1))
    start_download(asked=asked(cast.erika), by=SYSTEM, clock=lambda: now - GIVEN_UP_AFTER)
    start_download(asked=asked(cast.erika), by=SYSTEM, clock=lambda: now)
    assert list(Export.objects.order_by("pk").values_list("state", flat=True)) == ["BROKEN_OFF", "RUNNING", "RUNNING"]


# --- Looks (law 5) -----------------------------------------------------------------------------------------------------------


def looks() -> list[dict[str, list[int]]]:
    return [entry.detail for entry in AuditEntry.objects.filter(action="expected.seen").order_by("pk")]


@pytest.mark.parametrize("table", ["movements", "reconciliations"])
def test_rows_of_a_drawer_that_is_to_be_counted_are_a_look(cast: Cast, table: str) -> None:
    session = trade(cast, 2)
    downloaded(cast.erika, table)
    assert looks() == [{"sessions": [session.pk]}]
    entry = AuditEntry.objects.get(action="expected.seen")
    assert (entry.user, entry.store, entry.subject) == (cast.erika, cast.store, f"store:{cast.store.pk}")


def test_rows_of_a_drawer_that_was_left_uncounted_are_a_look(cast: Cast) -> None:
    session = trade(cast, 2)
    force_close(session)
    downloaded(cast.erika)
    assert looks() == [{"sessions": [session.pk]}]


def test_rows_of_counted_drawers_are_no_look(cast: Cast) -> None:
    session = trade(cast, 2)
    close_drawer(session, 301)
    downloaded(cast.erika)
    assert looks() == []


def test_other_days_of_an_open_drawer_are_no_look(cast: Cast) -> None:
    trade(cast, 2)
    downloaded(cast.erika, first="2026-03-09", last="2026-03-09")
    downloaded(cast.erika, first="2026-03-11", last="2026-03-11")
    assert looks() == []


# --- Who may -------------------------------------------------------------------------------------------------------------------


def test_a_cashier_never_exports(cast: Cast) -> None:
    trade(cast, 2)
    with pytest.raises(Forbidden):
        started(cast.carla)
    assert not Export.objects.exists()


def test_a_store_of_others_is_refused_by_the_domain_too(cast: Cast) -> None:
    request = asked(cast.erika)
    with pytest.raises(InvalidInput) as refusal:
        start_download(asked=request, by=Principal(user=cast.otto))
    assert list(refusal.value.errors) == ["store"]
    assert not Export.objects.exists()


def test_a_number_is_used_once(cast: Cast) -> None:
    downloaded(cast.erika, export=str(NUMBER))
    assert only().uuid == NUMBER
    with pytest.raises(InvalidInput) as refusal:
        started(cast.otto, export=str(NUMBER))
    assert list(refusal.value.errors) == ["export"]


def test_a_year_is_a_range_and_a_day_more_is_none(cast: Cast) -> None:
    assert DAYS_MAX == 366
    assert exported(cast.erika, first="2024-01-01", last="2024-12-31") == []
    with pytest.raises(InvalidInput) as refusal:
        asked(cast.erika, first="2024-01-01", last="2025-01-01")
    assert refusal.value.errors == {"to": "Choose at most 366 days. Export a longer period in parts."}
