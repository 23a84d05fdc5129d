"""The record of an export cannot be changed: both databases refuse such SQL."""

import pytest

from cashdesk import triggers
from reconciliations.enums import ExportState
from reconciliations.models import Export
from tests.cashdesk.desk import NOON, assert_refused, execute, open_drawer, refusal_of
from tests.reconciliations.exporting import downloaded, started
from tests.stories import Cast

FROZEN = triggers.laws_of("reconciliations").frozen["export"][0]


@pytest.fixture
def running(cast: Cast) -> Export:
    """A running export."""
    open_drawer(cast.carla, 100)
    started(cast.erika)
    return Export.objects.get()


@pytest.mark.parametrize("column", FROZEN)
def test_who_exported_what_never_changes(running: Export, column: str) -> None:
    new = {"first_date": "'2026-01-01'", "last_date": "'2026-12-31'", "begun_at": "'2026-01-01 00:00:00+00:00'"}
    texts = {"table": "'people'", "file_format": "'xlsx'", "requested_by": "'system'", "uuid": "'" + "0" * 32 + "'"}
    value = {**new, **texts}.get(column, "NULL" if column == "requested_by_user_id" else "7")
    assert "who exported what never changes" in refusal_of(f'UPDATE reconciliations_export SET "{column}" = {value}')


def test_how_far_it_is_may_change_until_it_has_ended(cast: Cast, running: Export) -> None:
    assert execute("UPDATE reconciliations_export SET rows_done = 1") == 1
    downloaded(cast.erika)
    ended = Export.objects.get(state=ExportState.DONE)
    for change in ("rows_done = 0", "state = 'RUNNING', ended_at = NULL", "progressed_at = begun_at"):
        words = refusal_of(f"UPDATE reconciliations_export SET {change} WHERE id = %s", [ended.pk])
        assert "an export that has ended never changes" in words


def test_none_is_deleted(running: Export) -> None:
    assert "never deleted" in refusal_of("DELETE FROM reconciliations_export")


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"state": "LOST", "ended_at": NOON}, "export_state_is_known"),
        ({"file_format": "pdf"}, "export_format_is_known"),
        ({"last_date": "2026-03-09"}, "export_range_is_forward"),
        ({"state": ExportState.DONE}, "export_ended_unless_running"),
        ({"rows_done": -1}, "rows_done"),
    ],
)
def test_a_row_that_cannot_be_is_refused(running: Export, changes: dict[str, object], constraint: str) -> None:
    row = Export.objects.get()
    for name, value in {**changes, "pk": None, "uuid": "00000000-0000-4000-8000-000000000000"}.items():
        setattr(row, name, value)
    row._state.adding = True
    assert_refused(row, constraint)
