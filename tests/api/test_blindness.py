"""Law 5: nobody learns the expected amount of a drawer before it is counted.

Carla and Bruno do the same things at two drawers with the same float and different sales. On every path both must get
the same answer in text and length, apart from ids and times. No answer and no header may contain the expected amount
in any notation.
"""

import re

import pytest

from cashdesk.models import CashSession
from tests.api.blind import (
    Drawer,
    Step,
    all_of,
    cash_out,
    codes,
    get,
    notations,
    post,
    told,
    walk,
)
from tests.api.steps import payment
from tests.factories import PASSWORD
from tests.web.test_permissions import ROUTES

AMOUNT_WORDS = (
    "final_cash_system", "expected", "expected_amount", "expected_amount__gt", "expected_cash_end", "difference", "difference__lt", "difference__gte",
    "book", "target", "system", "declared_amount", "start_amount", "start_amount__gt", "movements__amount", "payments__amount", "opening_difference",
    "ordering", "order_by", "sort", "fields", "include", "expand", "search", "q", "format", "group_by", "aggregate", "seal", "seal__balances", "page", "size",
)  # fmt: skip

GLANCES = [get(f"/{path}") for method, path in ROUTES if method == "GET" and path not in ("schema", "docs")]
LOOKS = [
    *GLANCES,
    *(Step(method="HEAD", path=step.path) for step in GLANCES),
    *(get(f"/cash/sessions?{word}=1") for word in AMOUNT_WORDS),
    *(get(f"/cash/status?{word}=1") for word in AMOUNT_WORDS),
    *(get(f"/shifts/active?{word}=1") for word in AMOUNT_WORDS),
    *(get(f"/cash/sessions?status={status}") for status in ("OPEN", "CLOSED", "CLOSED_SYSTEM", "BROKEN")),
    *(get(f"/cash/sessions?limit={limit}") for limit in (1, 2, 1000)),
    get("/cash/sessions?user_id={user}"),
    get("/cash/status?user_id={user}"),
    get("/cash/sessions?station={station}"),
    get("/cash/sessions?store=1337"),
    get("/cash/sessions?from=2020-01-01&to=2999-01-01"),
    get("/cash/sessions/{session}"),
    get("/cash/sessions/{uuid}"),
    get("/shifts/{uuid}"),
    get("/movements"),
    get("/payments"),
    get("/payments/{name}-1"),
    get("/payments?session={session}"),
    get("/payments?session={uuid}"),
    get("/payments?session={session}&limit=1"),
    get("/payments?session={session}&method=CASH"),
    get("/payments?session={session}&status=APPROVED&from=2020-01-01"),
    get("/payments?session={session}&amount=63741"),
    get("/payments?store=1337"),
    get("/movements?session={session}"),
    get("/movements?session={session}&kind=SALE"),
    get("/movements?session={uuid}&limit=1"),
    get("/movements?session={session}&is_late=true"),
    get("/counts?session={session}"),
    get("/counts?session={session}&moment=OPENING"),
    get("/counts?station={station}"),
    get("/registers/{station}"),
    get("/registers/0"),
    get("/registers?kind=REGISTER"),
    get("/cash-position?store=1337"),
    get("/people/{user}"),
    get("/people?operator={user}"),
    get("/reports/shift-summary?start_date=2020-01-01&end_date=2020-01-31"),
    get("/reports/shift-summary?start_date=2020-01-01&end_date=2020-01-31&export=csv"),
]  # fmt: skip

REFUSALS = [
    post("/cash/open", {"start_amount": 1}),
    post("/cash/open", {"start_amount": 1, "station": 4}),
    post("/cash/open", {"start_amount": "739,41"}),
    post("/cash/open", {"start_amount": 1, "station": 99, "force_close_previous": True}),
    post("/cash/open", {"start_amount": -1, "force_close_previous": True}),
    post("/cash/close", {}),
    post("/cash/close", {"final_cash_declared": -1}),
    post("/cash/close", {"final_cash_declared": "about 700"}),
    post("/cash/close", {"final_cash_declared": 5, "count": [{"denomination": 10, "pieces": 1}]}),
    post("/cash/close", {"final_cash_declared": 5, "preview": True}),
    post("/cash/close", {"final_cash_declared": 5, "dry_run": True}),
    post("/cash/close?dry_run=1", {"final_cash_declared": 5}),
    post("/cash/close", {"count": [{"denomination": 3, "pieces": 1}]}),
    post("/shifts/start", {"start_cash": 1, "password": PASSWORD}),
    post("/shifts/start", {"start_cash": 1, "password": "wrong"}),
    post("/shifts/end", {"password": PASSWORD, "actual_cash_end": None}),
    post("/shifts/end", {"password": PASSWORD, "actual_cash_end": -1}),
    post("/shifts/end", {"password": "wrong", "actual_cash_end": 5}),
    post("/movements/{uuid}/reverse", {"reason": "x"}),
    post("/payments", payment("x", session="{session}", station=99)),
    Step(method="PATCH", path="/payments/{name}-1", body={"status": "REJECTED"}),
    Step(method="OPTIONS", path="/cash/close"),
]

