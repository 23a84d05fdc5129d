"""Each cause creates a variance of its kind, exactly above the tolerance."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.enums import MovementKind, PlaceKind, VarianceKind, VarianceState
from cashdesk.errors import Conflict, NothingOpen
from cashdesk.models import User
from settlements.models import Settlement
from tests import roles
from tests.cashdesk.desk import counted, force_close, open_drawer, refusal_of
from tests.reconciliations.queue import (
    THE_DAY,
    credit,
    declare,
    limits,
    of_kind,
    only,
    pack,
    raised,
)  # fmt: skip
from tests.settlements.desk import CARD, EUR, USD, Shop
from tests.stories import Cast

NEXT_DAY = THE_DAY + timedelta(days=1)


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A shop with a tolerance of 5.00."""
    limits(cast.store, tolerance=5_00)
    return Shop(cast)


def overnight(shop: Shop) -> None:
    """Moves the clock to the next day. A difference belongs to the day of its cause."""
    shop.at += timedelta(days=1)


# --- Each cause brings about a difference of so much from 200.00 -----------------------------------------------------


def close_a_session(shop: Shop, difference: int) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)
    overnight(shop)
    shop.sign_off(session, 200_00 + difference)


def count_a_session_afterwards(shop: Shop, difference: int) -> None:
    session = force_close(shop.sign_on(shop.cast.carla, 200_00))
    overnight(shop)
    from_the_desk = counted(200_00 + difference)
    count_afterwards(session=session, counted=from_the_desk, by=shop.by(), at=shop.tick())


def open_what_was_left(shop: Shop, difference: int) -> None:
    force_close(shop.sign_on(shop.cast.carla, 200_00))
    overnight(shop)
    shop.sign_on(shop.cast.bruno, 200_00 + difference)


def open_a_held_drawer(shop: Shop, difference: int) -> None:
    shop.vault()
    shop.open(200_00)
    overnight(shop)
    shop.sign_on(shop.cast.bruno, 200_00 + difference)


def close_a_register(shop: Shop, difference: int) -> None:
    shop.vault()
    settlement = shop.open(200_00)
    overnight(shop)
    shop.close(settlement, 200_00 + difference)


def preview_a_register_thrice(shop: Shop, difference: int) -> None:
    shop.vault()
    settlement = shop.count(shop.open(200_00))
    overnight(shop)
    for _attempt in range(3 if difference else 1):
        shop.preview(settlement, 200_00 + difference)


def count_a_settlement_afterwards(shop: Shop, difference: int) -> None:
    shop.vault()
    settlement = shop.open(200_00)
    shop.force(settlement)
    overnight(shop)
    shop.count_later(settlement, 200_00 + difference)


def settle_what_was_left(shop: Shop, difference: int) -> None:
    shop.vault()
    shop.force(shop.open(200_00))
    overnight(shop)
    shop.open(200_00 + difference)


def close_the_vault(shop: Shop, difference: int) -> None:
    settlement = shop.vault(200_00)
    overnight(shop)
    shop.close(settlement, 200_00 + difference)


def credit_a_bag(shop: Shop, difference: int) -> None:
    shop.vault()
    deposit = pack(shop, 200_00)
    overnight(shop)
    credit(shop, deposit, 200_00 + difference, by=shop.cast.anna)


def reconcile_a_day(shop: Shop, difference: int) -> None:
    shop.sign_on(shop.cast.carla, 200_00)
    overnight(shop)
    declare(shop, 200_00 + difference, business_date=THE_DAY, reason="OTHER", notes="x")


def reconcile_an_operator(shop: Shop, difference: int) -> None:
    shop.sign_on(shop.cast.carla, 200_00)
    declare(shop, 200_00 + difference, operator=shop.cast.carla, reason="OTHER", notes="x")


Causes = dict[Callable[[Shop, int], None], tuple[VarianceKind, str, int | None, date, str, str]]
CAUSES: Causes = {
    #                              kind, of what, where, when, whose, counted by whom
    close_a_session:               (VarianceKind.SESSION, "session", 1, THE_DAY, "carla", "carla"),
    count_a_session_afterwards:    (VarianceKind.SESSION, "session", 1, THE_DAY, "carla", "erika"),
    open_what_was_left:            (VarianceKind.OPENING, "session", 1, NEXT_DAY, "", "bruno"),
    open_a_held_drawer:            (VarianceKind.OPENING, "session", 1, NEXT_DAY, "", "bruno"),
    close_a_register:              (VarianceKind.SETTLEMENT, "settlement", 1, THE_DAY, "erika", "erika"),
    preview_a_register_thrice:     (VarianceKind.SETTLEMENT, "settlement", 1, THE_DAY, "erika", "erika"),
    count_a_settlement_afterwards: (VarianceKind.SETTLEMENT, "settlement", 1, THE_DAY, "", "erika"),
    settle_what_was_left:          (VarianceKind.OPENING, "settlement", 1, NEXT_DAY, "erika", "erika"),
    close_the_vault:               (VarianceKind.SETTLEMENT, "settlement", 0, THE_DAY, "erika", "erika"),
    credit_a_bag:                  (VarianceKind.DEPOSIT, "deposit", 0, THE_DAY, "erika", "anna"),
    reconcile_a_day:               (VarianceKind.RECONCILIATION, "reconciliation", None, THE_DAY, "", "erika"),
    reconcile_an_operator:         (VarianceKind.RECONCILIATION, "reconciliation", None, THE_DAY, "carla", "erika"),
}  # fmt: skip


