"""The approval of a recount with another amount: it books one movement, and every balance is exact."""

import pytest
from django.core.management import call_command

from cashdesk.domain.ledger.expected import balances_of_places
from cashdesk.enums import CORRECTION, CountMoment, MovementKind, PlaceKind, VarianceKind, VarianceState
from cashdesk.errors import Conflict, Forbidden, InvalidInput
from cashdesk.models import Count, Movement, PaymentMethod, Variance
from cashdesk.pair import Pair
from settlements.models import Settlement
from tests.cashdesk.desk import force_close
from tests.reconciliations.queue import (
    approve,
    explain,
    limits,
    of_kind,
    only,
    raised,
    recount,
    short_drawer,
    signed_off,
)  # fmt: skip
from tests.settlements.desk import CARD, EUR, USD, Shop
from tests.stories import Cast


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A shop without any tolerance."""
    limits(cast.store)
    return Shop(cast)


def books(shop: Shop, pair: Pair = EUR) -> tuple[int, int, int]:
    """Returns the balances of vault, register 1 and over/short by the whole ledger. Fails if the proofs find a fault."""
    call_command("verify")
    held = balances_of_places(store=shop.cast.store)
    places = (PlaceKind.VAULT, 0), (PlaceKind.REGISTER, 1), (PlaceKind.OVER_SHORT, 0)
    vault, register, over_short = (held[shop.cast.place(*place).pk].get(pair, 0) for place in places)
    return vault, register, over_short


def corrections() -> list[tuple[str, str, int]]:
    """Returns source, destination and amount of every correction."""
    rows = Movement.objects.filter(reason=CORRECTION).select_related("source", "destination").order_by("pk")
    return [(str(row.source), str(row.destination), row.amount) for row in rows]


def bruno_is_promoted(shop: Shop) -> None:
    """Makes Bruno a second admin, who neither counted nor recounted."""
    shop.cast.bruno.role = "admin"
    shop.cast.bruno.save(update_fields=["role"])


# --- A session, whose cash was brought to the vault ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "moved"),
    [
        (200_00, [("Over/short", "Safe", 45_00)]),  # nothing was missing
        (180_00, [("Over/short", "Safe", 25_00)]),
        (155_00, []),  # the first count was right
        (150_00, [("Safe", "Over/short", 5_00)]),
        (0, [("Safe", "Over/short", 155_00)]),
        (210_00, [("Over/short", "Safe", 55_00)]),
    ],
)
def test_one_movement_brings_the_vault_to_what_the_recount_found(
    shop: Shop, found: int, moved: list[tuple[str, str, int]]
) -> None:
    variance = short_drawer(shop, by=45_00)
    assert books(shop) == (-45_00, 0, 45_00)
    recount(shop, variance, found, by=shop.cast.anna)
    assert books(shop) == (-45_00, 0, 45_00)  # nothing before the approval
    signed_off(shop, variance)
    assert corrections() == moved
    assert books(shop) == (found - 200_00, 0, 200_00 - found)
    event = only().events.latest("pk")
    assert (event.movement is not None) == bool(moved)
    if event.movement is not None:
        assert (event.movement.kind, event.movement.note) == (MovementKind.OVER_SHORT, f"Variance {variance.pk}")
        assert (event.movement.session, event.movement.recorded_by) == (None, shop.cast.erika)


def test_the_figures_of_the_close_stay(shop: Shop) -> None:
    variance = short_drawer(shop, by=45_00)
    session = variance.session
    assert session is not None
    before = (session.declared_amount, session.difference, session.seal)
    recount(shop, variance, 200_00, by=shop.cast.anna)
    signed_off(shop, variance)
    session.refresh_from_db()
    assert (session.declared_amount, session.difference, session.seal) == before
    found = only()
    assert (found.expected_amount, found.counted_amount, found.difference) == (200_00, 155_00, -45_00)
    moments = Count.objects.filter(session=session).order_by("pk").values_list("moment", flat=True)
    assert list(moments) == [CountMoment.OPENING, CountMoment.CLOSING, CountMoment.RECOUNT]


def test_of_two_recounts_the_last_counts(shop: Shop) -> None:
    variance = short_drawer(shop, by=45_00)
    recount(shop, variance, 999_00, by=shop.cast.anna)
    recount(shop, variance, 199_00, by=shop.cast.anna)
    signed_off(shop, variance)
    assert corrections() == [("Over/short", "Safe", 44_00)]
    attempts = Count.objects.filter(moment=CountMoment.RECOUNT).order_by("pk").values_list("attempt", flat=True)
    assert list(attempts) == [1, 2]


def test_a_last_recount_that_agrees_with_the_first_count_corrects_nothing(shop: Shop) -> None:
    variance = short_drawer(shop, by=45_00)
    recount(shop, variance, 200_00, by=shop.cast.anna)
    recount(shop, variance, 155_00, by=shop.cast.anna)
    signed_off(shop, variance)
    assert corrections() == []


def test_who_recounted_does_not_sign_it_off(shop: Shop) -> None:
    """Otherwise one person alone could book any correction."""
    variance = short_drawer(shop)
    explain(shop, recount(shop, variance, 200_00))
    with pytest.raises(Forbidden, match="You recounted this yourself"):
        approve(shop, variance)
    assert (only().state, corrections()) == (VarianceState.EXPLAINED, [])
    recount(shop, variance, 200_00, by=shop.cast.anna)
    assert approve(shop, variance).state == VarianceState.APPROVED


def test_a_recount_that_finds_more_than_the_second_limit_is_an_admins(shop: Shop) -> None:
    limits(shop.cast.store, second=20_00)
    variance = explain(shop, short_drawer(shop, by=1_00))
    found = recount(shop, variance, 220_00, by=shop.cast.anna)
    assert (found.state, found.is_escalated) == (VarianceState.EXPLAINED, False)
    found = recount(shop, variance, 220_01, by=shop.cast.anna)
    assert (found.state, found.is_escalated) == (VarianceState.ESCALATED, True)
    with pytest.raises(Forbidden, match="An admin must decide it"):
        approve(shop, variance)
    bruno_is_promoted(shop)
    approve(shop, variance, by=shop.cast.bruno)
    assert corrections() == [("Over/short", "Safe", 21_01)]


# --- Counted again since ---------------------------------------------------------------------------------------------


def test_a_vault_that_was_counted_since_has_found_it_already(shop: Shop) -> None:
    vault = shop.vault(1000_00)
    variance = short_drawer(shop, by=45_00)
    recount(shop, variance, 200_00, by=shop.cast.anna)
    shop.close(vault, 1000_00)  # the 45.00 lay in the vault all the time
    assert books(shop) == (1000_00, 0, 0)
    signed_off(shop, variance)
    assert (corrections(), books(shop)) == ([], (1000_00, 0, 0))


def test_after_that_nobody_recounts_it(shop: Shop) -> None:
    vault = shop.vault(1000_00)
    variance = short_drawer(shop, by=45_00)
    shop.close(vault, 955_00)
    with pytest.raises(Conflict, match="counted again since"):
        recount(shop, variance, 200_00, by=shop.cast.anna)
    assert Count.objects.filter(moment=CountMoment.RECOUNT).count() == 0


def test_a_preview_of_the_vault_and_a_recount_are_no_count_since(shop: Shop) -> None:
    vault = shop.vault(1000_00)
    variance = short_drawer(shop, by=45_00)
    other = short_drawer(shop, by=5_00, cashier=shop.cast.bruno)
    shop.preview(vault, 1000_00)
    for each in (variance, other):
        recount(shop, each, 200_00, by=shop.cast.anna)
    signed_off(shop, variance)
    signed_off(shop, other)
    assert books(shop) == (1000_00, 0, 0)


def test_in_the_middle_of_a_vaults_settlement(shop: Shop) -> None:
    """The vault's target includes the correction, so the vault closes without a difference."""
    vault = shop.vault(1000_00)
    variance = short_drawer(shop, by=45_00)
    recount(shop, variance, 200_00, by=shop.cast.anna)
    signed_off(shop, variance)
    assert books(shop) == (1000_00, 0, 0)
    shop.close(vault, 1000_00)
    assert books(shop) == (1000_00, 0, 0)
    assert raised(kind=VarianceKind.SETTLEMENT) == []


