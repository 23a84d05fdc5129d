"""The page that opens a drawer without a sale: its reasons, that it is noted once, and who may not use it."""

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.models import AuditEntry, Movement
from settlements.domain.x_report import x_report
from tests.cashdesk.desk import NOON, close_drawer, open_drawer
from tests.screens.desk import Browser, open_of
from tests.stories import Cast

PATH = "/desk/no-sale"


def noted() -> list[str]:
    """Returns the reasons, in the order in which drawers were opened."""
    entries = AuditEntry.objects.filter(action="register.no_sale").order_by("pk")
    return [entry.detail["reason"] for entry in entries]


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"reason": "Receipt or printer"}, "Receipt or printer"),
        ({"words": "a coin stuck"}, "a coin stuck"),
        ({"reason": "Change for a customer", "words": "for the bus"}, "Change for a customer: for the bus"),
    ],
)
def test_an_opening_is_noted_with_its_reason_and_counted(cast: Cast, typed: dict[str, str], reason: str) -> None:
    session = open_drawer(cast.carla, 50_00)
    carla = Browser(cast.carla)
    before = Movement.objects.count()
    carla.get("/desk")
    assert f'href="{PATH}"' in carla.page.content.decode()
    assert carla.fill(PATH, typed).status_code == 303
    carla.follow()
    assert "No sale recorded. No money was moved." in carla.text
    assert noted() == [reason]
    assert Movement.objects.count() == before
    entry = AuditEntry.objects.get(action="register.no_sale")
    assert (entry.user, entry.subject) == (cast.carla, f"place:{session.register_id}")
    assert x_report(place=session.register, by=Principal(user=cast.erika), at=entry.at).no_sales == 1


def test_it_is_noted_once_however_often_it_is_sent(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    carla = Browser(cast.carla)
    carla.get(PATH)
    form = {**carla.hidden(), "reason": "Test of the drawer"}
    answers = [carla.client.post(PATH, form) for _turn in range(2)]
    assert {answer.headers["Location"] for answer in answers} == {"/desk?notice=no-sale"}
    assert noted() == ["Test of the drawer"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Choose a reason, or enter your own."),
        ({"reason": "Because", "words": " "}, "Choose a reason, or enter your own."),
        ({"words": "x" * 51}, "Enter at most 50 characters."),
        (
            {"reason": "Change for a customer", "words": "x" * 40},
            "The chosen reason and your words are too long together.",
        ),
    ],
)
def test_what_is_refused_stays_typed(cast: Cast, typed: dict[str, str], words: str) -> None:
    open_drawer(cast.carla, 0)
    carla = Browser(cast.carla)
    assert carla.fill(PATH, typed).status_code == 400
    assert words in carla.text
    assert carla.value("words") == typed.get("words", "")
    assert ("checked" in carla.page.content.decode()) == (typed.get("reason") == "Change for a customer")
    assert noted() == []


def test_where_no_drawer_is_open_nothing_is_noted(cast: Cast) -> None:
    carla = Browser(cast.carla)
    assert carla.get(PATH).headers["Location"] == "/desk?notice=nothing-open"
    open_drawer(cast.bruno, 0)
    carla.page = carla.client.post(PATH, {"session": str(open_of(cast.bruno).uuid), "words": "x"})
    assert carla.page.headers["Location"] == "/desk?notice=nothing-open"
    assert noted() == []


def test_a_drawer_that_somebody_else_has_taken_over_is_theirs(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    carla = Browser(cast.carla)
    carla.get(PATH)
    close_drawer(session, 0)
    open_drawer(cast.bruno, 0, at=NOON, station=session.register.number)
    assert carla.send(PATH, {"words": "late"}).status_code == 403
    assert "Somebody else has register" in carla.text
    assert carla.value("words") == "late"
    assert noted() == []


def test_a_drawer_that_was_closed_meanwhile_is_not_opened_in_the_next_ones_z(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    carla = Browser(cast.carla)
    carla.get(PATH)
    close_drawer(session, 0)
    assert carla.send(PATH, {"words": "late"}).headers["Location"] == "/desk?notice=closed-meanwhile"
    assert noted() == []
