"""The figures of docs/patterns.md, worked out by hand or by its formulas."""

from math import inf

import pytest

from reconciliations.patterns.close import Close
from reconciliations.patterns.figures import (
    CappedAmount,
    cap_of,
    capped_amount,
    drawn_rate,
    leans_short,
    limits,
    median,
    per_thousand_sales,
    wilson,
)
from reconciliations.patterns.pairs import cancelling_pairs


def a_close(difference: int, sales: int = 60, *, cashier: int = 1, register: int = 1, weekday: int = 0) -> Close:
    return Close(difference=difference, sales=sales, cashier=cashier, register=register, weekday=weekday)


@pytest.mark.parametrize(
    ("found", "total", "low", "high"), [(3, 40, 0.025836, 0.198642), (0, 10, 0.0, 0.277533), (10, 10, 0.722467, 1.0)]
)
def test_a_share_has_the_interval_of_wilson(found: int, total: int, low: float, high: float) -> None:
    assert wilson(found, total) == pytest.approx((low, high), abs=1e-6)


def test_a_small_group_is_drawn_to_its_store() -> None:
    assert drawn_rate(3, 40, found_in_store=20, total_in_store=1000) == pytest.approx(0.056667, abs=1e-6)


def test_the_cap_is_the_95th_percentile_of_the_sizes() -> None:
    assert cap_of([0] * 12 + [-5, 5, -100, 100, -500, 20, -1000, -10]) == 500
    assert cap_of([]) == 0


@pytest.mark.parametrize(
    ("values", "middle"), [([3, -7, 0], 0), ([0, -5], -2), ([0, 5], 2), ([-5, -5, -1, 0], -3), ([4], 4)]
)
def test_the_median_drops_half_a_cent(values: list[int], middle: int) -> None:
    assert median(values) == middle


def test_a_band_needs_199_closes_of_others() -> None:
    assert limits(range(1, 200)) == (1, 199)
    assert limits(range(1, 199)) is None
    assert limits(range(1, 400)) == (2, 398)


def test_capped_differences_over_sales() -> None:
    found = capped_amount([a_close(0), a_close(-500, 50), a_close(20, 40), a_close(-10_000, 50)], 1000)
    assert found == CappedAmount(ratio=-7.4, roughness=14058.0, closes=4, sales=200)


def test_five_groups_are_drawn_to_each_other() -> None:
    groups = {
        "A": CappedAmount(ratio=-0.10, roughness=60.0, closes=30, sales=1800),
        "B": CappedAmount(ratio=0.05, roughness=58.0, closes=30, sales=1800),
        "C": CappedAmount(ratio=-1.50, roughness=90.0, closes=30, sales=1800),
        "D": CappedAmount(ratio=0.0, roughness=40.0, closes=20, sales=1200),
        "E": CappedAmount(ratio=-0.3, roughness=18.0, closes=10, sales=600),
    }
    found = {key: (one.value, one.low, one.high) for key, one in per_thousand_sales(groups).items()}
    assert found["A"] == pytest.approx((-100.3922768647483, -170.61111538514837, -30.17343834434824))
    assert found["B"] == pytest.approx((49.38976248328725, -20.835052974858005, 119.6145779414325))
    assert found["C"] == pytest.approx((-1497.7990571806808, -1579.2266207613716, -1416.37149359999))
    assert found["D"] == pytest.approx((-0.8052059276937956, -86.78665545374315, 85.17624359835554))
    assert found["E"] == pytest.approx((-300.30322555333913, -421.7618860483943, -178.84456505828405))


def test_three_groups_are_not_drawn() -> None:
    rough = {key: CappedAmount(ratio=key / 10, roughness=29.0, closes=30, sales=100) for key in (1, 2, 3)}
    found = per_thousand_sales(rough)
    assert [round(one.value) for one in found.values()] == [100, 200, 300]
    assert found[2].high - found[2].low == pytest.approx(2 * 1960 * 0.1)


def test_groups_without_any_difference_have_no_interval() -> None:
    exact = {key: CappedAmount(ratio=0.0, roughness=0.0, closes=10, sales=600) for key in (1, 2)}
    assert [(one.low, one.value, one.high) for one in per_thousand_sales(exact).values()] == [(0.0, 0.0, 0.0)] * 2


def test_a_store_that_is_mostly_short_leans_short() -> None:
    assert leans_short([0, 0, -10, -20, -50, 5, -100, -200]) == pytest.approx(12.99596, abs=1e-5)
    assert leans_short([0, 0]) == 1.0
    assert leans_short([10, -10] * 50) < 1
    assert leans_short([-10] * 9000) < inf


def test_a_miscounted_float_shows_as_a_pair() -> None:
    closes = [(1, 0), (1, -1000), (2, 500), (1, 1000), (1, -1000), (2, -300), (2, 300)]
    assert cancelling_pairs(closes) == [(1, 3), (5, 6)]
    assert cancelling_pairs([(1, -1000), (1, 0), (1, 1000), (2, -5), (1, -5)]) == []