# --- A drawer that a settlement holds --------------------------------------------------------------------------------


@pytest.mark.parametrize("counted", [155_00, 0])
@pytest.mark.parametrize("is_being_counted", [False, True])
def test_a_drawer_that_a_settlement_holds_is_where_the_cash_lies(
    shop: Shop, counted: int, is_being_counted: bool
) -> None:
    """This holds even if the cashier counted an empty drawer."""
    shop.vault(1000_00)
    settlement = shop.open(200_00)
    shop.sign_off(shop.sign_on(shop.cast.carla, 200_00), counted)
    variance = of_kind(VarianceKind.SESSION)
    assert books(shop) == (800_00, counted, 200_00 - counted)
    if is_being_counted:
        settlement = shop.count(settlement)
    recount(shop, variance, 199_00, by=shop.cast.anna)
    signed_off(shop, variance)
    assert corrections() == [("Over/short", "Register 1", 199_00 - counted)]
    assert books(shop) == (800_00, 199_00, 1_00)
    shop.close(settlement, 199_00)
    assert books(shop) == (999_00, 0, 1_00)
    assert raised(kind=VarianceKind.SETTLEMENT) == []


@pytest.mark.parametrize("counted", [155_00, 0])
def test_a_settlement_that_was_closed_since_has_found_it(shop: Shop, counted: int) -> None:
    shop.vault(1000_00)
    settlement = shop.open(200_00)
    shop.sign_off(shop.sign_on(shop.cast.carla, 200_00), counted)
    variance = of_kind(VarianceKind.SESSION)
    recount(shop, variance, 200_00, by=shop.cast.anna)
    shop.close(settlement, 200_00)
    signed_off(shop, variance)
    assert (corrections(), books(shop)) == ([], (1000_00, 0, 0))


