"""A moved person, a store or account that is switched off, and a register assigned to somebody else.

Every call of the API answers consistently.
"""

from typing import Any

import pytest
from django.urls import reverse

from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.enums import Booked, PlaceKind, Role
from cashdesk.models import Account, CashSession, Payment, Place, Store, User
from cashdesk.page_urls import urlpatterns as pages_of_the_desk
from settlements.desk_urls import urlpatterns as pages_of_the_money
from settlements.page_urls import urlpatterns as pages_of_settlements
from tests.api.steps import bound_key, closed, opened, paid, payment
from tests.factories import PASSWORD, StoreFactory, UserFactory
from tests.screens.desk import Browser
from tests.settlements.steps import listed, open_vault
from tests.stories import Caller, Cast, caller
from tests.web.test_permissions import GUARDED

CASH_ONLY = {"type": "CASHREGISTER", "initialCash": listed(0)}


def set_store(person: User, store: Store, **values: Any) -> None:
    """Moves a person without the domain, as an older version did."""
    User.objects.filter(pk=person.pk).update(store=store, **values)


def switch_off(row: Store | Account) -> None:
    """Switches a store or account off without the domain."""
    type(row).objects.filter(pk=row.pk).update(is_active=False)


def answers(by: Caller) -> set[int]:
    """Returns the status of every call of the API."""
    return {by.send(method, f"/{path}", {} if method != "GET" else None).status_code for method, path in GUARDED}


# --- A person who was moved --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["carla", "erika"])
def test_a_token_of_the_store_that_one_left_is_worth_nothing_anywhere(cast: Cast, name: str) -> None:
    person: User = getattr(cast, name)
    by = caller(person, store=cast.store)
    set_store(person, StoreFactory(account=cast.store.account))
    assert answers(by) == {401}
    assert not CashSession.objects.exists()


def test_a_token_of_a_store_outside_the_account_is_worth_nothing(cast: Cast) -> None:
    by = caller(cast.anna, store=StoreFactory())
    assert answers(by) == {401}
    assert caller(cast.anna, store=cast.store).get("/auth/me").status_code == 200


def test_an_admin_who_became_a_cashier_elsewhere_loses_the_token(cast: Cast) -> None:
    by = caller(cast.anna, store=cast.store)
    set_store(cast.anna, StoreFactory(account=cast.store.account), role=Role.CASHIER)
    assert by.get("/auth/me").status_code == 401


def test_a_free_token_goes_with_the_person_to_the_new_store(cast: Cast) -> None:
    sister = StoreFactory(account=cast.store.account, number="2000")
    by = caller(cast.carla)
    set_store(cast.carla, sister)
    opened(by, 0)
    assert CashSession.objects.get().store == sister
    for refused in (
        by.post("/payments", payment("a", store="1337")),
        by.post("/movements", {"kind": "DROP", "amount": 5, "store": "1337"}),
        by.post("/registers/1/no-sale", {"store": "1337"}),
        by.post("/settlements", {**CASH_ONLY, "store": "1337"}),
    ):
        assert refused.status_code == 400, refused.content
        assert "store" in str(refused.json())


def test_a_drawer_that_a_moved_person_left_open_is_still_theirs_to_count(cast: Cast) -> None:
    opened(caller(cast.carla), 50)
    set_store(cast.carla, StoreFactory(account=cast.store.account))
    by = caller(cast.carla)
    session = CashSession.objects.get()
    paid(by, "named", session=str(session.pk))
    paid(by, "left out")
    answer = by.post("/payments/batch", [payment("in a batch", operator=str(cast.carla.pk))])
    assert "error" not in str(answer.json()), answer.content
    assert {found.session for found in Payment.objects.all()} == {session}
    assert by.post("/movements", {"kind": "DROP", "amount": 1000}).status_code == 201
    assert by.post("/registers/1/no-sale", {"reason": "change"}).status_code == 201
    assert by.get("/cash/status").status_code == 200
    assert closed(by, 70)["difference"] == 0
    assert Browser(cast.carla).get("/desk").status_code == 200


# --- A store that is switched off --------------------------------------------------------------------------------------------


@pytest.fixture
def off(cast: Cast) -> Cast:
    """The shop after a day of trade, switched off."""
    carla = caller(cast.carla)
    opened(carla, 50)
    paid(carla, "before")
    closed(carla, 60)
    open_vault(caller(cast.erika))
    switch_off(cast.store)
    return cast


@pytest.mark.parametrize("named", [{}, {"store": "1337"}], ids=["left out", "named"])
@pytest.mark.parametrize("who", ["carla", "erika", "bound", "key"])
def test_nothing_is_opened_or_traded_there(off: Cast, who: str, named: dict[str, str]) -> None:
    person = off.carla if who in ("carla", "bound") else off.erika
    by = {
        "key": lambda: bound_key(off.store),
        "bound": lambda: caller(off.carla, store=off.store, register=off.place(PlaceKind.REGISTER, 1)),
    }.get(who, lambda: caller(person))()
    acts: list[tuple[str, Any]] = [
        ("/settlements", {**CASH_ONLY, "station": 1, **named}),
        ("/movements", {"kind": "DROP", "amount": 500, "station": 1, **named}),
        ("/registers/1/no-sale", {"reason": "change", **named}),
        ("/payments", payment("pending", status="PENDING", **named, **({"station": 1} if who == "key" else {}))),
    ]
    if who != "key":
        acts += [("/cash/open", {"start_amount": 0}), ("/shifts/start", {"start_cash": 0, "password": PASSWORD})]
    else:
        acts.append(("/cash/open", {"start_amount": 0, "user_id": off.carla.pk}))
    if who == "erika":
        acts.append(("/movements", {"kind": "LOAN", "amount": 500, "station": 1, **named}))
        acts.append(("/settlements", {"type": "VAULT", "initialCash": listed(0), **named}))
    for path, body in acts:
        answer = by.post(path, body)
        assert answer.status_code == 409, (path, answer.content)
        assert "1337" in answer.content.decode()
    assert CashSession.objects.count() == 1


