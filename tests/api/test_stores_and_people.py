"""GET /stores and GET /people: the ids that other calls take, by the scope and the role of the caller."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cashdesk.enums import Scope
from cashdesk.models import Store, User, Vendor
from tests.factories import StoreFactory, UserFactory
from tests.module_world import ModuleWorld
from tests.stories import Caller, Cast, caller, counted_queries, exact, key_caller, make_cast
from tests.web.test_pagination import next_path


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account with two stores. The second one has a vendor, and Ulf works there. Gone left the first one."""

    cast: Cast
    second: Store
    ulf: User
    gone: User

    def who(self, name: str) -> Caller:
        """Returns the client of a person of the cast, or of a key."""
        store, vendor = self.cast.store, self.second.vendor
        keys: dict[str, Any] = {
            "key": {},
            "key of the store": {"store": store},
            "key of the vendor": {"vendor": vendor},
        }
        if name in keys:
            return key_caller(store, Scope.SESSIONS_READ, **keys[name])
        return caller(self.ulf if name == "ulf" else getattr(self.cast, name))


@pytest.fixture(scope="module")
def _account(module_world: ModuleWorld) -> Account:
    return module_world.make(make_account)


@pytest.fixture
def account(db: None, _account: Account) -> Account:
    return deepcopy(_account)


def make_account() -> Account:
    """Makes the account."""
    cast = make_cast()
    vendor = Vendor.objects.create(account=cast.store.account, name="Brand")
    second = StoreFactory(account=cast.store.account, number="77", currency="CLP", vendor=vendor)
    ulf = UserFactory(store=second, username="ulf", name="Ulf", operator_code="U-1")
    gone = UserFactory(store=cast.store, username="gone", name="Gone")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    return Account(cast=cast, second=second, ulf=ulf, gone=gone)


def numbers(by: Caller, query: str = "") -> list[str]:
    """Returns the numbers of the listed stores."""
    return [row["number"] for row in exact(by.get(f"/stores{query}"))]


def names(by: Caller, query: str = "") -> list[str]:
    """Returns the names of the listed people."""
    return [row["name"] for row in exact(by.get(f"/people{query}"))]


@pytest.mark.parametrize(
    ("who", "wanted"),
    [
        ("carla", ["1337"]), ("erika", ["1337"]), ("anna", ["1337", "77"]), ("ulf", ["77"]),
        ("key", ["1337", "77"]), ("key of the store", ["1337"]), ("key of the vendor", ["77"]),
    ],
)  # fmt: skip
def test_everybody_sees_the_stores_of_their_scope(account: Account, who: str, wanted: list[str]) -> None:
    by = account.who(who)
    assert numbers(by) == wanted
    found = {row["number"]: row["id"] for row in exact(account.who("key").get("/stores"))}
    for number, store in found.items():
        answer = by.get(f"/stores/{store}")
        assert answer.status_code == (200 if number in wanted else 404)


def test_a_store_has_every_id_that_a_call_takes(account: Account) -> None:
    store = account.second
    (row,) = exact(account.who("ulf").get("/stores"))
    assert (row["id"], row["tenant_id"], row["vendor"]) == (str(store.uuid), store.pk, str(store.vendor.uuid))
    assert (row["account"], row["currency"], row["is_active"]) == (str(store.account.uuid), "CLP", True)
    assert row["denominations"][0] == {"value": 20000, "kind": "note"}
    assert exact(account.who("ulf").get(f"/stores/{store.uuid}")) == row


def test_a_selected_store_is_the_only_one(account: Account) -> None:
    answer = caller(account.cast.anna).get("/stores", x_tenant_id=str(account.second.pk))
    assert [row["number"] for row in exact(answer)] == ["77"]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [("number=77", ["77"]), ("currency=EUR", ["1337"]), ("is_active=false", []), ("vendor={vendor}", ["77"])],
)  # fmt: skip
def test_stores_are_narrowed_by(account: Account, query: str, wanted: list[str]) -> None:
    vendor = account.second.vendor
    assert vendor is not None
    assert numbers(account.who("anna"), "?" + query.format(vendor=vendor.uuid)) == wanted


@pytest.mark.parametrize(
    ("who", "wanted"),
    [
        ("carla", ["Carla", "Bruno", "Erika Mustermann"]),
        ("erika", ["Carla", "Bruno", "Erika Mustermann", "Gone"]),
        ("anna", ["Carla", "Bruno", "Erika Mustermann", "Anna", "Ulf", "Gone"]),
        ("ulf", ["Ulf"]),
        ("key of the store", ["Carla", "Bruno", "Erika Mustermann", "Gone"]),
        ("key of the vendor", ["Ulf"]),
    ],
)  # fmt: skip
def test_everybody_sees_the_people_of_their_scope(account: Account, who: str, wanted: list[str]) -> None:
    by = account.who(who)
    assert names(by) == wanted
    for person in User.objects.all():
        assert by.get(f"/people/{person.pk}").status_code == (200 if person.name in wanted else 404)


