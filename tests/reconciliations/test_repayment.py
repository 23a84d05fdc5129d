"""Repayments: a shortage is paid back, as cash paid in that is tied to its variance."""

import pytest

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.enums import MovementKind, PlaceKind, VarianceKind
from cashdesk.errors import Conflict, Forbidden, InvalidInput, NothingOpen
from cashdesk.models import AuditEntry, Movement, Variance
from reconciliations.domain.repayment import left_to_repay, repay_variance
from reconciliations.models import Repayment
from tests.admin.back_office import page_of, sits_down
from tests.cashdesk.desk import force_close, insertion_of, refusal_of
from tests.reconciliations.floor import at_noon
from tests.reconciliations.queue import approve, explain, recount, short_drawer, signed_off
from tests.screens.desk import Browser
from tests.settlements.desk import Shop
from tests.stories import Cast, caller, exact


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A shop without any tolerance, where it is noon."""
    return at_noon(cast)


def repay(shop: Shop, variance: Variance, amount: int, *, name: str = "erika", station: int | None = None) -> Repayment:
    by = shop.by(getattr(shop.cast, name))
    return repay_variance(variance=variance, amount=amount, by=by, at=shop.tick(), station=station)


def test_a_manager_takes_the_money_into_the_safe(shop: Shop) -> None:
    short = short_drawer(shop, by=39_90)
    before = shop.book()
    made = repay(shop, short, 20_00)
    assert (made.movement.kind, made.movement.amount, made.movement.reason) == (
        MovementKind.PAID_IN,
        20_00,
        "repayment",
    )
    assert shop.book() == before + 20_00
    assert left_to_repay(short) == 19_90
    after = Variance.objects.get()
    assert (after.state, after.difference) == ("OPEN", -39_90), "the figures and the state stay"
    noted = AuditEntry.objects.get(action="variance.repaid")
    assert (noted.subject, noted.detail["amount"]) == (f"variance:{short.pk}", 20_00)


def test_the_cashier_pays_into_their_own_open_drawer(shop: Shop, cast: Cast) -> None:
    short = short_drawer(shop, by=5_00)
    with pytest.raises(NothingOpen):
        repay(shop, short, 5_00, name="carla")
    shop.sign_on(cast.carla, 100_00, station=2)
    made = repay(shop, short, 5_00, name="carla", station=1)
    assert made.movement.destination == shop.register(2), "never into another drawer"
    assert shop.book(2) == 105_00


def test_a_signed_off_shortage_can_be_paid_back_later(shop: Shop) -> None:
    short = signed_off(shop, short_drawer(shop, by=5_00))
    repay(shop, short, 5_00)
    assert left_to_repay(short) == 0


def test_no_more_than_what_is_left_is_paid_back(shop: Shop, cast: Cast) -> None:
    short = short_drawer(shop, by=10_00)
    recount(shop, short, 193_00, by=cast.erika)
    explain(shop, short)
    approve(shop, short, by=cast.anna)
    assert left_to_repay(short) == 7_00, "the recount found three euros"
    for amount in (0, 7_01):
        with pytest.raises(InvalidInput):
            repay(shop, short, amount)
    made = repay(shop, short, 7_00)
    with pytest.raises(InvalidInput):
        repay(shop, short, 1)
    shop.reverse(made.movement)
    assert left_to_repay(short) == 7_00, "a reversed repayment does not count"


def test_nobody_else_and_nothing_else_is_paid_back(shop: Shop, cast: Cast) -> None:
    short = short_drawer(shop, by=5_00)
    shop.sign_on(cast.bruno, 100_00, station=2)
    with pytest.raises(Forbidden):
        repay(shop, short, 5_00, name="bruno")
    with pytest.raises(Forbidden):
        repay_variance(variance=short, amount=5_00, by=SYSTEM, at=shop.tick())
    over = short_drawer(shop, by=-5_00)
    force_close(shop.sign_on(cast.carla, 10_00))
    for variance in (over, Variance.objects.get(kind=VarianceKind.UNCOUNTED)):
        with pytest.raises(Conflict):
            repay(shop, variance, 1_00)
    assert not Repayment.objects.exists()
    assert not Movement.objects.filter(kind=MovementKind.PAID_IN).exists()


def test_the_database_ties_only_cash_paid_in_for_a_shortage_of_the_store(shop: Shop, cast: Cast) -> None:
    short, over = short_drawer(shop, by=5_00), short_drawer(shop, by=-5_00)
    made = repay(shop, short, 1_00)
    assert "never changed" in refusal_of("UPDATE reconciliations_repayment SET recorded_by_id = 1")
    assert "never deleted" in refusal_of("DELETE FROM reconciliations_repayment")
    paid = shop.move(MovementKind.PAID_IN, 1_00, here=cast.place(PlaceKind.VAULT))
    dropped = Movement.objects.filter(kind=MovementKind.RETURN).latest("pk")
    for variance, movement, is_refused in ((short, paid, False), (over, paid, True), (short, dropped, True)):
        row = Repayment(variance=variance, movement=movement, recorded_by=cast.erika, recorded_at=made.recorded_at)
        told = refusal_of(*insertion_of(row))
        assert ("is cash paid in for a shortage" in told) == is_refused, told


def test_it_is_shown_everywhere_the_variance_is(shop: Shop, cast: Cast) -> None:
    short = short_drawer(shop, by=39_90)
    api = caller(cast.erika)
    answer = api.post(f"/variances/{short.uuid}/repay", {"amount": 9_90})
    assert (answer.status_code, exact(answer)["repaid_amount"]) == (200, 9_90)
    assert exact(api.get("/variances"))[0]["repaid_amount"] == 9_90
    assert api.post(f"/variances/{short.uuid}/repay", {"amount": 30_01}).status_code == 400
    assert caller(cast.carla).post(f"/variances/{short.uuid}/repay", {"amount": 1}).status_code == 403
    erika = Browser(cast.erika)
    erika.fill(f"/variances/{short.uuid}/repay", {"amount": "10,00", "station": "0"})
    assert erika.page.headers["Location"] == f"/variances/{short.uuid}?done=repay"
    erika.follow()
    assert ": the repayment is saved." in erika.text
    assert "€19.90 of the shortage was paid back." in erika.text
    assert "€19.90" in sits_down(cast.erika).get(page_of(short)).content.decode().partition("Paid back")[2][:200]


def test_a_cashier_finds_the_form_from_their_result(shop: Shop, cast: Cast) -> None:
    short = short_drawer(shop, by=5_00)
    assert short.session is not None
    result = f"/desk/sessions/{short.session.uuid}"
    carla, bruno = Browser(cast.carla), Browser(cast.bruno)
    assert "Pay the shortage back" in carla.get(result).content.decode()
    carla.get(f"{result}/repay")
    assert carla.page.headers["Location"] == f"/variances/{short.uuid}/repay"
    carla.follow()
    assert "Open your drawer first" in carla.text
    shop.sign_on(cast.carla, 100_00, station=2)
    carla.fill(f"/variances/{short.uuid}/repay", {"amount": "6.00"})
    assert "Enter an amount up to €5.00." in carla.text
    carla.fill(f"/variances/{short.uuid}/repay", {"amount": "5.00"})
    carla.follow()
    assert "Nothing is left to repay." in carla.text
    assert Repayment.objects.get().movement.destination == shop.register(2)
    assert bruno.get(f"/variances/{short.uuid}/repay").status_code == 404


def test_a_drawer_that_waits_for_its_count_has_no_form_for_its_cashier(shop: Shop, cast: Cast) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    shop.sign_off(session, 95_00, hands_over=True)
    path = f"/variances/{Variance.objects.get().uuid}/repay"
    carla = Browser(cast.carla)
    assert carla.get(path).status_code == 404
    assert carla.get(f"/desk/sessions/{session.uuid}/repay").headers["Location"] == f"/desk/sessions/{session.uuid}"
