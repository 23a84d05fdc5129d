"""The API of exports: managers and keys with the scope get files, and all other callers are refused."""

import pytest

from cashdesk.enums import Role, Scope
from cashdesk.models import AuditEntry
from reconciliations.exports.tables import TABLES
from reconciliations.models import Export
from tests.api.steps import told
from tests.cashdesk.desk import open_drawer, sell
from tests.factories import StoreFactory, UserFactory
from tests.reconciliations.desk import vendor_of
from tests.reconciliations.exporting import DAY, NUMBER, hang_up, rows_of, sheets_of, taken
from tests.stories import Caller, Cast, caller, exact, key_caller

QUERY = f"from={DAY}&to={DAY}"
NEVER_USED = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def traded(cast: Cast) -> Cast:
    """Two movements on DAY."""
    sell(open_drawer(cast.carla, 100), 250)
    return cast


def errors_of(by: Caller, path: str) -> dict[str, str]:
    answer = by.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    return {error["pointer"].removeprefix("/"): error["detail"] for error in exact(answer)["errors"]}


def test_a_manager_takes_the_file(traded: Cast) -> None:
    answer = caller(traded.erika).get(f"/exports/movements?{QUERY}&store=1337&file=csv")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="movements-1337-{DAY}-{DAY}.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert [row["amount"] for row in rows_of(taken(answer))] == ["1.00", "2.50"]
    assert Export.objects.get().state == "DONE"


def test_a_workbook_says_how_long_it_is(traded: Cast) -> None:
    answer = caller(traded.erika).get(f"/exports/movements?{QUERY}&file=xlsx")
    assert answer.headers["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert answer.headers["Content-Disposition"].endswith('.xlsx"')
    content = taken(answer)
    assert len(content) == int(answer.headers["Content-Length"])
    assert [row["amount"][0] for row in sheets_of(content)["Movements"]] == ["1.00", "2.50"]


def test_ones_own_store_and_csv_are_meant_unless_said(traded: Cast) -> None:
    answer = caller(traded.erika).get(f"/exports/reconciliations?{QUERY}")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="reconciliations-1337-')
    assert rows_of(taken(answer)) == []
    assert errors_of(caller(traded.anna), f"/exports/movements?{QUERY}") == {
        "store": "Choose a store by its number or UUID."
    }


def test_an_answer_that_is_not_taken_is_broken_off(traded: Cast) -> None:
    answer = caller(traded.erika).get(f"/exports/movements?{QUERY}")
    assert next(answer.streaming_content)  # type: ignore[attr-defined]
    assert Export.objects.get().state == "RUNNING"
    hang_up(answer)
    assert Export.objects.get().state == "BROKEN_OFF"


def test_asking_for_the_headers_alone_exports_nothing(traded: Cast) -> None:
    answer = caller(traded.erika).send("HEAD", f"/exports/movements?{QUERY}&file=xlsx")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].endswith('.xlsx"')
    assert not answer.streaming
    assert not Export.objects.exists()


@pytest.mark.parametrize("scope", Scope)
def test_a_key_reads_it_with_its_scope(traded: Cast, scope: Scope) -> None:
    key = key_caller(traded.store, scope, vendor=vendor_of(traded.store))
    answer = key.get(f"/exports/movements?{QUERY}&store={traded.store.uuid}")
    assert answer.status_code == (200 if scope == Scope.CASH_MANAGEMENT_READ else 403)
    if answer.status_code == 200:
        assert len(rows_of(taken(answer))) == 2
        export = Export.objects.get()
        assert export.requested_by.startswith("apikey:ck_")
        assert (export.requested_by_user, export.requested_by_name) == (None, export.requested_by)


def test_a_key_of_no_vendor_exports_as_little_as_it_reconciles(traded: Cast) -> None:
    assert key_caller(traded.store).get(f"/exports/movements?{QUERY}&store=1337").status_code == 403
    assert not Export.objects.exists()


@pytest.mark.parametrize("table", TABLES)
def test_a_cashier_is_told_nothing(traded: Cast, table: str) -> None:
    carla = caller(traded.carla)
    for store in ("1337", str(traded.store.uuid), NEVER_USED):
        assert carla.get(f"/exports/{table}?{QUERY}&store={store}").status_code == 403
    assert not Export.objects.exists()
    assert not AuditEntry.objects.filter(action="expected.seen").exists()


