"""The reversal of a movement by a manager, once."""

from typing import Any

import pytest

from cashdesk.enums import PlaceKind, Scope
from cashdesk.models import Movement
from tests.api.steps import bound_key, closed, named_fields, opened, told
from tests.stories import Caller, Cast, caller, exact, key_caller

NEVER = "5e60a2d9-0000-4000-8000-000000000000"


def dropped(carla: Caller, amount: int = 500) -> str:
    response = carla.post("/shifts/cash-transaction", {"type": "cash_out", "amount": amount, "category": "drop"})
    return str(exact(response)["data"]["id"])


def reversed_(by: Caller, movement: str, **fields: Any) -> Any:
    return by.post(f"/movements/{movement}/reverse", {"reason": "mistake", **fields})


def test_a_manager_reverses_a_drop_once(cast: Cast) -> None:
    carla, erika = caller(cast.carla), caller(cast.erika)
    opened(carla)
    movement = dropped(carla)
    first = reversed_(erika, movement)
    assert first.status_code == 201
    assert (exact(first)["reverses"], exact(first)["amount"], exact(first)["is_late"]) == (movement, 500, False)
    assert reversed_(erika, movement).status_code == 409
    assert reversed_(erika, exact(first)["id"]).status_code == 400
    assert (cast.book(PlaceKind.REGISTER, 1), cast.book(PlaceKind.VAULT)) == (0, 0)


def test_after_the_close_it_is_late_and_the_closed_figures_stay(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla, 10)
    movement = dropped(carla)
    session = closed(carla, 10)
    assert session["difference"] == 5
    assert exact(reversed_(caller(cast.erika), movement))["is_late"] is True
    (row,) = exact(carla.get("/cash/sessions"))
    assert row["difference"] == 5
    assert cast.book(PlaceKind.REGISTER, 1) == 0


def test_a_cashier_may_not(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    assert reversed_(carla, dropped(carla)).status_code == 403
    assert Movement.objects.count() == 1


def test_what_another_account_moved_never_was(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    movement = dropped(carla)
    for stranger in (caller(cast.otto), key_caller(cast.otto.store)):
        never = told(reversed_(stranger, NEVER), apart_from=[NEVER])
        assert never[0] == 404
        assert told(reversed_(stranger, movement), apart_from=[movement]) == never


@pytest.mark.parametrize("scope", Scope)
def test_a_key_needs_its_scope(cast: Cast, scope: Scope) -> None:
    assert reversed_(bound_key(cast.store, scope), NEVER).status_code == (404 if scope == Scope.SESSIONS_WRITE else 403)


@pytest.mark.parametrize("reason", ["", " ", "x" * 51, None, 5, [], "\x00", "\ud800"])
def test_a_reason_is_asked(cast: Cast, reason: Any) -> None:
    carla = caller(cast.carla)
    opened(carla)
    refused = reversed_(caller(cast.erika), dropped(carla), reason=reason)
    assert refused.status_code == 400
    assert "/reason" in named_fields(refused)


@pytest.mark.parametrize("movement", ["1", "x", "%00", NEVER[:-1]])
def test_an_id_that_is_none_is_nothing_in_our_dialect(cast: Cast, movement: str) -> None:
    refused = reversed_(caller(cast.erika), movement)
    assert (refused.status_code, exact(refused)["code"]) == (404, "not_found")


def test_floats_and_returns_are_corrected_by_the_next_count(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla, 10)
    closed(carla, 11)
    for movement in Movement.objects.all():
        assert reversed_(caller(cast.erika), str(movement.uuid)).status_code == 400
