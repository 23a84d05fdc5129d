"""Exports in the back office: managers read those of their own store, and nobody can change them."""

from datetime import date

import pytest
from django.utils import timezone

from cashdesk.models import Store
from reconciliations.models import Export
from tests.admin.back_office import list_of, page_of, sits_down
from tests.admin.test_query_counts import BARS, SIGNED_IN, statements_of
from tests.stories import Cast


def taken(store: Store) -> Export:
    """An export of a store's movements that has just begun."""
    now = timezone.now()
    return Export.objects.create(
        table="movements", store=store, first_date=date(2026, 3, 1), last_date=date(2026, 3, 31), file_format="csv",
        requested_by="apikey:ck_1a2b", begun_at=now, progressed_at=now, rows_total=7,
    )  # fmt: skip


@pytest.fixture
def export(cast: Cast) -> Export:
    """An export of the store in Berlin."""
    return taken(cast.store)


def test_a_manager_reads_those_of_the_store_and_changes_none(cast: Cast, export: Export) -> None:
    elsewhere = taken(cast.otto.store)  # type: ignore[arg-type]  # Otto has one
    erika = sits_down(cast.erika)
    assert list(erika.get(list_of(Export)).context["cl"].result_list) == [export]
    page = erika.get(page_of(export)).content.decode()
    for words in ("movements", "31 Mar 2026", "apikey:ck_1a2b", "Running"):
        assert words in page
    assert erika.post(page_of(export), {"state": "DONE"}).status_code == 403
    assert erika.post(page_of(export, "delete"), {"post": "yes"}).status_code == 403
    assert erika.get(page_of(elsewhere)).status_code == 404
    assert sits_down(cast.carla).get(list_of(Export)).status_code == 302
    assert Export.objects.filter(state="RUNNING").count() == 2


def test_the_list_asks_as_often_however_long_it_is(cast: Cast, export: Export) -> None:
    erika = sits_down(cast.erika)
    asked = []
    for _round in range(2):
        asked.append(statements_of(erika, list_of(Export)) - SIGNED_IN - BARS)
        for _row in range(5):
            taken(cast.store)
    assert asked == [3, 3]
