"""ETags: a repeated read without a change is a 304, reveals nothing, and is noted like any other look (law 5)."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import override_settings

from cashdesk.models import AuditEntry
from cashdesk.web.revalidation import POLLED, Polled
from cashdesk.web.views import ApiViewSet
from tests.api.steps import bound_key, opened, ordered, paid
from tests.cashdesk.desk import force_close, open_drawer
from tests.reconciliations.desk import today, vendor_of
from tests.settlements.steps import open_vault
from tests.stories import Caller, Cast, caller, counted_queries, exact, key_caller
from tests.web.test_permissions import routes

KEPT = "private, no-cache"


def declared() -> Iterator[tuple[str, str, Polled]]:
    """Yields (method, path, how it is polled) of each call that is polled."""
    for method, path, (view, action) in routes():
        if isinstance(view, type) and issubclass(view, ApiViewSet) and action in view.polled:
            yield method, path, view.polled[action]


def again(by: Caller, path: str, known: HttpResponse, **headers: str) -> HttpResponse:
    """Reads a path again, with the ETag of an earlier answer."""
    return by.get(path, if_none_match=known.headers["ETag"], **headers)


@pytest.fixture
def expected(cast: Cast) -> str:
    """The path of the store's expected cash. Carla has an open drawer with a float and a sale."""
    vendor_of(cast.store)
    carla = caller(cast.carla)
    opened(carla, 100)
    paid(carla, "T-1", 12_34)
    return f"/cash-management/expected?storeId={cast.store.uuid}&businessDayDate={today(cast.store)}"


@pytest.fixture
def paths(cast: Cast, expected: str) -> dict[str, str]:
    """The reads that Erika's dashboard polls, with rows in each."""
    force_close(open_drawer(cast.bruno, 50_00))
    erika = caller(cast.erika)
    settlement = open_vault(erika)
    return {
        "users": "/users",
        "users/sellers": "/users/sellers",
        "sales/payment-methods": "/sales/payment-methods",
        "cash/status": f"/cash/status?user_id={cast.carla.pk}",
        "cash/sessions": "/cash/sessions",
        "shifts/active": "/shifts/active",
        "payment-methods": "/payment-methods",
        "reports/shift-summary": "/reports/shift-summary?start_date=2020-01-01&end_date=2020-12-31",
        "settlements": "/settlements",
        "settlement": f"/settlements/{settlement}",
        "cashbookentries": "/cashbookentries",
        "cashbookaccounts/cashregister": "/cashbookaccounts/cashregister",
        "cashbookaccounts/vault": "/cashbookaccounts/vault",
        "deposits": "/deposits",
        "z-reports": "/registers/2/z-reports",
        "stores": "/stores",
        "people": "/people",
        "orders": f"/orders/{ordered(erika)['id']}",
        "payments": "/payments",
        "registers": "/registers",
        "movements": f"/movements?store={cast.store.number}",
        "counts": "/counts",
        "change-orders": "/change-orders",
        "payouts": "/payouts",
        "business-days": "/business-days",
        "business-day": f"/business-days/{today(cast.store)}",
        "cash-position": "/cash-position",
        "variances": "/variances",
        "events": "/events",
        "cash-management/reconciliations": f"/cash-management/reconciliations?storeId={cast.store.uuid}",
        "cash-management/expected": expected,
    }


def test_what_can_be_polled_is_this_table() -> None:
    """The whole list, so that no call changes by accident."""
    kept = {path for method, path, polled in declared() if polled.may_be_kept}
    not_kept = {path for method, path, polled in declared() if not polled.may_be_kept}
    assert {method for method, _path, _polled in declared()} == {"GET"}
    assert kept >= {
        "cash/status", "shifts/active", "shifts/current", "users", "users/sellers", "sales/payment-methods",
        "payment-methods", "cashbookaccounts/cashregister", "cashbookaccounts/vault", "stores", "people", "registers",
    }  # fmt: skip
    assert not_kept >= {
        "cash/sessions", "reports/shift-summary", "settlements", "cashbookentries", "deposits", "variances",
        "orders/7", "payments", "events", "movements", "counts", "change-orders", "business-days", "cash-position",
        "payouts", "registers/7/z-reports", "registers/7/z-reports/7", "cash-management/expected", "cash-management/reconciliations",
        "settlements/5e60a2d9-0000-4000-8000-000000000000", "variances/5e60a2d9-0000-4000-8000-000000000000",
    }  # fmt: skip
    assert kept & not_kept == set()


