"""The cast of the tests, and a client for each person.

Carla and Bruno are cashiers of store 1337, Erika is its manager, and Anna is the admin of the account. Otto manages a
shop of another account. He cannot see their rows, and they cannot see his.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import balances_of_places
from cashdesk.domain.people.access_token import issue_token
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.enums import CASH, PlaceKind, Role, Scope
from cashdesk.models import PaymentMethod, Place, Store, User
from cashdesk.pair import Pair
from tests.again import World
from tests.factories import AccountFactory, StoreFactory, UserFactory


@dataclass(frozen=True, kw_only=True)
class Cast:
    """A shop with its people, and a person of another account."""

    store: Store
    carla: User
    bruno: User
    erika: User
    anna: User
    otto: User

    def place(self, kind: PlaceKind, number: int = 0) -> Place:
        """Returns a place of the shop."""
        return Place.objects.get(store=self.store, kind=kind, number=number)

    def book(self, kind: PlaceKind, number: int = 0, *, method: str = CASH) -> int:
        """Returns the balance of a place by the whole ledger, in minor units of the shop's currency."""
        return balances_of_places(store=self.store)[self.place(kind, number).pk].get(
            Pair(self.store.currency, method), 0
        )


_worlds: dict[str, World] = {}


def make_cast(**store: Any) -> Cast:
    """Creates the shop and its people. Keyword arguments belong to the store, such as currency or time_zone.

    Domain functions create the first shop with these arguments. Later calls write a copy of it.
    """
    kind = repr(sorted(store.items()))
    if kind in _worlds:
        *_, shops, _places, people = _worlds[kind].again()
        return Cast(store=shops[0], **{person.username: person for person in people})
    cast = _make_first_cast(store)
    accounts = [cast.store.account, cast.otto.account]
    stores = Store.objects.filter(account__in=accounts).order_by("pk")
    _worlds[kind] = World(
        accounts,
        PaymentMethod.objects.filter(account__in=accounts).order_by("pk"),
        stores,
        Place.objects.filter(store__in=stores).order_by("pk"),
        [cast.carla, cast.bruno, cast.erika, cast.anna, cast.otto],
    )
    return cast


def _make_first_cast(store: dict[str, Any]) -> Cast:
    account = AccountFactory(name="Muster Retail")
    shop = StoreFactory(account=account, number="1337", name="Berlin", **store)
    return Cast(
        store=shop,
        carla=UserFactory(store=shop, username="carla", name="Carla", rut="11.111.111-1"),
        bruno=UserFactory(store=shop, username="bruno", name="Bruno"),
        erika=UserFactory(store=shop, username="erika", name="Erika Mustermann", role=Role.MANAGER),
        anna=UserFactory(store=None, account=account, username="anna", name="Anna", role=Role.ADMIN),
        otto=UserFactory(store=StoreFactory(number="1337"), username="otto", name="Otto", role=Role.MANAGER),
    )


class Caller:
    """A client of the API under /api/v1, for one person or program. `body` is Python data, or a text that is sent
    unchanged.
    """

    def __init__(self, secret: str = "", *, header: str = "authorization") -> None:
        self.secret = secret
        self.header = header
        self.client = Client()

    def get(self, path: str, **headers: str) -> HttpResponse:
        """GET."""
        return self.send("GET", path, None, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """POST."""
        return self.send("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """PATCH."""
        return self.send("PATCH", path, body, **headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """Sends a request. Keyword arguments are headers: `idempotency_key="k"` is Idempotency-Key."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.secret:
            named[self.header] = f"Bearer {self.secret}" if self.header == "authorization" else self.secret
        content = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        return self.client.generic(method, f"/api/v1{path}", content, content_type="application/json", headers=named)


def caller(user: User, *, lifetime: timedelta = timedelta(hours=1), **binding: Any) -> Caller:
    """Signs a person in, without the cost of a password, and returns their client."""
    _token, secret = issue_token(user=user, at=timezone.now(), lifetime=lifetime, **binding)
    return Caller(secret)


def key_caller(store: Store, /, *scopes: Scope, **binding: Any) -> Caller:
    """Creates an API key of the store's account and returns its client. Without scopes, the key has all scopes."""
    by = Principal()
    _token, secret = issue_api_key(
        name="till", scopes=scopes or tuple(Scope), by=by, at=timezone.now(), account=store.account, **binding
    )
    return Caller(secret, header="x-api-key")


def exact(response: HttpResponse) -> Any:
    """Reads an answer's JSON with every fraction exact."""
    return json.loads(response.content, parse_float=Decimal)


@contextmanager
def counted_queries() -> Iterator[CaptureQueriesContext]:
    """Counts the statements of a block, as `with counted_queries() as queries: ...; len(queries)`."""
    with CaptureQueriesContext(connection) as queries:
        yield queries
