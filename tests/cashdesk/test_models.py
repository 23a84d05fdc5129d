"""The constraints of the tables, tested without domain functions."""

from typing import Any

import pytest
from django.apps import apps
from django.db import models

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.ledger.expected import book_of
from cashdesk.domain.ledger.seal import seal_period
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.enums import (
    Booked,
    CountMoment,
    MovementKind,
    PaymentStatus,
    PlaceKind,
    Scope,
    SessionStatus,
)
from cashdesk.models import (
    CashSession,
    Count,
    CountAmount,
    CountPieces,
    Movement,
    Payment,
    PaymentMethod,
    Place,
    Seal,
)
from tests.cashdesk.desk import NOON, assert_refused, open_drawer
from tests.factories import AccountFactory
from tests.stories import Cast

SOURCE_APPS = ("cashdesk", "settlements", "reconciliations")

# --- Sessions --------------------------------------------------------------------------------------------------------------


def a_session(cast: Cast, **fields: Any) -> CashSession:
    """Returns an unsaved open session of Carla at register 1."""
    usual: dict[str, Any] = {
        "store": cast.store,
        "register": cast.place(PlaceKind.REGISTER, 1),
        "user": cast.carla,
        "currency": "EUR",
        "business_date": NOON.date(),
        "start_amount": 0,
        "opened_at": NOON,
    }
    return CashSession(**{**usual, **fields})


def closing(cast: Cast) -> dict[str, Any]:
    """Returns all columns that a close freezes, with a seal."""
    register = cast.place(PlaceKind.REGISTER, 1)
    seal = seal_period(place=register, last_seal=book_of(register).last_seal, at=NOON)
    return {"closed_at": NOON, "expected_amount": 100, "declared_amount": 90, "difference": -10, "seal": seal}


@pytest.mark.parametrize("figure", ["closed_at", "expected_amount", "declared_amount", "difference", "seal"])
def test_an_open_session_holds_none_of_its_final_figures(cast: Cast, figure: str) -> None:
    assert_refused(a_session(cast, **{figure: closing(cast)[figure]}), "session_figures_only_when_closed")


@pytest.mark.parametrize("figure", ["closed_at", "expected_amount", "declared_amount", "difference", "seal"])
def test_a_closed_session_holds_all_of_them(cast: Cast, figure: str) -> None:
    wrong = a_session(cast, **{**closing(cast), "status": SessionStatus.CLOSED, figure: None})
    assert_refused(wrong, "session_figures_only_when_closed")


def test_a_closed_session_with_all_of_them_is_kept(cast: Cast) -> None:
    session = a_session(cast, **closing(cast), status=SessionStatus.CLOSED)
    session.save()
    assert CashSession.objects.get() == session


@pytest.mark.parametrize("difference", [10, -11, 0])
def test_the_difference_is_declared_minus_expected(cast: Cast, difference: int) -> None:
    wrong = a_session(cast, **{**closing(cast), "status": SessionStatus.CLOSED, "difference": difference})
    assert_refused(wrong, "session_figures_only_when_closed")


def test_nobody_counts_less_than_nothing(cast: Cast) -> None:
    assert_refused(a_session(cast, start_amount=-1), "session_start_not_negative")
    counted = {**closing(cast), "status": SessionStatus.CLOSED, "declared_amount": -1, "difference": -101}
    assert_refused(a_session(cast, **counted), "session_figures_only_when_closed")


def test_a_forced_close_declares_zero(cast: Cast) -> None:
    forced = {**closing(cast), "status": SessionStatus.CLOSED_SYSTEM}
    assert_refused(a_session(cast, **forced), "session_forced_close_declares_zero")


def test_a_status_that_nobody_knows_is_refused(cast: Cast) -> None:
    assert_refused(a_session(cast, status="PAUSED", **closing(cast)), "session_status_is_known")


# --- Payments ----------------------------------------------------------------------------------------------------------------


def a_payment(cast: Cast, **fields: Any) -> Payment:
    """Returns an unsaved approved sale of one euro."""
    usual: dict[str, Any] = {
        "store": cast.store,
        "external_id": "r1",
        "status": PaymentStatus.APPROVED,
        "business_date": NOON.date(),
        "method": "CASH",
        "currency": "EUR",
        "amount": 100,
        "paid_at": NOON,
        "reported_at": NOON,
        "fingerprint": "x",
    }
    return Payment(**{**usual, **fields})


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"amount": -1}, "payment_amount_not_negative"),
        ({"status": "MAYBE"}, "payment_status_is_known"),
        ({"type": "GIFT"}, "payment_type_is_known"),
        ({"tendered": 100}, "payment_change_within_tendered"),
        ({"change": 0}, "payment_change_within_tendered"),
        ({"tendered": 100, "change": 101}, "payment_change_within_tendered"),
        ({"tendered": 100, "change": -1}, "payment_change_within_tendered"),
        ({"status": PaymentStatus.PENDING, "booked": Booked.ON_TIME}, "payment_only_approved_moves_money"),
        ({"status": PaymentStatus.REJECTED, "booked": Booked.LATE}, "payment_only_approved_moves_money"),
    ],
)
def test_a_payment_that_cannot_be_is_refused(cast: Cast, fields: dict[str, Any], constraint: str) -> None:
    a_payment(cast, external_id="right", tendered=500, change=400, booked=Booked.ON_TIME).save()
    assert_refused(a_payment(cast, **fields), constraint)


