"""Law 5 in the settlements API: before a place is counted, no answer shows or reveals its expected amount.

The same people take the same steps in two worlds. The worlds differ only in the money that moved. Ids and times are
masked; then all answers must be equal to the byte. No answer may contain the expected amount in any notation.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import moved
from cashdesk.enums import CASH, PlaceKind, Scope
from cashdesk.models import AuditEntry, Place
from cashdesk.pair import Pair
from settlements.domain.closing import force_close_settlement
from settlements.domain.count_settlement_afterwards import count_settlement_afterwards
from settlements.filters.settlements import COLUMNS, PARAMETERS
from settlements.models import Settlement
from tests.api.blind import all_of, notations
from tests.cashdesk.desk import counted
from tests.lengths import IS_LONG
from tests.settlements.steps import close, listed, open_register, open_vault, report, start_counting
from tests.stories import Caller, Cast, caller, key_caller

FIGURES: Final = ("targetAmounts", "actualAmounts", "differenceAmounts")
WORDS: Final = ("target", "targetAmounts", "differenceAmounts", "actualAmounts", "expected", "book", "value", "fields")
SOLD: Final = (639_41, 3_38)
DROPPED: Final = (100_07, 20_19)


@dataclass(kw_only=True)
class World:
    """A shop that trades. The two worlds differ in `sold` and `dropped` (minor units)."""

    cast: Cast
    sold: int
    dropped: int
    vault: str
    register: str

    @cached_property
    def secrets(self) -> set[int]:
        """The expected amounts of register and vault, and the sold and dropped amounts. `ask` reads them again after each write."""
        books = {moved(place=place, after=0).get(Pair("EUR", CASH), 0) for place in self.places}
        return {abs(amount) for amount in (*books, self.sold, self.dropped) if abs(amount) > 99}

    @cached_property
    def places(self) -> tuple[Place, Place]:
        """The vault and the register."""
        return self.cast.place(PlaceKind.VAULT), self.cast.place(PlaceKind.REGISTER, 1)


Walk = Callable[[World], list[tuple[str, Any]]]


def worlds_of(cast: Cast, walk: Walk) -> list[list[tuple[str, Any]]]:
    """Runs a walk in both worlds and returns the answers of each."""
    told = []
    for sold, dropped in zip(SOLD, DROPPED, strict=True):
        with transaction.atomic():
            erika, carla = caller(cast.erika), caller(cast.carla)
            vault = open_vault(erika, 1000_00)
            register = open_register(carla)
            report(carla, "hidden", sold)
            report(carla, "hidden-card", sold, method="CARD")
            assert carla.post("/movements", {"kind": "DROP", "amount": dropped}).status_code == 201
            told.append(walk(World(cast=cast, sold=sold, dropped=dropped, vault=vault, register=register)))
            transaction.set_rollback(True)
    return told


def masked(text: str) -> str:
    """Masks times in milliseconds. `all_of` masks the rest."""
    return re.sub(r"\b1\d{12}\b", "<millis>", text)


def ask(world: World, by: Caller, method: str, path: str, body: Any = None) -> tuple[str, Any]:
    """Sends a request, asserts that the answer contains no secret, and returns the answer without its variable parts."""
    hidden = world.secrets
    answer = by.send(method, path.format(register=world.register, vault=world.vault), body)
    assert answer.status_code < 500
    text = masked(all_of(answer))
    asked = f"{path} {body}"
    if method not in ("GET", "HEAD"):
        del world.secrets
        hidden |= world.secrets
    for amount in hidden:
        for notation in notations(amount):
            if notation not in asked:
                assert not re.search(rf"(?<!\d){re.escape(notation)}(?!\d)", text), f"{asked} tells {notation}: {text}"
    for word in FIGURES:
        assert f'"{word}":[' not in text, f"{asked} tells {word}"
    return f"{method} {asked}", text


ODD_LOOKS: Final = (
    *(f"/settlements?{word}=1" for word in (*WORDS, *PARAMETERS)),
    *(f"/settlements?sort={word}" for word in WORDS),
    *(f"/settlements/{{register}}?{word}=1" for word in WORDS),
)
"""Looks that name what no answer has, or filter by a value that no row has. The short form sends them once, before the count."""

LOOKS: Final = (
    "/settlements", "/settlements/{register}", "/settlements/{vault}", f"/settlements/{uuid4()}",
    "/cashbookentries", "/cashbookentries?settlementId={register}", "/cashbookentries?settlementId={vault}",
    "/settlements?state=OPEN", "/settlements?state=COUNTING", "/settlements?type=VAULT", "/settlements?station=1",
    "/settlements?station=0", "/settlements?settlementId={register}", "/settlements?settlementId={vault}",
    "/settlements?openedByName=Carla", "/settlements?closedTimeFrom=0", "/settlements?size=1&page=1",
    *(f"/settlements?sort={column},desc" for column in COLUMNS if column != "settlementId"),
    *ODD_LOOKS,
    "/cash/status", "/cash/sessions", "/shifts/active", "/deposits", "/cashbookaccounts/cashregister",
    "/reports/shift-summary?start_date=2020-01-01&end_date=2020-01-31",
)  # fmt: skip

OF_THE_LEDGER: Final = (
    "/payments?session=1", "/payments/hidden", "/movements?session=1", "/counts?session=1", "/registers", "/cash-position",
)  # fmt: skip
"""Looks at rows that add up to the target. Managers may see them; each of their looks is noted."""

REFUSED: Final = (
    ("PATCH", "/settlements/{register}", {"state": "CLOSED", "amounts": listed(1)}),
    ("PATCH", "/settlements/{register}", {"state": "CLOSED"}),
    ("PATCH", "/settlements/{register}", {"state": "OPEN"}),
    ("PATCH", "/settlements/{register}", {"state": "COUNTING", "amounts": listed(1)}),
    ("PATCH", "/settlements/{register}", {"state": "COUNTING", "dryRun": True}),
    ("PATCH", "/settlements/{vault}", {"state": "COUNTING"}),
    ("POST", "/settlements", {"type": "CASHREGISTER", "initialCash": listed(1), "station": 1}),
    ("POST", "/settlements", {"type": "VAULT", "initialCash": listed(1)}),
    ("POST", "/cashbookentries", {"settlementId": "{register}", "account": "CHANGE", "value": -1, "currency": "EUR"}),
    ("OPTIONS", "/settlements/{register}", None),
)
REFUSED_STILL: Final = (REFUSED[1], REFUSED[2], *REFUSED[4:])

# More than is there, and less: nothing is refused because the drawer could not hold it.
DONE: Final[tuple[tuple[str, str, Any], ...]] = (
    ("POST", "/movements", {"kind": "DROP", "amount": 10**9, "station": 1}),
    ("POST", "/movements", {"kind": "DROP", "amount": 1, "station": 1}),
    ("POST", "/movements", {"kind": "PAID_OUT", "amount": 700_00, "station": 1, "reason": "SUPPLIES"}),
    ("POST", "/movements", {"kind": "PAID_IN", "amount": 10**9 + 700_01, "station": 1, "reason": "CHANGE"}),
    ("POST", "/payments", {"id": "seen", "station": 1, "method": "CASH", "currency": "EUR", "amount": 11, "status": "APPROVED"}),
    ("POST", "/registers/1/no-sale", {}),
)  # fmt: skip

COUNTED: Final = (
    ("PATCH", "/settlements/{register}", {"state": "COUNTING"}),
    ("PATCH", "/settlements/{register}", {"state": "COUNTING", "amounts": listed(1)}),
    ("PATCH", "/settlements/{register}", {"state": "COUNTING", "amounts": listed({("EUR", "CASH"): 5 * 10**9})}),
)


@pytest.mark.long
@pytest.mark.parametrize("who", ["carla", "bruno", "erika", "anna"])
def test_nothing_tells_what_a_running_settlement_should_hold(cast: Cast, who: str) -> None:
    def walk(world: World) -> list[tuple[str, Any]]:
        by = caller(getattr(cast, who))
        paths = LOOKS if who in ("carla", "erika") else LOOKS[:17]
        paths += OF_THE_LEDGER if who in ("carla", "bruno") else ()
        looks = [("GET", path, None) for path in paths] + [("HEAD", path, None) for path in LOOKS[:4]]
        once = (*ODD_LOOKS, *OF_THE_LEDGER)
        again = looks if IS_LONG else [look for look in looks if look[1] not in once]
        done = DONE if who in ("carla", "erika") else ()
        told = [
            ask(world, by, *step) for step in (*looks, *REFUSED, *done, *looks[:17], *COUNTED, *again, *REFUSED_STILL)
        ]
        if who == "erika":
            told += [
                ask(world, by, "PATCH", "/settlements/{vault}", {"state": "COUNTING", "amounts": listed(amount)})
                for amount in (0, 1, 2**20, 2**40)
            ]
        return told

    first, second = worlds_of(cast, walk)
    assert [step for step, _text in first] == [step for step, _text in second]
    for (step, one), (_step, other) in zip(first, second, strict=True):
        assert one == other, step
    assert {int(text[:3]) for _step, text in first} >= {200, 400, 404 if who != "anna" else 200}


def test_the_hunt_would_find_it(cast: Cast) -> None:
    """Proves the check itself: it fails for the answer to a close, which shows the target."""

    def walk(world: World) -> list[tuple[str, Any]]:
        by = caller(cast.carla)
        start_counting(by, world.register)
        with pytest.raises(AssertionError, match="tells"):
            ask(world, by, "PATCH", "/settlements/{register}", {"state": "CLOSED", "amounts": listed(1)})
        return [("closed", masked(all_of(by.get(f"/settlements/{world.register}"))))]

    first, second = worlds_of(cast, walk)
    assert first != second


def test_the_figures_come_with_the_close_and_not_before(cast: Cast) -> None:
    erika, carla = caller(cast.erika), caller(cast.carla)
    vault, register = open_vault(erika), open_register(carla)
    key = key_caller(cast.store, Scope.SETTLEMENTS_READ, store=cast.store)
    start_counting(carla, register)
    for by in (erika, carla, key):
        assert not set(FIGURES) & set(by.get(f"/settlements/{register}").json())
    close(carla, register, 199_00)
    close(erika, vault, 499_00)
    for by in (erika, carla, key):
        assert set(FIGURES) < set(by.get(f"/settlements/{register}").json())
    for by in (erika, key):
        assert set(FIGURES) < set(by.get(f"/settlements/{vault}").json())
        (running,) = by.get("/settlements?state=OPEN").json()["settlements"]["content"]
        assert not set(FIGURES) & set(running)


def test_a_forced_close_tells_its_cashier_nothing_until_somebody_has_counted(cast: Cast) -> None:
    def walk(world: World) -> list[tuple[str, Any]]:
        carla, erika = caller(cast.carla), caller(cast.erika)
        found = Settlement.objects.get(uuid=world.register)
        manager = Principal(user=cast.erika)
        force_close_settlement(settlement=found, by=manager, at=timezone.now(), reason="power cut")
        told = [ask(world, carla, "GET", path) for path in (*LOOKS, *OF_THE_LEDGER)]
        told.append(ask(world, carla, "PATCH", "/settlements/{register}", {"state": "CLOSED", "amounts": listed(1)}))
        assert carla.get(f"/settlements/{world.register}").json()["uncounted"] is True
        # A manager may look, which is written down.
        looks = AuditEntry.objects.filter(action="expected.seen")
        assert looks.count() == 0
        shown = erika.get(f"/settlements/{world.register}").json()
        assert shown["targetAmounts"][0]["value"] == 200_00 + world.sold - world.dropped
        assert [entry.detail for entry in looks] == [{"settlements": [found.pk]}]
        count_settlement_afterwards(settlement=found, counted=[counted(0)], by=manager, at=timezone.now())
        after = carla.get(f"/settlements/{world.register}").json()
        assert after["targetAmounts"] == shown["targetAmounts"]
        assert after["actualAmounts"][0]["value"] == 0
        erika.get(f"/settlements/{world.register}")
        assert looks.count() == 1, "what was counted since is no secret, so no look is noted"
        return told

    first, second = worlds_of(cast, walk)
    assert first == second


def test_the_next_opening_counts_what_a_forced_close_left(cast: Cast) -> None:
    erika, carla = caller(cast.erika), caller(cast.carla)
    open_vault(erika)
    register = open_register(carla)
    found = Settlement.objects.get(uuid=register)
    force_close_settlement(settlement=found, by=Principal(user=cast.erika), at=timezone.now(), reason="power cut")
    assert "targetAmounts" not in carla.get(f"/settlements/{register}").json()
    assert caller(cast.bruno).post("/cash/open", {"start_amount": 200, "station": 1}).status_code == 200
    assert "targetAmounts" in carla.get(f"/settlements/{register}").json()


@pytest.mark.parametrize(
    ("method", "body"),
    [("GET", None), ("PATCH", {"state": "COUNTING"}), ("PATCH", {"state": "CLOSED", "amounts": listed(1)}), ("HEAD", None)],
)  # fmt: skip
def test_to_a_cashier_the_vault_is_as_if_it_were_not(cast: Cast, method: str, body: Any) -> None:
    vault = open_vault(caller(cast.erika))
    carla = caller(cast.carla)
    there, nowhere = (
        masked(all_of(carla.send(method, f"/settlements/{settlement}", body))) for settlement in (vault, uuid4())
    )
    assert there == nowhere
    assert there.startswith("404")
    entry = {"account": "OTHER_INCOME", "value": 1, "currency": "EUR"}
    there, nowhere = (
        masked(all_of(carla.post("/cashbookentries", {**entry, "settlementId": settlement})))
        for settlement in (vault, str(uuid4()))
    )
    assert there == nowhere
    page = carla.get("/settlements").json()["settlements"]
    assert (page["content"], page["totalElements"], page["totalPages"]) == ([], 0, 0)
