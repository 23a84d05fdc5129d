"""What clients of the first original send and read beside its page: sign-in, tenants, people and payment methods."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client

from cashdesk.enums import Role
from cashdesk.models import PaymentMethod, Store, User
from tests.api.steps import bound_key, closed, opened, payment, sent, told
from tests.factories import PASSWORD, StoreFactory, UserFactory
from tests.stories import Caller, Cast, caller, counted_queries, exact, key_caller

FORM = "application/x-www-form-urlencoded"
SCOPES_OF_CASHIERS = {
    "payments:read": True,
    "payments:write": True,
    "settlements:read": True,
    "settlements:write": True,
    "sessions:read": True,
    "sessions:write": True,
}
OF_CASHIERS = {"cash-management:read": False, "cash-management:write": False, **SCOPES_OF_CASHIERS, "Caja": True}
OF_MANAGERS = {
    "cash-management:read": True,
    "cash-management:write": True,
    **SCOPES_OF_CASHIERS,
    "Caja": True,
    "Vendedores": True,
}


@pytest.fixture
def second(cast: Cast) -> Store:
    """Another store of the account, where Dora is the cashier."""
    store = StoreFactory(account=cast.store.account, number="1338", name="Potsdam")
    UserFactory(store=store, username="dora", name="Dora")
    return store


def tenant(store: Store, role: str, permissions: dict[str, bool]) -> dict[str, Any]:
    return {
        "id": store.pk,
        "name": store.name,
        "rut": "",
        "role_name": role,
        "is_active": True,
        "max_users": 0,
        "permissions": permissions,
    }


def signed_in(username: str, **others: Any) -> dict[str, Any]:
    answer = Caller().post("/auth/login", {"email": f"{username}@example.com", "password": PASSWORD, **others})
    assert answer.status_code == 200, answer.content
    return dict(exact(answer))


# --- signing in -----------------------------------------------------------------------------------------------------------


def test_a_sign_in_names_the_person_and_the_stores_where_they_work(cast: Cast, second: Store) -> None:
    of_carla = signed_in("carla")
    assert of_carla["user"] == {
        "id": cast.carla.pk,
        "name": "Carla",
        "full_name": "Carla",
        "email": "carla@example.com",
        "rut": "11.111.111-1",
        "role": "cashier",
        "is_active": True,
        "is_owner": False,
        "is_superuser": False,
    }
    assert of_carla["available_tenants"] == [tenant(cast.store, "cashier", OF_CASHIERS)]
    assert signed_in("erika")["available_tenants"] == [tenant(cast.store, "manager", OF_MANAGERS)]
    assert signed_in("anna")["available_tenants"] == [
        tenant(cast.store, "admin", OF_MANAGERS),
        tenant(second, "admin", OF_MANAGERS),
    ]
    assert signed_in("otto")["available_tenants"] == [tenant(cast.otto.store, "manager", OF_MANAGERS)]


def test_a_sign_in_for_one_store_names_no_other(cast: Cast, second: Store) -> None:
    bound = signed_in("anna", store="1338")
    assert [one["id"] for one in bound["available_tenants"]] == [second.pk]


def test_a_store_that_is_switched_off_is_named_as_inactive(cast: Cast) -> None:
    Store.objects.filter(pk=cast.store.pk).update(is_active=False)
    assert [one["is_active"] for one in signed_in("carla")["available_tenants"]] == [False]


def test_an_operator_of_the_installation_is_told_as_one(cast: Cast) -> None:
    User.objects.create_superuser("root", "root@example.com", "Root", PASSWORD)
    answer = signed_in("root")
    assert answer["user"]["is_superuser"] is True
    assert {one["id"] for one in answer["available_tenants"]} == set(Store.objects.values_list("pk", flat=True))


def test_a_sign_in_costs_the_same_however_many_stores_there_are(cast: Cast) -> None:
    cost = []
    for _ in range(2):
        with counted_queries() as queries:
            signed_in("anna")
        cost.append(len(queries))
        for _store in range(5):
            StoreFactory(account=cast.store.account)
    assert cost[0] == cost[1]


def test_validating_shows_what_the_sign_in_showed(cast: Cast, second: Store) -> None:
    answer = signed_in("anna")
    anna = Caller(answer["access_token"])
    for headers in ({}, {"x_tenant_id": str(second.pk)}):
        shown = anna.get("/auth/validate", **headers)
        assert shown.status_code == 200
        assert exact(shown) == {name: answer[name] for name in ("user", "available_tenants")}
    assert anna.get("/auth/validate/").status_code == 200


def test_validating_is_for_people_who_are_signed_in(cast: Cast) -> None:
    assert Caller().get("/auth/validate").status_code == 401
    assert Caller("ct_long-gone").get("/auth/validate").status_code == 401
    assert key_caller(cast.store).get("/auth/validate").status_code == 403


def test_validating_costs_two_statements(cast: Cast) -> None:
    anna = caller(cast.anna)
    anna.get("/auth/validate")  # notes the token's last use
    with counted_queries() as queries:
        anna.get("/auth/validate")
    assert len(queries) == 2


# --- the form --------------------------------------------------------------------------------------------------------------


def submitted(by: Caller | None = None, /, *, path: str = "/auth/token", **fields: str) -> HttpResponse:
    return sent(by or Caller(), "POST", path, urlencode(fields), content_type=FORM)


@pytest.mark.parametrize("name", ["carla", "CARLA", "carla@example.com", "11.111.111-1"])
def test_the_form_signs_in_by_any_of_the_three_names(cast: Cast, name: str) -> None:
    answer = submitted(username=name, password=PASSWORD)
    assert answer.status_code == 200
    assert set(exact(answer)) == set(signed_in("carla"))
    assert answer.cookies["access_token"].value == exact(answer)["access_token"]
    assert opened(Caller(exact(answer)["access_token"]))["user_id"] == cast.carla.pk


def test_the_form_may_have_the_other_fields_of_oauth2(cast: Cast) -> None:
    empty = {"grant_type": "", "scope": "", "client_id": "", "client_secret": ""}
    assert submitted(username="carla", password=PASSWORD, **empty).status_code == 200
    filled = {"grant_type": "password", "scope": "me", "client_id": "till", "client_secret": "x"}
    assert submitted(path="/auth/token/", username="carla", password=PASSWORD, **filled).status_code == 200


def test_a_password_is_read_to_the_letter(cast: Cast) -> None:
    cast.carla.set_password(" ñ+&=% \u20ac ")
    cast.carla.save(update_fields=["password"])
    assert submitted(username="carla", password=" ñ+&=% \u20ac ").status_code == 200
    assert submitted(username="carla", password="ñ+&=% \u20ac").status_code == 401


def test_the_form_is_refused_as_a_sign_in_is(cast: Cast) -> None:
    wrong = submitted(username="carla", password="wrong")
    assert wrong.status_code == 401
    assert told(wrong) == told(Caller().post("/auth/login", {"username": "carla", "password": "wrong"}))
    assert told(wrong) == told(submitted(username="nobody", password="wrong"))
    assert "access_token" not in wrong.cookies


def test_form_and_body_share_one_throttle(cast: Cast) -> None:
    for guess in range(3):
        assert Caller().post("/auth/login", {"email": "carla@example.com", "password": str(guess)}).status_code == 401
    waits = submitted(username="carla", password=PASSWORD)
    assert waits.status_code == 429
    assert int(waits.headers["Retry-After"]) > 0


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_another_media_type_than_a_form_is_415(cast: Cast, content_type: str) -> None:
    refused = sent(Caller(), "POST", "/auth/token", '{"username": "carla"}', content_type=content_type)
    assert refused.status_code == 415
    assert set(exact(refused)) == {"message", "error", "detail"}


def test_a_form_is_no_body_of_a_sign_in(cast: Cast) -> None:
    assert submitted(path="/auth/login", username="carla", password=PASSWORD).status_code == 415


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ("", "username"), ("username=carla", "password"), (f"password={PASSWORD}", "username"), (f"username=&password={PASSWORD}", "username"),
        ("username=carla&password=", "password"), (f"username=carla&password={PASSWORD}&pin=1", "pin"),
        (f"username=carla&password={PASSWORD}&grant_type=refresh_token", "grant_type"), (f"username=carla%00&password={PASSWORD}", "username"),
    ],
)  # fmt: skip
def test_a_form_that_says_too_little_or_too_much_names_the_field(cast: Cast, form: str, field: str) -> None:
    refused = sent(Caller(), "POST", "/auth/token", form, content_type=FORM)
    assert refused.status_code == 400
    assert field in exact(refused)["data"]["errors"]


@pytest.mark.parametrize(
    "form",
    [
        f"username=carla&username=erika&password={PASSWORD}",
        f"username=carla&password={PASSWORD}&",
        f"username&password={PASSWORD}",
        f"username=%FF&password={PASSWORD}",
        b"username=\xff&password=x",
        "&".join(f"n{number}=1" for number in range(101)),
        "{}",
    ],
)
def test_a_form_that_cannot_be_read_is_400(cast: Cast, form: str | bytes) -> None:
    refused = sent(Caller(), "POST", "/auth/token", form, content_type=FORM)
    assert (refused.status_code, set(exact(refused))) == (400, {"message", "error", "detail"})


def test_another_sites_form_signs_nobody_in(cast: Cast) -> None:
    form = urlencode({"username": "carla", "password": PASSWORD})
    refused = sent(Caller(), "POST", "/auth/token", form, content_type=FORM, origin="https://evil.example")
    assert refused.status_code == 403
    assert "access_token" not in refused.cookies


def test_an_old_cookie_does_not_keep_the_form_from_signing_in(cast: Cast) -> None:
    browser = Caller()
    browser.client.cookies["access_token"] = "ct_long-gone"
    assert submitted(browser, username="carla", password=PASSWORD).status_code == 200


# --- the selected store ----------------------------------------------------------------------------------------------------


def test_an_admin_works_in_the_store_that_the_header_selects(cast: Cast, second: Store) -> None:
    anna = caller(cast.anna)
    assert anna.post("/cash/open", {"start_amount": 1}).status_code == 400
    session = exact(anna.post("/cash/open", {"start_amount": 1}, x_tenant_id=str(second.pk)))
    opened(caller(cast.carla))
    listed = {
        key: [row["id"] for row in exact(anna.get("/cash/sessions", **headers)) if row["id"] == session["id"]]
        for key, headers in (
            ("second", {"x_tenant_id": str(second.pk)}),
            ("first", {"x_tenant_id": str(cast.store.pk)}),
            ("none", {}),
        )
    }
    assert listed == {"second": [session["id"]], "first": [], "none": [session["id"]]}
    assert anna.post("/cash/close", {"final_cash_declared": 1}, x_tenant_id=str(second.pk)).status_code == 200


def test_a_selected_or_bound_store_does_not_hide_the_own_open_drawer_elsewhere(cast: Cast, second: Store) -> None:
    anna, bound = caller(cast.anna), caller(cast.anna, store=cast.store)
    selected = {"x_tenant_id": str(cast.store.pk)}
    for by, headers in ((anna, selected), (bound, {})):
        session = exact(anna.post("/cash/open", {"start_amount": 1}, x_tenant_id=str(second.pk)))
        assert exact(by.get("/cash/sessions", **headers)) == []
        assert exact(by.get("/cash/status", **headers))["id"] == session["id"]
        assert by.post("/cash/open", {"start_amount": 1}, **headers).status_code == 409
        assert exact(by.post("/cash/close", {"final_cash_declared": 1}, **headers))["id"] == session["id"]


def test_a_payment_belongs_to_the_store_that_the_header_selects(cast: Cast, second: Store) -> None:
    anna = caller(cast.anna)
    anna.post("/cash/open", {"start_amount": 0, "station": 2}, x_tenant_id=str(second.pk))
    booked = anna.post("/payments", payment(), x_tenant_id=str(second.pk))
    assert (exact(booked)["store"], exact(booked)["station"]) == ("1338", 2)
    refused = anna.post("/payments", payment("T-2", store="1338", station=1), x_tenant_id=str(cast.store.pk))
    assert refused.status_code == 400


def test_a_browser_session_may_select_a_store_too(cast: Cast, second: Store) -> None:
    browser = Client()
    browser.force_login(cast.anna)
    shown = browser.get("/api/v1/users", headers={"x-tenant-id": str(second.pk)})
    assert [row["name"] for row in exact(shown)] == ["Anna", "Dora"]


@pytest.mark.parametrize(
    "text", ["", " ", "x", "0", "-1", "1.0", "1e3", "9" * 18, "9" * 500, "999999", "null", "undefined"]
)
def test_a_header_that_names_no_store_is_ignored(cast: Cast, second: Store, text: str) -> None:
    anna = caller(cast.anna)
    assert told(anna.get("/users", x_tenant_id=text)) == told(anna.get("/users"))


def test_a_header_that_names_a_store_of_others_is_ignored(cast: Cast, second: Store) -> None:
    for by, store in (
        (caller(cast.anna), cast.otto.store),
        (caller(cast.erika), second),
        (caller(cast.carla), second),
        (caller(cast.carla), cast.otto.store),
        (caller(cast.anna, store=cast.store), second),
        (key_caller(cast.store), second),
        (bound_key(cast.store), second),
    ):
        for path in ("/users", "/cash/sessions"):
            assert told(by.get(path, x_tenant_id=str(store.pk))) == told(by.get(path))


def test_the_own_store_may_be_named(cast: Cast) -> None:
    carla = caller(cast.carla)
    carla.get("/cash/status")  # notes the token's last use
    with counted_queries() as queries:
        assert carla.get("/cash/status", x_tenant_id=str(cast.store.pk)).status_code == 404
    assert len(queries) == 1
    session = exact(carla.post("/cash/open", {"start_amount": 5}, x_tenant_id=str(cast.store.pk)))
    assert closed(carla, 5)["id"] == session["id"]


def test_an_operator_of_the_installation_sees_the_selected_store_alone(cast: Cast, second: Store) -> None:
    root = caller(User.objects.create_superuser("root", "root@example.com", "Root", PASSWORD))
    shown = exact(root.get("/users", x_tenant_id=str(second.pk)))
    assert [row["name"] for row in shown] == ["Dora", "Root"]
    codes = [row["id"] for row in exact(root.get("/sales/payment-methods", x_tenant_id=str(second.pk)))]
    assert codes == list(PaymentMethod.objects.filter(account=second.account).values_list("pk", flat=True))


def test_a_key_that_was_used_for_one_store_is_not_replayed_for_another(cast: Cast, second: Store) -> None:
    anna = caller(cast.anna)
    first = anna.post("/cash/open", {"start_amount": 1}, x_tenant_id=str(second.pk), idempotency_key="k")
    again = anna.post("/cash/open", {"start_amount": 1}, x_tenant_id=str(second.pk), idempotency_key="k")
    other = anna.post("/cash/open", {"start_amount": 1}, x_tenant_id=str(cast.store.pk), idempotency_key="k")
    assert (first.status_code, again.content, other.status_code) == (200, first.content, 422)


# --- people and payment methods --------------------------------------------------------------------------------------------


def names(by: Caller, path: str = "/users/") -> list[str]:
    answer = by.get(path)
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in exact(answer)]


def test_everybody_sees_the_people_whom_they_work_with(cast: Cast, second: Store) -> None:
    UserFactory(store=cast.store, username="left", name="Lena")
    User.objects.filter(username="left").update(is_active=False)
    for path, lena in (("/users/", ["Lena"]), ("/users/sellers", [])):
        assert names(caller(cast.carla), path) == ["Bruno", "Carla", "Erika Mustermann"]
        assert names(caller(cast.erika), path) == ["Bruno", "Carla", "Erika Mustermann", *lena]
        assert names(caller(cast.anna), path) == ["Anna", "Bruno", "Carla", "Dora", "Erika Mustermann", *lena]
        assert names(caller(cast.otto), path) == ["Otto"]
        assert names(bound_key(second), path) == ["Dora"]


def test_an_admin_without_a_store_sells_nothing_to_their_colleagues(cast: Cast) -> None:
    UserFactory(store=None, account=cast.store.account, username="adam", name="Adam", role=Role.ADMIN)
    assert "Adam" in names(caller(cast.anna))
    assert "Adam" not in names(caller(cast.anna), "/users/sellers")
    assert "Anna" in names(caller(cast.anna), "/users/sellers")


def test_a_person_is_shown_as_in_the_list_of_sessions_with_their_full_name(cast: Cast) -> None:
    of_carla = {
        "id": cast.carla.pk, "name": "Carla", "full_name": "Carla", "email": "carla@example.com", "rut": "11.111.111-1", "role": "cashier",
        "is_active": True, "is_owner": False,
    }  # fmt: skip
    for by in (caller(cast.erika), caller(cast.anna), bound_key(cast.store)):
        assert next(row for row in exact(by.get("/users")) if row["id"] == cast.carla.pk) == of_carla


def test_a_cashier_does_not_see_by_which_names_people_sign_in(cast: Cast) -> None:
    for path in ("/users", "/users/sellers"):
        seen = exact(caller(cast.bruno).get(path))
        assert len(seen) == 3
        assert {(row["email"], row["rut"]) for row in seen} == {("", "")}


def test_cash_has_the_code_that_the_client_looks_for(cast: Cast) -> None:
    of_account = PaymentMethod.objects.filter(account=cast.store.account)
    card = of_account.filter(is_cash=False)[0]
    PaymentMethod.objects.filter(pk=card.pk).update(is_active=False)
    shown = exact(caller(cast.carla).get("/sales/payment-methods/"))
    assert [row["id"] for row in shown] == list(of_account.exclude(pk=card.pk).values_list("pk", flat=True))
    cash = next(row for row in shown if row["is_cash"])
    assert cash == {"id": cash["id"], "code": "EFECTIVO", "name": cash["name"], "is_active": True, "is_cash": True}
    opened(caller(cast.carla))
    assert exact(caller(cast.carla).post("/payments", payment(method=cash["code"])))["method"] == "CASH"


@pytest.mark.parametrize("path", ["/users/", "/users/sellers", "/sales/payment-methods/"])
def test_these_lists_cost_two_statements_however_long_they_are(cast: Cast, path: str) -> None:
    anna = caller(cast.anna)
    anna.get(path)  # notes the token's last use
    cost = []
    for more in (0, 4):
        for number in range(more):
            UserFactory(store=cast.store)
            PaymentMethod.objects.create(account=cast.store.account, code=f"M{number}", name="M")
        with counted_queries() as queries:
            assert anna.get(path).status_code == 200
        cost.append(len(queries))
    assert cost == [2, 2]


@pytest.mark.parametrize("path", ["/users/", "/users/sellers", "/sales/payment-methods/", "/sales/", "/users/1"])
def test_refusals_beside_these_lists_have_the_dialect_of_cash_sessions(cast: Cast, path: str) -> None:
    carla = caller(cast.carla)
    for refused in (Caller().get(path), carla.post(path, {}), carla.get(f"{path}?colour=red")):
        assert refused.status_code in (400, 401, 404, 405)
        assert set(exact(refused)) == {"detail"}
