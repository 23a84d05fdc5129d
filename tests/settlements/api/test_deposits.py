"""The way of a bag to the bank, cashbook entries, and drawers opened without a sale, over the API."""

from typing import Any

import pytest
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import Pieces
from cashdesk.domain.ledger.proof import faults_of_store as faults_of_books
from cashdesk.enums import PlaceKind, Role, Scope
from cashdesk.models import AuditEntry, Movement
from settlements.domain.deposit import prepare_deposit
from settlements.domain.proof import faults_of_store as faults_of_settlements
from settlements.models import CashbookAccount, Deposit
from tests.factories import UserFactory
from tests.settlements.steps import answered, close, figures, open_register, open_vault
from tests.stories import Caller, Cast, caller, key_caller

PACK = {"kind": "DEPOSIT", "amount": 300_00, "bag_number": "B-1", "slip_number": "S-9"}


@pytest.fixture
def erika(cast: Cast) -> Caller:
    """The client of the manager. The vault has an open settlement of 1000.00."""
    by = caller(cast.erika)
    open_vault(by, 1000_00)
    return by


def pack(by: Caller, **fields: Any) -> str:
    """Packs a bag and returns the id of its deposit."""
    return str(answered(by.post("/movements", {**PACK, **fields}), 201)["deposit"])


def state_of(by: Caller) -> Any:
    """Returns the only deposit of the list."""
    (deposit,) = by.get("/deposits").json()
    return deposit


def faults(cast: Cast) -> list[str]:
    """Returns the faults that the proof finds."""
    return [*faults_of_books(cast.store), *faults_of_settlements(cast.store)]


def books(cast: Cast) -> tuple[int, int, int]:
    """Returns the balances of vault, bank and over/short."""
    return cast.book(PlaceKind.VAULT), cast.book(PlaceKind.BANK), cast.book(PlaceKind.OVER_SHORT)


def test_the_life_of_a_bag(cast: Cast, erika: Caller) -> None:
    deposit = pack(erika)
    assert books(cast) == (700_00, 300_00, 0)
    assert (state_of(erika)["state"], state_of(erika)["slip_number"]) == ("PREPARED", "S-9")
    collected = answered(erika.post(f"/deposits/{deposit}/collect", {"courier": "Brinks"}), 200)
    assert (collected["state"], collected["courier"], collected["collected_by"]) == (
        "COLLECTED",
        "Brinks",
        "Erika Mustermann",
    )
    credited = answered(erika.post(f"/deposits/{deposit}/credit", {"amount": 299_50}), 200)
    assert (credited["state"], credited["credited_amount"], credited["difference"]) == ("CREDITED", 299_50, -50)
    assert books(cast) == (700_00, 299_50, 50)
    actions = AuditEntry.objects.filter(action__startswith="deposit.").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["deposit.prepared", "deposit.collected", "deposit.credited"]


@pytest.mark.parametrize(("credited", "difference"), [(300_00, 0), (310_00, 10_00), (0, -300_00)])
def test_the_bank_may_credit_a_bag_that_nobody_saw_collected(
    cast: Cast, erika: Caller, credited: int, difference: int
) -> None:
    answer = answered(erika.post(f"/deposits/{pack(erika)}/credit", {"amount": credited}), 200)
    assert answer["difference"] == difference
    assert books(cast) == (700_00, credited, -difference)


def test_what_was_credited_or_cancelled_stays(cast: Cast, erika: Caller) -> None:
    first, second = pack(erika), pack(erika, bag_number="B-2")
    answered(erika.post(f"/deposits/{first}/credit", {"amount": 300_00}), 200)
    movement = {str(deposit.uuid): str(deposit.movement.uuid) for deposit in Deposit.objects.select_related("movement")}
    answered(erika.post(f"/movements/{movement[first]}/reverse", {"reason": "x"}), 409)
    answered(erika.post(f"/movements/{movement[second]}/reverse", {"reason": "x"}), 201)
    held = books(cast)
    assert held == (700_00, 300_00, 0)
    for deposit in (first, second):
        answered(erika.post(f"/deposits/{deposit}/credit", {"amount": 1}), 409)
        answered(erika.post(f"/deposits/{deposit}/collect", {}), 409)
    assert books(cast) == held
    assert [row["state"] for row in erika.get("/deposits").json()] == ["CANCELLED", "CREDITED"]


