"""Every request in every state of a settlement: the documented transition, or a 409 that lists the allowed actions.

A cell holds the status, the new state of the settlement, and the cash of its place. After a refusal, every row of
every table must be unchanged.
"""

from typing import Any, Final

import pytest
from django.apps import apps
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import PlaceKind
from settlements.domain.closing import force_close_settlement
from settlements.models import Settlement
from tests.settlements.steps import change, close, listed, open_register, open_vault, preview, report, start_counting
from tests.stories import Caller, Cast, caller

STATES: Final = {
    "CASHREGISTER": ("OPEN", "OPEN with a session", "COUNTING", "COUNTING, two previews", "CLOSED", "CLOSED uncounted"),
    "VAULT": ("OPEN", "OPEN, five previews", "CLOSED"),
}
REQUESTS: Final = (
    "OPEN", "OPEN with amounts", "COUNTING", "COUNTING with nothing", "COUNTING with less", "COUNTING with all",
    "CLOSED", "CLOSED with nothing", "CLOSED with less", "CLOSED with all", "SHUT", "a pair twice",
    "create", "entry", "movement", "payment", "pending payment", "session opens", "session closes",
)  # fmt: skip

# What lies in the register: 200.00 and a sale of 15.00; in the vault what the register left of 500.00.
MATRIX: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "CASHREGISTER": {
        #                        OPEN              with a session    COUNTING            two previews        CLOSED            uncounted
        "OPEN":                  ("409 count",     "409 count",      "409 either",       "409 either",       "409 stays",      "409 stays"),
        "OPEN with amounts":     ("409 count",     "409 count",      "409 either",       "409 either",       "409 stays",      "409 stays"),
        "COUNTING":              ("200 COUNTING 21500", "409 session", "409 either",     "409 either",       "409 stays",      "409 stays"),
        "COUNTING with nothing": ("409 count",     "409 count",      "200 COUNTING 21500", "200 CLOSED 0",   "409 stays",      "409 stays"),
        "COUNTING with less":    ("409 count",     "409 count",      "200 COUNTING 21500", "200 CLOSED 0",   "409 stays",      "409 stays"),
        "COUNTING with all":     ("409 count",     "409 count",      "200 CLOSED 0",     "200 CLOSED 0",     "409 stays",      "409 stays"),
        "CLOSED":                ("409 count",     "409 count",      "400 amounts",      "400 amounts",      "409 stays",      "409 stays"),
        "CLOSED with nothing":   ("409 count",     "409 count",      "200 CLOSED 0",     "200 CLOSED 0",     "409 stays",      "409 stays"),
        "CLOSED with less":      ("409 count",     "409 count",      "200 CLOSED 0",     "200 CLOSED 0",     "409 stays",      "409 stays"),
        "CLOSED with all":       ("409 count",     "409 count",      "200 CLOSED 0",     "200 CLOSED 0",     "409 stays",      "409 stays"),
        "SHUT":                  ("400 state",     "400 state",      "400 state",        "400 state",        "400 state",      "400 state"),
        "a pair twice":          ("400 amounts",   "400 amounts",    "400 amounts",      "400 amounts",      "400 amounts",    "400 amounts"),
        "create":                ("409 one",       "409 one",        "409 one",          "409 one",          "201 CLOSED 20000", "201 CLOSED 20000"),
        "entry":                 ("201 OPEN 21507", "201 OPEN 21507", "409 entries",     "409 entries",      "409 entries",    "409 entries"),
        "movement":              ("201 OPEN 21507", "201 OPEN 21507", "409 idle",        "409 idle",         "409 idle",       "409 idle"),
        "payment":               ("201 OPEN 21511", "201 OPEN 21511", "201 COUNTING 21500 late", "201 COUNTING 21500 late", "201 CLOSED 0 late", "201 CLOSED 21500 late"),
        "pending payment":       ("201 OPEN 21500 none", "201 OPEN 21500 none", "201 COUNTING 21500 none", "201 COUNTING 21500 none", "201 CLOSED 0 none", "201 CLOSED 21500 none"),
        "session opens":         ("200 OPEN 21600", "409 since",     "409 counted",      "409 counted",      "200 CLOSED 21600", "200 CLOSED 21600"),
        "session closes":        ("404 none",      "200 OPEN 21400", "404 none",         "404 none",         "404 none",       "404 none"),
    },
    "VAULT": {
        #                        OPEN                 five previews        CLOSED
        "OPEN":                  ("409 vault",         "409 vault",         "409 stays"),
        "OPEN with amounts":     ("409 vault",         "409 vault",         "409 stays"),
        "COUNTING":              ("409 vault",         "409 vault",         "409 stays"),
        "COUNTING with nothing": ("200 OPEN 30000",    "200 OPEN 30000",    "409 stays"),
        "COUNTING with less":    ("200 OPEN 30000",    "200 OPEN 30000",    "409 stays"),
        "COUNTING with all":     ("200 OPEN 30000",    "200 OPEN 30000",    "409 stays"),
        "CLOSED":                ("400 amounts",       "400 amounts",       "409 stays"),
        "CLOSED with nothing":   ("200 CLOSED 0",      "200 CLOSED 0",      "409 stays"),
        "CLOSED with less":      ("200 CLOSED 29900",  "200 CLOSED 29900",  "409 stays"),
        "CLOSED with all":       ("200 CLOSED 30000",  "200 CLOSED 30000",  "409 stays"),
        "SHUT":                  ("400 state",         "400 state",         "400 state"),
        "a pair twice":          ("400 amounts",       "400 amounts",       "400 amounts"),
        "create":                ("409 one",           "409 one",           "409 one"),
        "entry":                 ("201 OPEN 30007",    "201 OPEN 30007",    "409 entries"),
        "movement":              ("201 OPEN 30007",    "201 OPEN 30007",    "201 CLOSED 30007"),
    },
}  # fmt: skip

