"""Undo: people reverse their own manual movements before the next count, and nobody else can."""

from typing import Any

import pytest

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.ledger.cash_movement import move_cash, move_money
from cashdesk.domain.ledger.expected import book_of
from cashdesk.domain.ledger.ledger import reverse
from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.domain.ledger.undo import take_back, why_not_taken_back
from cashdesk.domain.session.closing import force_close_session
from cashdesk.enums import CASH, MovementKind
from cashdesk.errors import Conflict, DomainError, Forbidden, InvalidInput
from cashdesk.models import AuditEntry, CashSession, Movement, User
from reconciliations.domain.store_day_sums import drawer_cash, drawer_movements
from settlements.domain.reversal_by_manager import reverse_movement
from tests.cashdesk.desk import books, close_drawer, minutes, move, open_drawer, refund, sell
from tests.settlements.desk import Shop
from tests.stories import Cast, counted_queries

JOINED = ("store", "source", "destination", "session", "late_for", "reversed_by")


def now(movement: Movement) -> Movement:
    return Movement.objects.select_related(*JOINED).get(pk=movement.pk)


def undo(movement: Movement, user: User, **told: Any) -> Movement:
    asked = {"reason": "wrong amount", "at": minutes(9), **told}
    return take_back(movement=now(movement), by=Principal(user=user), **asked)


def why_not(movement: Movement, user: User) -> str:
    return why_not_taken_back([now(movement)], by=Principal(user=user))[movement.pk]


@pytest.mark.parametrize(
    ("kind", "amount"), [(MovementKind.PAID_OUT, 75_000_00), (MovementKind.PAID_IN, 7_50), (MovementKind.DROP, 50_00)]
)
def test_a_slip_of_the_thumb_is_taken_back(cast: Cast, kind: MovementKind, amount: int) -> None:
    session = open_drawer(cast.carla, 199_00)
    before = books(cast.store)
    movement = move(session, kind, amount)
    assert why_not(movement, cast.carla) == ""
    made = undo(movement, cast.carla)
    assert books(cast.store) == before
    assert (made.reverses, made.session, made.is_late, made.reason) == (movement, session, False, "wrong amount")
    entry = AuditEntry.objects.get(action="movement.reversed")
    assert (entry.user, entry.detail) == (cast.carla, {"reason": "wrong amount"})
    rows = drawer_cash(drawer_movements().filter(store=cast.store, person=cast.carla.pk))
    assert sum(row["total"] for row in rows) == 199_00
    assert close_drawer(session, 199_00).difference == 0
    assert list(faults_of_store(cast.store)) == []


def test_it_is_taken_back_once(cast: Cast) -> None:
    movement = move(open_drawer(cast.carla, 100_00), MovementKind.PAID_OUT, 5_00)
    made = undo(movement, cast.carla)
    with pytest.raises(Conflict, match="already reversed"):
        undo(movement, cast.carla)
    assert "already reversed" in why_not(movement, cast.carla)
    with pytest.raises(DomainError, match="This is a reversal"):
        undo(made, cast.carla)
    assert Movement.objects.filter(reverses=movement).count() == 1


def test_another_person_takes_nothing_back(cast: Cast) -> None:
    """A colleague cannot undo it, and neither can a manager. A manager can reverse it, which is another action."""
    movement = move(open_drawer(cast.carla, 100_00), MovementKind.PAID_OUT, 5_00)
    for user in (cast.bruno, cast.erika, cast.otto):
        with pytest.raises(Forbidden, match="Somebody else booked this"):
            undo(movement, user)
    with pytest.raises(Forbidden):
        take_back(movement=now(movement), by=SYSTEM, at=minutes(9), reason="x")
    assert reverse_movement(movement=now(movement), by=Principal(user=cast.erika), at=minutes(9), reason="x")


def test_payments_floats_returns_and_differences_are_not_taken_back(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00)
    sale, back = sell(session, 10_00), refund(session, 4_00)
    close_drawer(session, 90_00)
    kinds = (MovementKind.FLOAT, MovementKind.RETURN, MovementKind.OVER_SHORT)
    others = [Movement.objects.filter(kind=kind).get() for kind in kinds]
    for movement in (sale, back, *others):
        with pytest.raises(Forbidden, match="You can undo only cash"):
            undo(movement, cast.carla)
        assert "You can undo only cash" in why_not(movement, cast.carla)


