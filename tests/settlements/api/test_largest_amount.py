"""Every amount field of settlements refuses, by its name, a barcode that was scanned into it."""

from typing import Any

import pytest

from cashdesk.models import Count, Movement
from settlements.models import Deposit
from tests.cashdesk.desk import close_drawer, open_drawer
from tests.screens.desk import Browser
from tests.settlements.steps import listed, open_vault
from tests.stories import Cast, caller

BARCODE = 4006381333931
LIMIT = "Enter at most 50000000.00 EUR."
ENTRY = {"account": "CHANGE", "value": BARCODE, "currency": "EUR"}
PACK = {"kind": "DEPOSIT", "amount": 1, "bag_number": "B-1"}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/movements", {"kind": "DROP", "amount": BARCODE, "station": 1}, "amount"),
        ("/movements", {**PACK, "amount": BARCODE, "bag_number": "B-2"}, "amount"),
        ("/cashbookentries", ENTRY, "value"),
        ("/settlements", {"type": "CASHREGISTER", "initialCash": listed(BARCODE), "station": 2}, "value"),
        ("/deposits/{deposit}/credit", {"amount": BARCODE}, "amount"),
        ("/variances/{variance}/recount", {"amount": BARCODE}, "amount"),
    ],
)
def test_a_door_of_a_program_refuses_a_barcode(cast: Cast, path: str, body: dict[str, Any], field: str) -> None:
    close_drawer(open_drawer(cast.carla, 100_00, station=2), 40_00)
    open_drawer(cast.carla, 100_00, station=1)
    by = caller(cast.erika)
    vault = open_vault(by, 1000_00)
    assert by.post("/movements", PACK).status_code == 201
    before = (Movement.objects.count(), Count.objects.count())
    named = {
        "deposit": Deposit.objects.get().uuid,
        "variance": by.get("/variances").json()[0]["id"],
    }
    said = {**body, "settlementId": vault} if path == "/cashbookentries" else body
    answer = by.post(path.format(**named), said)
    assert answer.status_code == 400, answer.content
    words = answer.content.decode()
    assert field in words
    assert LIMIT in words
    assert (Movement.objects.count(), Count.objects.count()) == before


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("/desk/pay-out", {"amount": str(BARCODE), "reason": "glass"}),
        ("/desk/drop", {"amount": str(BARCODE)}),
        ("/desk/count", {"amount": str(BARCODE), "step": "review"}),
        ("/desk/count", {"pieces-1": "10000000", "pieces-50000": "200000", "step": "review"}),
        ("/vault/change", {"amount": str(BARCODE)}),
        ("/vault/deposits/new", {"amount": str(BARCODE), "bag_number": "B-1"}),
        ("/vault/orders/new", {"pieces-50000": "100001"}),
    ],
)
def test_a_page_refuses_a_barcode_and_keeps_what_was_typed(cast: Cast, path: str, typed: dict[str, str]) -> None:
    cast.store.language = "de"
    cast.store.save()
    open_drawer(cast.erika, 100_00)
    browser = Browser(cast.erika)
    assert browser.fill(path, typed).status_code == 400
    assert "50.000.000,00 €" in browser.text
    for name, text in typed.items():
        assert name == "step" or browser.value(name) == text
    assert Movement.objects.count() == 1
