"""The pages of reports: who may open them, their content, the note of every look, and their number of statements."""

import re
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.closing import close_session
from cashdesk.models import AuditEntry, User
from settlements.domain.closing import force_close_settlement
from tests.cashdesk.desk import counted, minutes, open_drawer
from tests.factories import StoreFactory, UserFactory
from tests.settlements.reporting import USD, Day, found
from tests.stories import Cast, counted_queries


def yesterday(cast: Cast) -> Day:
    day = Day(cast, start=timezone.now() - timedelta(days=1))
    day.open_vault()
    return day


def closed_day(day: Day) -> None:
    day.close(
        day.trade(), found(33_800, pieces={10_000: 3, 2_000: 1, 1_000: 1, 500: 1, 200: 1, 100: 1}), found(1_500, USD)
    )


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response: HttpResponse) -> str:
    """Returns the visible text of a page in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"</?bdi\b[^>]*>", "", response.content.decode())).split())


PATHS = ["", "/1337", "/1337/1/x", "/1337/1/z", "/1337/1/z/3", "/1337/0/x", "/1337/0/z"]


def test_who_is_not_signed_in_is_asked_to_and_comes_back(cast: Cast) -> None:
    day = yesterday(cast)
    closed_day(day)
    day.trade()
    for path in PATHS:
        address = f"/reports/registers{path}"
        asked = Client().get(f"{address}?paper=slip")
        assert (asked.status_code, asked.headers["Location"]) == (
            302,
            f"/sign-in?next=/reports/registers{path}%3Fpaper%3Dslip",
        )
        refused = browser(cast.carla).get(address)
        assert refused.status_code == 403, path
        assert "You do not have access to this page" in text_of(refused)
        shown = browser(cast.erika).get(address, follow=True)
        assert shown.status_code == 200, path
        assert "no-store" in shown.headers["Cache-Control"], path


def test_anothers_store_is_none(cast: Cast) -> None:
    day = yesterday(cast)
    closed_day(day)
    day.trade()
    otto = browser(cast.otto)
    for path in PATHS[1:]:
        theirs = otto.get(f"/reports/registers{path.replace('1337', str(cast.store.uuid))}")
        none = otto.get(f"/reports/registers{path.replace('1337', '4711')}")
        assert (theirs.status_code, none.status_code) == (404, 404), path
        number = re.compile(r"<code>[0-9a-f-]+</code>|<input type=.hidden.[^>]+>")
        assert number.sub("", theirs.content.decode()) == number.sub("", none.content.decode())
    assert not AuditEntry.objects.filter(action="x_report.seen").exists()


def test_the_x_says_what_should_be_there_and_records_the_look(cast: Cast) -> None:
    day = yesterday(cast)
    day.trade()
    day.start(cast.carla, 33_750)
    shown = text_of(browser(cast.erika).get("/reports/registers/1337/1/x"))
    assert "Sale 4 × 193.45 20.00" in shown
    assert "Expected 337.50" in shown
    assert "Carla" in shown
    assert "still open not counted" in shown
    assert [look.user for look in AuditEntry.objects.filter(action="x_report.seen")] == [cast.erika]


def test_where_nothing_runs_the_page_says_so(cast: Cast) -> None:
    answer = browser(cast.erika).get("/reports/registers/1337/2/x")
    assert answer.status_code == 404
    assert "open at this register now" in text_of(answer)
    assert not AuditEntry.objects.filter(action="x_report.seen").exists()


def test_the_z_tells_figures_people_pieces_and_seal(cast: Cast) -> None:
    day = yesterday(cast)
    closed_day(day)
    report = text_of(browser(cast.erika).get("/reports/registers/1337/1/z/3"))
    zone = "CET" if "CET" in report else "CEST"
    for words in (
        "1337 Berlin Z 3 Register 1 · Settlement",
        f"{zone} Erika Mustermann Counted",
        "With the counted amounts",
        "Opened with 200.00",
        "Expected 338.00 Counted 338.00 Difference: match 0.00 Returned to the safe 338.00",
        "€100 3 300.00",
        "Taken from the books 77.00",
        "−€0.45 short",
        "Closing, equal",
        "No sale 2 ×",
        cast.store.places.get(number=1).seals.get(number=3).digest,
    ):
        assert words in report, words


def test_an_uncounted_z_claims_no_shortage_and_its_look_is_noted(cast: Cast) -> None:
    day = yesterday(cast)
    settlement = day.open_register(found(1_000))
    force_close_settlement(settlement=settlement, by=day.by(), at=day.tick, reason="fire")
    report = text_of(browser(cast.erika).get("/reports/registers/1337/1/z/1"))
    assert "Closed without a count" in report
    assert "Expected 10.00 Counted not counted" in report
    assert "short" not in report.lower().replace("over/short", "")
    assert [look.detail for look in AuditEntry.objects.filter(action="expected.seen")] == [
        {"settlements": [settlement.pk]}
    ]


def test_a_z_says_that_the_drawer_was_handed_over(cast: Cast) -> None:
    for_good, left = (open_drawer(cast.carla, 0, station=1), 100_00), (open_drawer(cast.bruno, 0, station=2), 50_00)
    for (session, amount), hands_over in ((for_good, False), (left, True)):
        by = Principal(user=session.user)
        close_session(session=session, counted=counted(amount), by=by, at=minutes(9), hands_over=hands_over)
    closed, handed_over = (
        text_of(browser(cast.erika).get(f"/reports/registers/1337/{station}/z/1")) for station in (1, 2)
    )
    assert "Handed over" not in closed
    assert re.search(r"\d CES?T Handed over €50\.00 \+€50\.00 over", handed_over), handed_over


def test_late_money_stands_beside_the_difference(cast: Cast) -> None:
    day = yesterday(cast)
    day.close(day.open_register(found(1_000)), found(1_330))
    day.sell(330)
    report = text_of(browser(cast.erika).get("/reports/registers/1337/1/z/1"))
    assert "Difference: over +3.30 Late money +3.30 Adjusted difference: match 0.00" in report


def test_times_stand_on_the_wall_clock_of_the_store(cast: Cast) -> None:
    cast.store.time_zone = "America/Santiago"
    cast.store.save()
    day = Day(cast)  # 2026-03-10 12:00 UTC
    day.open_vault()
    closed_day(day)
    assert "10 Mar 2026, 09:01:00 -03" in text_of(browser(cast.erika).get("/reports/registers/1337/1/z/3"))


def test_the_list_leads_to_each_and_on(cast: Cast) -> None:
    day = yesterday(cast)
    for _day in range(18):
        closed_day(day)
    erika = browser(cast.erika)
    first = erika.get("/reports/registers/1337/1/z")
    numbers = [int(number) for number in re.findall(r">Z (\d+)<", first.content.decode())]
    assert numbers == list(range(54, 4, -1))
    assert f'/reports/registers/{cast.store.uuid}/1/z/54"' in first.content.decode()
    assert 'href="?before=5' in first.content.decode()
    rest = erika.get("/reports/registers/1337/1/z?before=5").content.decode()
    assert re.findall(r">Z (\d+)<", rest) == ["4", "3", "2", "1"]
    assert 'href="?before' not in rest
    middle = erika.get("/reports/registers/1337/1/z/54?paper=slip").content.decode()
    for link in ("/z/53?paper=slip", "/x?paper=slip", "?paper=a4"):
        assert link in middle
    assert "/z/55" not in middle
    for wrong in ("z?before=x", "z?before=99999999999999999999", "z/3?paper=a5", "z/0", "z/55", f"z/{10**40}"):
        assert erika.get(f"/reports/registers/1337/1/{wrong}").status_code == 404, wrong


def test_the_stores_page_leads_whoever_has_one_store_to_it(cast: Cast) -> None:
    other = StoreFactory(number="1338", name="Hamburg", account=cast.store.account)
    led = browser(cast.erika).get("/reports/registers")
    assert led.headers["Location"] == f"/reports/registers/{cast.store.uuid}"
    several = text_of(browser(cast.anna).get("/reports/registers"))
    assert "1337 Berlin" in several
    assert "1338 Hamburg" in several
    assert "1338" not in text_of(browser(cast.erika).get(f"/reports/registers/{cast.store.uuid}"))
    assert browser(UserFactory(store=other, role="manager")).get("/reports/registers/1337").status_code == 404


def test_a_name_is_text_and_nothing_stands_inline(cast: Cast) -> None:
    cast.erika.name = "<script>alert(1)</script>"
    cast.erika.save()
    day = yesterday(cast)
    closed_day(day)
    day.trade()
    erika = browser(cast.erika)
    for path in ("1/z/3", "1/z", "1/x", "1/z/1?paper=slip"):
        page = erika.get(f"/reports/registers/1337/{path}").content.decode()
        assert "<script>" not in page
        assert not re.search(r"\sstyle=|\son\w+=|<style", page)


@pytest.mark.parametrize("days", [1, 3])
def test_a_page_costs_the_same_whatever_the_history(cast: Cast, days: int) -> None:
    day = yesterday(cast)
    for _day in range(days):
        closed_day(day)
    day.trade()
    erika = browser(cast.erika)
    cost = []
    for path in ("/1337", "/1337/1/x", "/1337/1/z", "/1337/1/z/3"):
        with counted_queries() as queries:
            assert erika.get(f"/reports/registers{path}").status_code == 200
        cost.append(len(queries))
    assert cost == [5, 17, 7, 17]