def test_each_read_without_news_has_no_body(cast: Cast, paths: dict[str, str]) -> None:
    erika = caller(cast.erika)
    for name, path in paths.items():
        first = erika.get(path)
        assert first.status_code == 200, (name, first.content)
        assert first.headers["ETag"].startswith('W/"')

        second = again(erika, path, first)

        assert (second.status_code, second.content) == (304, b""), name
        assert second.headers["ETag"] == first.headers["ETag"]
        assert second.headers["Cache-Control"] == first.headers["Cache-Control"]
        assert second.headers["Vary"] == first.headers["Vary"]
        assert not {"Content-Length", "Content-Type"} & set(second.headers)
        assert second.headers["X-Request-ID"]


def test_it_costs_the_same_statements(cast: Cast, paths: dict[str, str]) -> None:
    erika = caller(cast.erika)
    for name, path in paths.items():
        first = erika.get(path)
        with counted_queries() as plain:
            erika.get(path)
        with counted_queries() as conditional:
            again(erika, path, first)
        assert len(conditional) == len(plain), name


def test_news_come_with_a_body_and_another_tag(cast: Cast, expected: str) -> None:
    erika, carla = caller(cast.erika), caller(cast.carla)
    first = erika.get(expected)
    paid(carla, "T-2", 1)

    second = again(erika, expected, first)

    assert second.status_code == 200
    assert second.headers["ETag"] != first.headers["ETag"]
    assert exact(second)["currencies"] != exact(first)["currencies"]


def test_each_look_at_an_expected_amount_is_noted_without_a_body_too(cast: Cast, expected: str) -> None:
    erika = caller(cast.erika)
    first = erika.get(expected)
    noted = AuditEntry.objects.filter(action="expected.seen", user=cast.erika).count()

    for _again in range(3):
        assert again(erika, expected, first).status_code == 304

    assert AuditEntry.objects.filter(action="expected.seen", user=cast.erika).count() == noted + 3


def test_each_look_at_an_uncounted_drawer_is_noted_without_a_body_too(cast: Cast) -> None:
    erika = caller(cast.erika)
    force_close(open_drawer(cast.bruno, 50_00))
    first = erika.get("/cash/sessions")
    noted = AuditEntry.objects.filter(action="expected.seen").count()
    assert noted > 0

    assert again(erika, "/cash/sessions", first).status_code == 304

    assert AuditEntry.objects.filter(action="expected.seen").count() == noted + 1


def test_a_sale_changes_no_tag_of_a_cashier(cast: Cast) -> None:
    carla = caller(cast.carla)
    opened(carla, 100)
    for path in ("/cash/status", "/cash/sessions", "/shifts/active", "/shifts/current"):
        first = carla.get(path)
        paid(carla, f"T-{path}", 55_55)
        assert again(carla, path, first).status_code == 304


def test_the_tag_of_a_manager_tells_a_cashier_nothing(cast: Cast) -> None:
    """Erika sees figures of Bruno's drawer that he may not see. Her ETag does not match his answer."""
    bruno, erika = caller(cast.bruno), caller(cast.erika)
    force_close(open_drawer(cast.bruno, 50_00))
    of_erika = erika.get("/cash/sessions")

    answer = again(bruno, "/cash/sessions", of_erika)

    assert answer.status_code == 200
    assert exact(answer) != exact(of_erika)


def test_equal_answers_have_different_tags_for_each_caller(cast: Cast) -> None:
    carla, bruno = caller(cast.carla), caller(cast.bruno)
    keys = [bound_key(cast.store), bound_key(cast.store)]
    answers = [by.get("/sales/payment-methods") for by in (carla, bruno, *keys)]
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["ETag"] for answer in answers}) == 4
    assert again(bruno, "/sales/payment-methods", answers[0]).status_code == 200
    assert caller(cast.carla).get("/sales/payment-methods").headers["ETag"] == answers[0].headers["ETag"]


def test_a_guess_cannot_be_checked_without_the_secret_of_the_installation(cast: Cast) -> None:
    carla = caller(cast.carla)
    first = carla.get("/sales/payment-methods")
    with override_settings(SECRET_KEY="another" * 10):
        assert carla.get("/sales/payment-methods").headers["ETag"] != first.headers["ETag"]