def test_only_managers_and_keys_see_the_names_that_people_sign_in_with(account: Account) -> None:
    hidden = ("username", "email", "rut", "operator")
    path = f"/people/{account.cast.carla.pk}"
    for who in ("erika", "anna", "key"):
        row = exact(account.who(who).get(path))
        assert [row[name] for name in hidden] == [
            "carla", "carla@example.com", "11.111.111-1", str(account.cast.carla.pk)
        ]  # fmt: skip
    for who in ("carla", "bruno"):
        row = exact(account.who(who).get(path))
        assert [row[name] for name in hidden] == [None, None, None, None]
        assert "carla@" not in account.who(who).get("/people").content.decode()


def test_a_cashier_cannot_try_operator_codes(account: Account) -> None:
    assert names(account.who("anna"), "?operator=U-1") == ["Ulf"]
    assert names(account.who("ulf"), "?operator=U-1") == []


@pytest.mark.parametrize(
    ("query", "wanted"),
    [("store=77", ["Ulf"]), ("role=admin", ["Anna"]), ("is_active=false", ["Gone"]), ("store=77&role=manager", [])],
)  # fmt: skip
def test_people_are_narrowed_by(account: Account, query: str, wanted: list[str]) -> None:
    assert names(account.who("anna"), f"?{query}") == wanted


def test_a_sync_reads_the_people_that_changed(account: Account) -> None:
    later = timezone.now() + timedelta(hours=1)
    User.objects.filter(pk=account.ulf.pk).update(updated_at=later)
    since = (later - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert names(account.who("anna"), f"?updated_from={since}") == ["Ulf"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/stores?is_active=1", "is_active"), ("/stores?vendor=x", "vendor"), ("/stores?colour=red", "colour"),
        ("/stores?limit=0", "limit"), ("/stores?cursor=x", "cursor"), ("/people?role=boss", "role"),
        ("/people?updated_from=2026-01-01", "updated_from"), ("/people?updated_from=2026-01-01T00:00:00", "updated_from"),
        ("/people?email=a@b.c", "email"), ("/people?cursor=MA", "cursor"),
    ],
)  # fmt: skip
def test_a_wrong_filter_is_named(account: Account, path: str, field: str) -> None:
    refused = account.who("anna").get(path)
    assert refused.status_code == 400
    assert f"/{field}" in [error["pointer"] for error in exact(refused)["errors"]]


@pytest.mark.parametrize("path", ["/stores", "/people"])
def test_pages_repeat_and_miss_nothing_while_rows_are_added(account: Account, path: str) -> None:
    anna = account.who("anna")
    wanted = [row["id"] for row in exact(anna.get(path))]
    seen: list[Any] = []
    following: str | None = f"{path}?limit=1"
    added = 0
    while following is not None:
        answer = anna.get(following)
        seen += [row["id"] for row in exact(answer)]
        following = next_path(answer)
        if added < 2:
            UserFactory(store=StoreFactory(account=account.cast.store.account, number=f"new-{added}"))
            added += 1
    assert seen[: len(wanted)] == wanted
    assert len(seen) == len(set(seen)) == len(wanted) + 2


@pytest.mark.parametrize("path", ["/stores", "/people"])
@pytest.mark.parametrize("more", [0, 9])
def test_a_list_costs_the_same_whatever_its_length(account: Account, path: str, more: int) -> None:
    anna = account.who("anna")
    anna.get(path)
    for number in range(more):
        UserFactory(store=StoreFactory(account=account.cast.store.account, number=f"more-{number}"))
    with counted_queries() as queries:
        assert anna.get(path).status_code == 200
    assert len(queries) == 2


def test_a_key_learns_who_it_is(account: Account) -> None:
    cast = account.cast
    place = cast.place("REGISTER", 2)
    expiry = timezone.now() + timedelta(days=1)
    by = key_caller(cast.store, Scope.PAYMENTS_WRITE, store=cast.store, register=place, expires_at=expiry)
    answer = exact(by.get("/auth/me"))
    key = answer["key"]
    assert set(answer) == {"message", "key"}
    assert (key["name"], key["scopes"], key["store"], key["station"]) == ("till", ["payments:write"], "1337", 2)
    assert by.secret.startswith(key["prefix"])
    assert key["prefix"] != by.secret
    assert (key["account"]["name"], key["vendor"], key["store_id"]) == ("Muster Retail", None, str(cast.store.uuid))
    assert key["expires_at"] == expiry.isoformat().replace("+00:00", "Z")
    assert "key" not in exact(caller(cast.carla).get("/auth/me"))
