"""Permissions: every route of the API requires a sign-in and allows exactly what it declares."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from cashdesk.enums import ROLE_RANK, Role, Scope
from cashdesk.web.permissions import PUBLIC, Access
from tests.api.steps import bound_key
from tests.stories import Caller, Cast, caller, exact

PUBLIC_ROUTES = {
    ("POST", "auth/login"), ("POST", "auth/token"), ("POST", "auth/refresh"), ("GET", "schema"), ("GET", "docs"),
    ("GET", "problems"), ("GET", "problems/7"), ("POST", "payments/midtrans-notification"),
}  # fmt: skip

SAMPLES = {"path": "T-1", "str": "7", "int": "7", "slug": "x", "uuid": "5e60a2d9-0000-4000-8000-000000000000"}


def routes() -> Iterator[tuple[str, str, Any]]:
    """Yields (method, path below /api/v1/, view class) of every published route."""
    for path, callback in _patterns(get_resolver("config.urls").url_patterns, ""):
        if path.startswith("api/v1/"):
            view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
            for method in getattr(callback, "actions", {"get": "get"}):
                if method != "head":
                    yield (
                        method.upper(),
                        path.removeprefix("api/v1/"),
                        (view, getattr(callback, "actions", {}).get(method, "")),
                    )


def _patterns(patterns: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        text = str(pattern.pattern).removeprefix("^").removesuffix(r"\Z").removesuffix("$")
        path = prefix + re.sub(r"<(?:(\w+):)?\w+>", lambda found: SAMPLES[found[1] or "str"], text)
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path, pattern.callback


ROUTES = sorted({(method, path) for method, path, _view in routes()})
GUARDED = [route for route in ROUTES if route not in PUBLIC_ROUTES]


def declared(route: tuple[str, str]) -> Access:
    view, action = next(found for method, path, found in routes() if (method, path) == route)
    access: Access = view.access[action]
    return access


def test_the_walk_finds_the_routes() -> None:
    assert {
        ("POST", "cash/open"),
        ("PATCH", "payments/T-1"),
        ("POST", "orders/7/pay/manual"),
        ("GET", "shifts/active"),
    } <= set(ROUTES)
    assert set(ROUTES) >= PUBLIC_ROUTES


@pytest.mark.django_db
@pytest.mark.parametrize("route", GUARDED, ids=" ".join)
def test_nobody_gets_anywhere(route: tuple[str, str]) -> None:
    method, path = route
    for refused in (
        Caller().send(method, f"/{path}", {}),
        Caller("wrong").send(method, f"/{path}", {}),
        Caller("wrong", header="x-api-key").send(method, f"/{path}", {}),
    ):
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"]


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_every_action_declares_its_access(route: tuple[str, str]) -> None:
    if route[1] in ("schema", "docs"):
        return
    access = declared(route)
    assert isinstance(access, Access)
    assert (access is PUBLIC) == (route in PUBLIC_ROUTES)


def test_who_may_call_what_is_this_table() -> None:
    """The whole table, so that no permission changes by accident."""
    ours = {
        f"{method} {path}": (declared((method, path)).role, declared((method, path)).scope)
        for method, path in ROUTES
        if path not in ("schema", "docs")
    }
    table = {
        "POST auth/login": (Role.CASHIER, None),
        "POST auth/token": (Role.CASHIER, None),
        "POST auth/refresh": (Role.CASHIER, None),
        "POST auth/logout": (Role.CASHIER, None),
        "GET auth/me": (Role.CASHIER, None),
        "GET auth/validate": (Role.CASHIER, None),
        "GET users": (Role.CASHIER, Scope.SESSIONS_READ),
        "GET users/sellers": (Role.CASHIER, Scope.SESSIONS_READ),
        "GET sales/payment-methods": (Role.CASHIER, Scope.PAYMENTS_READ),
        "POST cash/open": (Role.CASHIER, Scope.SESSIONS_WRITE),
        "GET cash/status": (Role.CASHIER, Scope.SESSIONS_READ),
        "POST cash/close": (Role.CASHIER, None),
        "GET cash/sessions": (Role.CASHIER, Scope.SESSIONS_READ),
        "POST shifts/start": (Role.CASHIER, None),
        "POST shifts/end": (Role.CASHIER, None),
        "GET shifts/active": (Role.CASHIER, None),
        "GET shifts/current": (Role.CASHIER, None),
        "POST shifts/cash-transaction": (Role.CASHIER, None),
        "GET payment-methods": (Role.CASHIER, Scope.PAYMENTS_READ),
        "POST orders": (Role.CASHIER, Scope.PAYMENTS_WRITE),
        "GET orders/7": (Role.CASHIER, Scope.PAYMENTS_READ),
        "POST orders/7/cancel": (Role.CASHIER, Scope.PAYMENTS_WRITE),
        "POST orders/7/pay/manual": (Role.CASHIER, None),
        "POST orders/7/pay/midtrans": (Role.CASHIER, None),
        "POST payments/midtrans-notification": (Role.CASHIER, None),
        "GET reports/shift-summary": (Role.MANAGER, Scope.SESSIONS_READ),
        "GET stores": (Role.CASHIER, None),
        "GET registers": (Role.CASHIER, None),
        "GET registers/7": (Role.CASHIER, None),
        "GET movements": (Role.CASHIER, Scope.SETTLEMENTS_READ),
        "GET counts": (Role.CASHIER, Scope.SETTLEMENTS_READ),
        "GET deposits": (Role.MANAGER, Scope.SETTLEMENTS_READ),
        "GET change-orders": (Role.MANAGER, Scope.SETTLEMENTS_READ),
        "POST change-orders": (Role.MANAGER, Scope.SETTLEMENTS_WRITE),
        "GET payouts": (Role.MANAGER, Scope.SETTLEMENTS_READ),
        "POST payouts": (Role.MANAGER, Scope.SETTLEMENTS_WRITE),
        "GET business-days": (Role.MANAGER, Scope.CASH_MANAGEMENT_READ),
        "GET cash-position": (Role.MANAGER, Scope.CASH_MANAGEMENT_READ),
        "GET people": (Role.CASHIER, Scope.SESSIONS_READ),
        "GET payments": (Role.CASHIER, Scope.PAYMENTS_READ),
        "GET payments/T-1": (Role.CASHIER, Scope.PAYMENTS_READ),
        "GET events": (Role.MANAGER, Scope.SESSIONS_READ),
        "POST payments": (Role.CASHIER, Scope.PAYMENTS_WRITE),
        "POST payments/batch": (Role.CASHIER, Scope.PAYMENTS_WRITE),
        "PATCH payments/T-1": (Role.CASHIER, Scope.PAYMENTS_WRITE),
        "POST movements/5e60a2d9-0000-4000-8000-000000000000/reverse": (Role.MANAGER, Scope.SESSIONS_WRITE),
    }
    assert {route: ours.get(route) for route in table} == table


@pytest.mark.parametrize("route", GUARDED, ids=" ".join)
def test_a_key_with_every_scope_but_the_right_one_is_403(cast: Cast, route: tuple[str, str]) -> None:
    access = declared(route)
    others = [scope for scope in Scope if scope not in access.scopes]
    if access.any_key:
        assert access.scope is None
        assert bound_key(cast.store, others[0]).send(route[0], f"/{route[1]}", {}).status_code not in (
            401,
            403,
            405,
            500,
        )
        return
    refused = bound_key(cast.store, *others).send(route[0], f"/{route[1]}", {})
    assert refused.status_code == 403
    for scope in access.scopes:
        assert bound_key(cast.store, scope).send(route[0], f"/{route[1]}", {}).status_code not in (401, 405, 500)


@pytest.mark.parametrize("route", GUARDED, ids=" ".join)
def test_a_person_below_the_role_is_403(cast: Cast, route: tuple[str, str]) -> None:
    people = {Role.CASHIER: cast.carla, Role.MANAGER: cast.erika, Role.ADMIN: cast.anna}
    wanted = declared(route).role
    for role, person in people.items():
        answer = caller(person).send(route[0], f"/{route[1]}", {})
        if ROLE_RANK[role] < ROLE_RANK[wanted]:
            assert answer.status_code == 403
        else:
            assert answer.status_code not in (401, 405, 500)


@pytest.mark.urls("tests.web.failing_urls")
def test_an_action_that_declares_nothing_is_denied_to_everyone(cast: Cast) -> None:
    for person in (cast.carla, cast.erika, cast.anna):
        assert caller(person).get("/forgotten").status_code == 403
    assert bound_key(cast.store).get("/forgotten").status_code == 403
    assert Caller().get("/forgotten").status_code == 401


@pytest.mark.parametrize(
    "method", ["OPTIONS", "HEAD", "TRACE", "PUT", "DELETE", "PATCH", "GET", "POST", "CONNECT", "BREW"]
)
def test_no_method_on_any_route_is_a_fault_of_ours(cast: Cast, method: str) -> None:
    by = caller(cast.anna)
    for path in {path for _method, path in ROUTES}:
        answer = by.send(method, f"/{path}", {})
        assert answer.status_code < 500, (method, path)
        if answer.status_code >= 400 and method != "HEAD":
            assert exact(answer)
