"""The constraints and triggers on variances in the database."""

from typing import Any

import pytest

from cashdesk.enums import VarianceKind
from cashdesk.models import Movement, Variance
from reconciliations.models import VarianceEvent
from tests.cashdesk.desk import force_close, insertion_of, refusal_of
from tests.factories import StoreFactory, UserFactory
from tests.reconciliations.desk import NEVER_USED
from tests.reconciliations.queue import declare, explain, only, recount, short_drawer, signed_off
from tests.settlements.desk import Shop
from tests.stories import Cast


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A shop."""
    return Shop(cast)


@pytest.mark.parametrize("name", ["carla", "erika"])
def test_the_database_lets_nobody_approve_their_own_count(shop: Shop, name: str) -> None:
    """Neither Carla, the cashier of the drawer, nor Erika, who counted it afterwards, may approve it."""
    session = shop.sign_on(shop.cast.carla, 200_00)
    force_close(session)
    recount(shop, only(), 199_00)
    variance = explain(shop, only(kind=VarianceKind.SESSION), by=shop.cast.anna)
    decided = (
        "UPDATE cashdesk_variance SET state = 'APPROVED', decided_by_id = %s, decided_at = explained_at WHERE id = %s"
    )
    own = refusal_of(decided, [getattr(shop.cast, name).pk, variance.pk])
    assert "variance_approved_by_another" in own
    assert refusal_of(decided, [shop.cast.anna.pk, variance.pk]) == ""


@pytest.mark.parametrize("columns", ["reason = ''", "explained_at = NULL", "decided_by_id = NULL", "decided_at = NULL"])
def test_the_database_approves_nothing_by_halves(shop: Shop, columns: str) -> None:
    variance = explain(shop, short_drawer(shop))
    Variance.objects.filter(pk=variance.pk).update(decided_by=shop.cast.anna, decided_at=shop.at)
    changed = f"UPDATE cashdesk_variance SET state = 'APPROVED', {columns}"
    assert "variance_approved_by_another" in refusal_of(changed)


FROZEN = {
    "uuid": f"'{NEVER_USED.replace('-', '')}'", "store_id": "999", "kind": "'DEPOSIT'", "subject": "'session:0'",
    "place_id": "NULL", "session_id": "NULL", "person_id": "NULL", "counted_by_id": "NULL",
    "business_date": "'2026-03-11'", "currency": "'USD'", "method": "'CARD'", "expected_amount": "1",
    "counted_amount": "1", "tolerance": "1", "first_movement": "1", "raised_at": "'2026-03-11 00:00:00+00'",
}  # fmt: skip


@pytest.mark.parametrize("column", FROZEN)
def test_its_figures_never_change(shop: Shop, column: str) -> None:
    short_drawer(shop)
    refused = refusal_of(f"UPDATE cashdesk_variance SET {column} = {FROZEN[column]}")
    assert "the figures of a variance never change" in refused


def test_its_difference_is_that_of_its_figures(shop: Shop) -> None:
    short_drawer(shop)
    assert "variance_difference_adds_up" in refusal_of("UPDATE cashdesk_variance SET difference = 0")


@pytest.mark.parametrize("column", ["state = 'OPEN'", "notes = 'x'", "difference = 0", "last_movement = 1"])
@pytest.mark.parametrize("ended", ["APPROVED", "SUPERSEDED"])
def test_what_was_dealt_with_never_changes(shop: Shop, ended: str, column: str) -> None:
    if ended == "APPROVED":
        signed_off(shop, short_drawer(shop))
    else:
        declare(shop, 1_00)
        declare(shop, 0)
    assert only().state == ended
    assert "a variance that was dealt with never changes" in refusal_of(f"UPDATE cashdesk_variance SET {column}")


@pytest.mark.parametrize("statement", ["DELETE FROM cashdesk_variance", "DELETE FROM reconciliations_varianceevent"])
def test_nothing_of_it_is_deleted(shop: Shop, statement: str) -> None:
    explain(shop, short_drawer(shop))
    assert "never deleted" in refusal_of(statement)


@pytest.mark.parametrize("column", ["act = 'APPROVE'", "notes = 'x'", "by_user_id = NULL", "to_state = 'OPEN'"])
def test_what_was_done_never_changes(shop: Shop, column: str) -> None:
    explain(shop, short_drawer(shop))
    assert "never changed" in refusal_of(f"UPDATE reconciliations_varianceevent SET {column}")


def test_a_correction_is_of_the_store(shop: Shop) -> None:
    variance = explain(shop, short_drawer(shop))
    elsewhere = UserFactory(store=StoreFactory(account=shop.cast.store.account))
    shop.sign_off(shop.sign_on(elsewhere, 10_00), 9_00)
    foreign = Movement.objects.exclude(store=shop.cast.store).latest("pk")
    event = VarianceEvent(
        variance=variance, act="APPROVE", at=shop.at, by_label="x", from_state="EXPLAINED", to_state="APPROVED",
        movement=foreign,
    )  # fmt: skip
    assert "what corrects a variance is of its store" in refusal_of(*insertion_of(event))


@pytest.mark.parametrize(("column", "value"), [("kind", "X"), ("state", "X"), ("reason", "X")])
def test_the_database_knows_what_there_is(shop: Shop, column: str, value: str) -> None:
    variance = short_drawer(shop)
    statement, parameters = insertion_of(Variance(**{**copy_of(variance), column: value, "subject": "session:0"}))
    assert f"variance_{column}_is_known" in refusal_of(statement, parameters)


def test_a_difference_is_raised_once(shop: Shop) -> None:
    variance = short_drawer(shop)
    again = refusal_of(*insertion_of(Variance(**copy_of(variance))))
    assert "variance_once_per_difference" in again or ("UNIQUE" in again and ".subject" in again)


def copy_of(variance: Variance) -> dict[str, Any]:
    """Returns the columns of a variance, to create another row from them."""
    kept = {field.attname: getattr(variance, field.attname) for field in Variance._meta.concrete_fields}
    return {name: value for name, value in kept.items() if name not in ("id", "uuid")}