def test_a_session_that_was_opened_since_has_found_it(shop: Shop) -> None:
    shop.vault(1000_00)
    shop.open(200_00)
    shop.sign_off(shop.sign_on(shop.cast.carla, 200_00), 155_00)
    variance = of_kind(VarianceKind.SESSION)
    recount(shop, variance, 200_00, by=shop.cast.anna)
    shop.sign_on(shop.cast.bruno, 200_00)
    signed_off(shop, variance)
    assert (corrections(), books(shop)) == ([], (800_00, 200_00, 0))


def test_a_drawer_whose_settlement_was_closed_uncounted_still_holds_it(shop: Shop) -> None:
    shop.vault(1000_00)
    settlement = shop.open(200_00)
    shop.sign_off(shop.sign_on(shop.cast.carla, 200_00), 155_00)
    variance = of_kind(VarianceKind.SESSION)
    shop.force(settlement)
    recount(shop, variance, 200_00, by=shop.cast.anna)
    signed_off(shop, variance)
    assert books(shop) == (800_00, 200_00, 0)
    shop.sign_on(shop.cast.bruno, 200_00)
    assert raised(kind=VarianceKind.OPENING) == []


# --- Settlements -----------------------------------------------------------------------------------------------------


def test_a_registers_settlement_is_corrected_in_the_vault(shop: Shop) -> None:
    shop.vault(1000_00)
    shop.close(shop.open(200_00), 155_00)
    variance = of_kind(VarianceKind.SETTLEMENT)
    recount(shop, variance, 200_00, by=shop.cast.anna)
    signed_off_by_another(shop, variance)
    assert (corrections(), books(shop)) == ([("Over/short", "Safe", 45_00)], (1000_00, 0, 0))


def signed_off_by_another(shop: Shop, variance: Variance) -> None:
    """Erika counted and Anna recounted, so Bruno signs it off."""
    bruno_is_promoted(shop)
    signed_off(shop, variance, by=shop.cast.bruno)


def test_a_vaults_settlement_is_corrected_in_the_next_one(shop: Shop) -> None:
    vault = shop.vault(1000_00)
    shop.close(vault, 900_00)
    variance = of_kind(VarianceKind.SETTLEMENT)
    recount(shop, variance, 1000_00, by=shop.cast.anna)
    signed_off_by_another(shop, variance)
    assert (corrections(), books(shop)) == ([("Over/short", "Safe", 100_00)], (1000_00, 0, 0))
    (running,) = Settlement.objects.filter(state="OPEN")
    shop.close(running, 1000_00)
    assert only() == variance