def name_of(cause: object) -> str:
    """Returns the name of a cause, for the list of tests."""
    return getattr(cause, "__name__", "")


@pytest.mark.parametrize("difference", [-5_00, 0, 5_00])
@pytest.mark.parametrize("cause", CAUSES, ids=name_of)
def test_what_the_store_lets_pass_is_not_raised(
    shop: Shop, cause: Callable[[Shop, int], None], difference: int
) -> None:
    cause(shop, difference)
    assert raised(kind=CAUSES[cause][0]) == []


@pytest.mark.parametrize("difference", [-5_01, 5_01])
@pytest.mark.parametrize("cause", CAUSES, ids=name_of)
def test_one_unit_more_is(shop: Shop, cause: Callable[[Shop, int], None], difference: int) -> None:
    cause(shop, difference)
    kind, subject, station, on, person, counted_by = CAUSES[cause]
    found = of_kind(kind)
    assert (found.expected_amount, found.counted_amount, found.difference) == (
        200_00, 200_00 + difference, difference,
    )  # fmt: skip
    assert (found.tolerance, found.currency, found.method) == (5_00, "EUR", "CASH")
    assert found.subject.split(":")[0] == subject
    assert (found.session is not None) == (subject == "session")
    assert (found.place.number if found.place else None) == station
    assert found.business_date == on
    assert named(found.person) == person
    assert named(found.counted_by) == counted_by
    assert found.raised_at == shop.at
    explained = kind == VarianceKind.RECONCILIATION
    assert (found.state, found.is_escalated) == (VarianceState.EXPLAINED if explained else VarianceState.OPEN, False)


def named(user: User | None) -> str:
    """Returns the username, or "" for nobody."""
    return user.username if user is not None else ""


def test_a_vault_that_lacks_something_at_its_first_opening(shop: Shop) -> None:
    shop.move(MovementKind.PAID_IN, 200_00, here=shop.cast.place(PlaceKind.VAULT))
    shop.vault(194_99)
    found = of_kind(VarianceKind.OPENING)
    assert (found.expected_amount, found.counted_amount) == (200_00, 194_99)
    assert found.place == shop.cast.place(PlaceKind.VAULT)


# --- Tolerances ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "difference", "tolerance"),
    [
        (0, -5_00, None), (0, 5_01, 5_00),  # no share: the amount alone
        (10_000, -5_00, None), (10_000, 5_01, 5_00),  # all of it: the amount is less
        (100, -2_00, None), (100, -2_01, 2_00),  # 1 % of 200.00
        (1, 2, None), (1, 3, 2),  # 0.01 % of 200.00
    ],
)  # fmt: skip
def test_the_amount_or_the_share_where_that_is_less(shop: Shop, share: int, difference: int, tolerance: int) -> None:
    limits(shop.cast.store, tolerance=5_00, share=share)
    close_a_session(shop, difference)
    assert [found.tolerance for found in raised()] == ([] if tolerance is None else [tolerance])


def test_a_part_of_a_unit_of_the_share_lets_nothing_pass(shop: Shop) -> None:
    limits(shop.cast.store, tolerance=5_00, share=9)
    shop.sign_off(shop.sign_on(shop.cast.carla, 10_00), 10_01)  # 0.09 % of 10.00 is 0.9 cents
    assert only().tolerance == 0


def test_of_another_currency_only_the_share_lets_anything_pass(shop: Shop) -> None:
    settlement = shop.vault({EUR: 200_00, USD: 200_00, CARD: 100_00})
    shop.close(settlement, {EUR: 205_00, USD: 200_01, CARD: 94_00})
    dollars, cards = raised()
    assert (dollars.currency, dollars.method, dollars.difference, dollars.tolerance) == ("USD", "CASH", 1, 0)
    assert (cards.currency, cards.method, cards.difference, cards.tolerance) == ("EUR", "CARD", -6_00, 5_00)


def test_a_share_of_another_currency(shop: Shop) -> None:
    limits(shop.cast.store, tolerance=5_00, share=1_000)
    settlement = shop.vault({EUR: 200_00, USD: 200_00})
    shop.close(settlement, {EUR: 200_00, USD: 220_00})
    (running,) = Settlement.objects.filter(state="OPEN")
    shop.close(running, {EUR: 200_00, USD: 197_99})
    assert [(found.difference, found.tolerance) for found in raised()] == [(-22_01, 22_00)]


