"""POST and GET /cash-management/reconciliations (docs/contracts.md, section 3)."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from cashdesk.enums import Scope
from cashdesk.models import AuditEntry, Store, User
from reconciliations.models import Reconciliation
from tests.api.steps import told
from tests.factories import StoreFactory, UserFactory
from tests.reconciliations.desk import NEVER_USED, PATH, declaration, errors_of, reconciled, today, vendor_of
from tests.stories import Caller, Cast, caller, counted_queries, exact, key_caller

# --- Amounts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", ["1250.50", "1250.5", '"1250.50"', '"1250.5"', "1.2505e3"])
def test_one_amount_written_in_any_way_is_the_same_exactly(cast: Cast, amount: str) -> None:
    body = json.dumps(declaration(cast.store, "#")).replace('"#"', amount)
    response = caller(cast.erika).post(PATH, body)
    assert response.status_code == 201
    assert exact(response)["declaredCash"] == Decimal("1250.5")
    assert b'"declaredCash":1250.5,' in response.content
    assert Reconciliation.objects.get().declared_amount == 125050


@pytest.mark.parametrize(
    ("currency", "amount"),
    [
        ("BRL", "1.005"), ("BRL", '"1.000"'), ("CLP", "10.5"), ("CLP", '"10.0"'), ("BRL", "1e400"), ("BRL", "NaN"),
        ("BRL", '"NaN"'), ("BRL", "Infinity"), ("BRL", "-1"), ("BRL", '"-1"'), ("BRL", "true"), ("BRL", "null"),
        ("BRL", '"12,5"'), ("BRL", "10000000000000000"), ("BRL", '""'), ("BRL", "[]"), ("BRL", "{}"),
    ],
)  # fmt: skip
def test_an_amount_that_is_none_is_refused(cast: Cast, currency: str, amount: str) -> None:
    body = json.dumps(declaration(cast.store, "#", currency=currency)).replace('"#"', amount)
    response = caller(cast.erika).post(PATH, body)
    assert response.status_code == 400
    # Plain JSON knows no NaN and no Infinity, so those bodies cannot be read at all.
    if amount not in ("NaN", "Infinity"):
        assert list(errors_of(response)) == ["declaredCash"]
    assert not Reconciliation.objects.exists()


# --- Every other field ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("storeId", None), ("storeId", "1337"), ("storeId", NEVER_USED), ("storeId", 1.5),
        ("currency", "XXQ"), ("currency", "eur"), ("currency", "EURO"), ("currency", 7), ("currency", ""),
        ("reason", "BECAUSE"), ("reason", ""), ("reason", []), ("notes", "x" * 2001), ("notes", 5),
        ("businessDayDate", "2999-01-01"), ("businessDayDate", "2026-02-30"), ("businessDayDate", "01.03.2026"),
        ("businessDayDate", "2026-W10-1"), ("businessDayDate", "20260301"), ("businessDayDate", 20260301),
        ("businessDayDate", ""), ("operatorUid", "nobody"), ("operatorUid", "x" * 65), ("operatorUid", True),
        ("authorizationTokenId", "1"), ("authorizationTokenId", NEVER_USED), ("colour", "red"), ("systemCash", 1),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_read_is_named_as_it_is_published(cast: Cast, field: str, value: Any) -> None:
    response = caller(cast.erika).post(PATH, declaration(cast.store, 1, **{field: value}))
    assert list(errors_of(response)) == [field]
    assert f"{field}: " in exact(response)["error"]["message"]
    assert not Reconciliation.objects.exists()


@pytest.mark.parametrize("field", ["storeId", "currency", "declaredCash"])
def test_what_is_required_is_missed(cast: Cast, field: str) -> None:
    body = declaration(cast.store, 1)
    del body[field]
    assert list(errors_of(caller(cast.erika).post(PATH, body))) == [field]


def test_all_that_the_page_shows(cast: Cast) -> None:
    vendor = vendor_of(cast.store)
    key = key_caller(cast.store, vendor=vendor)
    notes = "x" * 2000
    row = reconciled(key, cast.store, 10, reason="COUNTING_ERROR", notes=notes, operatorUid=str(cast.carla.pk))
    at = row["reportedAt"]
    assert at.endswith("Z")
    assert row == {
        "id": str(Reconciliation.objects.get().uuid),
        "accountId": str(cast.store.account.uuid),
        "vendorId": str(vendor.uuid),
        "storeId": str(cast.store.uuid),
        "businessDayDate": today(cast.store),
        "operatorUid": str(cast.carla.pk),
        "currency": "EUR",
        "systemCash": 0,
        "declaredCash": 10,
        "discrepancy": 10,
        "discrepancyType": "OVERAGE",
        "reason": "COUNTING_ERROR",
        "notes": notes,
        "authorizationTokenId": None,
        "reportedBy": row["reportedBy"],
        "reportedAt": at,
        "details": {"reason": "COUNTING_ERROR", "notes": notes, "post_close": False, "authorization": None},
        "createdAt": at,
        "updatedAt": at,
        "awaitingApproval": False,
        "supersedes": None,
        "stands": True,
        "adjustedSystemCash": 0,
        "adjustedDiscrepancy": 10,
    }
    prefix = row["reportedBy"].removeprefix("apikey:")
    assert prefix != row["reportedBy"]
    assert key.secret.startswith(prefix)
    assert key.secret not in str(row)


def test_a_person_is_named_by_id(cast: Cast) -> None:
    assert reconciled(caller(cast.erika), cast.store)["reportedBy"] == f"user:{cast.erika.pk}"


def test_the_adapter_path_is_the_same(cast: Cast) -> None:
    erika = caller(cast.erika)
    response = erika.post(f"/adapters/xmart{PATH}", declaration(cast.store, 5))
    assert response.status_code == 201
    asked = f"?storeId={cast.store.uuid}"
    rows = exact(erika.get(f"/adapters/xmart{PATH}{asked}"))
    assert [row["id"] for row in rows] == [exact(response)["id"]]
    assert rows == exact(erika.get(f"{PATH}/{asked}"))
    assert erika.get(f"/adapters/xmart/cash-management/expected{asked}").status_code == 200
    assert "error" in exact(erika.get("/adapters/xmart/cash-management/nothing"))


# --- Who may ----------------------------------------------------------------------------------------------------------


def test_a_cashier_is_refused_on_every_road(cast: Cast) -> None:
    asked = f"?storeId={cast.store.uuid}"
    for who, status in ((caller(cast.carla), 403), (Caller(), 401)):
        answers = [
            who.post(PATH, declaration(cast.store, 1)),
            who.get(PATH + asked),
            who.get(f"/cash-management/expected{asked}"),
            who.post("/cash-management/authorizations", {"storeId": str(cast.store.uuid)}),
        ]
        assert {answer.status_code for answer in answers} == {status}
        assert all(set(exact(answer)["error"]) == {"code", "message"} for answer in answers)
    assert not Reconciliation.objects.exists()


def test_a_key_needs_the_scope_and_a_vendor(cast: Cast) -> None:
    vendor, asked = vendor_of(cast.store), f"?storeId={cast.store.uuid}"
    write, read = Scope.CASH_MANAGEMENT_WRITE, Scope.CASH_MANAGEMENT_READ
    others = [scope for scope in Scope if scope not in (write, read)]
    for scopes, vendor_bound, posts, gets in (
        ((write,), vendor, 201, 403), ((read,), vendor, 403, 200), (others, vendor, 403, 403),
        ((write, read), None, 403, 403),
    ):  # fmt: skip
        key = key_caller(cast.store, *scopes, vendor=vendor_bound)
        assert key.post(PATH, declaration(cast.store, 1)).status_code == posts
        assert key.get(PATH + asked).status_code == gets
        assert key.get(f"/cash-management/expected{asked}").status_code == gets


def test_what_is_of_others_is_answered_as_what_never_was(cast: Cast) -> None:
    vendor = vendor_of(cast.store)
    of_other_vendor = StoreFactory(account=cast.store.account)
    vendor_of(of_other_vendor)
    key = key_caller(cast.store, vendor=vendor)
    stores = [str(cast.otto.store.uuid), str(of_other_vendor.uuid), NEVER_USED]  # type: ignore[union-attr]
    for send in (
        lambda store: key.post(PATH, {**declaration(cast.store, 1), "storeId": store}),
        lambda store: key.get(f"{PATH}?storeId={store}"),
        lambda store: key.get(f"/cash-management/expected?storeId={store}"),
    ):
        first, *rest = [told(send(store), apart_from=stores) for store in stores]
        assert first[0] == 400
        assert all(other == first for other in rest)
    stranger = UserFactory(store=cast.otto.store)
    User.objects.filter(pk=stranger.pk).update(operator_code="TILL-7")
    names = [str(cast.otto.pk), "TILL-7", "987654321"]
    own = f"storeId={cast.store.uuid}"
    for send in (
        lambda uid: key.post(PATH, declaration(cast.store, 1, operatorUid=uid)),
        lambda uid: key.get(f"{PATH}?{own}&operatorUid={uid}"),
        lambda uid: key.get(f"/cash-management/expected?{own}&operatorUid={uid}"),
    ):
        first, *rest = [told(send(name), apart_from=names) for name in names]
        assert first[0] == 400
        assert all(other == first for other in rest)


# --- The list ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("", "storeId"), ("storeId=7", "storeId"), ("from=2026-03-01&businessDayDate=2026-03-01", "businessDayDate"),
        ("from=x", "from"), ("to=2026-W10-1", "to"), ("businessDayDate=", "businessDayDate"), ("colour=red", "colour"),
        ("limit=0", "limit"), ("limit=1001", "limit"), ("cursor=x", "cursor"), ("operatorUid=nobody", "operatorUid"),
        ("operatorUid=%00", "operatorUid"),
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_read_is_named(cast: Cast, asked: str, field: str) -> None:
    own = f"storeId={cast.store.uuid}&" if field != "storeId" else ""
    response = caller(cast.erika).get(f"{PATH}?{own}{asked}")
    assert response.status_code == 400
    assert f"{field}: " in exact(response)["error"]["message"]


def test_newest_first_page_by_page_with_every_filter(cast: Cast) -> None:
    erika = caller(cast.erika)
    now = timezone.now()
    dates = [(now - timedelta(days=days)).date().isoformat() for days in (9, 8, 7)]
    made = [reconciled(erika, cast.store, number, businessDayDate=day) for day in dates for number in (1, 2)]
    of_carla = reconciled(erika, cast.store, 3, businessDayDate=dates[0], operatorUid=str(cast.carla.pk))
    ids = [row["id"] for row in [of_carla, *reversed(made)]]

    def listed(asked: str) -> list[str]:
        return [row["id"] for row in exact(erika.get(f"{PATH}?storeId={cast.store.uuid}{asked}"))]

    assert listed("") == ids
    assert listed(f"&businessDayDate={dates[0]}") == [ids[0], ids[5], ids[6]]
    assert listed(f"&from={dates[1]}&to={dates[1]}") == [ids[3], ids[4]]
    assert listed(f"&from={dates[1]}") == ids[1:5]
    assert listed(f"&operatorUid={cast.carla.pk}") == [of_carla["id"]]
    assert listed(f"&operatorUid={cast.bruno.pk}") == []

    found, path = [], f"{PATH}?storeId={cast.store.uuid}&limit=3"
    while path:
        page = erika.get(path)
        found += [row["id"] for row in exact(page)]
        link = page.headers.get("Link", "")
        path = link[1 : link.index(">")].split("/api/v1")[1] if link else ""
    assert found == ids


def test_a_list_costs_the_same_however_long(cast: Cast) -> None:
    erika = caller(cast.erika)
    asked = f"{PATH}?storeId={cast.store.uuid}"
    reconciled(erika, cast.store)
    erika.get(asked)
    with counted_queries() as few:
        erika.get(asked)
    for number in range(5):
        reconciled(erika, cast.store, number, operatorUid=str(cast.carla.pk))
    with counted_queries() as many:
        erika.get(asked)
    assert len(many) == len(few)


def test_one_takes_the_place_of_another_of_its_own_scope(cast: Cast) -> None:
    erika = caller(cast.erika)
    first = reconciled(erika, cast.store, 1)
    others = [reconciled(erika, cast.store, 1, operatorUid=str(cast.carla.pk)),
              reconciled(erika, cast.store, 1, currency="USD"),
              reconciled(erika, cast.store, 1, businessDayDate="2020-01-01")]  # fmt: skip
    second = reconciled(erika, cast.store, 2)
    third = reconciled(erika, cast.store, 3)
    assert [row["supersedes"] for row in others] == [None, None, None]
    assert (second["supersedes"], third["supersedes"]) == (first["id"], second["id"])
    stands = {row["id"]: row["stands"] for row in exact(erika.get(f"{PATH}?storeId={cast.store.uuid}"))}
    assert stands == {first["id"]: False, second["id"]: False, third["id"]: True} | {row["id"]: True for row in others}


# --- Sent again, and what waits for approval --------------------------------------------------------------------------


def test_sent_again_under_one_key_it_is_recorded_once(cast: Cast) -> None:
    erika, body = caller(cast.erika), declaration(cast.store, 5)
    first, again = (erika.post(PATH, body, idempotency_key="k") for _ in range(2))
    assert (first.status_code, again.status_code, again.headers["Idempotent-Replayed"]) == (201, 201, "true")
    assert first.content == again.content
    assert Reconciliation.objects.count() == 1
    assert erika.post(PATH, declaration(cast.store, 6), idempotency_key="k").status_code == 422
    assert AuditEntry.objects.filter(action="reconciliation.recorded").count() == 1


@pytest.mark.parametrize(
    ("system", "declared", "reason", "basis_points", "waits"),
    [
        (10_000, 100, "", 0, False), (10_000, 99, "", 0, False), (10_000, Decimal("94.99"), "", 0, True),
        (10_000, 95, "", 0, False), (10_000, 200, "", 0, False), (10_000, 100, "THEFT_SUSPECTED", 0, True),
        (10_000, 200, "THEFT_SUSPECTED", 0, True), (10_000, 98, "", 100, True), (10_000, 99, "", 100, False),
        (10_000, 0, "COUNTING_ERROR", 0, True),
    ],
)  # fmt: skip
def test_theft_and_a_large_shortage_wait_for_approval(
    cast: Cast, system: int, declared: Any, reason: str, basis_points: int, waits: bool
) -> None:
    Store.objects.filter(pk=cast.store.pk).update(tolerance_minor=500, tolerance_basis_points=basis_points)
    caller(cast.carla).post("/cash/open", {"start_amount": system // 100})
    row = reconciled(caller(cast.erika), cast.store, str(declared), **({"reason": reason} if reason else {}))
    assert (row["systemCash"], row["awaitingApproval"]) == (system // 100, waits)


def test_an_amount_is_never_a_fraction_of_two(cast: Cast, any_amount: None) -> None:
    caller(cast.carla).post("/cash/open", {"start_amount": "9007199254740.93"})
    row = reconciled(caller(cast.erika), cast.store, "0.1")
    assert (row["systemCash"], row["discrepancy"]) == (Decimal("9007199254740.93"), Decimal("-9007199254740.83"))
    assert (row["discrepancyType"], row["adjustedSystemCash"]) == ("SHORTAGE", Decimal("9007199254740.93"))
