"""Helpers that the tests of the API use often."""

import json
import re
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.enums import PlaceKind, Scope
from cashdesk.models import Place, Store
from tests.stories import Caller, Cast, exact


def bound_key(store: Store, *scopes: Scope, register: Place | None = None) -> Caller:
    """Creates an API key that is bound to a store, and to a register if one is given."""
    _key, secret = issue_api_key(
        name="bound till",
        scopes=scopes or tuple(Scope),
        by=SYSTEM,
        at=timezone.now(),
        account=store.account,
        store=store,
        register=register,
    )
    return Caller(secret, header="x-api-key")


def payment(name: str = "T-1", amount: Any = 1000, **fields: Any) -> dict[str, Any]:
    """Returns the report of a cash sale in euros; keyword arguments add or replace fields."""
    return {"id": name, "method": "CASH", "currency": "EUR", "amount": amount, "status": "APPROVED", **fields}


def opened(cashier: Caller, start_amount: Any = 0, **fields: Any) -> dict[str, Any]:
    """Opens a drawer and returns its session."""
    response = cashier.post("/cash/open", {"start_amount": start_amount, **fields})
    assert response.status_code == 200, response.content
    return dict(exact(response))


def closed(cashier: Caller, amount: Any = 0) -> dict[str, Any]:
    """Closes the cashier's drawer with an amount in the currency's units and returns its session."""
    response = cashier.post("/cash/close", {"final_cash_declared": amount})
    assert response.status_code == 200, response.content
    return dict(exact(response))


def paid(till: Caller, name: str = "T-1", amount: Any = 1000, **fields: Any) -> dict[str, Any]:
    """Reports a new payment and returns its answer."""
    response = till.post("/payments", payment(name, amount, **fields))
    assert response.status_code == 201, response.content
    return dict(exact(response))


ORDER = {"number": "A-17", "type": "dine_in", "net_total": 750}


def ordered(by: Caller, **fields: Any) -> dict[str, Any]:
    """Creates an order and returns it."""
    made = by.post("/orders", {**ORDER, **fields})
    assert made.status_code == 201, made.content
    return dict(exact(made)["data"])


def days(cashier: Caller, number: int) -> list[int]:
    """Opens and closes this many sessions and returns their ids, oldest first."""
    ids = []
    for _ in range(number):
        ids.append(opened(cashier, 10)["id"])
        closed(cashier, 10)
    return ids


def sent(
    by: Caller, method: str, path: str, content: bytes | str, *, content_type: str = "application/json", **headers: str
) -> HttpResponse:
    """Sends a body unchanged, with any content type."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if by.secret:
        named[by.header] = f"Bearer {by.secret}" if by.header == "authorization" else by.secret
    return by.client.generic(method, f"/api/v1{path}", content, content_type=content_type, headers=named)


def told(response: HttpResponse, *, apart_from: Iterable[Any] = ()) -> tuple[int, str, dict[str, str]]:
    """Returns status, body and headers of an answer, without the request id, the ETag (which is keyed by the caller) and
    without these values.
    """
    body = re.sub(r'"request_id":"[^"]*"', '"request_id":"#"', response.content.decode())
    for value in apart_from:
        # A whole word only: the session 1 is not the 1 in /api/v1.
        body = re.sub(rf"(?<!\w){re.escape(str(value))}(?!\w)", "#", body)
    headers = {
        name: value
        for name, value in response.headers.items()
        if name.lower() not in ("content-length", "x-request-id", "etag")
    }
    return response.status_code, body, headers


def named_fields(response: HttpResponse) -> str:
    """Returns the part of an error that names fields, in any dialect."""
    body = json.loads(response.content)
    if "results" in body:
        return " ".join(json.dumps(result.get("problem", {}).get("errors", [])) for result in body["results"])
    return json.dumps(body.get("errors") or body.get("data", {}).get("errors") or body.get("detail") or body)


def drawer(cast: Cast, number: int = 1) -> int:
    """Returns the balance of a register by the ledger, in minor units."""
    return cast.book(PlaceKind.REGISTER, number)
