"""A deactivated person gets the same answer everywhere as a person who never existed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.person import change_person
from cashdesk.models import Account, User
from tests.api.steps import bound_key, told
from tests.cashdesk.desk import open_drawer
from tests.factories import PASSWORD, UserFactory
from tests.screens.desk import Browser
from tests.stories import Caller, Cast, caller, key_caller


def by_the_back_office(cast: Cast, user: User) -> None:
    """Deactivates a person as an admin does."""
    user.is_active = False
    change_person(user=user, fields=["is_active"], by=Principal(user=cast.anna), at=timezone.now())


def past_the_domain(_cast: Cast, user: User) -> None:
    """Deactivates a person as a script might, without revoking their tokens."""
    User.objects.filter(pk=user.pk).update(is_active=False)


every_road = pytest.mark.parametrize("deactivate", [by_the_back_office, past_the_domain])


@pytest.fixture
def lena(cast: Cast) -> User:
    """A cashier without an open drawer, because a person with one cannot be deactivated."""
    return UserFactory(store=cast.store, username="lena", rut="33.333.333-3")


TOKEN_DOORS: list[tuple[str, str, Any]] = [
    ("GET", "/auth/me", None),
    ("POST", "/auth/logout", None),
    ("GET", "/cash/status", None),
    ("POST", "/cash/open", {"start_amount": 0}),
    ("POST", "/cash/close", {"final_cash_declared": 0}),
    ("GET", "/cash/sessions", None),
    ("POST", "/shifts/start", {"start_cash": 0, "password": PASSWORD}),
    ("POST", "/shifts/end", {"actual_cash_end": 0, "password": PASSWORD}),
    ("GET", "/shifts/active", None),
    ("POST", "/payments", {"id": "1"}),
    ("POST", "/payments/batch", []),
    ("POST", "/movements", {"kind": "DROP", "amount": 1}),
    ("POST", "/registers/1/no-sale", {}),
    ("GET", "/settlements", None),
    ("POST", "/cash-management/reconciliations", {}),
    ("GET", "/variances", None),
]


@every_road
@pytest.mark.parametrize("as_cookie", [False, True])
def test_a_token_opens_no_door_of_the_api(
    cast: Cast,
    lena: User,
    deactivate: Callable[[Cast, User], None],
    as_cookie: bool,
) -> None:
    theirs, nobodys = caller(lena), Caller("ct_never-was")
    deactivate(cast, lena)
    if as_cookie:
        for one in (theirs, nobodys):
            one.client.cookies["access_token"], one.secret = one.secret, ""
    for method, path, body in TOKEN_DOORS:
        refused, unknown = theirs.send(method, path, body), nobodys.send(method, path, body)
        assert refused.status_code == 401, path
        assert told(refused) == told(unknown), path


@every_road
@pytest.mark.parametrize("name", ["lena", "lena@example.com", "33.333.333-3"])
def test_no_name_of_theirs_signs_in_anywhere(
    cast: Cast, lena: User, deactivate: Callable[[Cast, User], None], name: str
) -> None:
    deactivate(cast, lena)
    kind = "email" if "@" in name else "rut" if name[0].isdigit() else "username"
    refused = Caller().post("/auth/login", {kind: name, "password": PASSWORD})
    assert told(refused) == told(Caller().post("/auth/login", {kind: "nobody@x.example", "password": PASSWORD}))
    assert refused.status_code == 401
    page = Browser()
    page.fill("/sign-in", {"name": name, "password": PASSWORD})
    assert page.page.status_code == 400
    assert "The name or the password is wrong." in page.text
    back_office = Client().post("/admin/login/", {"username": name, "password": PASSWORD})
    assert b"Please enter the correct username and password" in back_office.content


@every_road
@pytest.mark.parametrize("path", ["/desk", "/desk/open", "/password", "/admin/", "/reports/exports/"])
def test_a_browser_session_leads_to_the_sign_in_on_every_page(
    cast: Cast, deactivate: Callable[[Cast, User], None], path: str
) -> None:
    erika = Browser(cast.erika)
    assert erika.get(path).status_code == 200
    deactivate(cast, cast.erika)
    assert erika.get(path).status_code == 302
    assert erika.client.get("/api/v1/auth/me").status_code == 401


@every_road
@pytest.mark.parametrize("of", ["key", "manager"])
def test_nobody_acts_for_them(cast: Cast, lena: User, deactivate: Callable[[Cast, User], None], of: str) -> None:
    acting = bound_key(cast.store) if of == "key" else caller(cast.erika)
    deactivate(cast, lena)
    for method, path, body in (
        ("POST", "/cash/open", {"start_amount": 0}),
        ("GET", "/cash/status", None),
    ):
        answers = []
        for user_id in (lena.pk, 999_999_999):
            asked = f"{path}?user_id={user_id}" if body is None else path
            answers.append(acting.send(method, asked, None if body is None else {**body, "user_id": user_id}))
        assert answers[0].status_code == 403, path
        assert told(answers[0]) == told(answers[1]), path


@every_road
def test_they_witness_no_count(cast: Cast, lena: User, deactivate: Callable[[Cast, User], None]) -> None:
    cast.store.witness_minor = 100_00
    cast.store.save()
    open_drawer(cast.carla, 0)
    deactivate(cast, lena)
    carla = Browser(cast.carla)
    carla.fill("/desk/count", {"amount": "500"})
    words = []
    for name in ("lena", "nobody"):
        carla.send("/desk/count", {"step": "close", "witness_name": name, "witness_password": PASSWORD})
        assert carla.page.status_code == 400
        words.append(carla.text.replace(name, ""))
        assert "The name or the password is wrong." in carla.text
    assert words[0] == words[1]


@every_road
def test_they_are_no_operator_of_money_on_time(
    cast: Cast, lena: User, deactivate: Callable[[Cast, User], None]
) -> None:
    """The person is still accepted as operator of late money. They have no drawer, so no money of theirs is on time."""
    deactivate(cast, lena)
    sale = {"id": "1", "method": "CASH", "currency": "EUR", "amount": 500, "status": "APPROVED", "type": "SALE"}
    sent = caller(cast.erika).post("/payments", {**sale, "operator": str(lena.pk)})
    assert sent.status_code == 201
    assert b'"late"' in sent.content


def test_everybody_of_a_closed_account_gets_the_same(cast: Cast) -> None:
    carla, program, page = caller(cast.carla), key_caller(cast.store), Browser(cast.carla)
    Account.objects.filter(pk=cast.store.account_id).update(is_active=False)
    assert carla.get("/auth/me").status_code == 401
    assert program.get("/cash/sessions").status_code == 401
    assert page.get("/desk").status_code == 302
    assert Caller().post("/auth/login", {"username": "carla", "password": PASSWORD}).status_code == 401
