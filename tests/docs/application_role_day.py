"""A day with the restricted database role: every kind of write of the application, over the API.

Run it as a program with DATABASE_URL for that role. It prints the answer of each step. If the role may not do a step,
the answer is a 5xx, or the program ends.
"""

import json
import sys
from contextlib import redirect_stdout
from typing import Any

import django

# Models can be imported only once the applications are set up.
django.setup()

from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

from cashdesk.models import Movement, Vendor  # noqa: E402
from tests.factories import PASSWORD  # noqa: E402
from tests.stories import Caller, Cast, caller, make_cast  # noqa: E402

CASH_SALE = {"method": "CASH", "currency": "EUR", "amount": 1250, "status": "APPROVED"}


def day(cast: Cast) -> dict[str, int]:
    """Returns the status of each step."""
    erika, bruno = caller(cast.erika), caller(cast.bruno)
    nobody = Caller()
    steps: dict[str, Any] = {
        "wrong password": nobody.post("/auth/login", {"username": "carla", "password": "guess"}),
        "sign in": nobody.post("/auth/login", {"username": "carla", "password": PASSWORD}),
    }
    carla = Caller(steps["sign in"].json()["access_token"])
    steps |= {
        "open": carla.post("/cash/open", {"count": [{"denomination": 50, "pieces": 4}]}, idempotency_key="morning"),
        "open, sent again": carla.post(
            "/cash/open", {"count": [{"denomination": 50, "pieces": 4}]}, idempotency_key="morning"
        ),
        "open at a register that the store gets for it": bruno.post("/cash/open", {"start_amount": 100}),
        "pay": carla.post("/payments", {"id": "sale", **CASH_SALE}),
        "pay later": carla.post("/payments", {"id": "pending", **CASH_SALE, "status": "PENDING"}),
        "approve": erika.patch("/payments/pending", {"status": "APPROVED"}),
        "drop": carla.post("/shifts/cash-transaction", {"type": "cash_out", "amount": 10000, "category": "drop"}),
        "reverse the drop": erika.post(f"/movements/{_last_drop()}/reverse", {"reason": "bag came back"}),
        "close": carla.post("/cash/close", {"final_cash_declared": 224}),
        "pay after the close": carla.post("/payments", {"id": "late", **CASH_SALE}),
        "force-close and open again": bruno.post("/cash/open", {"start_amount": 100, "force_close_previous": True}),
        "sign out": carla.post("/auth/logout"),
    }
    browser = Client()
    steps |= {
        "sign in to the back office": browser.post("/admin/login/", {"username": "anna", "password": PASSWORD}),
        "add a brand there": browser.post(
            "/admin/cashdesk/vendor/add/", {"account": cast.anna.account_id, "name": "A"}
        ),
        "rename it": browser.post(f"/admin/cashdesk/vendor/{_last_vendor()}/change/", {"name": "B"}),
        "sign out of it": browser.post("/admin/logout/"),
        "ready": browser.get("/readyz"),
    }
    return {step: response.status_code for step, response in steps.items()}


def _last_drop() -> str:
    return str(Movement.objects.filter(kind="DROP").latest("pk").uuid)


def _last_vendor() -> int:
    return Vendor.objects.latest("pk").pk


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):
        told = day(make_cast(registers=1))
        for command in ("tidy", "verify"):
            call_command(command)
    print(json.dumps(told))