def test_a_bag_cancelled_after_the_vault_was_counted_is_late(cast: Cast, erika: Caller) -> None:
    vault = erika.get("/settlements?type=VAULT").json()["settlements"]["content"][0]["settlementId"]
    pack(erika)
    assert figures(close(erika, vault, 1000_00)) == {("EUR", "CASH"): (700_00, 1000_00, 300_00)}
    answered(erika.post(f"/movements/{Movement.objects.get(kind='DEPOSIT').uuid}/reverse", {"reason": "x"}), 201)
    assert books(cast) == (1000_00, 0, 0)
    reversal = Movement.objects.get(reverses__isnull=False)
    assert (reversal.is_late, reversal.late_for) == (True, cast.place(PlaceKind.VAULT))


@pytest.mark.parametrize(
    "fields",
    [{"bag_number": ""}, {"amount": 0}, {"amount": -1}, {"currency": "XXX"}, {"station": 1}, {"method": "CARD"}, {"bag": 1}],
)  # fmt: skip
def test_a_bag_that_is_none(cast: Cast, erika: Caller, fields: Any) -> None:
    held = books(cast)
    answered(erika.post("/movements", {**PACK, **fields}), 400)
    assert (books(cast), Deposit.objects.count()) == (held, 0)


def test_a_bag_has_its_own_number(cast: Cast, erika: Caller) -> None:
    pack(erika)
    answered(erika.post("/movements", PACK), 400)
    assert books(cast) == (700_00, 300_00, 0)


def test_a_cancelled_bag_s_number_is_used_again(cast: Cast, erika: Caller) -> None:
    pack(erika)
    movement = Movement.objects.get(kind="DEPOSIT")
    answered(erika.post(f"/movements/{movement.uuid}/reverse", {"reason": "unpacked"}), 201)
    second = pack(erika)
    answered(erika.post("/movements", PACK), 400)
    answered(erika.post(f"/deposits/{second}/credit", {"amount": 300_00}), 200)
    answered(erika.post("/movements", PACK), 400)
    assert [row["state"] for row in erika.get("/deposits").json()] == ["CREDITED", "CANCELLED"]
    assert books(cast) == (700_00, 300_00, 0)
    assert faults(cast) == []


def test_a_wrong_credit_is_corrected_by_other_people_and_nothing_is_lost(cast: Cast, erika: Caller) -> None:
    deposit, anna = pack(erika), caller(cast.anna)
    answered(erika.post(f"/deposits/{deposit}/credit", {"amount": 30_00}), 200)
    path = f"/deposits/{deposit}/correct-credit"
    assert state_of(erika)["allowed"] == []
    assert state_of(anna)["allowed"] == ["correct-credit"]
    answered(erika.post(path, {"amount": 300_00, "reason": "mine"}), 403)
    answered(anna.post(path, {"amount": 30_00, "reason": "the same"}), 400)
    answered(anna.post(path, {"amount": 300_00}), 400)
    answered(anna.post(path, {"amount": -1, "reason": "x"}), 400)
    assert books(cast) == (700_00, 30_00, 270_00)
    first = answered(anna.post(path, {"amount": 300_00, "reason": "a nought was missing"}), 200)
    assert (first["credited_amount"], first["difference"], first["allowed"]) == (300_00, 0, [])
    assert books(cast) == (700_00, 300_00, 0)
    answered(anna.post(path, {"amount": 1, "reason": "again"}), 403)
    mia = caller(UserFactory(store=cast.store, username="mia", name="Mia", role=Role.MANAGER))
    second = answered(mia.post(path, {"amount": 299_00, "reason": "a coin was foreign"}), 200)
    steps = [(line["corrected_from"], line["corrected_to"], line["corrected_by"]) for line in second["corrections"]]
    assert steps == [(30_00, 300_00, "Anna"), (300_00, 299_00, "Mia")]
    assert (second["credited_amount"], second["difference"]) == (299_00, -1_00)
    assert books(cast) == (700_00, 299_00, 1_00)
    kept = Deposit.objects.get()
    assert (kept.credited_amount, kept.difference, kept.credited_by) == (30_00, -270_00, cast.erika)
    assert faults(cast) == []


