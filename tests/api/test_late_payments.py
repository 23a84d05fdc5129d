"""Money that arrives after the close explains the frozen difference and changes nothing that was sealed (law 4)."""

import pytest

from cashdesk.enums import PlaceKind
from cashdesk.models import CashSession
from tests.api.steps import bound_key, closed, drawer, opened, paid
from tests.stories import Cast, caller, exact


def test_a_sale_after_the_close_is_late_and_changes_nothing_that_was_sealed(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla, 10)
    session = closed(carla, 30)
    late = paid(carla, amount=2000)
    assert (late["booked"], late["session"], late["station"]) == ("late", session["id"], 1)
    (row,) = exact(carla.get("/cash/sessions"))
    assert {name: row[name] for name in session} == session
    assert (drawer(cast), cast.book(PlaceKind.OVER_SHORT)) == (0, 2000 - 2000)


@pytest.mark.parametrize("by_uuid", [False, True])
def test_a_closed_session_named_outright_gets_it_late_though_the_next_one_trades(cast: Cast, by_uuid: bool) -> None:
    carla = caller(cast.carla)
    opened(carla)
    old = closed(carla)
    opened(carla)
    reference = str(CashSession.objects.get(pk=old["id"]).uuid) if by_uuid else old["id"]
    late = paid(carla, session=reference)
    assert (late["booked"], late["session"]) == ("late", old["id"])
    assert drawer(cast) == 0
    assert closed(carla)["final_cash_system"] == 0


def test_a_register_that_never_traded_takes_it_late(cast: Cast) -> None:
    late = paid(bound_key(cast.store), station=2)
    assert (late["booked"], late["session"], late["station"]) == ("late", None, 2)
    assert cast.book(PlaceKind.OVER_SHORT) == 1000


def test_a_cashier_who_never_worked_reports_late_too(cast: Cast) -> None:
    late = paid(caller(cast.carla))
    assert (late["booked"], late["session"], late["station"]) == ("late", None, None)


def test_a_refund_after_the_close_is_late(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla, 10)
    closed(carla, 10)
    assert paid(carla, type="REFUND")["booked"] == "late"
    assert cast.book(PlaceKind.OVER_SHORT) == -1000
