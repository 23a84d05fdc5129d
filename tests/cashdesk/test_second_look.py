"""Amounts out of line: decided by the settings of the store and the usual digits, never by the balance of a place."""

import pytest
from django.db import connection

from cashdesk.domain.counting.second_look import Doubt, Why, doubt_about, refuse_out_of_line, second_look_limit
from cashdesk.enums import MovementKind
from cashdesk.errors import OutOfLine
from cashdesk.models import Store
from tests.cashdesk.desk import move, open_drawer, sell
from tests.stories import Cast, counted_queries

OUT = MovementKind.PAID_OUT


def why(cast: Cast, kind: MovementKind, amount: int, *, is_vault: bool = False, currency: str = "EUR") -> Why | None:
    doubt = doubt_about(store=cast.store, kind=kind, amount=amount, currency=currency, is_vault=is_vault)
    return doubt.why if doubt is not None else None


@pytest.mark.parametrize(
    ("currency", "register", "vault"),
    [
        ("EUR", 2_000_00, 20_000_00),
        ("USD", 2_000_00, 20_000_00),
        ("CLP", 2_000_000, 20_000_000),
        ("IDR", 20_000_000_00, 200_000_000_00),
        ("KWD", 2_000_000, 20_000_000),
        ("XDR", None, None),
    ],
)
def test_the_limit_follows_the_size_of_the_currency(currency: str, register: int | None, vault: int | None) -> None:
    store = Store(currency=currency)
    assert [second_look_limit(store=store, is_vault=is_vault) for is_vault in (False, True)] == [register, vault]


def test_a_limit_of_the_store_holds_for_its_own_currency(cast: Cast) -> None:
    cast.store.register_look_minor, cast.store.vault_look_minor = 50_00, 0
    assert why(cast, OUT, 50_00) is None
    assert why(cast, OUT, 50_01) == Why.LIMIT
    assert why(cast, OUT, 1, is_vault=True) == Why.LIMIT
    assert why(cast, OUT, 50_01, currency="USD") is None
    assert why(cast, OUT, 2_000_01, currency="USD") == Why.LIMIT


@pytest.mark.parametrize("kind", [OUT, MovementKind.PAID_IN, MovementKind.DROP, MovementKind.LOAN, MovementKind.FLOAT])
def test_the_slip_of_a_thumb_at_a_register_is_out_of_line(cast: Cast, kind: MovementKind) -> None:
    assert why(cast, kind, 2_000_00) is None
    assert why(cast, kind, 75_000_00) == Why.LIMIT


@pytest.mark.parametrize("kind", [MovementKind.DEPOSIT, MovementKind.WITHDRAWAL, MovementKind.OPENING_BALANCE, OUT])
def test_the_slip_of_a_thumb_in_the_vault_is_out_of_line(cast: Cast, kind: MovementKind) -> None:
    assert why(cast, kind, 20_000_00, is_vault=True) is None
    assert why(cast, kind, 20_000_01, is_vault=True) == Why.LIMIT


def test_more_than_three_usual_floats_are_out_of_line(cast: Cast) -> None:
    cast.store.float_template = {"2000": 3, "500": 2}
    assert why(cast, MovementKind.FLOAT, 210_00) is None
    found = doubt_about(store=cast.store, kind=MovementKind.FLOAT, amount=210_01, currency="EUR", is_vault=False)
    assert found == Doubt(amount=210_01, currency="EUR", why=Why.FLOAT, than=70_00)


def test_two_digits_more_than_usual_are_out_of_line(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00)
    for amount in (7_50, 9_99, 1_00, 5_00):
        move(session, OUT, amount)
    assert why(cast, OUT, 750_00) is None  # four amounts say nothing
    move(session, OUT, 900_00)
    assert why(cast, OUT, 99_99) is None
    assert why(cast, OUT, 100_00) == Why.DIGITS
    assert why(cast, MovementKind.DROP, 100_00) is None
    assert why(cast, OUT, 100_00, is_vault=True) is None
    assert why(cast, OUT, 100_00, currency="USD") is None


def test_the_look_does_not_depend_on_what_the_drawer_holds(cast: Cast) -> None:
    session = open_drawer(cast.carla, 1_00)
    asked = [why(cast, OUT, amount) for amount in (1, 1_00, 1_01, 1_999_99, 2_000_01)]
    sell(session, 1_900_00)
    assert [why(cast, OUT, amount) for amount in (1, 1_00, 1_01, 1_999_99, 2_000_01)] == asked
    assert asked == [None, None, None, None, Why.LIMIT]


def test_what_was_looked_at_is_not_asked_again(cast: Cast) -> None:
    asked = {"store": cast.store, "kind": OUT, "amounts": [(75_000_00, "EUR")]}
    with pytest.raises(OutOfLine):
        refuse_out_of_line(**asked)
    with pytest.raises(OutOfLine):
        refuse_out_of_line(**asked, looked_at=["7500001 EUR"])
    refuse_out_of_line(**asked, looked_at=["7500000 EUR"])


def test_it_takes_one_statement_and_reads_few_rows(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00)
    for kind in (OUT, MovementKind.PAID_IN, MovementKind.DROP, MovementKind.LOAN):
        move(session, kind, 5_00)
        with counted_queries() as queries:
            why(cast, kind, 10_00)
        assert len(queries) == 1
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
                plan = " ".join(str(row[-1]) for row in cursor.fetchall())
            assert "TEMP B-TREE" not in plan, plan
    with counted_queries() as queries:
        why(cast, OUT, 75_000_00)
    assert len(queries) == 0