def test_the_variance_follows_the_corrected_credit(cast: Cast, erika: Caller) -> None:
    deposit, anna = pack(erika), caller(cast.anna)
    answered(erika.post(f"/deposits/{deposit}/credit", {"amount": 30_00}), 200)
    (wrong,) = anna.get("/variances").json()
    assert "recount" not in wrong["allowed"]
    answered(anna.post(f"/variances/{wrong['id']}/recount", {"amount": 1}), 409)
    answered(anna.post(f"/deposits/{deposit}/correct-credit", {"amount": 290_00, "reason": "typo"}), 200)
    right, superseded = anna.get("/variances").json()
    assert (superseded["id"], superseded["state"], superseded["allowed"]) == (wrong["id"], "SUPERSEDED", [])
    assert (right["state"], right["difference"], right["counted_by"]) == ("OPEN", -10_00, "Anna")
    mia = caller(UserFactory(store=cast.store, username="mia", name="Mia", role=Role.MANAGER))
    answered(mia.post(f"/deposits/{deposit}/correct-credit", {"amount": 300_00, "reason": "typo"}), 200)
    assert [row["state"] for row in anna.get("/variances").json()] == ["SUPERSEDED", "SUPERSEDED"]


def test_a_credit_is_corrected_once_it_is_one(cast: Cast, erika: Caller) -> None:
    """Only a credited deposit can be corrected, and not by a program. If a program credited it, any manager can."""
    deposit, body = pack(erika), {"amount": 1, "reason": "x"}
    path = f"/deposits/{deposit}/correct-credit"
    assert state_of(erika)["allowed"] == ["collect", "credit"]
    answered(erika.post(path, body), 409)
    key = key_caller(cast.store)
    answered(key.post(f"/deposits/{deposit}/credit", {"amount": 300_00}), 200)
    answered(key.post(path, body), 403)
    assert state_of(key)["allowed"] == []
    answered(erika.post(path, body), 200)
    other = pack(erika, bag_number="B-2")
    movement = Deposit.objects.get(uuid=other).movement
    answered(erika.post(f"/movements/{movement.uuid}/reverse", {"reason": "x"}), 201)
    answered(caller(cast.anna).post(f"/deposits/{other}/correct-credit", body), 409)
    assert erika.get("/deposits").json()[0]["allowed"] == []


def test_a_key_that_only_reads_is_offered_nothing(cast: Cast, erika: Caller) -> None:
    pack(erika)
    assert state_of(key_caller(cast.store, Scope.SETTLEMENTS_READ))["allowed"] == []
    assert state_of(key_caller(cast.store, Scope.SETTLEMENTS_READ, Scope.SETTLEMENTS_WRITE))["allowed"] == [
        "collect", "credit",
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["collect", "credit", "correct-credit"])
def test_a_bag_is_a_managers(cast: Cast, erika: Caller, path: str) -> None:
    deposit = pack(erika)
    body = {"collect": {}, "credit": {"amount": 1}, "correct-credit": {"amount": 1, "reason": "x"}}[path]
    assert caller(cast.carla).post(f"/deposits/{deposit}/{path}", body).status_code == 403
    assert caller(cast.carla).get("/deposits").status_code == 403
    assert caller(cast.carla).post("/movements", {**PACK, "bag_number": "B-7"}).status_code == 403
    assert caller(cast.otto).post(f"/deposits/{deposit}/{path}", body).status_code == 404
    assert caller(cast.otto).get("/deposits").json() == []


