"""An object out of scope gets the same answer as an unknown object, on every path of cash management.

The tests compare status, body, headers and length. They also compare the executed statements, because more statements
would take more time.
"""

import re
import uuid
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse

from cashdesk.enums import Role
from cashdesk.models import Store, User
from tests.factories import StoreFactory, UserFactory
from tests.module_world import ModuleWorld
from tests.reconciliations.desk import PATH, authorized, declaration, reconciled, today, vendor_of
from tests.stories import Caller, Cast, caller, key_caller, make_cast

PREFIXES = ("", "/adapters/xmart")
EXPECTED, ISSUE = "/cash-management/expected", "/cash-management/authorizations"

Send = Callable[[str], HttpResponse]


def everything_told(send: Send, name: str) -> tuple[Any, ...]:
    """Returns everything that a caller can see of an answer except the request id, and its number of statements."""
    statements: list[str] = []

    def noting(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(re.sub(r"s\d+_x\d+", "savepoint", sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(noting):
        response = send(name)
    body = re.sub(rb'"request_id":"[^"]*"', b'"request_id":"#"', response.content)
    headers = {title: value for title, value in response.headers.items() if title.lower() != "x-request-id"}
    assert headers["Content-Length"] == str(len(response.content))
    assert name not in body.decode()
    return response.status_code, body, headers, statements


def assert_all_the_same(send: Send, names: list[str]) -> None:
    """Asserts that the answers for all names are the same. The first answer fills the caches."""
    everything_told(send, names[-1])
    first, *rest = [everything_told(send, name) for name in names]
    assert first[0] == 400
    assert "Link" not in first[2]
    assert first[3]
    for other in rest:
        assert other == first


@dataclass(frozen=True, kw_only=True)
class Shops:
    """The shop of the callers, and the stores of others by a short name."""

    cast: Cast
    others: dict[str, Store]


@pytest.fixture(scope="module")
def _shops(module_world: ModuleWorld) -> Shops:
    return module_world.make(make_shops)


@pytest.fixture
def shops(db: None, _shops: Shops) -> Shops:
    """The shops that all tests of this module share."""
    return deepcopy(_shops)


@pytest.fixture
def cast(shops: Shops) -> Cast:
    """The people of the shop of the callers."""
    return shops.cast


@pytest.fixture
def others(shops: Shops) -> dict[str, Store]:
    """Stores that are out of Erika's scope: of another account, and of another vendor. Both have many rows."""
    return shops.others


def make_shops() -> Shops:
    """Makes the shops."""
    cast = make_cast()
    neighbour = StoreFactory(account=cast.store.account, number="2000")
    vendor_of(cast.store)
    others = {"stranger": cast.otto.store, "neighbour": neighbour}
    for shop, manager in ((cast.otto.store, cast.otto), (neighbour, cast.anna)):
        vendor_of(shop)
        for amount in (1, 2):
            reconciled(caller(manager), shop, amount)
    return Shops(cast=cast, others=others)  # type: ignore[arg-type]


def callers(cast: Cast) -> dict[str, Caller]:
    """The callers that may reconcile for a store: its manager, a key of its vendor, and the admin of the account."""
    return {
        "key": key_caller(cast.store, vendor=vendor_of(cast.store)),
        "manager": caller(cast.erika),
        "admin": caller(cast.anna),
    }


def never_used() -> str:
    """A UUID that no row has."""
    return str(uuid.uuid4())


def roads_of_a_store(by: Caller, store: Store, prefix: str) -> dict[str, Send]:
    """Every call that names a store, as a function of that name."""
    day = today(store)
    issue = {"purpose": "x", "expiresInMinutes": 5}
    return {
        "record": lambda name: by.post(prefix + PATH, {**declaration(store, 1), "storeId": name}),
        "list": lambda name: by.get(f"{prefix}{PATH}?storeId={name}&limit=1"),
        "list a day": lambda name: by.get(f"{prefix}{PATH}?storeId={name}&businessDayDate={day}&operatorUid=1"),
        "expected": lambda name: by.get(f"{prefix}{EXPECTED}?storeId={name}"),
        "issue": lambda name: by.post(prefix + ISSUE, {**issue, "storeId": name}),
        "close": lambda name: by.post(f"/business-days/{day}/close", {"store": name}),
    }


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("who", ["key", "manager", "admin"])
def test_a_store_of_others(cast: Cast, others: dict[str, Store], who: str, prefix: str) -> None:
    # An admin's account has the neighbour in it.
    hidden = [shop for name, shop in others.items() if (who, name) != ("admin", "neighbour")]
    names = [*(str(shop.uuid) for shop in hidden), never_used(), never_used()]
    for road, send in roads_of_a_store(callers(cast)[who], cast.store, prefix).items():
        if (who, road) == ("key", "issue"):
            # No key issues one, for whatever store.
            told = [everything_told(send, name) for name in names]
            assert told[0][0] == 403
            assert all(other == told[0] for other in told)
        else:
            assert_all_the_same(send, names)


def test_a_number_of_others(cast: Cast, others: dict[str, Store]) -> None:
    for who in (caller(cast.erika), key_caller(cast.store, vendor=vendor_of(cast.store))):
        send = roads_of_a_store(who, cast.store, "")["close"]
        assert_all_the_same(send, [others["neighbour"].number, "2999", "2998"])


def roads_of_an_operator(by: Caller, store: Store, prefix: str) -> dict[str, Send]:
    """Every call that names an operator, as a function of that name."""
    own, issue = f"storeId={store.uuid}", {"storeId": str(store.uuid), "purpose": "x", "expiresInMinutes": 5}
    return {
        "record": lambda name: by.post(prefix + PATH, declaration(store, 1, operatorUid=name)),
        "list": lambda name: by.get(f"{prefix}{PATH}?{own}&operatorUid={name}"),
        "expected": lambda name: by.get(f"{prefix}{EXPECTED}?{own}&operatorUid={name}"),
        "issue": lambda name: by.post(prefix + ISSUE, {**issue, "operatorUid": name}),
    }


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("who", ["key", "manager", "admin"])
def test_an_operator_of_others(cast: Cast, others: dict[str, Store], who: str, prefix: str) -> None:
    coded = [UserFactory(store=shop) for shop in others.values()]
    for number, person in enumerate(coded):
        User.objects.filter(pk=person.pk).update(operator_code=f"TILL-{number}")
    plain = {name: UserFactory(store=shop) for name, shop in others.items()}
    if who == "admin":
        del plain["neighbour"], coded[1]
    roads = roads_of_an_operator(callers(cast)[who], cast.store, prefix)
    if who == "key":
        del roads["issue"]
    for send in roads.values():
        assert_all_the_same(send, [*(f"TILL-{number}" for number in range(len(coded))), "TILL-8", "TILL-9"])
        # Who has a code is not known by an id.
        ids = [person.pk for person in (*plain.values(), *coded)]
        assert_all_the_same(send, [*map(str, ids), "987654321", "987654322"])


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("who", ["key", "manager", "admin"])
def test_an_authorization_of_others(cast: Cast, others: dict[str, Store], who: str, prefix: str) -> None:
    by = callers(cast)[who]
    used, fresh = (authorized(caller(cast.otto), others["stranger"]) for _ in range(2))
    second = UserFactory(store=others["stranger"], role=Role.MANAGER)
    reconciled(caller(second), others["stranger"], 3, authorizationTokenId=used)
    of_neighbour = authorized(caller(cast.anna), others["neighbour"])

    def send(name: str) -> HttpResponse:
        return by.post(prefix + PATH, declaration(cast.store, 1, authorizationTokenId=name))

    assert_all_the_same(send, [used, fresh, of_neighbour, never_used(), never_used()])
