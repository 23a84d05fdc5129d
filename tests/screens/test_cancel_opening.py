"""An opening by mistake is cancelled at the desk and in the back office, while no money has moved."""

from cashdesk.enums import MovementKind
from cashdesk.models import CashSession
from tests.admin.back_office import page_of, sits_down
from tests.cashdesk.desk import close_drawer, move, open_drawer, sell
from tests.screens.desk import Browser
from tests.settlements.admin.periods import act, errors_of, told
from tests.stories import Cast

PATH = "/desk/cancel-opening"


def test_a_float_typed_by_a_scanner_is_cancelled_and_typed_again(cast: Cast) -> None:
    session = open_drawer(cast.carla, 49_999_999_99, station=1)
    carla = Browser(cast.carla)
    assert PATH in carla.get("/desk").content.decode()
    carla.get(PATH)
    for words in ("Cancel the opening?", "Register 1", "€49,999,999.99"):
        assert words in carla.text, words
    assert carla.send(PATH, {"reason": ""}).status_code == 400
    assert "Enter a reason." in carla.text
    form = {**carla.hidden(), "reason": "wrong float"}
    answers = [carla.client.post(PATH, form) for _twice in range(2)]
    assert {answer.headers["Location"] for answer in answers} == {"/desk?notice=opening-cancelled"}
    carla.get("/desk?notice=opening-cancelled")
    for words in (
        "The opening is cancelled and the register is free.",
        "You have no open drawer",
        "opening cancelled",
    ):
        assert words in carla.text, words
    carla.get(f"/desk/sessions/{session.uuid}")
    assert "Opening cancelled" in carla.text
    assert "Expected" not in carla.text
    assert carla.fill("/desk/open", {"step": "open", "amount": "100", "station": "1"}).status_code in (200, 303)


def test_the_desk_offers_it_until_something_moves(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00)
    carla = Browser(cast.carla)
    carla.get(PATH)
    sell(session, 5_00)
    assert carla.send(PATH, {"reason": "late"}).status_code == 409
    assert "Count and close the drawer" in carla.text
    assert PATH not in carla.get("/desk").content.decode()
    assert CashSession.objects.get().is_open
    assert Browser(cast.bruno).get(PATH).headers["Location"] == "/desk?notice=nothing-open"


def test_the_page_says_the_same_of_a_drawer_that_was_handed_over(cast: Cast) -> None:
    """The page does not show that cash was left in the drawer, or how much (law 5)."""
    open_drawer(cast.bruno, 100_00, station=2)
    plain = Browser(cast.bruno)
    plain.get(PATH)
    close_drawer(open_drawer(cast.carla, 150_00, station=1), 150_00, hands_over=True)
    open_drawer(cast.carla, 100_00, station=1)
    counted_in = Browser(cast.carla)
    counted_in.get(PATH)
    assert counted_in.text.replace("Carla", "").replace("Register 1", "") == plain.text.replace("Bruno", "").replace(
        "Register 2", ""
    )


def test_a_manager_cancels_it_in_the_back_office(cast: Cast) -> None:
    session, erika = open_drawer(cast.carla, 100_00, station=1), sits_down(cast.erika)
    assert page_of(session, "cancel-opening") in erika.get(page_of(session)).content.decode()
    assert errors_of(act(erika, session, "cancel-opening", reason="x" * 51))
    done = told(act(erika, session, "cancel-opening", reason="opened the wrong one"))
    assert done == [f"The opening of {session} is cancelled."]
    assert CashSession.objects.get().is_cancelled
    assert page_of(session, "cancel-opening") not in erika.get(page_of(session)).content.decode()
    other = open_drawer(cast.carla, 100_00, station=1)
    move(other, MovementKind.PAID_IN, 1_00)
    assert "Count and close the drawer" in erika.get(page_of(other)).content.decode()
    assert "Count and close" in str(errors_of(act(erika, other, "cancel-opening", reason="x")))
    act(sits_down(cast.otto), other, "cancel-opening", reason="x")
    assert CashSession.objects.get(pk=other.pk).is_open