def test_without_a_tolerance_every_unit_is_raised(shop: Shop) -> None:
    limits(shop.cast.store)
    close_a_session(shop, -1)
    assert only().tolerance == 0


def test_the_tolerance_that_was_applied_is_kept(shop: Shop) -> None:
    close_a_session(shop, -5_01)
    limits(shop.cast.store, tolerance=100_00)
    assert only().tolerance == 5_00


@pytest.mark.parametrize(("difference", "is_escalated"), [(-20_00, False), (-20_01, True), (20_01, True)])
@pytest.mark.parametrize("cause", CAUSES, ids=name_of)
def test_above_the_second_limit_it_is_escalated_from_the_beginning(
    shop: Shop, cause: Callable[[Shop, int], None], difference: int, is_escalated: bool
) -> None:
    limits(shop.cast.store, tolerance=5_00, second=20_00)
    cause(shop, difference)
    assert of_kind(CAUSES[cause][0]).is_escalated == is_escalated


def test_the_second_limit_is_one_of_the_stores_own_currency(shop: Shop) -> None:
    limits(shop.cast.store, second=1)
    settlement = shop.vault({EUR: 200_00, USD: 200_00})
    shop.close(settlement, {EUR: 200_00, USD: 0})
    assert not only().is_escalated


# --- Closed without a count ------------------------------------------------------------------------------------------


def test_a_session_that_nobody_counted_has_no_figures(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)
    shop.sale(50_00)
    force_close(session)
    found = only()
    assert (found.kind, found.subject, found.session) == (VarianceKind.UNCOUNTED, f"session:{session.pk}", session)
    assert (found.expected_amount, found.counted_amount, found.difference, found.tolerance) == (None, None, None, 0)
    assert (found.person, found.counted_by) == (shop.cast.carla, None)
    assert (found.place, found.business_date) == (shop.register(), THE_DAY)


def test_a_drawer_that_is_opened_over_an_open_one_leaves_it_uncounted(shop: Shop) -> None:
    first = shop.sign_on(shop.cast.carla, 200_00)
    open_drawer(shop.cast.carla, 180_00, at=shop.tick(), force_close_previous=True)
    assert [(found.kind, found.difference) for found in raised()] == [
        (VarianceKind.UNCOUNTED, None), (VarianceKind.OPENING, -20_00),
    ]  # fmt: skip
    assert of_kind(VarianceKind.UNCOUNTED).session == first


def test_a_settlement_that_nobody_counted_has_no_figures(shop: Shop) -> None:
    shop.vault()
    settlement = shop.open(200_00, by=shop.cast.anna)
    shop.force(settlement)
    found = only()
    assert (found.kind, found.subject) == (VarianceKind.UNCOUNTED, f"settlement:{settlement.pk}")
    assert (found.expected_amount, found.counted_amount, found.difference) == (None, None, None)
    assert (found.person, found.counted_by, found.place) == (shop.cast.anna, None, shop.register())


@pytest.mark.parametrize(
    "columns", ["expected_amount = 1", "counted_amount = 1", "expected_amount = 1, counted_amount = 1"]
)
def test_the_database_takes_no_figures_of_what_nobody_counted(shop: Shop, columns: str) -> None:
    force_close(shop.sign_on(shop.cast.carla, 200_00))
    roles.lift_laws(connection)
    assert "variance_uncounted_has_no_figures" in refusal_of(f"UPDATE cashdesk_variance SET {columns}")


# --- What did not happen ---------------------------------------------------------------------------------------------


def test_a_close_that_conflicts_raises_nothing(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)
    shop.sign_off(session, 200_00)
    with pytest.raises(NothingOpen):
        shop.sign_off(session, 0)
    with pytest.raises(Conflict):
        force_close(session)
    assert raised() == []


def test_a_settlement_that_is_closed_twice_raises_once(shop: Shop) -> None:
    shop.vault()
    settlement = shop.open(200_00)
    shop.close(settlement, 100_00)
    with pytest.raises(Conflict):
        shop.close(settlement, 0)
    assert only().difference == -100_00


def test_a_bag_that_is_credited_twice_raises_once(shop: Shop) -> None:
    shop.vault()
    deposit = pack(shop, 200_00)
    credit(shop, deposit, 100_00)
    with pytest.raises(Conflict):
        credit(shop, deposit, 0)
    assert only().difference == -100_00


@pytest.mark.parametrize("cause", CAUSES, ids=name_of)
def test_a_cause_that_is_undone_has_raised_nothing(shop: Shop, cause: Callable[[Shop, int], None]) -> None:
    with transaction.atomic():
        cause(shop, -50_00)
        assert raised()
        transaction.set_rollback(True)
    assert raised() == []
