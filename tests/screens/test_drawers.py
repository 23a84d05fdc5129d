"""The page Drawers: the registers of a store and the drawers that were closed last."""

from tests.cashdesk.desk import close_drawer, force_close, open_drawer, pay
from tests.factories import UserFactory
from tests.screens.desk import Browser
from tests.stories import Cast, counted_queries

STATEMENTS = 6
"""Two find the session and the person. Two read the registers and who has them open, one the drawers, one what waits."""


def test_a_manager_sees_who_has_which_drawer_open(cast: Cast) -> None:
    pay(open_drawer(cast.carla, 100_00, station=2), 23_45)
    erika = Browser(cast.erika)
    erika.get("/drawers")
    assert "Register 1 Closed X report" in erika.text
    assert "Register 2 Open Carla, since" in erika.text
    assert "123.45" not in erika.text
    assert "No closed drawers yet" in erika.text


def test_a_register_and_its_count_have_the_same_words_as_on_today(cast: Cast) -> None:
    erika = Browser(cast.erika)
    open_drawer(cast.carla, 100_00, station=2)
    force_close(open_drawer(cast.bruno, 100_00))
    for path in ("/drawers", "/today"):
        erika.get(path)
        assert "Count register 2" in erika.text, path
        assert "Register 1 Not counted" in erika.text, path
    close_drawer(open_drawer(cast.bruno, 100_00), 100_00)
    erika.get("/drawers")
    assert "Register 1 Closed" in erika.text


def test_the_result_is_told_of_counted_drawers_alone(cast: Cast) -> None:
    close_drawer(open_drawer(cast.carla, 100_00), 98_50)
    close_drawer(open_drawer(cast.bruno, 100_00), 100_00)
    close_drawer(open_drawer(cast.carla, 100_00), 71_30, hands_over=True)
    erika = Browser(cast.erika)
    erika.get("/drawers")
    for words in ("Carla Short −€1.50", "Bruno Balanced €0.00", "Carla Handed over"):
        assert words in erika.text
    assert "28.70" not in erika.text  # what the next count will show


def test_the_page_costs_the_same_whatever_there_is(cast: Cast) -> None:
    erika = Browser(cast.erika)
    cost = []
    for number in (0, 1, 3):
        for _drawer in range(number):
            close_drawer(open_drawer(cast.carla, 0), 0)
            open_drawer(UserFactory(store=cast.store), 0)
        with counted_queries() as queries:
            erika.get("/drawers")
        cost.append(len(queries))
    assert cost == [STATEMENTS] * 3


def test_a_cashier_has_no_such_page(cast: Cast) -> None:
    assert Browser(cast.carla).get("/drawers").status_code == 403
