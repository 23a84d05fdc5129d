"""The exported tables of trade: sessions, counts with notes and coins, payments and bags. And all of them at once."""

import io
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount, Pieces
from cashdesk.domain.session.closing import close_session
from cashdesk.domain.store.business_day import business_date
from cashdesk.models import AuditEntry
from reconciliations.exports.archive import archive
from reconciliations.exports.tables import TABLES
from reconciliations.models import Export
from reconciliations.screens.presets import range_of
from settlements.domain.deposit import prepare_deposit
from tests.cashdesk.desk import close_drawer, minutes, open_drawer, pay, sell
from tests.factories import StoreFactory
from tests.reconciliations.exporting import DAY, exported, rows_of, started, taken
from tests.settlements.desk import Shop
from tests.stories import Cast, counted_queries


def close_by_pieces(cast: Cast) -> None:
    """Carla opens with 100.00, sells for 25.50 and counts 125.00 in notes and coins."""
    session = open_drawer(cast.carla, 100_00)
    sell(session, 25_50)
    pieces = (Pieces(denomination=50_00, pieces=2), Pieces(denomination=5_00, pieces=5))
    found = CountedAmount(currency="EUR", amount=125_00, pieces=pieces)
    close_session(session=session, counted=found, by=Principal(user=cast.carla), at=minutes(5))


def test_a_session_says_how_it_ended(cast: Cast) -> None:
    close_by_pieces(cast)
    (row,) = exported(cast.erika, "sessions")
    told = {name: row[name] for name in ("status", "start_amount", "expected_amount", "declared_amount", "difference")}
    assert told == {
        "status": "CLOSED", "start_amount": "100.00", "expected_amount": "125.50", "declared_amount": "125.00",
        "difference": "-0.50",
    }  # fmt: skip
    assert (row["station"], row["z_number"], row["cashier_name"]) == ("1", "1", "Carla")
    assert (row["business_date"], row["store_id"]) == (DAY, str(cast.store.uuid))


def test_an_open_session_has_no_figures_and_the_export_is_noted_as_a_look(cast: Cast) -> None:
    sell(open_drawer(cast.carla, 100_00), 25_50)
    (row,) = exported(cast.erika, "sessions")
    assert (row["expected_amount"], row["declared_amount"], row["difference"]) == ("", "", "")
    assert AuditEntry.objects.filter(action="expected.seen", user=cast.erika).count() == 1


def test_notes_and_coins_add_up_to_their_count(cast: Cast) -> None:
    close_by_pieces(cast)
    opening, closing = exported(cast.erika, "counts")
    assert (opening["moment"], opening["amount"]) == ("OPENING", "100.00")
    assert (closing["moment"], closing["amount"], closing["counted_by_name"]) == ("CLOSING", "125.00", "Carla")
    pieces = exported(cast.erika, "count_pieces")
    assert [(row["denomination"], row["pieces"], row["amount"]) for row in pieces] == [
        ("50.00", "2", "100.00"),
        ("5.00", "5", "25.00"),
    ]
    assert {row["count_id"] for row in pieces} == {closing["count_id"]}
    assert sum(Decimal(row["amount"]) for row in pieces) == Decimal(closing["amount"])


def test_counts_are_found_in_the_time_of_the_business_day(cast: Cast) -> None:
    close_by_pieces(cast)
    assert exported(cast.erika, "counts", first="2026-03-11", last="2026-03-12") == []
    assert exported(cast.erika, "counts", first="2026-03-08", last="2026-03-09") == []
    assert len(exported(cast.erika, "counts", first="2025-12-01", last="2026-03-10")) == 2
    assert exported(cast.erika, "counts", first="0001-01-01", last="0001-01-01") == []
    assert exported(cast.erika, "counts", first="9999-12-31", last="9999-12-31") == []


def test_a_payment_says_all_that_was_reported(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    pay(session, 19_99, method="CARD", order="A-17")
    (row,) = exported(cast.erika, "payments")
    assert (row["amount"], row["currency"], row["method"], row["order"]) == ("19.99", "EUR", "CARD", "A-17")
    assert (row["session_id"], row["station"], row["reported_by_name"]) == (str(session.pk), "1", "Carla")


def test_a_bag_says_where_it_is(cast: Cast) -> None:
    shop = Shop(cast)
    shop.vault(500_00)
    prepare_deposit(store=cast.store, amount=120_00, currency="EUR", bag_number="0418", by=shop.by(), at=shop.tick())
    (row,) = exported(cast.erika, "deposits")
    assert (row["bag_number"], row["amount"], row["state"], row["credited_amount"]) == (
        "0418",
        "120.00",
        "PREPARED",
        "",
    )
    assert row["business_date"] == DAY


@pytest.mark.parametrize("table", ["counts", "payments", "sessions"])
def test_rows_are_read_page_by_page(cast: Cast, table: str) -> None:
    needed = []
    for number in range(3):
        close_drawer(open_drawer(cast.carla, 0, at=minutes(number)), 0, at=minutes(number))
        session = open_drawer(cast.bruno, 0, at=minutes(number))
        pay(session, 100 + number, at=minutes(number))
        close_drawer(session, 100 + number, at=minutes(number))
        with counted_queries() as queries:
            whole = b"".join(started(cast.erika, table))
        needed.append(len(queries))
    in_parts = b"".join(started(cast.erika, table, page_rows=2))
    assert in_parts == whole
    assert needed[0] == needed[1] == needed[2]


def test_everything_of_an_account_is_one_archive(cast: Cast) -> None:
    close_by_pieces(cast)
    StoreFactory(account=cast.store.account, number="1402")
    client = Client()
    client.force_login(cast.anna)
    answer = client.get(reverse("export-all"), {"from": DAY, "to": DAY})
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(taken(answer))) as book:
        assert book.testzip() is None
        assert set(book.namelist()) == {f"{store}/{table}.csv" for store in ("1337", "1402") for table in TABLES}
        assert rows_of(book.read("1337/movements.csv")) == exported(cast.anna, store=str(cast.store.uuid))
        assert rows_of(book.read("1402/movements.csv")) == []
    recorded = (
        Export.objects.filter(table="all").order_by("pk").values_list("store__number", "state", "requested_by_user")
    )
    assert list(recorded) == [("1337", "DONE", cast.anna.pk), ("1402", "DONE", cast.anna.pk)]


