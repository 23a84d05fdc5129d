"""Foreign cash in a drawer without a settlement: the close asks for its count, and uncounted cash becomes a variance."""

from typing import Any

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.ledger.cash_movement import move_money
from cashdesk.domain.ledger.expected import whole_book_of
from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.domain.session.cancel_opening import cancel_opening
from cashdesk.domain.session.closing import close_session
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.domain.session.foreign_cash import currencies_asked, currencies_left
from cashdesk.domain.session.handover import handovers_waiting
from cashdesk.domain.session.opening import open_session
from cashdesk.enums import CASH, MovementKind, PlaceKind, Settling
from cashdesk.errors import Conflict, InvalidInput
from cashdesk.models import CashSession, ForeignCash, Movement, Place, Variance
from cashdesk.pair import Pair
from tests.cashdesk.desk import (
    NOON,
    close_drawer,
    count_later,
    counted,
    force_close,
    minutes,
    open_drawer,
    pay,
    refusal_of,
)
from tests.stories import Cast

USD = "USD"


def usd(amount: int) -> list[CountedAmount]:
    return [counted(amount, USD)]


def drop(session: CashSession, amount: int) -> None:
    by = Principal(user=session.user)
    move_money(
        here=session.register, store=session.store, kind=MovementKind.DROP, amount=amount, currency=USD, by=by, at=NOON
    )


def close(session: CashSession, amount: int, others: list[CountedAmount], **options: Any) -> CashSession:
    by, at = Principal(user=session.user), minutes(5)
    return close_session(session=session, counted=counted(amount), others=others, by=by, at=at, **options)


def register(cast: Cast) -> Place:
    return cast.place(PlaceKind.REGISTER, 1)


def held(cast: Cast, kind: PlaceKind = PlaceKind.REGISTER, number: int = 1) -> int:
    return whole_book_of(cast.place(kind, number)).get(Pair(USD, CASH), 0)


def raised(kind: str) -> list[tuple[str, int | None, Any]]:
    return [(v.currency, v.difference, v.person) for v in Variance.objects.filter(kind=kind).order_by("pk")]


def asked(cast: Cast) -> list[str]:
    return currencies_asked(register=register(cast), currency="EUR")


@pytest.fixture
def trading(cast: Cast) -> CashSession:
    """Lets Carla take 50.00 dollars and drop 20.00 of them into the vault."""
    session = open_drawer(cast.carla, 100_00, station=1)
    pay(session, 50_00, currency=USD)
    drop(session, 20_00)
    return session


@pytest.mark.parametrize(("found", "difference"), [(30_00, 0), (25_00, -5_00), (0, -30_00), (31_00, 1_00)])
def test_counted_dollars_are_judged_returned_and_raised(
    cast: Cast, trading: CashSession, found: int, difference: int
) -> None:
    closed = close(trading, 100_00, usd(found))
    row = closed.foreign_cash.get()
    assert (row.currency, row.expected_amount, row.counted_amount, row.difference) == (USD, 30_00, found, difference)
    assert (held(cast), held(cast, PlaceKind.VAULT, 0)) == (0, 20_00 + found)
    assert held(cast, PlaceKind.OVER_SHORT, 0) == -difference
    assert (closed.expected_amount, closed.difference) == (100_00, 0), "the published row keeps its one currency"
    assert raised("SESSION") == ([(USD, difference, cast.carla)] if difference else [])
    assert raised("UNCOUNTED") == []
    assert list(faults_of_store(cast.store)) == []
    assert asked(cast) == []


def test_dollars_that_nobody_counted_wait_under_the_cashiers_name(cast: Cast, trading: CashSession) -> None:
    closed = close_drawer(trading, 100_00)
    assert raised("UNCOUNTED") == [(USD, None, cast.carla)]
    assert (closed.difference, held(cast)) == (0, 30_00)
    assert list(faults_of_store(cast.store)) == []
    assert currencies_left(closed) == [USD]
    by = Principal(user=cast.erika)
    count_afterwards(session=closed, counted=counted(28_00, USD), by=by, at=minutes(20))
    assert (held(cast), held(cast, PlaceKind.VAULT, 0)) == (0, 48_00)
    assert raised("SESSION") == [(USD, -2_00, cast.carla)]
    assert currencies_left(closed) == []
    with pytest.raises(Conflict):
        count_afterwards(session=closed, counted=counted(28_00, USD), by=by, at=minutes(21))
    with pytest.raises(Conflict, match="closed without a count"):
        count_afterwards(session=closed, counted=counted(100_00), by=by, at=minutes(22))
    assert list(faults_of_store(cast.store)) == []


def test_a_forced_close_raises_each_currency_and_each_is_counted_by_itself(cast: Cast, trading: CashSession) -> None:
    force_close(trading)
    assert raised("UNCOUNTED") == [("EUR", None, cast.carla), (USD, None, cast.carla)]
    assert currencies_left(trading) == []  # as it was before the close
    left = CashSession.objects.get(pk=trading.pk)
    assert currencies_left(left) == ["EUR", USD]
    count_later(left, 100_00)
    assert (currencies_left(left), held(cast)) == ([USD], 30_00)
    count_afterwards(session=left, counted=counted(30_00, USD), by=Principal(user=cast.erika), at=minutes(95))
    assert held(cast) == 0
    assert list(faults_of_store(cast.store)) == []


def test_the_desk_asks_for_what_came_into_the_drawer(cast: Cast, trading: CashSession) -> None:
    assert asked(cast) == [USD]
    with pytest.raises(Conflict, match="This drawer also took USD") as refused:
        close(trading, 100_00, [], asks_for_all=True)
    assert refused.value.code == "currency_not_counted"
    assert CashSession.objects.get().is_open
    assert close(trading, 100_00, usd(0), asks_for_all=True).foreign_cash.get().difference == -30_00