def test_what_can_show_an_expected_amount_stays_in_no_cache(cast: Cast, paths: dict[str, str]) -> None:
    erika = caller(cast.erika)
    kept = {name for name, path in paths.items() if erika.get(path).headers["Cache-Control"] == KEPT}
    assert kept == {
        "users", "users/sellers", "sales/payment-methods", "cash/status", "shifts/active", "payment-methods",
        "cashbookaccounts/cashregister", "cashbookaccounts/vault", "stores", "people", "registers",
    }  # fmt: skip
    for name, path in paths.items():
        answer = erika.get(path)
        assert answer.headers["Cache-Control"] in (KEPT, "no-store")
        varies = {one.strip() for one in answer.headers["Vary"].split(",")}
        assert varies >= {"Authorization", "Cookie"}
        if name in kept:
            assert varies >= {"x-api-key", "X-Tenant-ID"}


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("*", 304),
        ('{etag}, "other"', 304),
        ('"other" , {etag}', 304),
        ("{strong}", 304),
        ('"other"', 200),
        ("", 200),
        ("nonsense", 200),
        ("W/", 200),
        ('"' * 300, 200),
    ],
)
def test_the_header_is_read_as_http_says(cast: Cast, sent: str, status: int) -> None:
    carla = caller(cast.carla)
    etag = carla.get("/sales/payment-methods").headers["ETag"]
    header = sent.replace("{etag}", etag).replace("{strong}", etag.removeprefix("W/"))
    assert carla.get("/sales/payment-methods", if_none_match=header).status_code == status


def test_a_refusal_has_no_tag_and_a_star_excuses_nobody(cast: Cast, expected: str) -> None:
    answers = {
        403: caller(cast.carla).get(expected, if_none_match="*"),
        401: Caller().get(expected, if_none_match="*"),
        404: caller(cast.erika).get("/shifts/current", if_none_match="*"),
        400: caller(cast.erika).get("/cash/sessions?limit=0", if_none_match="*"),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert "ETag" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        assert exact(answer)


def test_writes_know_no_tags(cast: Cast) -> None:
    answer = caller(cast.carla).post("/cash/open", {"start_amount": 1}, if_none_match="*")
    assert answer.status_code == 200
    assert "ETag" not in answer.headers


def test_head_has_the_tag_of_get(cast: Cast) -> None:
    carla = caller(cast.carla)
    first = carla.get("/sales/payment-methods")
    assert carla.send("HEAD", "/sales/payment-methods").headers["ETag"] == first.headers["ETag"]
    assert carla.send("HEAD", "/sales/payment-methods", if_none_match=first.headers["ETag"]).status_code == 304


def test_a_page_that_gets_a_next_page_is_news(cast: Cast) -> None:
    carla = caller(cast.carla)
    one, two = "/cash/sessions?limit=1", "/cash/sessions?limit=2"
    opened(carla, 1)
    last = carla.get(one)
    assert "Link" not in last.headers
    carla.post("/cash/open", {"start_amount": 2, "force_close_previous": True})
    first = carla.get(one)
    assert "Link" in first.headers
    assert len({last.headers["ETag"], first.headers["ETag"], carla.get(two).headers["ETag"]}) == 3


def test_a_selected_store_has_a_list_of_its_own(cast: Cast) -> None:
    anna = caller(cast.anna)
    opened(caller(cast.carla), 1)
    everything = anna.get("/cash/sessions")
    assert again(anna, "/cash/sessions", everything, x_tenant_id=str(cast.store.pk)).status_code == 304
    assert again(key_caller(cast.store), "/cash/sessions", everything).status_code == 200


def test_only_the_declared_calls_have_tags(cast: Cast) -> None:
    assert "ETag" not in caller(cast.carla).get("/auth/me").headers
    assert Polled() == POLLED


def test_the_moment_of_an_answer_is_no_news(cast: Cast, expected: str) -> None:
    erika = caller(cast.erika)
    first, second = erika.get(expected), erika.get(expected)
    times: list[Any] = [exact(answer)["generatedAt"] for answer in (first, second)]
    assert times[0] != times[1]
    assert first.headers["ETag"] == second.headers["ETag"]
