"""Cashiers work and programs read at the same time: each program gets every event once, in the order of each place."""

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Event as Flag

import pytest
from django.db import connection, transaction

from cashdesk.domain.caller.event_feed import read_events
from cashdesk.enums import MovementKind, PlaceKind
from cashdesk.models import Event, User
from tests.cashdesk.desk import close_drawer, move, open_drawer
from tests.stories import Cast, make_cast
from tests.web.side_by_side import at_once, begun, database_for_threads, waits_for_a_lock

ROUNDS = 4


@pytest.fixture
def shared(transactional_db: None, tmp_path: Path) -> Iterator[Cast]:
    """A shop in a database that threads can share."""
    with database_for_threads(tmp_path):
        yield make_cast()


def work(user: User, *, station: int) -> None:
    """Opens and closes a drawer several times, with two drops each time."""
    for _round in range(ROUNDS):
        session = open_drawer(user, 100_00, station=station)
        move(session, MovementKind.DROP, 10_00)
        move(session, MovementKind.DROP, 10_00)
        close_drawer(session, 80_00)


def follow(done: Flag, *, limit: int) -> list[tuple[int, int | None, str]]:
    """Reads events with its own cursor until all work is done. Returns (position, place, type) of each."""
    reached, told = 0, []
    while True:
        is_last = done.is_set()
        page = read_events(rows=Event.objects.all(), after=reached or None, limit=limit)
        told += [(event.position or 0, event.place_id, event.type) for event in page.events]
        reached = page.reached
        if is_last and not page.has_more:
            return told


def test_every_reader_gets_every_event_once_and_in_order(shared: Cast) -> None:
    people = [shared.carla, shared.bruno]
    done = Flag()
    following = [begun(partial(follow, done, limit=limit)) for limit in (1, 7, 1000)]
    try:
        at_once([partial(work, person, station=station) for station, person in enumerate(people, start=1)])
    finally:
        done.set()
    read = [future.result(60) for future in following]
    assert read[0] == read[1] == read[2]
    assert [position for position, _place, _type in read[0]] == list(range(1, 1 + Event.objects.count()))
    of_place = defaultdict(list)
    for _position, place, type_ in read[0]:
        of_place[place].append(type_)
    once = ["session.opened", "movement.recorded", "movement.recorded", "session.closed"]
    assert list(of_place.values()) == [once * ROUNDS] * 2


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_transition_that_waited_for_another_one_comes_after_it(shared: Cast) -> None:
    session = open_drawer(shared.carla, 100_00, station=1)
    with transaction.atomic():
        move(session, MovementKind.DROP, 10_00)
        pending = begun(partial(close_drawer, session, 90_00))
        waits_for_a_lock(pending)
        # A reader comes while both transactions are open.
        seen = begun(partial(follow, _set(), limit=10)).result(30)
        assert [type_ for _position, _place, type_ in seen] == ["session.opened"]
    pending.result(30)
    register = shared.place(PlaceKind.REGISTER, 1).pk
    assert follow(_set(), limit=10) == [
        (1, register, "session.opened"),
        (2, register, "movement.recorded"),
        (3, register, "session.closed"),
    ]


def _set() -> Flag:
    flag = Flag()
    flag.set()
    return flag
