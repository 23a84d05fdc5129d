"""GET /variances and its rows: their content, scope, filters and statements, and the constraints in the database."""

from typing import Any

import pytest
from django.http import HttpResponse

from cashdesk.enums import Role, VarianceKind
from cashdesk.models import Count, Movement, Variance
from reconciliations.models import VarianceEvent
from tests.factories import StoreFactory, UserFactory
from tests.reconciliations.desk import NEVER_USED
from tests.reconciliations.queue import (
    every_row,
    explain,
    limits,
    only,
    raised,
    recount,
    reject,
    short_drawer,
    signed_off,
)  # fmt: skip
from tests.settlements.desk import Shop
from tests.stories import Caller, Cast, caller, counted_queries, exact, key_caller

ACTS: dict[str, dict[str, Any]] = {
    "explain": {"reason": "COUNTING_ERROR"}, "witness": {}, "recount": {"amount": 1}, "approve": {},
    "reject": {"notes": "x"}, "escalate": {"notes": "x"},
}  # fmt: skip


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A shop in which an admin decides differences above 20.00."""
    limits(cast.store, second=20_00)
    return Shop(cast)


@pytest.fixture
def erika(cast: Cast) -> Caller:
    """The manager's client."""
    return caller(cast.erika)


def post(by: Caller, variance: Variance, act: str, body: Any = None, **headers: str) -> Any:
    """Sends an action, with a valid body unless `body` is given."""
    return by.post(f"/variances/{variance.uuid}/{act}", ACTS[act] if body is None else body, **headers)


def test_all_that_is_shown(shop: Shop, erika: Caller) -> None:
    variance = short_drawer(shop, by=10_00)
    shop.pay(3_00, paid_at=shop.at, session=str(variance.session_id))
    recount(shop, variance, 199_00, by=shop.cast.anna)
    signed_off(shop, variance)
    late = exact(erika.get("/variances?kind=LATE"))
    assert [(row["late_amount"], row["difference"], row["adjusted_difference"]) for row in late] == [(3_00, None, None)]
    body = exact(erika.get(f"/variances/{variance.uuid}"))
    events = body.pop("events")
    kept = only(kind=VarianceKind.SESSION)
    assert kept.session is not None
    assert body == {
        "id": str(kept.uuid), "store": "1337", "kind": "SESSION", "state": "APPROVED", "is_escalated": False,
        "subject": f"session:{kept.session_id}", "station": 1, "session": str(kept.session.uuid),
        "user_id": shop.cast.carla.pk, "user_name": "Carla", "counted_by": "Carla", "business_date": "2026-03-10",
        "currency": "EUR", "method": "CASH", "expected_amount": 200_00, "counted_amount": 190_00, "difference": -10_00,
        "tolerance": 0, "late_amount": 3_00, "adjusted_difference": -13_00, "repaid_amount": 0, "reason": "COUNTING_ERROR", "notes": "",
        "explained_by": "Erika Mustermann", "explained_at": body["explained_at"], "decided_by": "Erika Mustermann",
        "decided_at": body["decided_at"], "raised_at": "2026-03-10T12:02:00Z", "allowed": [],
    }  # fmt: skip
    correction = Movement.objects.get(reason="correction")
    assert [(event["act"], event["by"], event["recounted"], event["correction"]) for event in events] == [
        ("RECOUNT", f"user:{shop.cast.anna.pk}", 199_00, None),
        ("EXPLAIN", f"user:{shop.cast.erika.pk}", None, None),
        ("APPROVE", f"user:{shop.cast.erika.pk}", None, str(correction.uuid)),
    ]


# --- Input -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "state=open", "state=DONE", "waiting=1", "waiting=TRUE", "kind=session", "kind=X", "reason=BECAUSE",
        "escalated=yes", "escalated=0", "store=" + "x" * 37, "store=%00", "station=-1", "station=1.5", "station=one",
        "station=2147483648", "user_id=0", "user_id=1.5", "user_id=x", "user_id=9223372036854775808", "currency=EURO",
        "from=yesterday", "from=2026-02-30", "to=10.03.2026", "to=2026-03-10T00:00:00Z", "limit=0", "limit=1001",
        "limit=x", "cursor=x", "cursor=", "colour=red", "page=2",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(erika: Caller, query: str) -> None:
    answer = erika.get(f"/variances?{query}")
    assert answer.status_code == 400, answer.content
    assert named_in(answer) == [query.partition("=")[0]]


def named_in(answer: HttpResponse) -> list[str]:
    """Returns the fields that a refusal names."""
    return [error["pointer"].removeprefix("/") for error in exact(answer)["errors"]]


