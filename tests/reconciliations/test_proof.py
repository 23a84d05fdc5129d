"""The proof of a store's reconciliations: silent for correct rows, and one sentence for each changed row."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import MovementKind, Reason, Role
from cashdesk.models import BusinessDay, CashSession, Movement, User
from reconciliations import queries
from reconciliations.domain.authorization import issue_authorization
from reconciliations.domain.business_day_close import close_business_day
from reconciliations.domain.proof import faults_of_store
from reconciliations.domain.reconciliation import Declaration, record_reconciliation
from reconciliations.models import Reconciliation
from settlements.domain.opening import open_settlement
from settlements.enums import SettlementType
from tests import roles
from tests.cashdesk.desk import NOON, close_drawer, counted, execute, minutes, move, open_drawer, pay
from tests.factories import StoreFactory, UserFactory
from tests.module_world import ModuleWorld
from tests.stories import Cast, make_cast

DAY = date(2026, 3, 10)
TABLE = "reconciliations_reconciliation"


def recorded(cast: Cast, minute: int, operator: User | None = None, **fields: Any) -> Reconciliation:
    """Records a reconciliation of Erika. Uses an authorization of Anna if theft is suspected."""
    if fields.get("reason") == Reason.THEFT_SUSPECTED:
        issued = issue_authorization(
            store=cast.store, purpose="theft", expires_in=timedelta(minutes=30), by=Principal(user=cast.anna),
            at=minutes(minute), operator=operator,
        )  # fmt: skip
        fields["authorization_id"] = issued.uuid
    declared = Declaration(
        **{"store": cast.store, "currency": "EUR", "declared": 1, "business_date": DAY, "operator": operator, **fields}
    )
    return record_reconciliation(declaration=declared, by=Principal(user=cast.erika), at=minutes(minute))


@pytest.fixture(scope="module")
def _shop(module_world: ModuleWorld) -> Cast:
    return module_world.make(reconciled)


@pytest.fixture
def shop(db: None, _shop: Cast) -> Cast:
    """A day with cash taken over, a drop, late money, a chain of three reconciliations, sign-offs and two closed days."""
    return deepcopy(_shop)


def reconciled() -> Cast:
    """Trades for two days, reconciles and closes them."""
    cast = make_cast()
    erika = Principal(user=cast.erika)
    open_settlement(type=SettlementType.VAULT, store=cast.store, initial=[], by=erika, at=NOON)
    register = SettlementType.CASHREGISTER
    open_settlement(type=register, store=cast.store, initial=[counted(300)], by=erika, at=NOON, station=2)
    carla, bruno = open_drawer(cast.carla, 1000, station=1), open_drawer(cast.bruno, 300, station=2)
    recorded(cast, 5)
    recorded(cast, 6, cast.bruno)
    pay(carla, 500)
    move(carla, MovementKind.DROP, 200)
    recorded(cast, 10, reason=Reason.THEFT_SUSPECTED)
    recorded(cast, 11, cast.carla, reason=Reason.THEFT_SUSPECTED)
    close_drawer(bruno, 300, at=minutes(12))
    open_drawer(cast.bruno, 290, station=2, at=minutes(13))
    recorded(cast, 20, cast.bruno)
    close_business_day(store=cast.store, on=DAY, by=erika, at=minutes(30))
    pay(carla, 50, at=minutes(31))
    close_business_day(store=cast.store, on=DAY - timedelta(days=1), by=erika, at=minutes(32))
    recorded(cast, 40, reason=Reason.THEFT_SUSPECTED)
    recorded(cast, 41, currency="USD")
    return cast


def faults_after(cast: Cast, statement: str, *parameters: Any) -> list[str]:
    """Runs a statement with the triggers lifted, as the owner of the database could. Returns the faults that the proof
    finds.
    """
    roles.lift_laws(connection)
    assert execute(statement, parameters) > 0
    return list(faults_of_store(cast.store))


def whole(number: int) -> Reconciliation:
    """The reconciliations of the whole day in euros, in their order."""
    return Reconciliation.objects.filter(operator=None, currency="EUR").order_by("pk")[number]


def test_right_ones_are_silent_and_verify_asks(shop: Cast) -> None:
    assert Reconciliation.objects.exclude(as_of_movement=0).count() == 7
    assert list(faults_of_store(shop.store)) == []
    assert list(faults_of_store(StoreFactory())) == []
    assert "reconciliations.domain.proof.faults_of_store" in settings.PROOFS


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_system_amount_that_was_changed_is_named(shop: Cast, number: int) -> None:
    row = whole(number)
    change = "system_amount = system_amount + 1, discrepancy = discrepancy - 1"
    (fault,) = faults_after(shop, f"UPDATE {TABLE} SET {change} WHERE id = %s", row.pk)
    assert fault.startswith(f"Reconciliation {row.pk} of store 1337: ")
    right, said = f"{row.system_amount / 100:.2f}", f"{(row.system_amount + 1) / 100:.2f}"
    assert fault.endswith(f": expected {right} EUR, but {said} EUR is recorded.")


@pytest.mark.parametrize("person", ["carla", "bruno"])
def test_so_is_one_of_an_operator(shop: Cast, person: str) -> None:
    row = Reconciliation.objects.filter(operator=getattr(shop, person)).latest("pk")
    change = "system_amount = system_amount - 1, discrepancy = discrepancy + 1"
    (fault,) = faults_after(shop, f"UPDATE {TABLE} SET {change} WHERE id = %s", row.pk)
    assert fault.startswith(f"Reconciliation {row.pk} ")


def test_a_movement_that_was_changed_afterwards_is_named_by_all_that_saw_it(shop: Cast) -> None:
    sale = Movement.objects.filter(kind=MovementKind.SALE, is_late=False).get()
    faults = faults_after(shop, "UPDATE cashdesk_movement SET amount = amount + 7 WHERE id = %s", sale.pk)
    seen = [whole(1).pk, Reconciliation.objects.get(operator=shop.carla).pk, whole(2).pk]
    assert [fault.split(":")[0] for fault in faults] == [f"Reconciliation {pk} of store 1337" for pk in seen]


def test_cash_taken_over_that_was_changed_afterwards_is_named(shop: Cast) -> None:
    first = CashSession.objects.filter(user=shop.bruno).earliest("pk")
    both = Reconciliation.objects.filter(operator=shop.bruno).order_by("pk")
    faults = faults_after(shop, "UPDATE cashdesk_cashsession SET start_amount = 301 WHERE id = %s", first.pk)
    assert faults == [
        f"Reconciliation {row.pk} of store 1337: expected {right} EUR, but {said} EUR is recorded."
        for row, right, said in zip(both, ("3.01", "3.01"), ("3.00", "3.00"), strict=True)
    ]


def test_one_that_the_audit_trail_does_not_know_is_named(shop: Cast) -> None:
    row = whole(0)
    entry = f"reconciliation:{row.pk}"
    (fault,) = faults_after(shop, "UPDATE cashdesk_auditentry SET subject = '' WHERE subject = %s", entry)
    assert fault == f"Reconciliation {row.pk} of store 1337: the audit trail has no entry for it."


def test_another_last_movement_is_named(shop: Cast) -> None:
    row, last = whole(1), Movement.objects.latest("pk")
    assert last.is_late
    faults = faults_after(shop, f"UPDATE {TABLE} SET as_of_movement = %s WHERE id = %s", last.pk, row.pk)
    assert [fault.split(": ")[1] for fault in faults] == [
        "expected 18.50 EUR, but 18.00 EUR is recorded.",
        "it is marked as before the close of its day, but includes later movements.",
    ]
    (other, *_rest) = faults_after(
        shop, f"UPDATE {TABLE} SET as_of_movement = %s WHERE id = %s", last.pk + 1, whole(2).pk
    )[2:]
    assert other.endswith("its last movement belongs to another store or day.")


@pytest.mark.parametrize("column", ["NULL", "(SELECT MIN(id) FROM reconciliations_reconciliation)"])
def test_a_broken_chain_is_named(shop: Cast, column: str) -> None:
    # Its own place is given away first: no two may take the place of the same.
    roles.lift_laws(connection)
    execute(f"UPDATE {TABLE} SET supersedes_id = NULL WHERE id = %s", [whole(1).pk])
    faults = faults_after(shop, f"UPDATE {TABLE} SET supersedes_id = {column} WHERE id = %s", whole(2).pk)
    words = "it does not supersede the one before it."
    assert faults == [f"Reconciliation {whole(number).pk} of store 1337: {words}" for number in (1, 2)]


def test_one_that_was_taken_out_of_its_chain_is_named(shop: Cast) -> None:
    faults = faults_after(shop, f"UPDATE {TABLE} SET business_date = '2026-03-09' WHERE id = %s", whole(1).pk)
    assert f"Reconciliation {whole(2).pk} of store 1337: it does not supersede" in " ".join(faults)


PERMISSIONS = [
    ("expires_at = issued_at", "its authorization had expired."),
    ("operator_id = {bruno}", "its authorization is for another operator."),
    ("store_id = {other}", "its authorization is for another store."),
    ("issued_by_id = {erika}", "its authorization was issued by the person whom it permits something."),
    ("issued_by_id = {carla}", "its authorization was issued by the person whom it permits something."),
]


@pytest.mark.parametrize(("change", "words"), PERMISSIONS, ids=[change for change, _words in PERMISSIONS])
def test_an_authorization_that_may_not_be_used_is_named(shop: Cast, change: str, words: str) -> None:
    row = Reconciliation.objects.filter(operator=shop.carla).get()
    used = {"bruno": shop.bruno.pk, "erika": shop.erika.pk, "carla": shop.carla.pk, "other": shop.otto.store_id}
    if "expires" in change:
        # It lasted a while, long ago.
        long_ago = datetime(2026, 1, 1, tzinfo=UTC)
        roles.lift_laws(connection)
        statement = "UPDATE reconciliations_authorization SET issued_at = %s, expires_at = %s WHERE id = %s"
        execute(statement, [long_ago, row.reported_at, row.authorization_id])
        faults = list(faults_of_store(shop.store))
    else:
        statement = f"UPDATE reconciliations_authorization SET {change.format(**used)} WHERE id = %s"
        faults = faults_after(shop, statement, row.authorization_id)
    assert faults == [f"Reconciliation {row.pk} of store 1337: {words}"]


def test_a_theft_that_nobody_signed_off_is_named(shop: Cast) -> None:
    row = whole(2)
    (fault,) = faults_after(shop, f"UPDATE {TABLE} SET authorization_id = NULL WHERE id = %s", row.pk)
    assert fault.endswith("it reports a suspected theft, but no variance waits and nobody signed it off.")


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite keeps the unique column with the table")
def test_an_authorization_used_twice_is_named(shop: Cast) -> None:
    with roles.owning(connection), connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, TABLE)
        (unique,) = [
            name for name, one in constraints.items() if one["unique"] and one["columns"] == ["authorization_id"]
        ]
        # Deferred checks are made before the table is altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT {unique}")
    again = whole(2)
    change = f"UPDATE {TABLE} SET authorization_id = %s WHERE id = %s"
    faults = faults_after(shop, change, whole(1).authorization_id, again.pk)
    assert f"Reconciliation {again.pk} of store 1337: its authorization was already used." in faults


def test_a_day_that_saw_something_else_is_named(shop: Cast) -> None:
    first, second = BusinessDay.objects.order_by("pk")
    change = "UPDATE cashdesk_businessday SET last_movement = %s WHERE id = %s"
    assert faults_after(shop, change, first.last_movement, second.pk) == [
        "Business day 2026-03-09 of store 1337: the audit trail names another last movement.",
        "Store-day report 2 of store 1337: its contents differ from those that were sealed.",
    ]
    # Behind the last there is nothing.
    assert faults_after(shop, change, second.last_movement + 1, first.pk) == [
        "Business day 2026-03-10 of store 1337: its last movement belongs to another store.",
        "Business day 2026-03-10 of store 1337: the audit trail names another last movement.",
        "Business day 2026-03-09 of store 1337: a day that was closed earlier includes later movements.",
        "Business day 2026-03-09 of store 1337: the audit trail names another last movement.",
        "Store-day report 1 of store 1337: its contents differ from those that were sealed.",
        "Store-day report 2 of store 1337: its contents differ from those that were sealed.",
    ]


def test_a_day_that_was_opened_again_is_named(shop: Cast) -> None:
    roles.lift_laws(connection)
    of_the_day = "SELECT id FROM cashdesk_businessday WHERE date = '2026-03-10'"
    execute(f"DELETE FROM reconciliations_storedayreport WHERE day_id IN ({of_the_day})")
    faults = faults_after(shop, "DELETE FROM cashdesk_businessday WHERE date = '2026-03-10'")
    words = "it is marked as after the close, but its day is not closed."
    last = Reconciliation.objects.latest("pk")
    assert faults == [
        *(f"Reconciliation {row.pk} of store 1337: {words}" for row in (whole(2), last)),
        "Store-day report 2 of store 1337: report 1 is missing.",
    ]


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_what_is_taken_over_around_a_reconciliation_is_seen_or_late_whatever_the_clocks_said(
    shop: Cast, seconds: int
) -> None:
    """A count at the same moment is either in the recorded amount or late money: never both, and never neither."""
    store = StoreFactory()
    manager = UserFactory(store=store, role=Role.MANAGER)
    cast = replace(shop, store=store, bruno=UserFactory(store=store), erika=manager)
    at = minutes(5) + timedelta(seconds=seconds)
    erika = Principal(user=UserFactory(store=store, role=Role.MANAGER))
    open_settlement(type=SettlementType.VAULT, store=cast.store, initial=[], by=erika, at=NOON)
    register = SettlementType.CASHREGISTER
    open_settlement(type=register, store=cast.store, initial=[counted(300)], by=erika, at=NOON, station=2)
    before = open_drawer(cast.bruno, 300, station=2, at=at)
    made = recorded(cast, 5, cast.bruno)
    close_drawer(before, 300, at=at)
    # Ten more lay there than he had left: only they are new.
    open_drawer(cast.bruno, 310, station=2, at=at)
    row = queries.reconciliations(by=erika, store=cast.store).get(pk=made.pk)
    assert (row.system_amount, row.late_amount) == (300, 10)
    assert list(faults_of_store(cast.store)) == []
    change = "system_amount = system_amount + 10, discrepancy = discrepancy - 10"
    (fault,) = faults_after(cast, f"UPDATE {TABLE} SET {change} WHERE id = %s", row.pk)
    assert fault.endswith(": expected 3.00 EUR, but 3.10 EUR is recorded.")
