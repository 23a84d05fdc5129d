"""The cash-sessions API: the list, and rules that hold for all its calls."""

import pytest
from django.utils import timezone

from cashdesk.enums import Role
from cashdesk.models import CashSession
from tests.api.steps import closed, days, opened, payment, sent, told
from tests.factories import AccountFactory, StoreFactory, UserFactory
from tests.stories import Caller, Cast, caller, counted_queries, exact


def test_a_cashier_lists_their_own_a_manager_the_store_an_admin_the_account(cast: Cast) -> None:
    second = StoreFactory(account=cast.store.account, number="1338")
    dora = UserFactory(store=second, username="dora", role=Role.CASHIER)
    of = {person.username: opened(caller(person))["id"] for person in (cast.carla, cast.bruno, dora, cast.otto)}
    listed = {
        person.username: {row["id"] for row in exact(caller(person).get("/cash/sessions"))}
        for person in (cast.carla, cast.erika, cast.anna, cast.otto)
    }
    assert listed == {
        "carla": {of["carla"]},
        "erika": {of["carla"], of["bruno"]},
        "anna": {of["carla"], of["bruno"], of["dora"]},
        "otto": {of["otto"]},
    }


def test_filters_narrow_the_list(cast: Cast) -> None:
    carla, erika = caller(cast.carla), caller(cast.erika)
    first, second = days(carla, 2)
    third = opened(caller(cast.bruno), station=2)["id"]
    today = timezone.now().date().isoformat()
    started = CashSession.objects.get(pk=second).opened_at.isoformat().replace("+", "%2B")
    wanted = {
        "status=CLOSED": [second, first],
        "status=OPEN": [third],
        "status=CLOSED_SYSTEM": [],
        f"user_id={cast.bruno.pk}": [third],
        "station=2": [third],
        "store=1337": [third, second, first],
        f"store={cast.store.uuid}": [third, second, first],
        "store=9999": [],
        f"store={cast.otto.store.uuid}": [],
        f"from={started}": [third, second],
        f"to={started}": [second, first],
        f"from={started}&to={started}": [second],
        "from=2000-01-01&to=2000-12-31": [],
        "from=2000-01-01": [third, second, first],
        f"status=CLOSED&limit=1&user_id={cast.carla.pk}&to={started}": [second],
    }
    assert {query: [row["id"] for row in exact(erika.get(f"/cash/sessions?{query}"))] for query in wanted} == wanted
    assert {row["start_time"][:10] for row in exact(erika.get("/cash/sessions"))} == {today}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("status=BROKEN", "status"), ("status=open", "status"), ("station=0", "station"), ("station=x", "station"), ("station=1.5", "station"),
        ("station=99999999999999999999", "station"), ("from=yesterday", "from"), ("from=2026-02-30", "from"), ("to=2026-01-01T00:00:00", "to"),
        ("from=0001-01-01T00:00:00%2B14:00", "from"), ("to=9999-12-31T23:59:59-14:00", "to"), ("store=%00", "store"), ("user_id=x", "user_id"),
        ("final_cash_system=5", "final_cash_system"), ("difference__gt=0", "difference__gt"), ("order_by=difference", "order_by"),
        ("limit=0", "limit"), ("limit=1001", "limit"), ("limit=-1", "limit"), ("limit=ten", "limit"), ("limit=1e1", "limit"), ("limit=", "limit"),
        ("cursor=x", "cursor"), ("cursor=", "cursor"), ("cursor=%FF%FE", "cursor"), ("page=2", "page"), ("format=csv", "format"),
    ],
)  # fmt: skip
def test_what_the_list_does_not_know_is_refused_by_name(cast: Cast, query: str, name: str) -> None:
    refused = caller(cast.erika).get(f"/cash/sessions?{query}")
    assert refused.status_code == 400
    assert name in exact(refused)["detail"]


