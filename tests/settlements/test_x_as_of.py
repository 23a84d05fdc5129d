"""The X report as of an earlier instant: the books as they stood, in a running period and in one that was closed since."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import PlaceKind
from cashdesk.errors import NotFound
from cashdesk.models import AuditEntry
from settlements.domain.x_report import XReport, x_report
from tests.cashdesk.desk import NOON, close_drawer, minutes, open_drawer, pay
from tests.settlements.desk import CARD, EUR, Shop
from tests.stories import Cast, caller, exact


def x_at(cast: Cast, as_of: datetime | None) -> XReport:
    """Returns Erika's X report of register 1."""
    by = Principal(user=cast.erika)
    return x_report(place=cast.place(PlaceKind.REGISTER, 1), by=by, at=minutes(600), as_of=as_of)


def expected(report: XReport) -> dict[str, int]:
    """Returns the expected amounts by method."""
    return {line.method: line.expected for line in report.figures}


def test_a_session_is_told_as_it_stood_while_it_runs_and_after_its_close(cast: Cast) -> None:
    close_drawer(open_drawer(cast.bruno, 50_00, station=1), 50_00, at=minutes(5))
    session = open_drawer(cast.carla, 100_00, station=1, at=minutes(10))
    pay(session, 7_00, at=minutes(20))
    pay(session, 30_00, method="CARD", at=minutes(30))
    wanted = {10: {"CASH": 100_00}, 20: {"CASH": 107_00}, 31: {"CASH": 107_00, "CARD": 30_00}}
    for is_closed in (False, True):
        if is_closed:
            close_drawer(session, 106_00, at=minutes(40))
        found = {minute: x_at(cast, minutes(minute)) for minute in wanted}
        assert {minute: expected(report) for minute, report in found.items()} == wanted
        assert {report.at for report in found.values()} == {minutes(minute) for minute in wanted}
        assert [one.counted for report in found.values() for one in report.sessions] == [None] * 3
    for minute in (7, 40):
        with pytest.raises(NotFound):
            x_at(cast, minutes(minute))


def test_a_settlement_is_told_with_the_sessions_of_that_moment(cast: Cast) -> None:
    shop = Shop(cast)
    shop.vault()
    settlement = shop.open(100_00)
    first = shop.sign_on(cast.carla, 100_00)
    shop.sale(5_00)
    during = shop.tick()
    shop.sign_off(first, 104_00)
    between = shop.tick()
    second = shop.sign_on(cast.bruno, 104_00)
    shop.sale(9_00, CARD)
    shop.sign_off(second, 104_00)
    shop.close(settlement, {EUR: 104_00})
    early, late = x_at(cast, during), x_at(cast, between)
    assert (expected(early), expected(late)) == ({"CASH": 105_00}, {"CASH": 104_00})
    assert [(one.cashier, one.counted) for one in early.sessions] == [("Carla", None)]
    assert [(one.cashier, one.counted) for one in late.sessions] == [("Carla", 104_00)]


def test_pages_and_files_tell_a_drawer_as_it_stood(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00, station=1, at=NOON)
    pay(session, 7_00, at=minutes(10))
    pay(session, 5_00, at=minutes(30))
    close_drawer(session, 112_00, at=minutes(40))
    erika, page = Client(), reverse("x-report", args=["1337", 1])
    erika.force_login(cast.erika)
    asked = f"{NOON + timedelta(minutes=20):%Y-%m-%dT%H:%M:%SZ}"
    shown = erika.get(page, {"as_of": asked})
    html = shown.content.decode()
    assert (shown.status_code, "107.00" in html, "112.00" in html) == (200, True, False)
    (path,) = re.findall(r'href="([^"]+\.csv[^"]+)"', html)
    lines = erika.get(unescape(path)).content.decode("utf-8-sig").splitlines()
    assert f"As of,{asked}" in lines
    assert next(line for line in lines if line.startswith("Expected,")) == "Expected,,107.00,"
    assert AuditEntry.objects.filter(action="x_report.seen", user=cast.erika).count() == 2
    # A time without an offset is one of the store, in Berlin one hour before UTC.
    assert "107.00" in erika.get(page, {"as_of": "2026-03-10T13:20", "paper": "slip"}).content.decode()
    before = erika.get(page, {"as_of": "2026-03-10T12:20"})
    assert (before.status_code, "Nothing was open here then" in before.content.decode()) == (404, True)


@pytest.mark.parametrize("page", ["x-report", "x-report-file"])
def test_a_wrong_instant_is_refused_on_the_page_and_is_no_look(cast: Cast, page: str) -> None:
    open_drawer(cast.carla, 100_00, station=1, at=NOON)
    path = reverse(page, args=["1337", 1, *(["pdf"] if page.endswith("file") else [])])
    erika = Client()
    erika.force_login(cast.erika)
    for wrong in ("2999-01-01T00:00", "yesterday", "2026-13-01T10:00"):
        answer = erika.get(path, {"as_of": wrong})
        assert (answer.status_code, 'aria-invalid="true"' in answer.content.decode()) == (400, True), wrong
    assert not AuditEntry.objects.filter(action="x_report.seen").exists()


def test_a_look_at_the_past_is_noted_and_the_future_is_refused(cast: Cast) -> None:
    open_drawer(cast.carla, 100_00, station=1, at=NOON)
    erika, path = caller(cast.erika), "/registers/1/x-report?as_of="
    answer = erika.get(f"{path}2026-03-10T12:01:00Z")
    assert (answer.status_code, exact(answer)["at"]) == (200, "2026-03-10T12:01:00Z")
    entry = AuditEntry.objects.get(action="x_report.seen")
    assert entry.detail == {"as_of": (NOON + timedelta(minutes=1)).isoformat()}
    assert erika.get(f"{path}2026-03-10T11:59:00Z").status_code == 404
    for wrong in ("2999-01-01T00:00:00Z", "2026-03-10T12:01:00", "yesterday"):
        assert erika.get(path + wrong).status_code == 400
    assert caller(cast.carla).get(f"{path}2026-03-10T12:01:00Z").status_code == 403