START, PREVIEW, CLOSE = "(state COUNTING)", "(state COUNTING with amounts)", "(state CLOSED with amounts)"
TOLD: Final = {
    "count": f"what it allows now is to start counting {START}.",
    "either": f"what it allows now is to preview {PREVIEW} or close {CLOSE}.",
    "vault": f"what it allows now is to preview {PREVIEW} or close {CLOSE}.",
    "stays": "it stays as it is.",
    "session": "of Carla is open at register 1: close it first.",
    "since": "close it first.",
    "one": "Close it first.",
    "counted": "Close its settlement first.",
    "entries": "Entries can be booked only while it is OPEN.",
    "idle": "Register 1 is not open. Open a session or a settlement there first.",
    "amounts": "amounts",
    "state": "state",
    "none": "No active cash session found",
}
ALLOWED: Final = {
    "count": (True, False, False),
    "either": (False, True, True),
    "vault": (False, True, True),
    "stays": (False, False, False),
}


def rows_of_everything() -> dict[str, list[Any]]:
    """Returns every row of every table that a request can write, without the last use of tokens."""
    models = [
        model for app in ("cashdesk", "settlements") for model in apps.get_app_config(app).get_models(include_auto_created=True)
    ]  # fmt: skip
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values_list())
        for model in models
        if not model._meta.proxy and model._meta.label != "cashdesk.AccessToken"
    }


def bring_about(cast: Cast, type_: str, state: str) -> str:
    """Creates a settlement of a type in a state, and returns its id."""
    erika, carla = caller(cast.erika), caller(cast.carla)
    vault = open_vault(erika)
    register = open_register(erika)
    if type_ == "VAULT":
        for number in range(5 if "previews" in state else 0):
            preview(erika, vault, number)
        if state == "CLOSED":
            close(erika, vault, 30000)
        return vault
    report(erika, "first", 1500)
    if "session" in state:
        assert carla.post("/cash/open", {"start_amount": 215, "station": 1}).status_code == 200
    if state.startswith("COUNTING") or state == "CLOSED":
        start_counting(erika, register)
    for number in range(2 if "previews" in state else 0):
        preview(erika, register, number)
    if state == "CLOSED":
        close(erika, register, 21500)
    if "uncounted" in state:
        found = Settlement.objects.get(uuid=register)
        force_close_settlement(settlement=found, by=Principal(user=cast.erika), at=timezone.now(), reason="power cut")
    return register


