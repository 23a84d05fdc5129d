"""`manage.py export` writes the whole file or none, and shows its progress."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from cashdesk.models import AuditEntry
from reconciliations.exports import download as download_module
from reconciliations.models import Export
from tests.cashdesk.desk import open_drawer
from tests.reconciliations.exporting import DAY, rows_of, sell_many, sheets_of
from tests.stories import Cast


def export(store: object, output: Path, *options: str) -> tuple[str, str]:
    """Runs the command and returns what it wrote to stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    arguments = ["movements", f"--store={store}", f"--from={DAY}", f"--to={DAY}", f"--output={output}", *options]
    call_command("export", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_it_writes_the_file_and_says_how_far_it_is(cast: Cast, tmp_path: Path) -> None:
    sell_many(open_drawer(cast.carla, 100), range(1, 2_500))
    path = tmp_path / "movements.csv"
    out, err = export(cast.store.uuid, path)
    assert len(rows_of(path.read_bytes())) == 2_500
    assert out == f"{path}: 2500 rows\n"
    assert err == "\r2000 of 2500 rows\r2500 of 2500 rows\n"
    assert list(tmp_path.iterdir()) == [path]
    assert (Export.objects.get().requested_by, Export.objects.get().state) == ("system", "DONE")
    assert AuditEntry.objects.get(action="export.begun").user is None


def test_it_writes_a_workbook(cast: Cast, tmp_path: Path) -> None:
    open_drawer(cast.carla, 100)
    path = tmp_path / "movements.xlsx"
    export(cast.store.uuid, path, "--format=xlsx")
    assert len(sheets_of(path.read_bytes())["Movements"]) == 1


def test_without_a_name_the_file_is_named_after_what_is_in_it(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    call_command(
        "export", "reconciliations", f"--store={cast.store.uuid}", f"--from={DAY}", f"--to={DAY}", stdout=io.StringIO()
    )
    assert [path.name for path in tmp_path.iterdir()] == [f"reconciliations-1337-{DAY}-{DAY}.csv"]


def test_what_breaks_off_leaves_what_was_there(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sell_many(open_drawer(cast.carla, 100), range(1, 4_500))
    path = tmp_path / "movements.csv"
    path.write_text("yesterday's")

    def refused(**told: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(download_module, "note_progress", refused)
    with pytest.raises(KeyboardInterrupt):
        export(cast.store.uuid, path)
    assert path.read_text() == "yesterday's"
    assert list(tmp_path.iterdir()) == [path]
    assert Export.objects.get().state == "BROKEN_OFF"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--to=2026-03-09"], "--to: Choose a date on or after 2026-03-10"),
        (["--from=x"], "--from: Enter a date such as 2026-03-01."),
        (["--store=4711"], "--store: Choose a store that you work in."),
        (["--store=1337"], "--store: Several stores have this number. Enter the UUID of the store."),
        (["--output=/nowhere/at/all.csv"], "--output: "),
    ],
)
def test_what_cannot_be_is_told_by_its_option(cast: Cast, tmp_path: Path, options: list[str], words: str) -> None:
    with pytest.raises(CommandError) as error:
        export(cast.store.uuid, tmp_path / "x.csv", *options)
    assert words in str(error.value)
    assert list(tmp_path.iterdir()) == []
