"""The comparison finds every fault: each test changes one figure of one side by one cent."""

from dataclasses import replace
from datetime import date

import pytest

from tests.real_retail.compare import Answers, expected_books, mismatches
from tests.real_retail.journal import Closing
from tests.real_retail.plan import DayPlan

SHORT_DAY = DayPlan(
    store="1",
    day=date(2017, 6, 1),
    float_cents=150_00,
    steps=(),
    cash_cents=240_00,
    card_cents=80_00,
    dropped_cents=100_00,
    difference_cents=-3_00,
)
OVER_DAY = replace(SHORT_DAY, day=date(2017, 6, 2), dropped_cents=0, difference_cents=1_00)
PLANS = {"1": (SHORT_DAY, OVER_DAY)}
SHORT_CLOSING = Closing(session_id=7, expected_cents=290_00, declared_cents=287_00, difference_cents=-3_00)
OVER_CLOSING = Closing(session_id=8, expected_cents=390_00, declared_cents=391_00, difference_cents=1_00)
BOOKS = {
    ("VAULT", "CASH"): 100_00 + (287_00 - 150_00) + (391_00 - 150_00),
    ("OVER_SHORT", "CASH"): 3_00 - 1_00,
    ("CUSTOMERS", "CASH"): -480_00,
    ("CUSTOMERS", "CARD"): -160_00,
    ("CLEARING", "CARD"): 160_00,
}
AGREEING = Answers(
    closed={("1", SHORT_DAY.day): SHORT_CLOSING, ("1", OVER_DAY.day): OVER_CLOSING},
    listed={"1": (OVER_CLOSING, SHORT_CLOSING)},
    books={"1": BOOKS},
)


def test_agreement_is_silence() -> None:
    assert mismatches(PLANS, AGREEING) == []


def test_expected_books_sum_to_zero() -> None:
    for method in ("CASH", "CARD"):
        assert sum(cents for (_, booked), cents in expected_books(PLANS["1"]).items() if booked == method) == 0


@pytest.mark.parametrize("figure", ["expected", "declared", "difference"])
@pytest.mark.parametrize("side", ["at its close", "in the list"])
def test_a_cent_in_a_day_is_found(figure: str, side: str) -> None:
    off = replace(SHORT_CLOSING, **{f"{figure}_cents": getattr(SHORT_CLOSING, f"{figure}_cents") + 1})
    if side == "at its close":
        answers = replace(AGREEING, closed={**AGREEING.closed, ("1", SHORT_DAY.day): off})
    else:
        answers = replace(AGREEING, listed={"1": (OVER_CLOSING, off)})

    (found,) = mismatches(PLANS, answers)

    assert found.where == f"store 1 on 2017-06-01, {side}"
    assert (found.figure, found.answered - found.source) == (figure, 1)


@pytest.mark.parametrize("place", BOOKS)
def test_a_cent_in_a_place_is_found_there_and_in_the_sum(place: tuple[str, str]) -> None:
    answers = replace(AGREEING, books={"1": {**BOOKS, place: BOOKS[place] + 1}})

    found = [mismatch.figure for mismatch in mismatches(PLANS, answers)]

    assert found == [" ".join(place), f"{place[1]} over all places"]


def test_money_where_none_belongs_is_found() -> None:
    answers = replace(AGREEING, books={"1": {**BOOKS, ("BANK", "CASH"): 5, ("OUTSIDE", "CASH"): -5}})

    assert [mismatch.figure for mismatch in mismatches(PLANS, answers)] == ["BANK CASH", "OUTSIDE CASH"]


def test_a_day_that_was_not_played_is_found() -> None:
    answers = replace(AGREEING, closed={("1", OVER_DAY.day): OVER_CLOSING}, listed={"1": (OVER_CLOSING,)})

    assert [str(mismatch) for mismatch in mismatches(PLANS, answers)] == [
        "store 1: number of listed sessions is 1, the source says 2",
        "store 1 on 2017-06-01: number of closed sessions is 0, the source says 1",
    ]


def test_a_closed_day_that_the_list_leaves_out_is_found() -> None:
    answers = replace(AGREEING, listed={"1": (OVER_CLOSING, replace(SHORT_CLOSING, session_id=9))})

    assert [str(mismatch) for mismatch in mismatches(PLANS, answers)] == [
        "store 1 on 2017-06-01: number of times listed is 0, the source says 1"
    ]