def send(erika: Caller, carla: Caller, type_: str, settlement: str, request: str) -> HttpResponse:
    """Sends one of REQUESTS: as the manager, or as the cashier for sessions."""
    total = 30000 if type_ == "VAULT" else 21500
    state, _with, what = request.partition(" with ")
    if state in ("OPEN", "COUNTING", "CLOSED", "SHUT"):
        amounts = {"nothing": {}, "less": total - 100, "all": total, "amounts": total}.get(what)
        return change(erika, settlement, state, amounts)  # type: ignore[arg-type]  # mypy sees an object
    station = 0 if type_ == "VAULT" else 1
    return {
        "a pair twice": lambda: erika.patch(
            f"/settlements/{settlement}", {"state": "CLOSED", "amounts": listed(1) + listed(1)}
        ),
        "create": lambda: erika.post("/settlements", {"type": type_, "station": station, "initialCash": listed(20000)}),
        "entry": lambda: erika.post(
            "/cashbookentries",
            {"settlementId": settlement, "account": "OTHER_INCOME", "value": 7, "currency": "EUR"},
        ),
        "movement": lambda: erika.post(
            "/movements", {"kind": "PAID_IN", "amount": 7, "station": station, "reason": "OTHER_INCOME"}
        ),
        "payment": lambda: _pay(erika, "APPROVED"),
        "pending payment": lambda: _pay(erika, "PENDING"),
        "session opens": lambda: carla.post("/cash/open", {"start_amount": 216, "station": 1}),
        "session closes": lambda: carla.post("/cash/close", {"final_cash_declared": 214}),
    }[request]()


def _pay(by: Caller, status: str) -> HttpResponse:
    body = {"id": "next", "station": 1, "method": "CASH", "currency": "EUR", "amount": 11, "status": status}
    return by.post("/payments", body)


@pytest.mark.parametrize(("type_", "state"), [(type_, state) for type_, states in STATES.items() for state in states])
def test_every_state_by_every_request(cast: Cast, type_: str, state: str) -> None:
    settlement = bring_about(cast, type_, state)
    erika, carla = caller(cast.erika), caller(cast.carla)
    erika.get("/cashbookaccounts/vault")  # the usual accounts are made at first need
    before = rows_of_everything()
    for request, row in MATRIX[type_].items():
        cell = row[STATES[type_].index(state)]
        with transaction.atomic():
            answer = send(erika, carla, type_, settlement, request)
            assert (answer.status_code, request) == (int(cell[:3]), request), answer.content
            if answer.status_code >= 400:
                assert_refused(answer, cell)
            else:
                assert_done(cast, type_, settlement, answer, cell)
            assert (rows_of_everything() == before) == (answer.status_code >= 400), f"{request}: {cell}"
            # The next request meets the settlement as this one did.
            transaction.set_rollback(True)


def assert_refused(answer: HttpResponse, cell: str) -> None:
    """Asserts that the error names exactly the actions that the cell allows."""
    _status, why = cell.split(" ")
    text = answer.content.decode()
    assert TOLD[why] in text
    if why in ALLOWED:
        allowed = text[text.index("does not") :].partition(";")[2]
        assert tuple(words in allowed for words in (START, PREVIEW, CLOSE)) == ALLOWED[why], text


def assert_done(cast: Cast, type_: str, settlement: str, answer: HttpResponse, cell: str) -> None:
    """Asserts the state of the settlement and the cash of its place. For a payment, also whether it was on time."""
    _status, state, cash, *booked = cell.split(" ")
    found = Settlement.objects.get(uuid=settlement)
    place = (PlaceKind.VAULT, 0) if type_ == "VAULT" else (PlaceKind.REGISTER, 1)
    assert (found.state, cast.book(*place)) == (state, int(cash)), cell
    body = answer.json()
    if "booked" in body:
        assert body["booked"] == (booked[0] if booked else "on_time")
    if "previewCount" in body and "state" not in body:
        assert (body["previewCount"], found.preview_count) == (found.preview_count, found.counts.count() - 1)


def test_the_matrix_is_whole() -> None:
    assert set(MATRIX["CASHREGISTER"]) == set(REQUESTS)
    of_a_till = {"payment", "pending payment", "session opens", "session closes"}
    assert set(MATRIX["VAULT"]) == set(REQUESTS) - of_a_till
    for type_, rows in MATRIX.items():
        assert {len(row) for row in rows.values()} == {len(STATES[type_])}


@pytest.mark.parametrize("type_", ["VAULT", "CASHREGISTER"])
def test_before_there_is_any(cast: Cast, type_: str) -> None:
    """A vault can be opened. A register cannot, before the vault is open."""
    erika = caller(cast.erika)
    before = rows_of_everything()
    answer = send(erika, erika, type_, "", "create")
    assert answer.status_code == (201 if type_ == "VAULT" else 409)
    if type_ == "CASHREGISTER":
        assert "A manager must open it before anybody can open a register" in answer.content.decode()
        assert rows_of_everything() == before
