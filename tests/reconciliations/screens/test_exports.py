"""The page of exports: who may open it, its errors, and its number of statements."""

import json
import re

import pytest
from django.http import HttpResponse
from django.test import Client

from cashdesk.models import User
from reconciliations.exports.tables import TABLES
from reconciliations.models import Export
from tests.cashdesk.desk import open_drawer
from tests.factories import StoreFactory
from tests.reconciliations.exporting import DAY, NUMBER, downloaded, rows_of, started, taken
from tests.stories import Cast, counted_queries

PAGE = "/reports/exports/"
FILE = f"{PAGE}file"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response: HttpResponse) -> str:
    """Returns the visible text of a page in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def query(cast: Cast, **given: str) -> dict[str, str]:
    return {"table": "movements", "store": str(cast.store.uuid), "from": DAY, "to": DAY, "file": "csv", **given}


@pytest.mark.parametrize("path", [PAGE, FILE, f"{PAGE}{NUMBER}/progress"])
def test_managers_may_and_nobody_else(cast: Cast, path: str) -> None:
    asked = Client().get(path, query(cast))
    assert asked.status_code == 302
    assert asked.headers["Location"].startswith(f"/sign-in?next={path}")
    assert browser(cast.carla).get(path, query(cast)).status_code == 403
    shown = browser(cast.erika).get(path, query(cast))
    assert shown.status_code == 200
    assert "no-store" in shown.headers["Cache-Control"]
    assert browser(cast.erika).post(path, query(cast)).status_code == 405


def test_the_form_gives_the_file_without_any_script(cast: Cast) -> None:
    open_drawer(cast.carla, 100)
    answer = browser(cast.erika).get(FILE, query(cast))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert [row["amount"] for row in rows_of(taken(answer))] == ["1.00"]
    shown = text_of(browser(cast.erika).get(PAGE))
    assert "Erika Mustermann Movements 1337 Berlin 10 Mar 2026 – 10 Mar 2026 CSV 1 Done" in shown


def test_what_was_typed_stays_and_what_is_wrong_is_named(cast: Cast) -> None:
    answer = browser(cast.erika).get(FILE, query(cast, to="2026-03-09", file="xlsx"))
    assert answer.status_code == 400
    page = answer.content.decode()
    assert '<a href="#to">To</a>: Choose a date on or after 10 Mar 2026, the start of the range.' in page
    assert 'aria-describedby="to-fault"' in page
    assert f'value="{DAY}"' in page
    assert 'value="2026-03-09"' in page
    assert re.search(r'value="xlsx"\s+selected', page)
    assert re.search(r'value="movements"\s+selected', page)
    assert not Export.objects.exists()


def test_what_is_no_date_stays_to_be_seen(cast: Cast) -> None:
    page = browser(cast.erika).get(FILE, query(cast, to="10.3.2026")).content.decode()
    assert re.search(r'<input type="text"\s+id="to"\s+name="to"\s+value="10.3.2026"', page)
    assert re.search(r'<input type="date"\s+id="from"', page)


def test_what_was_typed_is_no_markup(cast: Cast) -> None:
    answer = browser(cast.erika).get(FILE, dict.fromkeys(query(cast), '"><script>alert(1)</script>'))
    assert answer.status_code == 400
    assert "<script>alert" not in answer.content.decode()
    assert text_of(answer).count("Enter a date such as 2026-03-01.") == 4


def test_a_number_that_was_used_is_told(cast: Cast) -> None:
    erika = browser(cast.erika)
    taken(erika.get(FILE, query(cast, export=str(NUMBER))))
    again = erika.get(FILE, query(cast, export=str(NUMBER)))
    assert again.status_code == 400
    assert "Export: This UUID was used before" in text_of(again)


def test_a_store_of_others_is_none(cast: Cast) -> None:
    downloaded(cast.erika)
    otto = browser(cast.otto)
    assert "No exports yet." in text_of(otto.get(PAGE))
    assert "Berlin" not in text_of(otto.get(PAGE))
    theirs = otto.get(FILE, query(cast))
    none = otto.get(FILE, query(cast, store="00000000-0000-4000-8000-000000000000"))
    assert (theirs.status_code, none.status_code) == (400, 400)
    one_time = re.compile(rb"<input type=.hidden.[^>]+>")
    assert one_time.sub(b"", theirs.content) == one_time.sub(b"", none.content)


def progress_of(user: User, number: object) -> dict[str, object]:
    return dict(json.loads(browser(user).get(f"{PAGE}{number}/progress").content))


def test_progress_is_told_to_those_who_may_know_the_store(cast: Cast) -> None:
    open_drawer(cast.carla, 100)
    unknown = {"state": "UNKNOWN", "rows_done": 0, "rows_total": 0}
    assert progress_of(cast.erika, NUMBER) == unknown
    file = started(cast.erika, export=str(NUMBER))
    assert progress_of(cast.erika, NUMBER) == {"state": "RUNNING", "rows_done": 0, "rows_total": 1}
    assert progress_of(cast.otto, NUMBER) == unknown
    b"".join(file)
    assert progress_of(cast.anna, NUMBER) == {"state": "DONE", "rows_done": 1, "rows_total": 1}
    assert progress_of(cast.otto, NUMBER) == unknown
    assert browser(cast.erika).get(f"{PAGE}x/progress").status_code == 404


def test_an_admin_chooses_among_the_stores_of_the_account(cast: Cast) -> None:
    StoreFactory(account=cast.store.account, number="1338", name="Bremen")
    assert browser(cast.anna).get(PAGE).content.decode().count("<option") == len(TABLES) + 2 + 2
    assert browser(cast.erika).get(PAGE).content.decode().count("<option") == len(TABLES) + 1 + 2


@pytest.mark.parametrize("number", [1, 3, 30])
def test_the_page_costs_the_same_however_much_was_exported(cast: Cast, number: int) -> None:
    for _ in range(number):
        started(cast.erika).close()
        StoreFactory(account=cast.store.account)
    anna = browser(cast.anna)
    with counted_queries() as queries:
        shown = anna.get(PAGE)
    assert shown.content.decode().count('<td data-label="State">Interrupted</td>') == min(number, 20)
    assert len(queries) == 6


def test_the_doors_lead_there(cast: Cast) -> None:
    assert f'href="{PAGE}"' in browser(cast.erika).get("/reports/registers", follow=True).content.decode()
