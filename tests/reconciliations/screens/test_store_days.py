"""The pages of store-day reports, and their files."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from cashdesk.documents.answer import WRITERS
from cashdesk.models import AuditEntry, BusinessDay, User
from reconciliations.domain.store_day_report import faults_of_reports
from tests.cashdesk.desk import NOON
from tests.module_world import ModuleWorld
from tests.reconciliations.reported import DAY, Week, close_day, make_week
from tests.stories import counted_queries, make_cast


@pytest.fixture(scope="module")
def _week(module_world: ModuleWorld) -> Week:
    return module_world.make(lambda: make_week(make_cast()))


@pytest.fixture
def week(db: None, _week: Week) -> Week:
    """Two days with their reports. On the second, nobody counted Carla's drawer."""
    return _week


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(week: Week, number: int, *, user: User | None = None) -> str:
    path = reverse("store-day", args=[week.cast.store.uuid, number])
    answer = browser(user or week.cast.erika).get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_page_shows_the_figures_of_the_report_in_the_words_of_the_reader(week: Week) -> None:
    page = page_of(week, 1)
    assert "Store day report No. 1" in page
    assert "Business day Tuesday, 10 Mar 2026" in page
    for text in ("1,212.35", "−24.00", "1,831.55", "668.25", "−1.20", "+0.50", "2,376.95", "0418", week.first.digest):
        assert text in page
    week.cast.erika.language = "de"
    week.cast.erika.save()
    assert "Tagesbericht Nr. 1" in page_of(week, 1)


def test_the_page_says_which_drawer_nobody_counted_and_has_no_figure_of_it(week: Week) -> None:
    page = page_of(week, 2)
    assert "Not counted, and left out of all figures: register 1, Carla." in page
    assert "The safe was not counted on this day. Its figures are left out." in page
    # Carla's sales, with and without her float, and all sales of the day.
    for secret in ("47.11", "247.11", "72.11", "13.00"):
        assert secret not in page


def test_no_look_needs_to_be_noted(week: Week) -> None:
    before = AuditEntry.objects.count()
    page_of(week, 2)
    assert AuditEntry.objects.count() == before


def test_days_that_were_closed_before_there_were_reports_are_named_at_the_end_of_the_list(week: Week) -> None:
    def listed() -> str:
        html = browser(week.cast.erika).get(reverse("reports")).content.decode()
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))

    assert "has no report" not in listed()
    for number in (1, 2):
        fields = {"store": week.cast.store, "date": DAY - timedelta(days=number), "closed_at": NOON, "last_movement": 0}
        BusinessDay.objects.create(pk=week.first.day_id - 10_000_000 - number, **fields)
    assert "2 older days from 8 Mar 2026 to 9 Mar 2026 have no report" in listed()
    assert list(faults_of_reports(week.cast.store)) == []


@pytest.mark.parametrize("file_format", WRITERS)
def test_a_file_has_the_figures_and_always_the_same_bytes(week: Week, file_format: str) -> None:
    client = browser(week.cast.erika)
    path = reverse("store-day-file", args=[week.cast.store.uuid, 1, file_format])
    answer = client.get(path)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="store-day-1337-2026-03-10.{file_format}"'
    assert answer.headers["Content-Type"] == WRITERS[file_format].content_type
    assert client.get(path).content == answer.content
    hidden = client.get(reverse("store-day-file", args=[week.cast.store.uuid, 2, file_format])).content
    if file_format == "csv":
        assert (
            "Z 1,1,Carla,2026-03-10T12:00:00Z,2026-03-10T12:10:00Z,669.45,668.25,-1.20,Short" in answer.content.decode()
        )
        assert b"47.11" not in hidden
        assert b'Not counted, and left out of all figures: ""' not in hidden


def test_an_unknown_format_or_number_is_not_there(week: Week) -> None:
    client = browser(week.cast.erika)
    for named in ((1, "exe"), (9, "pdf"), (2**63, "pdf")):
        assert client.get(reverse("store-day-file", args=[week.cast.store.uuid, *named])).status_code == 404


def test_yesterdays_report_as_pdf_is_two_clicks_from_today(week: Week) -> None:
    client = browser(week.cast.erika)
    today = client.get(reverse("today")).content.decode()
    assert f'href="{reverse("reports")}"' in today
    reports = client.get(reverse("reports")).content.decode()
    newest = re.findall(r'href="([^"]+\.pdf)"', reports)[0]
    assert newest == reverse("store-day-file", args=[week.cast.store.uuid, 2, "pdf"])
    assert client.get(newest).content.startswith(b"%PDF-")


def test_pages_need_the_same_statements_for_one_report_and_for_many(week: Week) -> None:
    client, needed = browser(week.cast.erika), []
    client.get(reverse("reports"))
    for _round in range(2):
        with counted_queries() as queries:
            client.get(reverse("reports"))
            client.get(reverse("store-day", args=[week.cast.store.uuid, 1]))
        needed.append(len(queries))
        for day in (5, 6, 7):
            if not _round:
                close_day(week.cast, DAY + timedelta(days=day))
    assert needed[0] == needed[1]
    assert needed[0] <= 24
