"""The shape of GET /cash-management/expected, and the orders that payments tell of (docs/contracts.md, section 3)."""

import re
from datetime import timedelta
from typing import Any

import pytest

from cashdesk.models import CashSession
from reconciliations.domain.orders_of_day import counted, orders_of_day
from reconciliations.enums import OrderState
from tests.cashdesk.desk import NOON, open_drawer, pay
from tests.reconciliations.desk import vendor_of
from tests.reconciliations.test_expected_cash import DAY
from tests.stories import Cast, caller, counted_queries, exact

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def drawer(cast: Cast) -> CashSession:
    """Carla's open drawer with 100.00."""
    return open_drawer(cast.carla, 100_00, station=1)


def shown(cast: Cast, extra: str = "") -> Any:
    """Returns the answer for the day, as the manager sees it."""
    path = f"/cash-management/expected?storeId={cast.store.uuid}&businessDayDate={DAY}{extra}"
    response = caller(cast.erika).get(path)
    assert response.status_code == 200, response.content
    return exact(response)


def states(cast: Cast, *, is_closed: bool = False) -> dict[str, int]:
    """Returns the number of orders by state, without zeros."""
    orders = orders_of_day(store=cast.store, on=DAY, is_closed=is_closed)
    return {state.value: number for state in OrderState if (number := counted(orders, state))}


def test_the_store_is_named_as_the_page_names_it(cast: Cast) -> None:
    bare = {
        "storeId": str(cast.store.uuid), "storeCode": "1337", "storeName": "Berlin",
        "accountId": str(cast.store.account.uuid), "vendorId": None, "timezone": "Europe/Berlin",
    }  # fmt: skip
    assert shown(cast)["store"] == bare
    vendor = vendor_of(cast.store)
    assert shown(cast)["store"] == {**bare, "vendorId": str(vendor.uuid)}


def test_times_have_three_decimals_and_a_z(cast: Cast, drawer: CashSession) -> None:
    pay(drawer, 1_00)
    answer = shown(cast)
    times = (answer["generatedAt"], answer["businessDay"]["openedAt"])
    assert all(INSTANT.fullmatch(time) for time in times), times
    assert answer["businessDay"]["closedAt"] is None


def test_a_quiet_day_has_the_whole_shape(cast: Cast) -> None:
    answer = shown(cast)
    assert set(answer["summary"].values()) == {0}
    (euros,) = answer["currencies"]
    assert euros["sales"] == {"gross": 0, "net": 0, "taxes": 0, "discounts": 0, "orderCount": 0}
    assert euros["cancellations"] == {"orderCount": 0, "total": 0, "forceClosed": {"orderCount": 0, "total": 0}}
    assert set(euros["parts"].values()) == {0}


def test_sales_are_told_before_and_after_discounts_with_their_taxes(cast: Cast, drawer: CashSession) -> None:
    pay(drawer, 10_00, tax=1_60, discount=2_00)
    pay(drawer, 20_00, method="MASTERCARD", tax=3_20)
    pay(drawer, 5_00, type="REFUND", tax=80, discount=1_00)
    (euros,) = shown(cast)["currencies"]
    assert euros["sales"] == {"gross": 26, "net": 25, "taxes": 4, "discounts": 1, "orderCount": 2}
    assert sum(row["totalBilled"] for row in euros["byPaymentMethod"]) == 25
    assert euros["parts"]["systemCash"] == 105


def test_only_cash_is_tendered_and_on_hand(cast: Cast, drawer: CashSession) -> None:
    pay(drawer, 10_00, tendered=20_00, change=10_00)
    pay(drawer, 20_00, method="MASTERCARD")
    (euros,) = shown(cast)["currencies"]
    fields = ("processor", "totalBilled", "cashTendered", "changeGiven", "expectedCashOnHand")
    assert [tuple(row[name] for name in fields) for row in euros["byPaymentMethod"]] == [
        ("cash", 10, 20, 10, 10), ("MASTERCARD", 20, None, None, None),
    ]  # fmt: skip
    (person,) = euros["byOperatorAndPaymentMethod"]
    assert (person["operatorUid"], person["byPaymentMethod"]) == (str(cast.carla.pk), euros["byPaymentMethod"])


def test_services_stand_within_their_channel(cast: Cast, drawer: CashSession) -> None:
    for channel, service in (("KIOSK", "DINE_IN"), ("KIOSK", "TAKE_AWAY"), ("KIOSK", "DINE_IN"), ("WEB", "")):
        pay(drawer, 10_00, channel=channel, service=service)
    (euros,) = shown(cast)["currencies"]
    told = [
        (
            row["channel"], row["orderCount"], row["total"],
            [(inner["service"], inner["orderCount"], inner["total"]) for inner in row["services"]],
        )
        for row in euros["byChannelAndService"]
    ]  # fmt: skip
    assert told == [("KIOSK", 3, 30, [("DINE_IN", 2, 20), ("TAKE_AWAY", 1, 10)]), ("WEB", 1, 10, [("", 1, 10)])]