@pytest.mark.parametrize("dropped", [0, 20_00, 50_00, 70_00])
def test_it_asks_whatever_is_left_so_that_asking_tells_nothing(cast: Cast, dropped: int) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    pay(session, 50_00, currency=USD)
    if dropped:
        drop(session, dropped)
    assert asked(cast) == [USD]
    force_close(session)
    again = open_drawer(cast.carla, 0, station=1)
    assert asked(cast) == [USD], "also where nothing is left of it, until somebody has counted it"
    close(again, 0, usd(0))
    assert asked(cast) == []


def test_other_ways_to_pay_are_no_cash(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    pay(session, 50_00, currency=USD, method="CARD")
    assert asked(cast) == []
    close(session, 0, [], asks_for_all=True)
    assert not ForeignCash.objects.exists()


def test_a_settlement_counts_them_itself(cast: Cast, trading: CashSession) -> None:
    Place.objects.filter(pk=trading.register_id).update(settling=Settling.OPEN)
    assert asked(cast) == []
    close(trading, 100_00, [], asks_for_all=True)
    assert raised("UNCOUNTED") == []


def test_a_currency_that_was_never_there_is_compared_with_nothing(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10_00, station=1)
    close(session, 10_00, [counted(5_00, "CHF")])
    assert raised("SESSION") == [("CHF", 5_00, cast.carla)]
    assert list(faults_of_store(cast.store)) == []


@pytest.mark.parametrize(
    ("others", "errors"),
    [
        (
            [counted(1, USD), counted(2, USD)],
            {"counts.1.currency": "USD is listed twice. Enter it only once."},
        ),
        (
            [counted(1, "EUR")],
            {"counts.0.currency": "EUR is the drawer's own currency. Enter it in its own field."},
        ),
    ],
)
def test_a_currency_is_counted_once(
    cast: Cast, trading: CashSession, others: list[CountedAmount], errors: dict[str, str]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        close(trading, 100_00, others)
    assert refused.value.errors == errors
    assert CashSession.objects.get().is_open


def test_dollars_are_handed_over_and_counted_in(cast: Cast, trading: CashSession) -> None:
    left = close(trading, 0, usd(30_00), hands_over=True, asks_for_all=True)
    assert (held(cast), handovers_waiting(store=cast.store)) == (30_00, [left])
    taken = open_session(
        user=cast.bruno,
        counted=counted(50_00),
        others=usd(28_00),
        by=Principal(user=cast.bruno),
        at=minutes(10),
        station=1,
    )
    assert (taken.start_amount, taken.opening_difference, held(cast)) == (50_00, 0, 28_00)
    assert ("USD", -2_00, None) in raised("OPENING")
    close(taken, 50_00, usd(27_00))
    assert raised("SESSION")[-1] == (USD, -1_00, cast.bruno)
    assert held(cast) == 0
    assert list(faults_of_store(cast.store)) == []


@pytest.mark.parametrize(("who", "is_own"), [("carla", True), ("bruno", False)])
def test_what_was_not_counted_in_is_only_ones_own_if_one_left_it(
    cast: Cast, trading: CashSession, who: str, is_own: bool
) -> None:
    close_drawer(trading, 100_00)
    person = getattr(cast, who)
    following = open_drawer(person, 10_00, station=1, at=minutes(8))
    close(following, 10_00, usd(20_00))
    assert raised("SESSION") == [(USD, -10_00, person if is_own else None)]
    assert held(cast) == 0


def test_what_was_frozen_never_changes(cast: Cast, trading: CashSession) -> None:
    row = close(trading, 100_00, usd(30_00)).foreign_cash.get()
    update = "UPDATE cashdesk_foreigncash SET counted_amount = 1, difference = -2999 WHERE id = %s"
    assert refusal_of(update, [row.pk])
    assert refusal_of("DELETE FROM cashdesk_foreigncash WHERE id = %s", [row.pk])
    wrong = (
        "INSERT INTO cashdesk_foreigncash (session_id, currency, expected_amount, counted_amount, difference, stays)"
    )
    assert "foreign_cash_adds_up" in refusal_of(f"{wrong} VALUES (%s, 'CHF', 1, 2, 5, TRUE)", [row.session_id])
    assert "foreign_cash_adds_up" in refusal_of(f"{wrong} VALUES (%s, 'CHF', 1, NULL, NULL, FALSE)", [row.session_id])


def test_only_cash_that_was_counted_goes_back(cast: Cast, trading: CashSession) -> None:
    close(trading, 100_00, usd(30_00))
    returned = Movement.objects.filter(kind="RETURN").order_by("currency").values_list("currency", "amount")
    assert list(returned) == [("EUR", 100_00), (USD, 30_00)]


@pytest.mark.parametrize("dropped", [20_00, 50_00])
def test_a_cancelled_opening_leaves_the_question_as_it_was(cast: Cast, dropped: int) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    pay(session, 50_00, currency=USD)
    drop(session, dropped)
    force_close(session)
    again = open_drawer(cast.carla, 0, station=1, at=minutes(3))
    cancel_opening(session=again, by=Principal(user=cast.carla), at=minutes(4), reason="by mistake")
    assert currencies_left(CashSession.objects.get(pk=session.pk)) == ["EUR", USD]
    assert currencies_left(CashSession.objects.get(pk=again.pk)) == []
    assert asked(cast) == [USD]
    last = open_drawer(cast.carla, 0, station=1, at=minutes(5))
    close(last, 0, usd(50_00 - dropped), asks_for_all=True)
    assert (asked(cast), held(cast)) == ([], 0)
    assert list(faults_of_store(cast.store)) == []