def test_money_that_was_taken_is_kept_and_booked_late(off: Cast) -> None:
    for number, by in enumerate((caller(off.carla), bound_key(off.store))):
        for place, named in (("own", {}), ("named", {"store": "1337"})):
            fields = {**named, **({"operator": str(off.carla.pk)} if number else {})}
            paid(by, f"{number} {place}", **fields)
    late = Payment.objects.exclude(external_id="before")
    assert {payment.booked for payment in late} == {Booked.LATE}
    assert {payment.session for payment in late} == {CashSession.objects.get()}
    assert list(faults_of_store(off.store)) == []


def test_its_books_can_be_read_as_before(off: Cast) -> None:
    erika, day = caller(off.erika), "start_date=2000-01-01&end_date=2000-12-31"
    for path in (
        "/cash/sessions",
        "/cash/sessions?store=1337",
        f"/reports/shift-summary?{day}",
        "/settlements",
        "/registers/0/x-report",
        "/registers/1/z-reports",
        "/registers/1/z-reports/1",
        "/deposits",
        "/variances",
        f"/cash-management/expected?storeId={off.store.uuid}",
    ):
        answer = erika.get(path)
        assert answer.status_code == 200, (path, answer.content)
    assert len(erika.get("/cash/sessions").json()) == 1
    browser = Browser(off.erika)
    for path in ("/desk", "/vault", "/vault/deposits", f"/reports/registers/{off.store.uuid}"):
        assert browser.get(path).status_code in (200, 302), path


def test_what_is_open_there_is_counted_and_closed(cast: Cast) -> None:
    carla, erika = caller(cast.carla), caller(cast.erika)
    vault = open_vault(erika)
    opened(carla, 50)
    switch_off(cast.store)
    refused = carla.post("/shifts/cash-transaction", {"type": "cash_out", "amount": 5, "category": "milk"})
    assert refused.status_code == 409
    assert erika.get(f"/cash/status?user_id={cast.carla.pk}").status_code == 200
    assert closed(carla, 50)["difference"] == 0
    answer = erika.patch(f"/settlements/{vault}", {"state": "CLOSED", "amounts": listed(500_00)})
    assert answer.status_code == 200, answer.content
    bag = {"kind": "DEPOSIT", "amount": 500_00, "bag_number": "B-1"}
    assert erika.post("/movements", bag).status_code == 201


def test_the_pages_of_the_desk_say_so(off: Cast) -> None:
    browser = Browser(off.carla)
    browser.get("/desk")
    assert "Store 1337 is switched off" in browser.text
    assert "/desk/open" not in browser.page.content.decode()
    page = browser.fill("/desk/open", {"step": "open", "amount": "0"})
    assert page.status_code == 409
    assert "1337" in browser.text
    assert CashSession.objects.count() == 1


# --- An account that is switched off -----------------------------------------------------------------------------------------


FOR_VISITORS = frozenset(
    {
        "home", "about", "language", "sign-in", "sign-out", "provider", "provider-back",
        "password-forgotten", "password-code", "one-time-link", "manifest", "service-worker", "offline",
    }
)  # fmt: skip
"""The pages that ask for no sign-in."""


def test_an_account_that_is_switched_off_is_shut_at_every_door(cast: Cast) -> None:
    callers = [caller(cast.carla), caller(cast.erika, store=cast.store), bound_key(cast.store)]
    browser = Browser(cast.erika)
    switch_off(cast.store.account)
    for by in callers:
        assert answers(by) == {401}
    samples = {"store": str(cast.store.uuid), "station": 1, "number": 1, "count": 1}
    sample = "5e60a2d9-0000-4000-8000-000000000000"
    for pattern in (*pages_of_the_desk, *pages_of_settlements, *pages_of_the_money):
        if pattern.name is None or pattern.name in FOR_VISITORS:
            continue
        named = {name: samples.get(name, sample) for name in pattern.pattern.converters}
        answer = browser.get(reverse(pattern.name or "", kwargs=named))
        assert (answer.status_code, "/sign-in" in answer.headers.get("Location", "")) in ((302, True), (405, False)), (
            pattern.name
        )


# --- A register that is assigned to another ----------------------------------------------------------------------------------


def test_a_token_of_a_register_that_is_assigned_to_another_is_worth_nothing(cast: Cast) -> None:
    second = cast.place(PlaceKind.REGISTER, 2)
    by, manager = caller(cast.carla, store=cast.store, register=second), caller(cast.erika, register=second)
    assert by.get("/auth/me").status_code == 200
    new = UserFactory(store=cast.store, register=second)
    assert answers(by) == {401}
    assert manager.get("/auth/me").status_code == 200
    User.objects.filter(pk=new.pk).update(is_active=False)
    assert by.get("/auth/me").status_code == 200


def test_whoever_has_the_drawer_open_keeps_the_token_until_it_is_closed(cast: Cast) -> None:
    second = cast.place(PlaceKind.REGISTER, 2)
    by = caller(cast.carla, store=cast.store, register=second)
    opened(by, 0)
    UserFactory(store=cast.store, register=Place.objects.get(pk=second.pk))
    paid(by, "a")
    closed(by, 10)
    assert by.get("/auth/me").status_code == 401
