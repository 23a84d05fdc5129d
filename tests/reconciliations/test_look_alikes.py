"""Amounts that could explain a difference: equal, half, or with two digits swapped."""

import pytest

from reconciliations.domain.look_alikes import Likeness, is_swap, likeness_of, swapped_amount


@pytest.mark.parametrize(
    ("effect", "difference", "likeness"),
    [
        (39_90, -39_90, Likeness.EQUAL),
        (-39_90, -39_90, Likeness.EQUAL),
        (19_95, -39_90, Likeness.HALF),
        (-20_00, 40_00, Likeness.HALF),
        # A sale of 36.90 was saved as 39.60, so 2.70 are missing.
        (39_60, -2_70, Likeness.SWAPPED),
        (36_90, 2_70, Likeness.SWAPPED),
        # A refund of 39.60 was saved as 36.90.
        (-36_90, -2_70, Likeness.SWAPPED),
        (36_90, -2_70, None),
        (-39_60, -2_70, None),
        (1, 9, Likeness.SWAPPED),
        (10_00, -9_99, None),
        (0, -9, None),
        (5_00, 0, None),
        (2_70, 39_60, None),
    ],
)
def test_an_amount_explains_a_difference_or_not(effect: int, difference: int, likeness: Likeness | None) -> None:
    assert likeness_of(effect, difference=difference) == likeness


def test_a_swap_exchanges_two_neighbouring_digits_and_nothing_else() -> None:
    assert is_swap(3960, 3690)
    assert is_swap(10, 1)
    assert not is_swap(3960, 3096), "two exchanges"
    assert not is_swap(3960, 6930), "no neighbours"
    assert not is_swap(18, 27), "divisible by 9, but other digits"
    assert not is_swap(5, 5)
    assert not is_swap(-19, -91)


def test_every_swap_is_found_by_the_amount_that_it_gives() -> None:
    for amount in range(1, 2_000):
        text = f"{amount:05}"
        for at in range(4):
            other = int(text[:at] + text[at + 1] + text[at] + text[at + 2 :])
            if other == amount:
                continue
            assert is_swap(amount, other), (amount, other)
            assert swapped_amount(amount, difference=other - amount) == other
            assert swapped_amount(-amount, difference=amount - other) == other
