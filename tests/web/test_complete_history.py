"""A history that is sent in chunks: its visible rows, its audit entries, and changes while it is read."""

import re

import pytest

from cashdesk.models import AuditEntry
from tests.api.steps import closed, opened, paid
from tests.stories import caller, exact, make_cast
from tests.web.test_pagination import in_chunks, next_path, rows_of


def test_a_row_that_no_longer_matches_lets_no_other_row_appear_twice(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    cast = make_cast(registers=3)
    people = (cast.carla, cast.bruno, cast.erika)
    ids = [opened(caller(person), station=number)["id"] for number, person in enumerate(people, start=1)]
    in_chunks(monkeypatch, 1, 2)
    erika = caller(cast.erika)
    answer = erika.get("/cash/sessions?status=OPEN")
    closed(caller(cast.bruno))
    rest = next_path(answer)
    assert rest is not None
    assert [row["id"] for row in rows_of(answer)] == [ids[2]]
    assert [row["id"] for row in rows_of(erika.get(rest))] == [ids[0]]


def test_a_chunk_is_noted_as_a_look_before_anybody_sees_it(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    cast = make_cast(registers=4)
    carla = caller(cast.carla)
    for station in range(1, 5):
        opened(carla, 10, station=station, force_close_previous=True)
    erika = caller(cast.erika)
    wanted = [row["id"] for row in exact(erika.get("/cash/sessions"))]
    before = AuditEntry.objects.filter(action="expected.seen").count()
    in_chunks(monkeypatch, 2)
    pieces = erika.get("/cash/sessions").streaming_content
    seen: list[int] = []
    for piece in pieces:
        seen += [int(number) for number in re.findall(rb'"id":(\d+),"user_id"', piece)]
        looks = AuditEntry.objects.filter(action="expected.seen").order_by("pk")[before:]
        noted = [number for look in looks for number in look.detail["sessions"]]
        assert noted == [number for number in seen if number != wanted[0]]  # the newest one is open
        assert {look.user_id for look in looks} == {cast.erika.pk}
        assert all(look.request_id for look in looks)
    assert seen == wanted


def test_a_cashier_learns_nothing_in_chunks_either(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    cast = make_cast(registers=4)
    carla = caller(cast.carla)
    for station in range(1, 5):
        opened(carla, 10, station=station, force_close_previous=True)
        paid(carla, f"T-{station}", 777)
    in_chunks(monkeypatch, 1)
    rows = rows_of(carla.get("/cash/sessions"))
    assert [row["final_cash_system"] for row in rows] == [None, 0, 0, 0]
    assert [row["final_cash_declared"] for row in rows] == [None, 0, 0, 0]
    assert not AuditEntry.objects.filter(action="expected.seen").exists()