@pytest.mark.parametrize(
    ("act", "body", "field"),
    [
        ("explain", {}, "reason"), ("explain", {"reason": "BECAUSE"}, "reason"), ("explain", {"reason": ""}, "reason"),
        ("explain", {"reason": "OTHER"}, "notes"), ("explain", {"reason": "OTHER", "notes": "  "}, "notes"),
        ("explain", {"reason": "THEFT_SUSPECTED"}, "notes"),
        ("explain", {"reason": "COUNTING_ERROR", "notes": "x" * 2001}, "notes"),
        ("explain", {"reason": "COUNTING_ERROR", "notes": 5}, "notes"),
        ("explain", {"reason": "COUNTING_ERROR", "state": "APPROVED"}, "state"),
        ("witness", {"notes": "x" * 2001}, "notes"), ("witness", {"by": "Anna"}, "by"),
        ("reject", {}, "notes"), ("reject", {"notes": " "}, "notes"),
        ("escalate", {}, "notes"), ("escalate", {"notes": ""}, "notes"),
        ("approve", {"notes": None}, "notes"), ("approve", {"amount": 5}, "amount"),
        ("recount", {}, "amount"), ("recount", {"amount": -1}, "amount"), ("recount", {"amount": 1.5}, "amount"),
        ("recount", {"amount": True}, "amount"), ("recount", {"amount": 10**15}, "amount"),
        ("recount", {"amount": 1, "currency": "USD"}, "currency"), ("recount", {"amount": 1, "method": "CARD"}, "method"),
        ("recount", {"amount": 1, "currency": "EURO"}, "currency"),
        ("recount", {"count": [{"denomination": 3, "pieces": 1}]}, "count"),
        ("recount", {"count": [{"denomination": 500, "pieces": 1}], "amount": 501}, "amount"),
        ("recount", {"count": [{"denomination": 500, "pieces": 1}, {"denomination": 500, "pieces": 1}]}, "count"),
        ("recount", {"count": [{"denomination": 500, "pieces": -1}]}, "count/0/pieces"),
        ("recount", {"count": [{"denomination": 500}]}, "count/0/pieces"),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_names_the_field(shop: Shop, act: str, body: Any, field: str) -> None:
    variance = explain(shop, short_drawer(shop))
    anna = caller(shop.cast.anna)
    before = every_row()
    answer = post(anna, variance, act, body)
    assert answer.status_code == 400, answer.content
    assert named_in(answer) == [field]
    assert every_row() == before


def test_a_recount_in_pieces(shop: Shop, erika: Caller) -> None:
    variance = short_drawer(shop)
    body = {"count": [{"denomination": 100_00, "pieces": 1}, {"denomination": 50_00, "pieces": 2}]}
    assert exact(post(erika, variance, "recount", body))["events"][-1]["recounted"] == 200_00
    assert Count.objects.latest("pk").amounts.get().pieces.count() == 2


# --- Whose -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["", *ACTS])
def test_what_is_not_theirs_is_as_what_never_was(shop: Shop, act: str) -> None:
    """A variance out of scope gets the same answer as an unknown one: for a manager of another store, and for others."""
    variance = short_drawer(shop)
    explain(shop, variance)
    sibling = StoreFactory(account=shop.cast.store.account)
    otto = shop.cast.otto
    strangers = [
        caller(UserFactory(store=sibling, role=Role.MANAGER)),
        caller(otto),
        caller(UserFactory(store=None, account=otto.account, role=Role.ADMIN)),
        key_caller(otto.store),
    ]
    before = every_row()
    for stranger in strangers:
        answers = [
            stranger.post(f"/variances/{known}/{act}", ACTS[act]) if act else stranger.get(f"/variances/{known}")
            for known in (variance.uuid, NEVER_USED)
        ]
        told = [{**exact(answer), "instance": "", "request_id": ""} for answer in answers]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert told[0] == told[1]
        assert exact(stranger.get("/variances")) == []
    assert every_row() == before


# --- Pages, cost and repetition --------------------------------------------------------------------------------------


def many(shop: Shop, number: int) -> None:
    """Creates this many variances, each explained and with its own late money."""
    for _ in range(number):
        shop.sign_off(shop.sign_on(shop.cast.carla, 2_00), 1_00)
    for variance in raised(kind=VarianceKind.SESSION, state="OPEN"):
        explain(shop, variance)


def test_pages_follow_the_link(shop: Shop, erika: Caller) -> None:
    many(shop, 7)
    found, path = [], "/variances?limit=3&kind=SESSION"
    while path:
        answer = erika.get(path)
        found.append([row["id"] for row in exact(answer)])
        link = answer.headers.get("Link", "")
        path = link[link.index("/api/v1") + len("/api/v1") : link.index(">")] if link else ""
        if len(found) == 1:
            many(shop, 1)  # what is raised meanwhile moves no page
    assert [len(page) for page in found] == [3, 3, 1]
    ids = [row for page in found for row in page]
    assert ids == [str(row.uuid) for row in Variance.objects.order_by("-pk")[1:]]


def test_a_list_costs_the_same_however_long(shop: Shop, erika: Caller) -> None:
    erika.get("/variances")  # the first request notes when the token was used
    costs = []
    for number in (10, 60):
        many(shop, number - len(raised()))
        with counted_queries() as queries:
            assert len(exact(erika.get("/variances?waiting=true"))) == number
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 4, costs


def test_one_costs_the_same_however_much_was_done(shop: Shop, erika: Caller) -> None:
    variance = short_drawer(shop)
    erika.get("/variances")  # the first request notes when the token was used
    costs = []
    for _turn in range(2):
        for _again in range(5):
            recount(shop, variance, 200_00, by=shop.cast.anna)
            reject(shop, explain(shop, variance), by=shop.cast.anna)
        with counted_queries() as queries:
            body = exact(erika.get(f"/variances/{variance.uuid}"))
        costs.append(len(queries))
    assert len(body["events"]) == 30
    assert costs[0] == costs[1] <= 6, costs


@pytest.mark.parametrize("act", ACTS)
def test_an_act_that_is_sent_again_is_done_once(shop: Shop, act: str) -> None:
    variance = explain(shop, short_drawer(shop))
    anna = caller(shop.cast.anna)
    answers = [post(anna, variance, act, idempotency_key="k") for _again in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert VarianceEvent.objects.count() == 2
    other = post(anna, variance, act, {**ACTS[act], "notes": "another"}, idempotency_key="k")
    assert other.status_code in (409, 422)
    assert VarianceEvent.objects.count() == 2
