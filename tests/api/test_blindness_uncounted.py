"""Law 5 after a close without a count: the expected amount stays hidden until somebody counts the drawer."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cashdesk.domain.people.access_token import issue_token
from cashdesk.enums import PlaceKind
from cashdesk.models import AuditEntry, CashSession
from tests.api.blind import (
    Drawer,
    all_of,
    codes,
    get,
    notations,
    post,
    told,
    walk,
    without_what_varies,
)
from tests.api.steps import bound_key, closed, opened, paid, payment
from tests.api.test_blindness import GLANCES, REFUSALS
from tests.factories import PASSWORD
from tests.stories import Caller, caller, exact

FORCED_AWAY = post("/cash/open", {"start_amount": 50, "station": "{spare}", "force_close_previous": True})


def result_of(by: Caller, session: CashSession) -> tuple[Any, Any, Any, str]:
    row = next(row for row in exact(by.get("/cash/sessions")) if row["id"] == session.pk)
    return row["final_cash_system"], row["final_cash_declared"], row["difference"], row["status"]


def test_left_behind_uncounted_it_stays_unknown_to_the_cashier(drawers: dict[str, Drawer]) -> None:
    """The cashier opens another drawer. The first one was closed without a count and still needs one."""
    assert codes(walk(drawers, [FORCED_AWAY])) == [200]
    for drawer in drawers.values():
        assert result_of(drawer.till, drawer.session) == (0, 0, 0, "CLOSED_SYSTEM")
    walk(
        drawers,
        [*GLANCES, get("/cash/sessions?status=CLOSED_SYSTEM"), get("/cash/sessions?expected_amount__gt=1"), *REFUSALS],
    )
    walk(
        drawers,
        [
            post("/payments", payment("late-{name}", 5, session="{session}")),
            post("/shifts/end", {"password": PASSWORD, "actual_cash_end": 5000}),
        ],
    )
    for drawer in drawers.values():
        assert result_of(drawer.till, drawer.session) == (0, 0, 0, "CLOSED_SYSTEM")
    walk(drawers, GLANCES)


def test_the_answer_to_coming_back_tells_nothing_and_is_the_same_again(drawers: dict[str, Drawer]) -> None:
    walk(drawers, [FORCED_AWAY])
    for drawer in drawers.values():
        back = drawer.till.post(
            "/cash/open",
            {"start_amount": 60, "station": drawer.station, "force_close_previous": True},
            idempotency_key="back",
        )
        again = drawer.till.post(
            "/cash/open",
            {"start_amount": 60, "station": drawer.station, "force_close_previous": True},
            idempotency_key="back",
        )
        assert back.content == again.content
        assert b"739" not in re.sub(rb'"start_time":"[^"]*"', b"", back.content)
        assert result_of(drawer.till, drawer.session) == (0, 0, 0, "CLOSED_SYSTEM")


def test_a_colleague_who_counts_it_makes_it_known(drawers: dict[str, Drawer]) -> None:
    carla = drawers["carla"]
    told(carla, FORCED_AWAY)
    opened(caller(carla.cast.erika), 5, station=carla.station)
    assert str(result_of(carla.till, carla.session)[0]) == "739.41"


def test_a_colleague_sees_neither_the_session_nor_what_it_left(drawers: dict[str, Drawer]) -> None:
    carla, bruno = drawers.values()
    told(carla, FORCED_AWAY)
    sessions = {row["user_id"] for row in exact(bruno.till.get("/cash/sessions"))}
    assert sessions == {bruno.user.pk}
    answer = bruno.till.post("/cash/open", {"start_amount": 7, "station": carla.station, "force_close_previous": True})
    assert answer.status_code == 200
    assert not [notation for notation in notations(73941) if notation in without_what_varies(answer.content.decode())]


def test_forced_by_a_manager_it_stays_unknown_to_the_cashier_too(drawers: dict[str, Drawer]) -> None:
    carla = drawers["carla"]
    erika = caller(carla.cast.erika)
    assert (
        erika.post(
            "/cash/open",
            {"start_amount": 1, "user_id": carla.user.pk, "station": carla.spare, "force_close_previous": True},
        ).status_code
        == 200
    )
    assert result_of(carla.till, carla.session) == (0, 0, 0, "CLOSED_SYSTEM")
    told(carla, get("/cash/sessions"))


def test_at_a_station_of_the_token_it_stays_unknown(drawers: dict[str, Drawer]) -> None:
    carla = drawers["carla"]
    register = carla.cast.place(PlaceKind.REGISTER, carla.spare)
    _token, secret = issue_token(
        user=carla.user, at=timezone.now(), lifetime=timedelta(hours=1), store=carla.cast.store, register=register
    )
    carla.till = Caller(secret)
    told(carla, post("/cash/open", {"start_amount": 50, "force_close_previous": True}))
    status = exact(carla.till.get("/cash/status"))
    if CashSession.objects.get(pk=status["id"]).register.number == carla.spare:
        assert result_of(carla.till, carla.session) == (0, 0, 0, "CLOSED_SYSTEM")


# --- who may look, and that it is noted ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["erika", "anna", "key"])
def test_while_it_is_open_not_even_a_manager_reads_it_there(drawers: dict[str, Drawer], who: str) -> None:
    cast = drawers["carla"].cast
    by = bound_key(cast.store) if who == "key" else caller(getattr(cast, who))
    today = drawers["carla"].session.business_date
    for path in (
        "/cash/sessions",
        f"/reports/shift-summary?start_date={today}&end_date={today}",
        f"/cash/status?user_id={cast.carla.pk}",
    ):
        answer = all_of(by.get(path))
        assert answer.startswith("200")
        for notation in ("739.41", "73941", "103.38", "10338"):
            assert notation not in answer


@pytest.mark.parametrize("who", ["erika", "anna", "key"])
def test_a_look_at_a_drawer_that_still_waits_to_be_counted_is_noted(drawers: dict[str, Drawer], who: str) -> None:
    carla = drawers["carla"]
    told(carla, FORCED_AWAY)
    by = bound_key(carla.cast.store) if who == "key" else caller(getattr(carla.cast, who))
    today = carla.session.business_date
    for path, told_ in (
        ("/cash/sessions", "739.41"),
        (f"/reports/shift-summary?start_date={today}&end_date={today}", "73941"),
    ):
        before = set(AuditEntry.objects.values_list("pk", flat=True))
        assert told_ in by.get(path).content.decode()
        (entry,) = AuditEntry.objects.exclude(pk__in=before)
        assert str(carla.session.pk) in entry.subject + str(entry.detail)
        assert "739" not in str(entry.detail)


def test_a_managers_own_drawer_is_as_blind_as_any(drawers: dict[str, Drawer]) -> None:
    cast = drawers["carla"].cast
    erika = caller(cast.erika)
    opened(erika, 1, station=3)
    paid(bound_key(cast.store), "e", 7_00, station=3)
    row = next(row for row in exact(erika.get("/cash/sessions")) if row["user_id"] == cast.erika.pk)
    assert row["final_cash_system"] is None


def test_once_counted_the_cashier_reads_the_result(drawers: dict[str, Drawer]) -> None:
    carla = drawers["carla"]
    assert str(closed(carla.till, 739)["difference"]) == "-0.41"
    assert str(result_of(carla.till, carla.session)[0]) == "739.41"