def test_a_payment_is_kept_once_per_till(cast: Cast) -> None:
    a_payment(cast, source="key:register:1").save()
    assert_refused(a_payment(cast, source="key:register:1"), "payment_once_per_till")
    a_payment(cast, source="key:register:2").save()
    a_payment(cast, source="key:register:1", store=cast.otto.store).save()


def test_a_caller_has_one_payment_with_an_id_at_a_till(cast: Cast) -> None:
    a_payment(cast, source="person:register:1", reported_by=cast.carla).save()
    other = {"source": "person:register:1", "fingerprint": "y", "amount": 5}
    assert_refused(a_payment(cast, reported_by=cast.carla, **other), "payment_once_per_person")
    a_payment(cast, reported_by=cast.bruno, **other).save()
    key, _secret = issue_api_key(name="till", scopes=tuple(Scope), by=SYSTEM, at=NOON, account=cast.store.account)
    a_payment(cast, source="key:register:1", reported_with=key).save()
    changed = a_payment(cast, source="key:register:1", reported_with=key, fingerprint="y", amount=5)
    assert_refused(changed, "payment_once_per_key")


@pytest.mark.parametrize(("code", "is_cash"), [("CASH", False), ("CARD", True), ("EFECTIVO", True)])
def test_cash_is_the_one_method_that_is_cash(cast: Cast, code: str, is_cash: bool) -> None:
    method = PaymentMethod(
        account=AccountFactory._meta.model.objects.create(name="x"), code=code, name="x", is_cash=is_cash
    )
    assert_refused(method, "payment_method_cash_is_cash")


# --- Places, seals, counts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "number", "constraint"),
    [
        (PlaceKind.REGISTER, 0, "place_only_registers_are_numbered"),
        (PlaceKind.VAULT, 1, "place_only_registers_are_numbered"),
        (PlaceKind.BANK, 1, "place_only_registers_are_numbered"),
        (PlaceKind.REGISTER, 1, "place_once_per_store"),
        (PlaceKind.VAULT, 0, "place_once_per_store"),
        ("ATTIC", 0, "place_kind_is_known"),
    ],
)
def test_a_place_that_cannot_be_is_refused(cast: Cast, kind: str, number: int, constraint: str) -> None:
    assert_refused(Place(store=cast.store, kind=kind, number=number), constraint)


def test_a_seal_that_cannot_be_is_refused(cast: Cast) -> None:
    usual: dict[str, Any] = {
        "place": cast.place(PlaceKind.REGISTER, 1),
        "number": 1,
        "after_movement": 5,
        "last_movement": 5,
        "movement_count": 0,
        "balances": [],
        "digest": "x",
        "sealed_at": NOON,
    }
    assert_refused(Seal(**{**usual, "number": 0}), "seal_number_from_one")
    assert_refused(Seal(**{**usual, "last_movement": 4}), "seal_range_in_order")
    Seal(**usual).save()
    assert_refused(Seal(**{**usual, "previous_digest": "y"}), "seal_number_once_per_place")
    assert_refused(Seal(**{**usual, "number": 2}), "seal_chain_never_forks")


def test_a_count_that_cannot_be_is_refused(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100)
    opening = Count.objects.get(session=session)
    again: dict[str, Any] = {
        "place": session.register, "session": session, "moment": CountMoment.OPENING, "counted_at": NOON
    }  # fmt: skip
    assert_refused(Count(**again), "count_attempt_once")
    assert_refused(
        Count(**again, attempt=2, counted_by=cast.carla, witness=cast.carla), "count_witness_is_another_person"
    )
    Count(**again, attempt=2, counted_by=cast.carla, witness=cast.erika).save()
    assert_refused(
        CountAmount(count=opening, currency="EUR", method="CASH", amount=1), "count_amount_once_per_currency_and_method"
    )
    assert_refused(CountAmount(count=opening, currency="EUR", method="CARD", amount=-1), "count_amount_not_negative")
    amount = CountAmount.objects.create(count=opening, currency="USD", method="CASH", amount=1)
    assert_refused(CountPieces(count_amount=amount, denomination=0, pieces=1), "count_denomination_positive")
    CountPieces.objects.create(count_amount=amount, denomination=100, pieces=1)
    assert_refused(CountPieces(count_amount=amount, denomination=100, pieces=2), "count_denomination_once")


# --- All models ------------------------------------------------------------------------------------------------------------------------


def every_model() -> list[type[models.Model]]:
    """Returns the models of our apps. A proxy has the table of a package."""
    return [model for model in apps.get_models() if model._meta.app_label in SOURCE_APPS and not model._meta.proxy]


@pytest.mark.parametrize("model", every_model())
def test_nothing_is_ever_deleted_along_with_something_else(model: type[models.Model]) -> None:
    cascades = [
        field.name
        for field in model._meta.concrete_fields
        if field.remote_field and field.remote_field.on_delete is models.CASCADE
    ]
    assert cascades == []


@pytest.mark.parametrize("model", every_model())
def test_no_amount_is_a_fraction(model: type[models.Model]) -> None:
    fractions = [
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, models.FloatField | models.DecimalField)
    ]
    assert fractions == []


def test_every_row_of_the_hot_tables_carries_its_store() -> None:
    for model in (Movement, Payment, CashSession):
        assert not model._meta.get_field("store").null
    assert set(MovementKind.values) == {choice for choice, _label in Movement._meta.get_field("kind").choices or ()}