def test_money_from_the_bank(cast: Cast, erika: Caller) -> None:
    answered(erika.post("/movements", {"kind": "WITHDRAWAL", "amount": 50_00}), 201)
    assert books(cast) == (1050_00, -50_00, 0)


# --- The cashbook, and no sale -------------------------------------------------------------------------------------------


def test_a_retired_account_takes_nothing_more(cast: Cast, erika: Caller) -> None:
    register = open_register(erika)
    entry = {"settlementId": register, "account": "SUPPLIES", "value": 5_00, "currency": "EUR"}
    answered(erika.post("/cashbookentries", entry), 201)
    CashbookAccount.objects.filter(code="SUPPLIES").update(is_active=False)
    answered(erika.post("/cashbookentries", entry), 400)
    assert "SUPPLIES" not in erika.get("/cashbookaccounts/cashregister").content.decode()
    assert cast.book(PlaceKind.REGISTER, 1) == 195_00


def test_an_entry_goes_the_way_of_its_account(cast: Cast, erika: Caller) -> None:
    open_register(erika)
    wrong = {"kind": "PAID_OUT", "amount": 1, "station": 1, "reason": "CHANGE"}
    answered(erika.post("/movements", wrong), 400)
    answered(erika.post("/movements", {**wrong, "kind": "PAID_IN"}), 201)
    answered(erika.post("/movements", {"kind": "PAID_IN", "amount": 1, "station": 1}), 400)
    assert cast.book(PlaceKind.REGISTER, 1) == 200_01


def test_a_cashier_books_nothing_into_a_drawer_that_somebody_else_has(cast: Cast, erika: Caller) -> None:
    """Otherwise the cashier of that drawer would have to explain the difference."""
    register = open_register(erika)
    assert caller(cast.carla).post("/cash/open", {"start_amount": 200, "station": 1}).status_code == 200
    entry = {"settlementId": register, "account": "SUPPLIES", "value": 5_00, "currency": "EUR"}
    answered(caller(cast.bruno).post("/cashbookentries", entry), 403)
    answered(caller(cast.carla).post("/cashbookentries", entry), 201)
    answered(erika.post("/cashbookentries", entry), 201)
    assert cast.book(PlaceKind.REGISTER, 1) == 190_00


def test_a_no_sale_is_noted_and_moves_nothing(cast: Cast) -> None:
    before = Movement.objects.count()
    answered(caller(cast.carla).post("/registers/1/no-sale", {"reason": "change for a customer"}), 201)
    answered(caller(cast.carla).post("/registers/9/no-sale", {}), 400)
    entry = AuditEntry.objects.get(action="register.no_sale")
    assert (entry.user, entry.detail) == (cast.carla, {"reason": "change for a customer"})
    assert entry.subject == f"place:{cast.place(PlaceKind.REGISTER, 1).pk}"
    assert Movement.objects.count() == before
    assert caller(cast.carla).post("/cash/open", {"start_amount": 1, "station": 1}).status_code == 200
    answered(caller(cast.bruno).post("/registers/1/no-sale", {}), 403)


def test_a_bag_tells_its_notes_and_coins(cast: Cast, erika: Caller) -> None:
    pack(erika)
    assert state_of(erika)["count"] == []
    prepare_deposit(
        store=cast.store,
        amount=100_00,
        currency="EUR",
        bag_number="B-2",
        pieces=[Pieces(denomination=10_00, pieces=2), Pieces(denomination=20_00, pieces=4)],
        by=Principal(user=cast.erika),
        at=timezone.now(),
    )
    packed = erika.get("/deposits").json()[0]
    assert packed["count"] == [{"denomination": 20_00, "pieces": 4}, {"denomination": 10_00, "pieces": 2}]
    assert sum(line["denomination"] * line["pieces"] for line in packed["count"]) == packed["amount"]
    answered(erika.post(f"/deposits/{packed['id']}/collect", {"count": []}), 400)
