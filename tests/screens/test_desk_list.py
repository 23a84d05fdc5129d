"""The desk's list of the day: the cashier's own movements, the reasons that are used there, and the target of `/`."""

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.ledger import reverse
from cashdesk.enums import MovementKind
from cashdesk.models import Movement
from cashdesk.queries import OWN_SESSIONS_MAX
from cashdesk.web.shell import first_path_of
from tests.cashdesk.desk import NOON, close_drawer, move, open_drawer, sell
from tests.screens.desk import Browser
from tests.stories import Cast


def test_the_desk_lists_what_its_cashier_moved_and_nothing_else(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00)
    carla = Browser(cast.carla)
    carla.get("/desk")
    assert "No movements yet. Cash that you pay in, pay out or drop appears here." in carla.text
    sell(session, 77_77)
    carla.fill("/desk/pay-in", {"amount": "20", "reason": "change", "note": "from Dora"})
    carla.fill("/desk/pay-out", {"amount": "7.35", "reason": "window cleaner"})
    carla.fill("/desk/drop", {"amount": "50"})
    theirs = Movement.objects.get(kind="PAID_OUT")
    reverse(movement=theirs, by=Principal(user=cast.erika), at=NOON, reason="wrong")
    carla.get("/desk")
    listed = carla.text.partition("Your movements")[2]
    assert "Dropped into the safe €50.00" in listed
    assert "Paid out window cleaner undone €7.35" in listed
    assert "Paid in change from Dora €20.00" in listed
    assert listed.index("Dropped") < listed.index("Paid out") < listed.index("Paid in")
    for hidden in ("77.77", "77", "wrong"):
        assert hidden not in carla.text


def test_the_reasons_of_the_store_are_offered(cast: Cast) -> None:
    session = open_drawer(cast.bruno, 100_00)
    for reason, times in (("milk", 3), ("stamps", 2), ("a private matter", 1)):
        for _time in range(times):
            Browser(cast.bruno).fill("/desk/pay-out", {"amount": "1", "reason": reason})
    move(session, MovementKind.PAID_IN, 1_00)
    open_drawer(cast.carla, 0)
    carla = Browser(cast.carla)
    page = carla.get("/desk/pay-out").content.decode()
    assert '<datalist id="reasons"><option value="milk"></option><option value="stamps"></option></datalist>' in page
    assert "<datalist" not in carla.get("/desk/pay-in").content.decode()
    assert "a private matter" in Browser(cast.bruno).get("/desk/pay-out").content.decode()


def test_the_last_drawers_are_a_click_away(cast: Cast) -> None:
    for _drawer in range(OWN_SESSIONS_MAX + 1):
        last = close_drawer(open_drawer(cast.carla, 0), 0)
    page = Browser(cast.carla).get("/desk").content.decode()
    assert page.count('<a class="target" href="/desk/sessions/') == OWN_SESSIONS_MAX
    assert f"/desk/sessions/{last.uuid}" in page


def test_the_front_door_leads_everyone_where_they_work(cast: Cast) -> None:
    assert Browser(cast.carla).get("/").headers["Location"] == "/desk"
    assert Browser().get("/").headers["Location"] == "/sign-in"
    erika = Browser(cast.erika)
    erika.get("/")
    assert erika.page.headers["Location"] == first_path_of(cast.erika)
    assert "no-store" in erika.page.headers["Cache-Control"]
    assert erika.follow().status_code == 200
