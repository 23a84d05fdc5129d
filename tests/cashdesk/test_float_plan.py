"""The float that stays in the drawer and the cash for the vault, compared with every possible choice."""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cashdesk.domain.counting.float_plan import FloatPlan, plan_float

WORTHS = (2000, 1000, 500, 200, 50, 20)
small_drawers = st.dictionaries(st.sampled_from(WORTHS), st.integers(0, 3), max_size=4)
usual_floats = st.dictionaries(st.sampled_from(WORTHS), st.integers(1, 3), max_size=3)


def kept(plan: FloatPlan) -> dict[int, int]:
    """Returns the number of pieces that stay, by the value of a piece."""
    return {line.denomination: line.keep for line in plan.lines if line.keep}


def amounts_of(drawer: dict[int, int]) -> Iterator[int]:
    """Returns every amount that some of the pieces make. Tries all combinations."""
    for some in product(*(range(number + 1) for number in drawer.values())):
        yield sum(worth * number for worth, number in zip(drawer, some, strict=True))


@settings(max_examples=150, deadline=None)
@given(small_drawers, usual_floats, st.integers(0, 120).map(lambda tens: tens * 10))
def test_no_choice_is_nearer_to_the_float(drawer: dict[int, int], usual: dict[int, int], start_amount: int) -> None:
    plan = plan_float(counted=drawer, usual=usual, start_amount=start_amount)
    wanted = sum(worth * number for worth, number in usual.items()) or start_amount
    assert plan.wanted == wanted
    assert {line.denomination: line.counted for line in plan.lines} == {w: n for w, n in drawer.items() if n}
    assert all(0 <= line.keep <= line.counted and line.keep + line.to_vault == line.counted for line in plan.lines)
    assert plan.kept == max(amount for amount in amounts_of(drawer) if amount <= wanted)
    assert plan.kept + plan.to_vault == sum(worth * number for worth, number in drawer.items())
    assert plan.kept + plan.missing == wanted
    if all(drawer.get(worth, 0) >= number for worth, number in usual.items()) and usual:
        assert kept(plan) == usual


@pytest.mark.parametrize(
    ("counted", "usual", "start_amount", "keep", "missing"),
    [
        ({2000: 3, 1000: 4, 100: 9}, {1000: 3, 100: 5}, 0, {1000: 3, 100: 5}, 0),
        # A ten is missing: small pieces before large ones.
        ({2000: 3, 1000: 2, 500: 4, 100: 20}, {1000: 3, 100: 5}, 0, {1000: 2, 100: 15}, 0),
        # Without a change of the usual pieces it could not be made.
        ({2000: 1, 1000: 1}, {1000: 2}, 0, {2000: 1}, 0),
        ({5000: 4}, {1000: 3}, 0, {}, 30_00),
        ({5000: 1, 1000: 2, 1: 3}, {}, 75_00, {5000: 1, 1000: 2, 1: 3}, 4_97),
        ({5000: 2, 1000: 2, 500: 2}, {}, 60_00, {5000: 1, 500: 2}, 0),
        ({5000: 2}, {}, 0, {}, 0),
        ({}, {1000: 1}, 0, {}, 10_00),
    ],
)
def test_what_stays(
    counted: dict[int, int], usual: dict[int, int], start_amount: int, keep: dict[int, int], missing: int
) -> None:
    plan = plan_float(counted=counted, usual=usual, start_amount=start_amount)
    assert kept(plan) == keep
    assert plan.missing == missing


@pytest.mark.parametrize("start_amount", [150_00, 4_999_99, 10**15 - 1])
def test_a_full_drawer_is_planned_at_once(start_amount: int) -> None:
    counted = dict.fromkeys((50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1), 10_000_000)
    plan = plan_float(counted=counted, usual={}, start_amount=start_amount)
    assert plan.missing == max(0, start_amount - 10_000_000 * sum(counted))
    assert plan.kept + plan.missing == start_amount