@pytest.mark.parametrize(
    ("payments", "state"),
    [
        (["APPROVED"], "COMPLETED"),
        (["APPROVED", "APPROVED"], "COMPLETED"),
        (["REJECTED", "APPROVED"], "COMPLETED"),
        (["APPROVED", "PENDING"], "OPEN"),
        (["REJECTED", "PENDING"], "OPEN"),
        (["REJECTED", "REJECTED"], "CANCELLED"),
        (["APPROVED", "-APPROVED"], "CANCELLED"),
        (["APPROVED", "APPROVED", "-APPROVED"], "COMPLETED"),
        (["APPROVED", "-PENDING"], "COMPLETED"),
        (["APPROVED", "-REJECTED"], "COMPLETED"),
    ],
)
def test_the_payments_of_an_order_tell_its_state(
    cast: Cast, drawer: CashSession, payments: list[str], state: str
) -> None:
    for text in payments:
        kind = "REFUND" if text.startswith("-") else "SALE"
        pay(drawer, 10_00, order="A-1", status=text.removeprefix("-"), type=kind)
    assert states(cast) == {state: 1}
    assert states(cast, is_closed=True) == {"FORCE_CLOSED" if state == "OPEN" else state: 1}


def test_payments_without_an_order_are_orders_of_their_own(cast: Cast, drawer: CashSession) -> None:
    for status in ("APPROVED", "APPROVED", "PENDING", "REJECTED"):
        pay(drawer, 10_00, status=status)
    pay(drawer, 10_00, type="REFUND")
    assert states(cast) == {"COMPLETED": 2, "OPEN": 1, "CANCELLED": 1}, "a refund alone is no order"
    assert shown(cast)["summary"]["totalOrders"] == 4


def test_an_order_belongs_to_its_first_sale(cast: Cast, drawer: CashSession) -> None:
    other = open_drawer(cast.bruno, 0, station=2)
    pay(other, 5_00, order="A-1", channel="WEB")
    pay(drawer, 5_00, order="A-1", channel="SHOP", method="CARD")
    (euros,) = shown(cast)["currencies"]
    assert [(row["device"], row["orderCount"], row["total"]) for row in euros["byDevice"]] == [(1, 0, 5), (2, 1, 5)]
    assert [(row["channel"], row["orderCount"]) for row in euros["byChannelAndService"]] == [("SHOP", 0), ("WEB", 1)]
    assert [(row["operatorName"], row["orderCount"]) for row in euros["byOperator"]] == [("Carla", 0), ("Bruno", 1)]
    alone = shown(cast, f"&operatorUid={cast.carla.pk}")
    assert alone["summary"]["completedOrders"] == 1, "of one operator, what was paid at their drawer"


def test_cancelled_and_forced_orders_are_summed(cast: Cast, drawer: CashSession) -> None:
    pay(drawer, 7_00, order="A-1", status="REJECTED")
    pay(drawer, 7_00, order="A-1", status="REJECTED")
    pay(drawer, 9_00, order="A-2")
    pay(drawer, 9_00, order="A-2", type="REFUND")
    pay(drawer, 4_00, order="A-3", status="PENDING")
    pay(drawer, 1_00, order="A-3")
    (euros,) = shown(cast)["currencies"]
    assert euros["cancellations"] == {"orderCount": 2, "total": 16, "forceClosed": {"orderCount": 0, "total": 0}}
    assert shown(cast)["summary"]["openOrders"] == 1
    assert caller(cast.erika).post(f"/business-days/{DAY}/close").status_code in (200, 201)
    answer = shown(cast)
    (euros,) = answer["currencies"]
    assert euros["cancellations"]["forceClosed"] == {"orderCount": 1, "total": 5}
    assert (answer["summary"]["openOrders"], answer["summary"]["forceClosedOrders"]) == (0, 1)


def test_another_day_and_another_store_have_their_own_orders(cast: Cast, drawer: CashSession) -> None:
    pay(drawer, 1_00, order="A-1")
    pay(open_drawer(cast.otto, 0, station=1), 1_00, order="A-1", status="PENDING")
    assert states(cast) == {"COMPLETED": 1}
    assert orders_of_day(store=cast.store, on=DAY - timedelta(days=1), is_closed=False) == []


def test_orders_take_one_statement(cast: Cast, drawer: CashSession) -> None:
    for number in range(5):
        pay(drawer, 1_00, order=f"A-{number}", channel=str(number), at=NOON)
    for operator in (None, cast.carla):
        with counted_queries() as queries:
            orders = orders_of_day(store=cast.store, on=DAY, operator=operator, is_closed=False)
        assert (len(queries), counted(orders, OrderState.COMPLETED)) == (1, 5)