def test_a_manager_gets_the_archive_of_their_own_store_alone(cast: Cast) -> None:
    StoreFactory(account=cast.store.account, number="1402")
    client = Client()
    client.force_login(cast.erika)
    with zipfile.ZipFile(io.BytesIO(taken(client.get(reverse("export-all"), {"from": DAY, "to": DAY})))) as book:
        assert {name.partition("/")[0] for name in book.namelist()} == {"1337"}
    refused = client.get(reverse("export-all"), {"from": "2026-03-11", "to": DAY})
    assert refused.status_code == 400
    assert "Choose a date on or after 11 Mar 2026, the start of the range." in refused.content.decode()


def test_an_archive_that_nobody_reads_on_is_recorded_as_interrupted(cast: Cast) -> None:
    close_by_pieces(cast)
    on = date.fromisoformat(DAY)
    pieces = archive(stores=[cast.store], first=on, last=on, by=Principal(user=cast.erika))
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert Export.objects.get().state == "BROKEN_OFF"


def test_an_archive_tells_how_far_it_is_by_its_stores(cast: Cast) -> None:
    close_by_pieces(cast)
    second = StoreFactory(account=cast.store.account, number="1402")
    anna, number, on = Client(), uuid4(), date.fromisoformat(DAY)
    anna.force_login(cast.anna)

    def progress(client: Client = anna) -> dict[str, Any]:
        with counted_queries() as queries:
            answer: dict[str, Any] = client.get(reverse("export-all-progress", args=[number])).json()
        counts.add(len(queries))
        return answer

    counts: set[int] = set()
    assert (progress()["state"], progress()["stores_total"]) == ("UNKNOWN", 2)
    by = Principal(user=cast.anna)
    pieces = archive(stores=[cast.store, second], first=on, last=on, by=by, number=number)
    seen = [progress() for _piece in pieces]
    assert {one["state"] for one in seen[:-1]} == {"RUNNING"}
    assert [one["stores_done"] for one in seen] == sorted(one["stores_done"] for one in seen)
    assert [one["stores_parts"] for one in seen] == sorted(one["stores_parts"] for one in seen)
    rows = sum(one.rows_total for one in Export.objects.all())
    whole = {
        "state": "DONE",
        "rows_done": rows,
        "rows_total": rows,
        "stores_done": 2,
        "stores_parts": 2000,
        "stores_total": 2,
    }
    assert progress() == whole
    otto = Client()
    otto.force_login(cast.otto)
    assert progress(otto)["state"] == "UNKNOWN", "another account learns nothing of it"
    assert len(counts) == 1
    again = anna.get(reverse("export-all"), {"from": DAY, "to": DAY, "export": str(number)})
    assert (again.status_code, "This UUID was used before" in again.content.decode()) == (400, True)
    wrong = anna.get(reverse("export-all"), {"from": DAY, "to": DAY, "export": "x"})
    assert (wrong.status_code, "Enter a UUID." in wrong.content.decode()) == (400, True)


def test_an_archive_that_broke_off_says_so(cast: Cast) -> None:
    close_by_pieces(cast)
    erika, number, on = Client(), uuid4(), date.fromisoformat(DAY)
    erika.force_login(cast.erika)
    pieces = archive(stores=[cast.store], first=on, last=on, by=Principal(user=cast.erika), number=number)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert erika.get(reverse("export-all-progress", args=[number])).json()["state"] == "BROKEN_OFF"


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        ("yesterday", "2026-02-28", "2026-02-28"),
        ("last-week", "2026-02-16", "2026-02-22"),
        ("this-month", "2026-03-01", "2026-03-01"),
        ("last-month", "2026-02-01", "2026-02-28"),
    ],
)
def test_presets_are_whole_days_weeks_and_months(preset: str, first: str, last: str) -> None:
    assert range_of(preset, today=date(2026, 3, 1)) == (date.fromisoformat(first), date.fromisoformat(last))


def test_a_preset_fills_in_the_dates_and_keeps_the_choice(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.erika)
    page = client.get(
        reverse("exports"), {"preset": "yesterday", "table": "payments", "from": "", "to": ""}
    ).content.decode()
    assert '<option value="payments" selected>' in page
    yesterday = business_date(store=cast.store, at=timezone.now()) - timedelta(days=1)
    assert page.count(f'value="{yesterday}"') == 2
    assert client.get(reverse("exports"), {"preset": "never"}).status_code == 404
