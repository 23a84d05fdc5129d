"""The comparison by dealing out the names: worked examples, and its one law by force."""

from datetime import date
from itertools import permutations
from math import exp, log

import pytest

from reconciliations.patterns.close import Close, Group
from reconciliations.patterns.evidence import (
    Question,
    cells,
    direction_cells,
    evidence_of_month,
    log_evidence,
    scores,
)
from reconciliations.patterns.review import Month, Outcome, Standing, family_of, review
from tests.reconciliations.patterns.test_figures import a_close

ANNA, BEN, CLEO = 1, 2, 3


def one_month(closes: list[Close], by: Group = Group.CASHIER, family: int = 10) -> dict[int, Standing]:
    return review([Month(month=date(2026, 1, 1), family=family, evidence=evidence_of_month(closes, by))])


def four_weeks(of_anna: dict[int, int], of_ben: dict[int, int], of_cleo: dict[int, int]) -> list[Close]:
    """Three people close the same register on five weekdays of four weeks, with these differences by weekday."""
    return [
        a_close(differences.get(weekday, 0), cashier=cashier, weekday=weekday)
        for _week in range(4)
        for weekday in range(5)
        for cashier, differences in ((ANNA, of_anna), (BEN, of_ben), (CLEO, of_cleo))
    ]


def test_only_the_worst_closes_of_the_month_score() -> None:
    found = scores([a_close(one) for one in (0, 0, -500, 0, 20)])
    assert found[Question.SHORT] == pytest.approx([0, 0, 0.64, 0, 0])
    assert found[Question.UNEVEN] == pytest.approx([0, 0, 0.64, 0, 0.16])


def test_comparable_closes_have_similar_sales() -> None:
    sold = [(30, 1), (61, 1), (60, 1), (200, 1), (45, 2)]
    closes = [a_close(0, sales, register=register) for sales, register in sold]
    assert list(cells(closes, Group.CASHIER)) == [[0, 2], [1], [3], [4]]


def test_closes_of_registers_are_compared_for_the_same_person_and_weekday() -> None:
    closes = [a_close(0, cashier=1, register=1), a_close(0, cashier=1, register=2), a_close(0, cashier=2, register=2)]
    assert list(cells(closes, Group.REGISTER)) == [[0, 1], [2]]


def test_the_direction_asks_all_closes_and_the_largest_fifth() -> None:
    closes = [a_close(one) for one in (0, -10, 20, 30, -500)]
    assert list(direction_cells(closes, Group.CASHIER)) == [
        (Question.ANY_SHORT, [1, 2, 3, 4]),
        (Question.LARGE_SHORT, [3, 4]),
    ]


def test_the_evidence_of_one_cell_by_hand() -> None:
    found = log_evidence([0.0, 0.0, 0.64, 0.0], [ANNA, BEN, CLEO, ANNA], 2.0)
    assert found[CLEO] == pytest.approx(log(exp(1.28) / ((3 + exp(1.28)) / 4)))
    assert found[ANNA] == pytest.approx(log(6 / (3 + 3 * exp(1.28))))
    assert [found[one] for one in (ANNA, BEN, CLEO)] == pytest.approx([-0.832178, -0.500266, 0.779734], abs=1e-6)
    assert log_evidence([0.0, 0.64], [ANNA, ANNA], 2.0) == {}


@pytest.mark.parametrize("strength", [0.5, 1.0, 2.0, 4.0])
def test_over_all_ways_of_dealing_the_names_the_evidence_is_one_on_average(strength: float) -> None:
    values = [0.0, 0.1, 0.64, 0.0, 0.9]
    deals = set(permutations((ANNA, ANNA, BEN, BEN, CLEO)))
    for who in (ANNA, BEN, CLEO):
        mean = sum(exp(log_evidence(values, deal, strength)[who]) for deal in deals) / len(deals)
        assert mean == pytest.approx(1.0, abs=1e-12)


def test_who_alone_is_short_is_uneven_because_no_direction_can_be_compared() -> None:
    found = one_month(four_weeks({}, {}, dict.fromkeys(range(5), -500)))
    assert found[CLEO].e_value(Question.SHORT) == pytest.approx(34548674.00789657)
    assert found[ANNA].e_value(Question.SHORT) == pytest.approx(0.012689957060615232)
    assert [one.direction() for one in found.values()] == [1.0, 1.0, 1.0]
    assert [found[who].outcome for who in (ANNA, BEN, CLEO)] == [Outcome.NOTHING, Outcome.NOTHING, Outcome.UNEVEN]


