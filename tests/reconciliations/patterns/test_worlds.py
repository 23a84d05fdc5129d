"""Honest shops and shops with a planted loss: errors and power stay within the figures of docs/patterns.md.

The short form tries a few shops of five people. The long form (`make patterns-long`) tries many, also with twenty people.
"""

from math import comb
from time import process_time
from typing import Final

import pytest

from reconciliations.patterns.close import Group
from reconciliations.patterns.evidence import Question, evidence_of_month
from reconciliations.patterns.review import ALPHA, Outcome
from tests.lengths import length
from tests.reconciliations.patterns.worlds import (
    BUSY,
    CARE,
    DRIFT,
    ERRORS,
    HEAVY,
    NOISY,
    Planted,
    World,
    marked,
    months_of,
    once,
    reviewed,
    skims,
    takes,
)

pytestmark = pytest.mark.long

SHOPS: Final = length(short=6, long=200)
PEOPLE: Final = length(short=5, long=20)
UNLUCKY: Final = 1e-3
"""How rarely a test may fail although the method holds."""


def at_most(rate: float, shops: int) -> int:
    """Returns how many of these shops may show what has this rate, except in a very unlucky run."""
    likely, found = 0.0, 0
    while (likely := likely + comb(shops, found) * rate**found * (1 - rate) ** (shops - found)) < 1 - UNLUCKY:
        found += 1
    return found


def at_least(rate: float, shops: int) -> int:
    """Returns in how many of these shops something with this rate is found, except in a very unlucky run."""
    return shops - at_most(1 - rate, shops)


@pytest.mark.parametrize(
    "world", [ERRORS, DRIFT, HEAVY, NOISY, BUSY], ids=["errors", "drift", "heavy", "noisy", "busy"]
)
def test_an_honest_shop_hardly_ever_marks_anybody_in_a_year(world: World) -> None:
    wrong = sum(
        bool(marked(reviewed(months_of(world, people=PEOPLE, seed=seed), people=PEOPLE))) for seed in range(SHOPS)
    )
    # One part of the 5 % is for differences, and as much for the acts.
    assert wrong <= at_most(2 * ALPHA, SHOPS)


def test_people_who_differ_in_care_are_uneven_and_not_short() -> None:
    reviews = [reviewed(months_of(CARE, people=PEOPLE, seed=seed), people=PEOPLE) for seed in range(SHOPS)]
    # The page says that fewer than 1 in 100 people are called short; the law itself says at most 5 in 100.
    assert sum(len(marked(one, Outcome.SHORT)) for one in reviews) <= at_most(0.01, SHOPS * PEOPLE)
    assert sum(bool(marked(one, Outcome.UNEVEN)) for one in reviews) >= at_least(0.5, SHOPS)


@pytest.mark.parametrize("by", [Group.REGISTER, Group.WEEKDAY])
def test_a_person_who_skims_spoils_no_register_and_no_weekday(by: Group) -> None:
    found = [
        reviewed(months_of(DRIFT, people=5, seed=seed, planted={1: skims(0.01)}), people=5, by=by)
        for seed in range(SHOPS)
    ]
    # In a large store a busy weekday is found uneven, rightly: its closes have more sales, and so more mistakes.
    assert sum(bool(marked(one)) for one in found) <= at_most(ALPHA, SHOPS)


@pytest.mark.parametrize(
    ("world", "planted", "months", "rate"),
    [
        (DRIFT, skims(0.02), 3, 0.9),
        (NOISY, skims(0.01), 3, 0.9),
        (DRIFT, skims(0.002), 4, 0.85),
        (DRIFT, takes(500, one_in=2), 6, 0.8),
        (DRIFT, takes(500, one_in=3), 12, 0.8),
        (DRIFT, takes(500, one_in=5), 12, 0.25),
    ],
    ids=["2 %", "1 % of noisy", "0.2 %", "5.00 in 1 of 2", "5.00 in 1 of 3", "5.00 in 1 of 5"],
)
def test_a_steady_loss_is_found_as_often_as_the_page_says(
    world: World, planted: Planted, months: int, rate: float
) -> None:
    reviews = [
        reviewed(months_of(world, people=5, seed=seed, planted={1: planted}, months=months), people=5)
        for seed in range(SHOPS)
    ]
    assert sum(1 in marked(one, Outcome.SHORT) for one in reviews) >= at_least(rate, SHOPS)
    assert sum(bool(marked(one, Outcome.SHORT) - {1}) for one in reviews) <= at_most(ALPHA, SHOPS)


def test_one_large_loss_is_no_pattern() -> None:
    found = sum(
        1 in marked(reviewed(months_of(DRIFT, people=5, seed=seed, planted={1: once(300_00, at=30)}), people=5))
        for seed in range(SHOPS)
    )
    assert found <= at_most(2 * ALPHA, SHOPS)


def test_many_refunds_of_one_person_are_found_and_say_nothing_of_their_differences() -> None:
    reviews = [reviewed(months_of(World(refunds=3.0), people=5, seed=seed), people=5) for seed in range(SHOPS)]
    assert sum(Question.REFUNDS in one[1].marks for one in reviews) >= at_least(0.9, SHOPS)
    assert sum(bool(marked(one, Outcome.SHORT, Outcome.UNEVEN)) for one in reviews) <= at_most(ALPHA, SHOPS)


def test_a_month_of_a_large_store_is_compared_at_once() -> None:
    (closes,) = months_of(DRIFT, people=20, seed=1, months=1)
    assert len(closes) > 380

    def seconds() -> float:
        begun = process_time()
        evidence_of_month(closes, Group.CASHIER)
        return process_time() - begun

    # 120 such months are a year of 200 people: they take some 1.3 seconds. The limit leaves room for a slow machine.
    assert min(seconds() for _try in range(5)) < 0.06