@pytest.mark.parametrize("how", ["closed", "handed over", "forced"])
def test_what_was_counted_or_left_stays(cast: Cast, how: str) -> None:
    session = open_drawer(cast.carla, 100_00)
    movement = move(session, MovementKind.PAID_OUT, 5_00)
    if how == "forced":
        force_close_session(session=session, by=Principal(user=cast.erika), at=minutes(5), reason="left")
    else:
        close_drawer(session, 95_00, hands_over=how == "handed over")
    before = books(cast.store)
    with pytest.raises(Conflict, match=r"There was a count since then \(Register 1\)"):
        undo(movement, cast.carla)
    assert "Ask a manager" in why_not(movement, cast.carla)
    assert books(cast.store) == before


def test_a_drop_that_was_counted_in_the_vault_is_a_manager_s_to_reverse(cast: Cast) -> None:
    shop = Shop(cast=cast)
    vault = shop.vault()
    shop.open()
    session = shop.sign_on(shop.cast.carla, 200_00)
    drop = move(session, MovementKind.DROP, 50_00, at=shop.tick())
    shop.close(vault, 850_00)
    with pytest.raises(Conflict, match=r"There was a count since then \(Safe\)"):
        undo(drop, shop.cast.carla)
    made = reverse_movement(movement=now(drop), by=shop.by(), at=shop.tick(), reason="never carried")
    assert (made.is_late, made.late_for) == (True, shop.cast.place("VAULT"))
    assert book_of(shop.register()).amount(currency="EUR", method=CASH) == 200_00
    assert shop.book() == 850_00


def test_money_that_a_manager_lent_to_a_drawer_is_taken_back_by_them(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00)
    loan = move_cash(
        session=session,
        kind=MovementKind.LOAN,
        amount=20_00,
        by=Principal(user=cast.erika),
        at=minutes(1),
        reason="loan",
    )
    with pytest.raises(Forbidden):
        undo(loan, cast.carla)
    undo(loan, cast.erika)
    assert close_drawer(session, 100_00).difference == 0


@pytest.mark.parametrize(
    ("reason", "said"), [("", "Enter a reason"), ("  ", "Enter a reason"), ("x" * 51, "at most 50")]
)
def test_a_reason_is_asked_for(cast: Cast, reason: str, said: str) -> None:
    movement = move(open_drawer(cast.carla, 100_00), MovementKind.PAID_OUT, 5_00)
    with pytest.raises(InvalidInput, match=said) as raised:
        undo(movement, cast.carla, reason=reason)
    assert list(raised.value.errors) == ["reason"]
    assert not Movement.objects.filter(reverses__isnull=False).exists()


def test_a_reversal_by_a_manager_is_of_the_operator_who_booked_it(cast: Cast) -> None:
    """Under a settlement there may be no session. Then the movement belongs to the person who booked it."""
    shop = Shop(cast=cast)
    shop.vault()
    shop.open(100_00, by=shop.cast.carla)
    paid = move_money(
        here=shop.register(), store=shop.cast.store, kind=MovementKind.PAID_OUT, amount=30_00, currency="EUR",
        by=shop.by(shop.cast.carla), at=shop.tick(), reason="SUPPLIES",
    )  # fmt: skip
    reverse(movement=now(paid), by=shop.by(), at=shop.tick(), reason="a mistake")
    for user, expected in ((shop.cast.carla, 100_00), (shop.cast.erika, 0)):
        rows = drawer_cash(drawer_movements().filter(store=shop.cast.store, person=user.pk))
        assert sum(row["total"] for row in rows) == expected, user


def test_looking_costs_one_statement_whatever_the_number(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00)
    for number in range(1, 6):
        move(session, MovementKind.DROP, number)
    rows = list(Movement.objects.select_related(*JOINED).filter(kind=MovementKind.DROP))
    with counted_queries() as queries:
        told = why_not_taken_back(rows, by=Principal(user=cast.carla))
    assert (len(queries), set(told.values())) == (1, {""})
    assert CashSession.objects.get().is_open
