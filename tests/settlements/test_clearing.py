"""Card money leaves a register for clearing when its last period ends, and old books are brought over the same way."""

from collections.abc import Iterator
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.domain.session.cancel_opening import cancel_opening
from cashdesk.domain.session.closing import force_close_session
from cashdesk.enums import MovementKind, PaymentType, PlaceKind
from cashdesk.models import Movement, PaymentMethod, Seal
from settlements import queries
from settlements.domain import closing
from settlements.domain.proof import faults_of_store as faults_of_settlements
from settlements.domain.x_report import x_report
from settlements.domain.z_report import z_report
from tests.cashdesk.desk import books, close_drawer, minutes, open_drawer, pay
from tests.settlements.desk import CARD, EUR, Shop
from tests.stories import Cast, counted_queries

MIGRATION = import_module("cashdesk.migrations.0042_registers_cleared")


def cards(cast: Cast) -> dict[str, int]:
    """Returns the balances of all places for cards."""
    return books(cast.store, method="CARD")


def faults(cast: Cast) -> list[str]:
    """Returns what `verify` finds in the store."""
    return [*faults_of_store(cast.store), *faults_of_settlements(cast.store)]


@pytest.fixture
def old_closes(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Lets closes leave card money in the register, as closes did before there was a place for clearing."""
    with monkeypatch.context() as patched:
        patched.setattr(closing, "clear_register", lambda **_: None)
        patched.setattr("cashdesk.domain.session.drawer_booking.clear_register", lambda **_: None)
        yield patched


def migrate_books() -> None:
    """Runs the data migration."""
    MIGRATION.clear_registers(apps, SimpleNamespace(connection=connection))


# --- Closes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hands_over", [False, True])
def test_a_close_takes_cards_to_clearing_and_leaves_the_cash_as_before(cast: Cast, hands_over: bool) -> None:
    session = open_drawer(cast.carla, 100_00)
    pay(session, 99_00, method="CARD")
    pay(session, 5_00, method="VOUCHER", currency="USD")
    pay(session, 7_00)
    close_drawer(session, 107_00, hands_over=hands_over)
    assert cards(cast) == {"Clearing": 99_00, "Customers": -99_00}
    assert books(cast.store)["Register 1" if hands_over else "Safe"] == (107_00 if hands_over else 7_00)
    moved = Movement.objects.filter(kind=MovementKind.CLEARING)
    assert set(moved.values_list("currency", "method", "amount", "session")) == {
        ("EUR", "CARD", 99_00, session.pk),
        ("USD", "VOUCHER", 5_00, session.pk),
    }
    assert faults(cast) == []


def test_a_close_without_a_count_takes_cards_to_clearing_and_leaves_the_cash(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00)
    pay(session, 99_00, method="CARD")
    force_close_session(session=session, by=SYSTEM, at=minutes(5), reason="left")
    assert cards(cast) == {"Clearing": 99_00, "Customers": -99_00}
    assert books(cast.store)["Register 1"] == 100_00
    assert faults(cast) == []


def test_more_refunds_than_sales_come_back_from_clearing(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    pay(session, 30_00, method="CARD", type=PaymentType.REFUND)
    close_drawer(session, 0)
    assert cards(cast) == {"Clearing": -30_00, "Customers": 30_00}
    assert faults(cast) == []


def test_a_close_costs_two_statements_more_with_cards_however_many(cast: Cast) -> None:
    costs = []
    for methods in ((), ("CARD",), ("CARD", "QRIS", "TRANSFER")):
        session = open_drawer(cast.carla, 0)
        for method in methods:
            pay(session, 10_00, method=method)
        with counted_queries() as queries:
            close_drawer(session, 0)
        costs.append(len(queries))
    assert costs[1] == costs[2] == costs[0] + 2


def test_a_settlement_keeps_cards_until_its_own_close(cast: Cast) -> None:
    shop = Shop(cast)
    shop.vault()
    settlement = shop.open(0)
    session = open_drawer(cast.carla, 0, station=1, at=shop.tick())
    pay(session, 40_00, method="CARD", at=shop.tick())
    close_drawer(session, 0, at=shop.tick())
    assert cards(cast) == {"Register 1": 40_00, "Customers": -40_00}
    shop.close(settlement, {EUR: 0})
    assert cards(cast) == {"Clearing": 40_00, "Customers": -40_00}
    assert faults(cast) == []


def test_card_slips_that_are_counted_later_move_what_was_found(cast: Cast) -> None:
    PaymentMethod.objects.filter(account=cast.store.account, code="CARD").update(is_counted=True)
    shop = Shop(cast)
    shop.vault()
    settlement = shop.open(0)
    session = open_drawer(cast.carla, 0, station=1, at=shop.tick())
    pay(session, 40_00, method="CARD", at=shop.tick())
    close_drawer(session, 0, at=shop.tick())
    forced = shop.force(settlement)
    assert cards(cast) == {"Clearing": 40_00, "Customers": -40_00}
    assert shop.count_later(forced, {EUR: 0, CARD: 38_00})[CARD] == -2_00
    assert cards(cast) == {"Clearing": 38_00, "Over/short": 2_00, "Customers": -40_00}
    assert faults(cast) == []


def test_a_z_report_tells_cards_as_before_and_where_the_close_took_them(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00)
    pay(session, 99_00, method="CARD")
    close_drawer(session, 100_00)
    by = Principal(user=cast.erika)
    period = queries.sealed_period(place=cast.place(PlaceKind.REGISTER, 1), number=1, by=by)
    report = z_report(period=period, by=by, at=minutes(9))
    (card,) = (line for line in report.figures if line.method == "CARD")
    assert (card.came_in, card.went_out, card.expected) == (99_00, 0, 99_00)
    assert MovementKind.CLEARING not in {line.kind for line in report.movements}
    assert [(line.method, line.went_out) for line in report.booked if line.kind == MovementKind.CLEARING] == [
        ("CARD", 99_00)
    ]


def test_verify_names_a_register_that_kept_cards(cast: Cast, old_closes: pytest.MonkeyPatch) -> None:
    session = open_drawer(cast.carla, 0)
    pay(session, 99_00, method="CARD")
    assert faults(cast) == []
    close_drawer(session, 0)
    assert faults(cast) == ["Register 1 of store 1337 holds other money than cash, but no period is open there."]


# --- Old books ----------------------------------------------------------------------------------------------------------


def test_old_books_are_brought_over_and_every_proof_stays(cast: Cast, old_closes: pytest.MonkeyPatch) -> None:
    shop = Shop(cast)
    shop.vault()
    for amount in (30_00, 12_00):
        session = open_drawer(cast.bruno, 0, station=2, at=shop.tick())
        pay(session, amount, method="CARD", at=shop.tick())
        close_drawer(session, 0, at=shop.tick())
    settlement = shop.open(0)
    first = open_drawer(cast.carla, 0, station=1, at=shop.tick())
    pay(first, 40_00, method="CARD", at=shop.tick())
    close_drawer(first, 0, at=shop.tick())
    shop.close(settlement, {EUR: 0})
    running = shop.open(0)
    second = open_drawer(cast.carla, 0, station=1, at=shop.tick())
    pay(second, 5_00, method="CARD", at=shop.tick())
    old_closes.undo()
    before = list(Movement.objects.order_by("pk").values()), list(Seal.objects.order_by("pk").values())
    assert len(faults(cast)) == 1  # register 2, which is closed
    migrate_books()
    migrate_books()
    count = Movement.objects.count() - 1
    assert (
        list(Movement.objects.order_by("pk").values()[:count]),
        list(Seal.objects.order_by("pk").values()),
    ) == before
    assert cards(cast) == {"Clearing": 42_00, "Register 1": 45_00, "Customers": -87_00}
    assert faults(cast) == []
    _reports_leave_the_upgrade_out(cast, shop)
    close_drawer(second, 0, at=shop.tick())
    closed = shop.close(running, {EUR: 0})
    assert {line.pair: line.target for line in closed.closing_amounts.all()}[CARD] == 5_00
    assert cards(cast) == {"Clearing": 95_00, "Customers": -95_00}
    assert faults(cast) == []


def _reports_leave_the_upgrade_out(cast: Cast, shop: Shop) -> None:
    """Opens the brought-over register 2 again: its X and its Z tell only the money of the new period."""
    session = open_drawer(cast.bruno, 0, station=2, at=shop.tick())
    pay(session, 8_00, method="CARD", at=shop.tick())
    register, by = cast.place(PlaceKind.REGISTER, 2), Principal(user=cast.erika)
    x = x_report(place=register, by=by, at=shop.tick())
    assert {line.method: line.expected for line in x.figures} == {"CASH": 0, "CARD": 8_00}
    close_drawer(session, 0, at=shop.tick())
    z = z_report(period=queries.sealed_period(place=register, number=3, by=by), by=by, at=shop.tick())
    assert {line.method: line.expected for line in z.figures} == {"CASH": 0, "CARD": 8_00}
    assert [(line.kind, line.went_out) for line in z.booked] == [(MovementKind.CLEARING, 8_00)]


def test_an_opening_that_is_cancelled_after_the_upgrade_leaves_no_cards(
    cast: Cast, old_closes: pytest.MonkeyPatch
) -> None:
    session = open_drawer(cast.carla, 0)
    pay(session, 30_00, method="CARD")
    close_drawer(session, 0)
    again = open_drawer(cast.carla, 0, at=minutes(5))
    migrate_books()
    old_closes.undo()
    cancel_opening(session=again, by=Principal(user=cast.carla), at=minutes(6), reason="wrong register")
    assert cards(cast) == {"Clearing": 30_00, "Customers": -30_00}
    assert faults(cast) == []