@pytest.mark.parametrize("path", ["/cash/open", "/cash/close", "/cash/status"])
def test_other_calls_take_no_query_parameters(cast: Cast, path: str) -> None:
    carla = caller(cast.carla)
    send = carla.get if path == "/cash/status" else carla.post
    refused = send(f"{path}?colour=red")
    assert refused.status_code == 400
    assert "colour" in exact(refused)["detail"]


@pytest.mark.parametrize("rows", [1, 3, 10])
def test_a_list_costs_two_statements_however_long_it_is(cast: Cast, rows: int) -> None:
    days(caller(cast.carla), rows)
    erika = caller(cast.erika)
    erika.get("/cash/sessions")  # notes the token's last use, once a minute
    with counted_queries() as queries:
        assert len(exact(erika.get("/cash/sessions"))) == rows
    assert len(queries) == 2


def test_another_account_sees_what_a_stranger_to_the_id_sees(cast: Cast) -> None:
    opened(caller(cast.carla))
    otto = caller(cast.otto)
    assert told(otto.get("/cash/sessions?store=1337&status=OPEN")) == told(
        caller(UserFactory(store=StoreFactory(account=AccountFactory()))).get("/cash/sessions")
    )
    assert told(otto.get(f"/cash/sessions?user_id={cast.carla.pk}")) == told(otto.get("/cash/sessions?user_id=999999"))
    assert told(otto.get(f"/cash/sessions?store={cast.store.uuid}")) == told(
        otto.get("/cash/sessions?store=5e60a2d9-0000-4000-8000-000000000000")
    )


# --- the door ---------------------------------------------------------------------------------------------------------


def test_a_trailing_slash_changes_nothing(cast: Cast) -> None:
    carla = caller(cast.carla)
    assert carla.post("/cash/open/", {"start_amount": 1}).status_code == 200
    assert carla.get("/cash/status/").status_code == 200
    assert carla.get("/cash/sessions/?limit=1").status_code == 200
    assert carla.post("/cash/close//", {"final_cash_declared": 1}).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/xml",
        "application/jsonx",
    ],
)
def test_another_media_type_is_415(cast: Cast, content_type: str) -> None:
    refused = sent(caller(cast.carla), "POST", "/cash/open", '{"start_amount": 1}', content_type=content_type)
    assert refused.status_code == 415
    assert "detail" in exact(refused)


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/json;charset=UTF-8"]
)
def test_json_may_say_its_charset(cast: Cast, content_type: str) -> None:
    assert (
        sent(caller(cast.carla), "POST", "/cash/open", '{"start_amount": 1}', content_type=content_type).status_code
        == 200
    )


@pytest.mark.parametrize(
    "content", [b'{"start_amount": "\xff"}', b"\xff\xfe{\x00}\x00", b'{"start_amount": 1}\x00', b"\x80"]
)
def test_bytes_that_are_no_utf_8_are_400(cast: Cast, content: bytes) -> None:
    assert sent(caller(cast.carla), "POST", "/cash/open", content).status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/cash/open"),
        ("PUT", "/cash/open"),
        ("DELETE", "/cash/sessions"),
        ("POST", "/cash/status"),
        ("PATCH", "/cash/close"),
    ],
)
def test_another_method_is_405_and_says_which_is_allowed(cast: Cast, method: str, path: str) -> None:
    refused = caller(cast.carla).send(method, path, {})
    assert refused.status_code == 405
    assert "detail" in exact(refused)
    assert refused.headers["Allow"]
    assert method not in refused.headers["Allow"]


def test_any_accept_header_gets_json(cast: Cast) -> None:
    answer = caller(cast.carla).get("/cash/sessions", accept="text/html")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")


def test_headers_of_the_originals_clients_are_ignored(cast: Cast) -> None:
    answer = Caller(caller(cast.carla).secret).post("/cash/open", {"start_amount": 1}, x_tenant_id="42", x_user_id="7")
    assert answer.status_code == 200


def test_a_sale_for_nobody_is_not_in_the_drawer(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla)
    assert carla.post("/payments", payment(amount=-5)).status_code == 400
    assert closed(carla)["final_cash_system"] == 0