DEEDS = [
    # An id that the till has reported with other figures: it is a payment of its own, and tells nothing of the till's.
    post("/payments", payment("{name}-1", 1)),
    post("/payments", payment("{name}-4", 111)),
    post("/payments", payment("{name}-4", 111)),
    post("/payments", payment("{name}-4", 112)),
    post("/payments", payment("{name}-5", 90_000_000, type="REFUND")),
    post("/payments", payment("{name}-6", 90_000_000)),
    post("/payments", payment("{name}-7", 777, status="PENDING")),
    Step(method="PATCH", path="/payments/{name}-7", body={"status": "APPROVED"}),
    post("/payments/batch", [payment("{name}-8", 17), payment("{name}-8", 17), payment("{name}-9", "x")], key="batch"),
    post("/payments/batch", [payment("{name}-8", 17), payment("{name}-8", 17), payment("{name}-9", "x")], key="batch"),
    post("/orders/7/pay/manual", {"payment_method_id": "{cash}", "amount": 50, "cash_received": 100}, key="order"),
    post("/orders/7/pay/manual", {"payment_method_id": "{cash}", "amount": 50, "cash_received": 100}, key="order"),
    cash_out(1),
    cash_out(10_400),  # more than is in Bruno's drawer, less than is in Carla's
    cash_out(80_000, "drop"),  # more than is in either
    cash_out(10**14),
    cash_out(10**14, "drop"),
    post("/shifts/cash-transaction", {"type": "cash_in", "amount": 10**14, "category": "opening"}),
    post("/shifts/cash-transaction", {"type": "cash_in", "amount": 7, "category": "other"}, key="in"),
    post("/shifts/cash-transaction", {"type": "cash_in", "amount": 7, "category": "other"}, key="in"),
]


def test_the_hunt_would_find_it(drawers: dict[str, Drawer]) -> None:
    """Proves the check itself: it fails for the answer to a count, which shows the expected amount."""
    carla = drawers["carla"]
    assert {"73941", "739.41", "739,41"} < set(notations(carla.expected))
    with pytest.raises(AssertionError, match=r"tells 739\.41"):
        told(carla, post("/cash/close", {"final_cash_declared": 5}))
    with pytest.raises(AssertionError):
        assert all_of(carla.till.get("/cash/sessions")) == all_of(drawers["bruno"].till.get("/cash/sessions"))


def test_looking_tells_nothing(drawers: dict[str, Drawer]) -> None:
    answers = codes(walk(drawers, LOOKS))
    assert 200 in answers
    assert max(answers) < 500


def test_a_refusal_tells_nothing(drawers: dict[str, Drawer]) -> None:
    answers = codes(walk(drawers, REFUSALS))
    assert set(answers) <= {400, 401, 403, 404, 405, 409}
    assert CashSession.objects.filter(status="OPEN").count() == 2


@pytest.mark.usefixtures("any_amount")
def test_what_a_cashier_does_tells_nothing(drawers: dict[str, Drawer]) -> None:
    answers = codes(walk(drawers, DEEDS))
    assert answers == [
        201,
        201,
        200,
        409,
        201,
        201,
        201,
        200,
        200,
        200,
        200,
        200,
        201,
        201,
        201,
        201,
        201,
        201,
        201,
        201,
    ]
    walk(drawers, GLANCES)


def test_taking_out_cent_by_cent_never_meets_the_bottom(drawers: dict[str, Drawer]) -> None:
    """If a drawer refused to pay out more than it holds, a few tries would find the amount in it."""
    for amount in (2**exponent for exponent in range(20, 0, -1)):
        assert codes(walk(drawers, [cash_out(amount)])) == [201]


@pytest.mark.parametrize("path", ["/", "/admin/", "/admin/cashdesk/cashsession/", "/admin/cashdesk/movement/", "/admin/cashdesk/auditentry/", "/admin/cashdesk/count/",
                                  "/admin/cashdesk/cashsession/{session}/change/", "/admin/cashdesk/seal/", "/admin/cashdesk/place/", "/admin/jsi18n/",
                                  "/api/v1/docs", "/api/v1/schema", "/readyz", "/livez"])  # fmt: skip
def test_the_pages_tell_nothing(drawers: dict[str, Drawer], path: str) -> None:
    pages = []
    for drawer in drawers.values():
        page = drawer.browser.get(path.replace("{session}", str(drawer.session.pk)))
        text = re.sub(r"/\d+/change|%2F\d+%2Fchange", "/#/change", all_of(page))
        for notation in ("739.41", "739,41", "73941", "639.41", "63941", "103.38", "103,38", "10338"):
            assert notation not in text
        assert page.status_code < 500
        pages.append(text)
    assert pages[0] == pages[1]
