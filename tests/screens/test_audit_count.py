"""A count in the middle of a shift: who may count, what it compares, and that it changes nothing and tells cashiers nothing."""

from typing import Final

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.audit_count import audit_count
from cashdesk.enums import CountMoment, MovementKind, PlaceKind, Role
from cashdesk.errors import Conflict, Forbidden, InvalidInput, NothingOpen
from cashdesk.models import AuditEntry, CashSession, Count, Movement, Seal, Variance
from tests.cashdesk.desk import counted
from tests.factories import StoreFactory, UserFactory
from tests.reconciliations.floor import at_noon
from tests.screens.desk import Browser
from tests.settlements.desk import Shop
from tests.stories import Cast

FOUND: Final = 247_00


@pytest.fixture
def shop(cast: Cast) -> Shop:
    return at_noon(cast)


@pytest.fixture
def session(shop: Shop) -> CashSession:
    """Carla's drawer: a float of 200.00 and a sale of 50.00."""
    session = shop.sign_on(shop.cast.carla, 200_00)
    shop.sale(50_00)
    return session


def path_of(session: CashSession) -> str:
    return f"/drawers/{session.uuid}/audit-count"


def count_at_desk(browser: Browser, session: CashSession, amount: str = "247") -> None:
    browser.fill(path_of(session), {"amount": amount, "step": "review"})
    browser.send(path_of(session), {"step": "keep"})


def test_a_manager_counts_blind_and_reads_the_difference(cast: Cast, session: CashSession) -> None:
    erika = Browser(cast.erika)
    erika.fill(path_of(session), {"amount": "247", "step": "review"})
    for hidden in ("250.00", "50.00", "3.00"):
        assert hidden not in erika.text
    erika.send(path_of(session), {"step": "keep"})
    assert erika.page.status_code == 303
    erika.follow()
    assert "Counted €247.00 Expected €250.00 Difference −€3.00" in erika.text
    count = Count.objects.get(moment=CountMoment.AUDIT)
    assert (count.counted_by, count.session, count.attempt) == (cast.erika, session, 1)
    assert (
        AuditEntry.objects.filter(action="expected.seen", subject=f"session:{session.pk}", user=cast.erika).count() == 1
    )


def test_a_look_later_compares_with_the_books_of_that_moment(cast: Cast, shop: Shop, session: CashSession) -> None:
    erika = Browser(cast.erika)
    count_at_desk(erika, session)
    result = erika.page.headers["Location"]
    shop.sale(99_00)
    shop.move(MovementKind.DROP, 20_00)
    shop.sign_off(session, 329_00)
    erika.get(result)
    assert "Counted €247.00 Expected €250.00 Difference −€3.00" in erika.text
    assert AuditEntry.objects.filter(action="expected.seen", user=cast.erika).exists()


def test_it_closes_and_books_nothing(cast: Cast, shop: Shop, session: CashSession) -> None:
    before = Movement.objects.count(), Seal.objects.count(), cast.place(PlaceKind.REGISTER, 1).transitions
    audit_count(session=session, counted=counted(FOUND), by=shop.by(), at=shop.tick())
    assert (Movement.objects.count(), Seal.objects.count(), cast.place(PlaceKind.REGISTER, 1).transitions) == before
    assert not Variance.objects.exists()
    shop.sign_off(session, 250_00)
    session.refresh_from_db()
    assert (session.expected_amount, session.declared_amount, session.difference) == (250_00, 250_00, 0)
    kept = Count.objects.filter(session=session).order_by("pk").values_list("moment", flat=True)
    assert list(kept) == [CountMoment.OPENING, CountMoment.AUDIT, CountMoment.CLOSING]
    path = f"/reports/registers/{cast.store.uuid}/1/z/1"
    assert "247.00" in Browser(cast.erika).get(path).content.decode(), "the history of the drawer"


def test_several_counts_are_kept_apart(cast: Cast, shop: Shop, session: CashSession) -> None:
    for amount in (FOUND, 250_00):
        audit_count(session=session, counted=counted(amount), by=shop.by(), at=shop.tick())
    assert list(Count.objects.filter(moment=CountMoment.AUDIT).order_by("pk").values_list("attempt", flat=True)) == [
        1,
        2,
    ]


