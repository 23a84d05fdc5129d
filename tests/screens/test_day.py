"""A cashier's day on the pages, without scripts: every step and its bookings."""

import pytest

from cashdesk.enums import PlaceKind
from cashdesk.models import CashSession, CountPieces, Movement
from tests.cashdesk.desk import pay
from tests.screens.desk import Browser, open_of
from tests.stories import Cast, counted_queries, make_cast


def test_a_whole_day(cast: Cast) -> None:
    carla = Browser(cast.carla)
    carla.get("/desk")
    assert "You have no open drawer" in carla.text
    assert "1337 Berlin" in carla.text
    assert carla.fill("/desk/open", {"step": "open", "pieces-2000": "5", "pieces-50": "3"}).status_code == 303
    carla.follow()
    session = open_of(cast.carla)
    assert session.start_amount == 101_50
    for words in ("Your drawer is open", "1337 Berlin", "Register 1", "Float €101.50", "Count and close"):
        assert words in carla.text

    carla.fill("/desk/pay-in", {"amount": "20", "reason": "change"})
    carla.follow()
    assert "Paid in: €20.00 (change)" in carla.text
    carla.fill("/desk/pay-out", {"amount": "7.35", "reason": "window cleaner", "note": "receipt 12"})
    carla.follow()
    assert "Paid out: €7.35 (window cleaner)" in carla.text
    carla.fill("/desk/drop", {"amount": "50", "note": "bag 4"})
    carla.follow()
    assert "Dropped into the safe: €50.00" in carla.text
    booked = Movement.objects.filter(session=session).exclude(kind="FLOAT").order_by("pk")
    assert [(m.kind, m.amount, m.reason, m.note) for m in booked] == [
        ("PAID_IN", 20_00, "change", ""),
        ("PAID_OUT", 7_35, "window cleaner", "receipt 12"),
        ("DROP", 50_00, "drop", "bag 4"),
    ]
    assert cast.book(PlaceKind.VAULT) == 50_00 - 101_50
    pay(session, 12_50)

    # 101.50 + 20.00 - 7.35 - 50.00 + 12.50 = 76.65
    carla.fill("/desk/count", {"pieces-5000": "1", "pieces-2000": "1", "pieces-500": "1", "pieces-100": "1"})
    assert "You counted €76.00" in carla.text
    assert "These lines are empty. They count as 0: €500 €200 €100 €10 €2 €0.50" in carla.text
    assert open_of(cast.carla) == session
    assert carla.send("/desk/count", {"step": "close"}).status_code == 303
    assert carla.page.headers["Location"] == f"/desk/sessions/{session.uuid}"
    carla.follow()
    for words in (
        "Short by €0.65", "Counted €76.00", "Expected €76.65", "Difference: short −€0.65",
        "Float €101.50", "€50 1 × 1 × – €20 1 × 1 × – €5", "Cashier Carla",
    ):  # fmt: skip
        assert words in carla.text, words
    assert CountPieces.objects.filter(count_amount__count__moment="CLOSING").count() == 4
    carla.get("/desk")
    assert "Your latest drawers Register 1, " in carla.text
    assert f"/desk/sessions/{session.uuid}" in carla.page.content.decode()


@pytest.mark.parametrize(
    ("counted", "title", "difference"),
    [("100", "The drawer is balanced", "Difference: none €0.00"), ("100.50", "Over by €0.50", "over +€0.50")],
)
def test_one_amount_is_enough_and_the_result_says_what_it_is(
    cast: Cast, counted: str, title: str, difference: str
) -> None:
    carla = Browser(cast.carla)
    carla.fill("/desk/open", {"step": "open", "amount": "100"})
    carla.fill("/desk/count", {"amount": counted})
    assert "Entered as one amount" in carla.text
    assert "These lines are empty" not in carla.text
    carla.send("/desk/count", {"step": "close"})
    carla.follow()
    assert title in carla.text
    assert difference in carla.text
    assert "Counted notes and coins" not in carla.text


def test_going_back_keeps_every_digit(cast: Cast) -> None:
    carla = Browser(cast.carla)
    carla.fill("/desk/open", {"step": "open", "amount": "0"})
    carla.fill("/desk/count", {"pieces-2000": "007", "pieces-1": "0", "amount": ""})
    assert "€2" in carla.text
    carla.send("/desk/count", {"step": "back"})
    assert carla.page.status_code == 200
    assert (carla.value("pieces-2000"), carla.value("pieces-1"), carla.value("pieces-500")) == ("007", "0", "")
    carla.send("/desk/count", {"pieces-2000": "7", "pieces-1": "0", "amount": "140.00", "step": "review"})
    assert "You counted €140.00" in carla.text
    assert CashSession.objects.get().is_open


@pytest.mark.parametrize(
    ("currency", "faces", "amount"),
    [("CLP", ["20,000\u00a0CLP", "10\u00a0CLP"], "12500"), ("KWD", [], "12.505"), ("CNY", ["CN¥1"], "2.5")],
)
def test_other_currencies(currency: str, faces: list[str], amount: str, db: None) -> None:
    cast = make_cast(currency=currency)
    carla = Browser(cast.carla)
    carla.get("/desk/open")
    for face in faces:
        assert (
            carla.page.content.decode().count(f'<span class="face"><bdi class="amount" dir="ltr">{face}</bdi></span>')
            == 1
        )
    carla.send("/desk/open", {"step": "open", "amount": amount})
    assert open_of(cast.carla).start_amount == {"CLP": 12_500, "KWD": 12_505, "CNY": 250}[currency]
    carla.count({"amount": amount})
    carla.follow()
    assert "The drawer is balanced" in carla.text


@pytest.mark.parametrize("sales", [0, 3])
def test_a_page_costs_the_same_whatever_was_sold(cast: Cast, sales: int) -> None:
    carla = Browser(cast.carla)
    carla.fill("/desk/open", {"step": "open", "amount": "10"})
    carla.count({"amount": "10"})
    result = carla.page.headers["Location"]
    cost = []
    for path in ("/sign-in?next=/desk", "/desk", "/desk/open", result):
        with counted_queries() as queries:
            carla.get(path)
        cost.append(len(queries))
    carla.fill("/desk/open", {"step": "open", "amount": "10"})
    for _sale in range(sales):
        pay(open_of(cast.carla), 500)
    for path in ("/desk", "/desk/pay-in", "/desk/pay-out", "/desk/drop", "/desk/count"):
        with counted_queries() as queries:
            assert carla.get(path).status_code == 200
        cost.append(len(queries))
    # The desk reads the foreign cash and the variances of the last drawers. The result reads those, notes and their draft.
    assert cost == [2, 10, 6, 10, 10, 6, 6, 4, 6]
