"""A bag's way to the bank, cashbook entries and a drawer opened without a sale, through the doors."""

from typing import Any

import pytest

from cashdesk.enums import PlaceKind
from cashdesk.models import AuditEntry, Movement
from settlements.models import CashbookAccount, Deposit
from tests.settlements.steps import answered, close, figures, open_register, open_vault
from tests.stories import Caller, Cast, caller

PACK = {"kind": "DEPOSIT", "amount": 300_00, "bag_number": "B-1", "slip_number": "S-9"}


@pytest.fixture
def erika(cast: Cast) -> Caller:
    """The manager, with an open vault of 1000.00."""
    by = caller(cast.erika)
    open_vault(by, 1000_00)
    return by


def pack(by: Caller, **fields: Any) -> str:
    """Packs a bag and returns the id of its deposit."""
    return str(answered(by.post("/movements", {**PACK, **fields}), 201)["deposit"])


def state_of(by: Caller) -> Any:
    """Returns the only deposit as it is listed."""
    (deposit,) = by.get("/deposits").json()
    return deposit


def books(cast: Cast) -> tuple[int, int, int]:
    """Vault, bank and over/short."""
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


@pytest.mark.parametrize("path", ["collect", "credit"])
def test_a_bag_is_a_managers(cast: Cast, erika: Caller, path: str) -> None:
    deposit = pack(erika)
    body = {"amount": 1} if path == "credit" else {}
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
    """The one who works there would have to explain it."""
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