def test_each_pair_is_corrected_by_itself(shop: Shop) -> None:
    shop.vault({EUR: 1000_00, USD: 500_00})
    settlement = shop.open({EUR: 200_00, USD: 50_00})
    shop.close(settlement, {EUR: 199_00, USD: 40_00})
    dollars = only(currency="USD")
    recount(shop, dollars, 50_00, by=shop.cast.anna, pair=USD)
    signed_off_by_another(shop, dollars)
    assert books(shop, USD) == (500_00, 0, 0)
    assert books(shop) == (999_00, 0, 1_00)


def test_cards_are_corrected_in_clearing_where_the_close_took_them(shop: Shop) -> None:
    """A session's count includes only cash, so it is not a later count of the card slips."""
    PaymentMethod.objects.filter(account=shop.cast.store.account, code="CARD").update(is_counted=True)
    shop.vault(1000_00)
    settlement = shop.open(200_00)
    shop.sale(80_00, CARD)
    shop.close(settlement, {EUR: 200_00, CARD: 70_00})
    variance = only(method="CARD")
    shop.sign_on(shop.cast.carla, 200_00)
    recount(shop, variance, 80_00, by=shop.cast.anna, pair=CARD)
    signed_off_by_another(shop, variance)
    assert corrections() == [("Over/short", "Clearing", 10_00)]
    call_command("verify")


# --- Closed without a count ------------------------------------------------------------------------------------------


def test_the_recount_of_what_nobody_counted_is_the_count_afterwards(shop: Shop) -> None:
    session = shop.sign_on(shop.cast.carla, 200_00)
    force_close(session)
    recount(shop, only(), 190_00)
    assert (corrections(), books(shop)) == ([], (-10_00, 0, 10_00))
    assert Count.objects.filter(session=session, moment=CountMoment.AFTERWARDS).count() == 1
    difference = of_kind(VarianceKind.SESSION)
    assert (difference.difference, difference.person, difference.counted_by) == (
        -10_00, shop.cast.carla, shop.cast.erika,
    )  # fmt: skip
    with pytest.raises(Conflict):
        recount(shop, of_kind(VarianceKind.UNCOUNTED), 200_00, by=shop.cast.anna)
    uncounted = signed_off(shop, of_kind(VarianceKind.UNCOUNTED), by=shop.cast.anna)
    assert (uncounted.state, uncounted.difference) == (VarianceState.APPROVED, None)
    assert corrections() == []
    # And what the count afterwards found may be recounted as every other.
    recount(shop, difference, 200_00, by=shop.cast.anna)
    signed_off_by_another(shop, difference)
    assert books(shop) == (0, 0, 0)


def test_a_drawer_that_was_opened_since_is_not_counted_afterwards(shop: Shop) -> None:
    force_close(shop.sign_on(shop.cast.carla, 200_00))
    shop.sign_on(shop.cast.bruno, 200_00)
    with pytest.raises(Conflict, match="opened or counted since"):
        recount(shop, only(), 200_00)
    assert not only().events.exists()


# --- What is not recounted -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pair", "field"), [(USD, "currency"), (CARD, "method"), (("USD", "CARD"), "currency")])
def test_a_recount_of_something_else_names_the_field(shop: Shop, pair: tuple[str, str], field: str) -> None:
    variance = short_drawer(shop)
    with pytest.raises(InvalidInput) as refused:
        recount(shop, variance, 200_00, by=shop.cast.anna, pair=pair)
    assert list(refused.value.errors) == [field]


def test_what_was_approved_is_corrected_no_more(shop: Shop) -> None:
    variance = signed_off(shop, short_drawer(shop))
    with pytest.raises(Conflict, match="It cannot be changed any more"):
        recount(shop, variance, 0, by=shop.cast.anna)
    with pytest.raises(Conflict):
        approve(shop, variance, by=shop.cast.anna)
    assert (corrections(), books(shop)) == ([], (-1_00, 0, 1_00))