def test_a_store_of_others_is_none(traded: Cast) -> None:
    neighbour = StoreFactory(account=traded.store.account, number="1338")
    for who in (traded.otto, UserFactory(store=neighbour, role=Role.MANAGER)):
        theirs = caller(who).get(f"/exports/movements?{QUERY}&store={traded.store.uuid}")
        none = caller(who).get(f"/exports/movements?{QUERY}&store={NEVER_USED}")
        assert theirs.status_code == 400
        assert told(theirs) == told(none)
    key = key_caller(traded.otto.store, vendor=vendor_of(traded.otto.store))
    theirs = key.get(f"/exports/movements?{QUERY}&store={traded.store.uuid}")
    assert told(theirs) == told(key.get(f"/exports/movements?{QUERY}&store={NEVER_USED}"))
    # The same number is another store to Otto, and in it nothing happened.
    assert rows_of(taken(caller(traded.otto).get(f"/exports/movements?{QUERY}&store=1337"))) == []
    assert not Export.objects.filter(store=traded.store).exists()


def test_a_token_of_one_store_exports_that_store_alone(traded: Cast) -> None:
    other = StoreFactory(account=traded.store.account, number="1338")
    anna = caller(traded.anna, store=traded.store)
    assert len(rows_of(taken(anna.get(f"/exports/movements?{QUERY}")))) == 2
    assert errors_of(anna, f"/exports/movements?{QUERY}&store={other.number}") == {
        "store": "Choose a store that you work in."
    }


def test_a_store_that_was_closed_down_keeps_its_books(traded: Cast) -> None:
    traded.store.is_active = False
    traded.store.save()
    answer = caller(traded.anna).get(f"/exports/movements?{QUERY}&store=1337")
    assert len(rows_of(taken(answer))) == 2


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        (
            "",
            {
                "from": "Enter a date such as 2026-03-01.",
                "to": "Enter a date such as 2026-03-01.",
            },
        ),
        (f"from={DAY}&to=2026-03-09", {"to": f"Choose a date on or after {DAY}, the start of the range."}),
        ("from=2026-13-01&to=yesterday", dict.fromkeys(("from", "to"), "Enter a date such as 2026-03-01.")),
        ("from=2026-W10-1&to=2026-03-10", {"from": "Enter a date such as 2026-03-01."}),
        ("from=20260301&to=٢٠٢٦-03-10", dict.fromkeys(("from", "to"), "Enter a date such as 2026-03-01.")),
        (
            "from=2026-01-01&to=2027-01-02",
            {"to": "Choose at most 366 days. Export a longer period in parts."},
        ),
        (
            "from=0001-01-01&to=9999-12-31",
            {"to": "Choose at most 366 days. Export a longer period in parts."},
        ),
        (f"{QUERY}&file=pdf", {"file": "Choose one of these: csv, xlsx."}),
        (f"{QUERY}&store=%00", {"store": "Choose a store that you work in."}),
        (f"{QUERY}&store=none", {"store": "Choose a store that you work in."}),
        (f"from=%00&to={DAY}&file=%00", {"from": "Enter a date such as 2026-03-01.", "file": "Choose one of these: csv, xlsx."}),
        (f"{QUERY}&format=csv", {"format": "is not known here; known are store, from, to, file."}),
        (f"{QUERY}&export={NUMBER}", {"export": "is not known here; known are store, from, to, file."}),
        (f"{QUERY}&table=movements", {"table": "is not known here; known are store, from, to, file."}),
    ],
)  # fmt: skip
def test_what_cannot_be_exported_is_refused_by_name(traded: Cast, query: str, errors: dict[str, str]) -> None:
    assert errors_of(caller(traded.erika), f"/exports/movements?{query}") == errors
    assert not Export.objects.exists()


def test_there_are_these_tables_and_no_others(traded: Cast) -> None:
    refused = caller(traded.erika).get(f"/exports/people?{QUERY}")
    assert (refused.status_code, exact(refused)["code"]) == (404, "not_found")
    assert all(table in exact(refused)["detail"] for table in TABLES)
    assert caller(traded.erika).post("/exports/movements", {}).status_code == 405
    assert caller(traded.erika).get(f"/exports/movements/?{QUERY}").status_code == 200
