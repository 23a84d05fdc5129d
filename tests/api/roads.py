"""Every amount field of every path."""

import uuid
from dataclasses import dataclass

from django.http import HttpResponse

from tests.factories import PASSWORD
from tests.stories import Caller


@dataclass(frozen=True, kw_only=True)
class Road:
    """An amount field. `body` has # in the place of the amount. `is_optional` means that null equals a missing field."""

    path: str
    body: str
    field: str
    is_optional: bool = False

    def send(self, by: Caller, raw: str) -> HttpResponse:
        return by.post(
            self.path,
            self.body.replace("#", raw),
            idempotency_key=str(uuid.uuid4()) if "pay/manual" in self.path else "",
        )


PAYMENT = '"id": "Q", "method": "CASH", "currency": "EUR", "status": "APPROVED"'
ROADS = {
    "open": Road(path="/cash/open", body='{"start_amount": #}', field="start_amount"),
    "open by count, denomination": Road(
        path="/cash/open", body='{"count": [{"denomination": #, "pieces": 1}]}', field="count"
    ),
    "open by count, pieces": Road(
        path="/cash/open", body='{"count": [{"denomination": 5, "pieces": #}]}', field="count"
    ),
    "close": Road(path="/cash/close", body='{"final_cash_declared": #}', field="final_cash_declared"),
    "close by count, denomination": Road(
        path="/cash/close", body='{"count": [{"denomination": #, "pieces": 1}]}', field="count"
    ),
    "close by count, pieces": Road(
        path="/cash/close", body='{"count": [{"denomination": 5, "pieces": #}]}', field="count"
    ),
    "start": Road(path="/shifts/start", body=f'{{"start_cash": #, "password": "{PASSWORD}"}}', field="start_cash"),
    "end": Road(
        path="/shifts/end", body=f'{{"actual_cash_end": #, "password": "{PASSWORD}"}}', field="actual_cash_end"
    ),
    "cash transaction": Road(
        path="/shifts/cash-transaction", body='{"type": "cash_in", "amount": #, "category": "other"}', field="amount"
    ),
    "pay by hand": Road(
        path="/orders/1/pay/manual", body='{"payment_method_id": "CASH-ID", "amount": #}', field="amount"
    ),
    "cash received": Road(
        path="/orders/1/pay/manual",
        body='{"payment_method_id": "CASH-ID", "amount": 1, "cash_received": #}',
        field="cash_received",
        is_optional=True,
    ),
    "payment": Road(path="/payments", body=f'{{{PAYMENT}, "amount": #}}', field="amount"),
    "tendered": Road(
        path="/payments", body=f'{{{PAYMENT}, "amount": 1, "tendered": #}}', field="tendered", is_optional=True
    ),
    "change": Road(
        path="/payments",
        body=f'{{{PAYMENT}, "amount": 1, "tendered": 5000000000, "change": #}}',
        field="change",
        is_optional=True,
    ),
    "tax": Road(path="/payments", body=f'{{{PAYMENT}, "amount": 1, "tax": #}}', field="tax", is_optional=True),
    "discount": Road(
        path="/payments", body=f'{{{PAYMENT}, "amount": 1, "discount": #}}', field="discount", is_optional=True
    ),
    "payment of a batch": Road(path="/payments/batch", body=f'[{{{PAYMENT}, "amount": #}}]', field="amount"),
}
OPENS = ("/cash/open", "/shifts/start")
