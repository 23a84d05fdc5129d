"""Counts: notes and coins are added up exactly and stored once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashdesk.denominations import DENOMINATIONS, denominations_of
from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.counting.count import CountedAmount, Pieces, keep_count, total_of
from cashdesk.domain.session.closing import close_session, force_close_session
from cashdesk.enums import CASH, CountMoment
from cashdesk.errors import InvalidInput
from cashdesk.models import Count
from cashdesk.money import largest_amount, to_text
from tests.cashdesk.desk import NOON, close_drawer, counted, minutes, open_drawer
from tests.stories import Cast


def pieces_of(*lines: tuple[int, int]) -> tuple[Pieces, ...]:
    """Returns pieces from (denomination, number) pairs."""
    return tuple(Pieces(denomination=denomination, pieces=number) for denomination, number in lines)


def test_notes_and_coins_are_added_up() -> None:
    assert total_of(currency="EUR", pieces=pieces_of((5000, 3), (200, 4), (1, 17))) == 15817
    assert total_of(currency="CLP", pieces=pieces_of((20000, 2), (10, 5))) == 40050
    assert total_of(currency="IDR", pieces=pieces_of((10000000, 1), (5000, 3))) == 10015000
    assert total_of(currency="EUR", pieces=()) == 0


@given(st.sampled_from(sorted(DENOMINATIONS)), st.data())
def test_any_drawer_is_added_up(currency: str, data: st.DataObject) -> None:
    values = sorted({denomination.value for denomination in denominations_of(currency)})
    drawer = data.draw(st.dictionaries(st.sampled_from(values), st.integers(min_value=0, max_value=10_000)))
    total = total_of(currency=currency, pieces=pieces_of(*drawer.items()))
    assert total == sum(value * number for value, number in drawer.items())


@pytest.mark.parametrize(
    ("currency", "lines"),
    [
        ("EUR", [(3, 1)]),
        ("EUR", [(10001, 0)]),
        ("CLP", [(1, 5)]),
        ("EUR", [(100, 1), (200, 1), (100, 1)]),
        ("EUR", [(0, 1)]),
        ("EUR", [(-100, 1)]),
        ("KWD", [(0, 1)]),
        ("KWD", [(-5, 1)]),
        ("KWD", [(5, 1), (5, 1)]),
        ("EUR", [(50000, 10**12)]),
    ],
)
def test_what_is_no_drawer_is_refused_by_field(currency: str, lines: list[tuple[int, int]]) -> None:
    with pytest.raises(InvalidInput) as refused:
        total_of(currency=currency, pieces=pieces_of(*lines), field="count")
    assert set(refused.value.errors) == {"count"}


@pytest.mark.parametrize("currency", ["KWD", "EUR"])
def test_the_largest_drawer_still_fits(currency: str) -> None:
    largest, coin = largest_amount(currency), 1
    assert total_of(currency="KWD", pieces=pieces_of((largest_amount("KWD"), 1))) == largest_amount("KWD")
    with pytest.raises(InvalidInput) as refused:
        total_of(currency=currency, pieces=pieces_of((coin, largest + 1)))
    assert refused.value.errors == {"count": f"Enter at most {to_text(largest, currency)}."}


def test_a_currency_without_known_notes_takes_any_piece() -> None:
    assert total_of(currency="KWD", pieces=pieces_of((7, 3))) == 21


def test_who_counted_what_where_and_when_is_kept(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000, by=cast.erika)
    close_drawer(session, 9900, at=minutes(60))
    opening, closing = Count.objects.order_by("pk")
    told = [
        (count.moment, count.counted_by, count.counted_at, count.attempt, count.place) for count in (opening, closing)
    ]
    assert told == [
        (CountMoment.OPENING, cast.erika, NOON, 1, session.register),
        (CountMoment.CLOSING, cast.carla, minutes(60), 1, session.register),
    ]
    assert [count.amounts.get().amount for count in (opening, closing)] == [10000, 9900]


def test_pieces_that_were_not_there_are_not_written_down(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    found = CountedAmount(currency="EUR", amount=500, pieces=pieces_of((200, 2), (100, 1), (50, 0)))
    close_session(session=session, counted=found, by=Principal(user=cast.carla), at=NOON)
    amount = Count.objects.get(moment=CountMoment.CLOSING).amounts.get()
    assert list(amount.pieces.values_list("denomination", "pieces")) == [(200, 2), (100, 1)]


def test_a_forced_close_has_no_count_of_its_closing(cast: Cast) -> None:
    force_close_session(session=open_drawer(cast.carla, 100), by=SYSTEM, at=NOON, reason="power cut")
    assert [count.moment for count in Count.objects.all()] == [CountMoment.OPENING]


@pytest.mark.parametrize("moment", CountMoment)
def test_a_count_is_kept_for_every_moment(cast: Cast, moment: CountMoment) -> None:
    session = open_drawer(cast.carla, 0)
    by = Principal(user=cast.bruno)
    fields: dict[str, Any] = {"place": session.register, "session": None, "moment": moment}
    count = keep_count(**fields, counted=[counted(700)], by=by, at=NOON)
    assert (count.moment, count.amounts.get().method, count.amounts.get().amount) == (moment, CASH, 700)