def test_where_all_err_now_and_then_the_direction_is_evidence_of_its_own() -> None:
    found = one_month(four_weeks({0: 10}, {1: -20}, dict.fromkeys(range(3), -500)))
    of = {who: found[who] for who in (ANNA, BEN, CLEO)}
    assert [one.e_value(Question.SHORT) for one in of.values()] == pytest.approx(
        [0.012391015482685933, 0.04005653387942048, 175446.73965596766]
    )
    assert [one.e_value(Question.UNEVEN) for one in of.values()] == pytest.approx(
        [0.019709446064118785, 0.033010251009598916, 115436.0401729697]
    )
    assert [one.direction() for one in of.values()] == pytest.approx(
        [0.5371190933899742, 1.4056809318656378, 6.26669335478243]
    )
    assert of[CLEO].outcome == Outcome.UNEVEN


def test_a_comparison_needs_twenty_closes_and_two_others() -> None:
    short = dict.fromkeys(range(5), -500)
    nineteen = [one for one in four_weeks({0: 10}, {}, short) if one.cashier != CLEO or one.weekday]
    assert one_month(nineteen)[CLEO].outcome == Outcome.TOO_FEW
    with_one_other = [one for one in four_weeks({0: 10}, {}, short) if one.cashier != BEN]
    assert one_month(with_one_other)[CLEO].outcome == Outcome.TOO_FEW


def test_a_larger_account_needs_more_evidence() -> None:
    assert (family_of(3), family_of(200)) == (10, 200)
    closes = four_weeks({0: 10}, {1: -20}, dict.fromkeys(range(3), -500))
    assert one_month(closes, family=2000)[CLEO].outcome == Outcome.UNEVEN
    assert one_month(closes, family=20_000)[CLEO].outcome == Outcome.NOTHING


def test_a_mark_stays_for_the_year_with_its_first_month() -> None:
    bad = evidence_of_month(four_weeks({}, {}, dict.fromkeys(range(5), -500)), Group.CASHIER)
    good = evidence_of_month(four_weeks(dict.fromkeys(range(5), -500), {}, {}), Group.CASHIER)
    months = [Month(month=date(2026, at, 1), family=10, evidence=one) for at, one in ((1, bad), (2, good), (3, good))]
    standing = review(months)[CLEO]
    assert standing.e_value(Question.UNEVEN) < 400
    assert standing.marks == {Question.UNEVEN: date(2026, 1, 1)}


def test_one_person_cannot_spoil_a_register() -> None:
    closes = [
        a_close(-500 if cashier == ANNA and register == 2 else 0, cashier=cashier, register=register, weekday=weekday)
        for _week in range(4)
        for weekday in range(5)
        for cashier in (ANNA, BEN, CLEO)
        for register in (1, 2, 3)
    ]
    found = one_month(closes, Group.REGISTER)
    assert found[2].e_value(Question.UNEVEN) < 1.01
    assert found[2].outcome == Outcome.NOTHING


def test_a_bad_register_is_found_whoever_works_there() -> None:
    closes = [
        a_close(-500 if register == 2 else 10 * (weekday == 1), cashier=cashier, register=register, weekday=weekday)
        for _week in range(4)
        for weekday in range(5)
        for cashier in (ANNA, BEN, CLEO)
        for register in (1, 2, 3)
    ]
    assert one_month(closes, Group.REGISTER)[2].outcome == Outcome.SHORT


def test_refunds_are_compared_like_differences() -> None:
    closes = [
        replaced
        for one in four_weeks({}, {}, {})
        for replaced in [
            a_close(0, cashier=one.cashier, weekday=one.weekday)
            if one.cashier != CLEO
            else Close(difference=0, sales=60, cashier=CLEO, register=1, weekday=one.weekday, refunds=6)
        ]
    ]
    found = one_month(closes)
    assert found[CLEO].acts == [Question.REFUNDS]
    assert found[CLEO].outcome == Outcome.NOTHING
    assert found[ANNA].acts == []
