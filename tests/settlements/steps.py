"""Short helpers for the tests of the settlements API. Amounts are minor units of the store's currency."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from cashdesk.enums import CASH
from tests.stories import Caller

Amounts = Mapping[tuple[str, str], int] | int


def listed(amounts: Amounts) -> list[dict[str, Any]]:
    """Returns amounts in the format of the API. A number means euros in cash (minor units)."""
    pairs = {("EUR", CASH): amounts} if isinstance(amounts, int) else amounts
    return [{"value": value, "currency": currency, "method": method} for (currency, method), value in pairs.items()]


def answered(response: HttpResponse, *statuses: int) -> Any:
    """Returns the body of an answer. Asserts that its status is one of these."""
    assert response.status_code in statuses, response.content
    return response.json()


def open_vault(by: Caller, amounts: Amounts = 500_00) -> str:
    """Opens the vault's settlement and returns its id."""
    body = {"type": "VAULT", "initialCash": listed(amounts)}
    return str(answered(by.post("/settlements", body), 201)["settlementId"])


def open_register(by: Caller, amounts: Amounts = 200_00, *, station: int = 1) -> str:
    """Opens a register's settlement and returns its id."""
    body = {"type": "CASHREGISTER", "initialCash": listed(amounts), "station": station}
    return str(answered(by.post("/settlements", body), 201)["settlementId"])


def change(by: Caller, settlement: str, state: str, amounts: Amounts | None = None) -> HttpResponse:
    """Sends the PATCH of the settlements API."""
    body: dict[str, Any] = {"state": state}
    if amounts is not None:
        body["amounts"] = listed(amounts)
    return by.patch(f"/settlements/{settlement}", body)


def start_counting(by: Caller, settlement: str) -> Any:
    """Starts the count."""
    return answered(change(by, settlement, "COUNTING"), 200)


def preview(by: Caller, settlement: str, amounts: Amounts) -> Any:
    """Previews amounts."""
    return answered(change(by, settlement, "COUNTING", amounts), 200)


def close(by: Caller, settlement: str, amounts: Amounts) -> Any:
    """Closes with amounts."""
    return answered(change(by, settlement, "CLOSED", amounts), 200)


def report(by: Caller, name: str, amount: int, **fields: Any) -> Any:
    """Reports a payment, by default at register 1, and returns the answer."""
    body = {
        "id": name,
        "station": 1,
        "method": CASH,
        "currency": "EUR",
        "amount": amount,
        "status": "APPROVED",
        **fields,
    }
    return answered(by.post("/payments", body), 201)


def figures(body: Any) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Returns target, actual and difference per currency and method of a closed settlement."""
    found = {}
    columns = [body[f"{part}Amounts"] for part in ("target", "actual", "difference")]
    for target, actual, difference in zip(*columns, strict=True):
        pairs = {(line["currency"], line["method"]) for line in (target, actual, difference)}
        (pair,) = pairs
        found[pair] = (target["value"], actual["value"], difference["value"])
    return found
