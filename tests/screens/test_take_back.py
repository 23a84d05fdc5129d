"""Undo at the desk: a person reverses their own mistake, once, with a reason."""

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import MovementKind, PlaceKind
from cashdesk.models import Movement
from settlements.domain.reversal_by_manager import reverse_movement
from tests.cashdesk.desk import move, open_drawer, sell
from tests.screens.desk import Browser
from tests.stories import Cast


def path_of(movement: Movement) -> str:
    return f"/desk/movements/{movement.uuid}/take-back"


def test_a_pay_out_with_two_digits_too_many_is_taken_back(cast: Cast) -> None:
    open_drawer(cast.carla, 199_00)
    carla = Browser(cast.carla)
    carla.fill("/desk/pay-out", {"amount": "75000", "reason": "window cleaner", "looked": "7500000 EUR"})
    paid = Movement.objects.get(kind="PAID_OUT")
    assert path_of(paid) in carla.get("/desk").content.decode()
    carla.get(path_of(paid))
    for words in ("Undo this movement?", "Paid out", "€75,000.00", "window cleaner"):
        assert words in carla.text, words
    assert carla.send(path_of(paid), {"reason": " "}).status_code == 400
    assert "Enter a reason." in carla.text
    assert carla.fill(path_of(paid), {"reason": "x" * 51}).status_code == 400
    assert carla.value("reason") == "x" * 51
    form = {**carla.hidden(), "reason": "wrong amount"}
    answers = [carla.client.post(path_of(paid), form) for _twice in range(2)]
    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {
        (303, f"/desk?taken_back={paid.uuid}")
    }
    carla.get(answers[0].headers["Location"])
    assert "Undone: Paid out €75,000.00" in carla.text
    assert path_of(paid) not in carla.page.content.decode()
    assert (cast.book(PlaceKind.REGISTER, 1), cast.book(PlaceKind.OUTSIDE)) == (199_00, 0)
    assert Movement.objects.get(reverses=paid).reason == "wrong amount"


def test_of_two_who_take_it_back_one_is_told(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00)
    drop = move(session, MovementKind.DROP, 5_00)
    carla = Browser(cast.carla)
    carla.get(path_of(drop))
    reverse_movement(movement=drop, by=Principal(user=cast.erika), at=session.opened_at, reason="a mistake")
    assert carla.send(path_of(drop), {"reason": "mine"}).status_code == 409
    assert "This movement is already reversed." in carla.text
    assert Movement.objects.filter(reverses=drop).count() == 1


def test_there_is_no_page_of_what_is_not_one_s_own(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00)
    paid, sale = move(session, MovementKind.PAID_IN, 5_00), sell(session, 77_77)
    for user in (cast.bruno, cast.erika, cast.otto):
        assert Browser(user).get(path_of(paid)).status_code == 404
        assert Browser(user).client.post(path_of(paid), {"reason": "x"}).status_code == 404
    carla = Browser(cast.carla)
    carla.get(path_of(sale))
    assert "You can undo only cash" in carla.text
    assert carla.send(path_of(sale), {"reason": "x"}).status_code == 422
    assert not Movement.objects.filter(reverses__isnull=False).exists()


def test_nothing_on_the_pages_tells_what_is_expected(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100_00)
    drop = move(session, MovementKind.DROP, 5_00)
    carla = Browser(cast.carla)
    before = carla.get(path_of(drop)) and carla.text
    sell(session, 77_77)
    assert (carla.get(path_of(drop)) and carla.text) == before
    assert "172.77" not in carla.text