def test_a_form_that_is_sent_twice_keeps_one_count(cast: Cast, session: CashSession) -> None:
    erika = Browser(cast.erika)
    erika.fill(path_of(session), {"amount": "247", "step": "review"})
    sent = {**erika.hidden(), "step": "keep"}
    first, second = (erika.client.post(path_of(session), sent) for _time in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert Count.objects.filter(moment=CountMoment.AUDIT).count() == 1


def test_a_count_without_an_amount_is_refused(cast: Cast, session: CashSession) -> None:
    erika = Browser(cast.erika)
    erika.fill(path_of(session), {"amount": "", "step": "review"})
    assert erika.page.status_code == 400
    assert not Count.objects.filter(moment=CountMoment.AUDIT).exists()


# --- Who ----------------------------------------------------------------------------------------------------------------


def test_only_another_manager_of_the_store_may(cast: Cast, shop: Shop, session: CashSession) -> None:
    own = shop.sign_on(cast.erika, 100_00, station=2)
    next_door = UserFactory(store=StoreFactory(account=cast.store.account), role=Role.MANAGER)
    for user, of, status in (
        (cast.carla, session, 403), (cast.bruno, session, 403), (cast.erika, own, 403), (cast.erika, session, 200),
        (cast.anna, own, 200), (next_door, session, 404), (cast.otto, session, 404),
    ):  # fmt: skip
        assert Browser(user).get(path_of(of)).status_code == status, user
    for user in (cast.carla, cast.bruno):
        with pytest.raises(Forbidden):
            audit_count(session=session, counted=counted(1), by=Principal(user=user), at=shop.tick())
    with pytest.raises(Forbidden):
        audit_count(session=own, counted=counted(1), by=shop.by(), at=shop.tick())


def test_a_closed_drawer_has_no_shift_to_count_in(cast: Cast, shop: Shop, session: CashSession) -> None:
    shop.sign_off(session, 250_00)
    with pytest.raises(NothingOpen):
        audit_count(session=session, counted=counted(1), by=shop.by(), at=shop.tick())
    assert Browser(cast.erika).get(path_of(session)).status_code == 303


def test_another_currency_is_not_this_drawer(cast: Cast, shop: Shop, session: CashSession) -> None:
    with pytest.raises(InvalidInput):
        audit_count(session=session, counted=counted(1, currency="USD"), by=shop.by(), at=shop.tick())


def test_a_drawer_whose_settlement_is_counted_waits(cast: Cast, shop: Shop) -> None:
    shop.vault()
    settlement = shop.open(200_00)
    session = shop.sign_on(cast.carla, 200_00)
    shop.sign_off(session, 200_00)
    shop.count(settlement)
    with pytest.raises((Conflict, NothingOpen)):
        audit_count(session=session, counted=counted(1), by=shop.by(), at=shop.tick())


# --- Law 5 --------------------------------------------------------------------------------------------------------------


def test_the_cashier_sees_the_same_with_and_without_it(cast: Cast, shop: Shop, session: CashSession) -> None:
    carla = Browser(cast.carla)
    before = carla.get("/desk").content.decode()
    erika = Browser(cast.erika)
    count_at_desk(erika, session)
    after = carla.get("/desk").content.decode()
    assert "247" not in after
    assert len(before) == len(after)
    assert carla.get(erika.page.headers["Location"]).status_code == 403
    assert "247" not in carla.get("/api/v1/counts").content.decode()


def test_nothing_stored_tells_the_expected_amount_of_the_open_drawer(
    cast: Cast, shop: Shop, session: CashSession
) -> None:
    audit_count(session=session, counted=counted(FOUND), by=shop.by(), at=shop.tick())
    entry = AuditEntry.objects.get(action="session.audit_counted")
    assert set(entry.detail) == {"count", "until_movement"}
    session.refresh_from_db()
    assert (session.expected_amount, session.difference) == (None, None)
