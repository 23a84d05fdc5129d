"""The setup of an empty installation: everything at once, or nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password

from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.domain.people.access_token import digest_of
from cashdesk.domain.setup.first_store import NewPerson, NewStore, SetupLinkEnded, set_up_first_store
from cashdesk.domain.setup.setup_link import WORKS_FOR, AlreadySetUp, issue_setup_link
from cashdesk.enums import Language, MovementKind, PlaceKind, Role
from cashdesk.errors import InvalidInput
from cashdesk.models import Account, AuditEntry, Movement, Place, SetupLink, Store, User
from tests.cashdesk.desk import NOON, books, close_drawer, open_drawer
from tests.web.side_by_side import at_once, database_for_threads

pytestmark = pytest.mark.django_db

PASSWORD = "nine-lives-of-a-cat"
STORE = NewStore(
    company="Muster Retail", name="Berlin Mitte", number="1", currency="EUR", time_zone="Europe/Berlin",
    language=Language.GERMAN, cut_off_hour=4, registers=2, float_minor=200_00, tolerance_minor=2_00, safe_minor=350_00,
)  # fmt: skip


def person(username: str, **fields: Any) -> NewPerson:
    return NewPerson(
        **{"name": username.title(), "username": username, "password_hash": make_password(PASSWORD), **fields}
    )


def set_up(**changed: Any) -> User:
    """Sets up Berlin Mitte with Erika and Carla."""
    given: dict[str, Any] = {"store": STORE, "owner": person("erika"), "cashier": person("carla"), "at": NOON}
    if "link_digest" not in changed:
        changed["link_digest"] = digest_of(issue_setup_link(at=NOON))
    return set_up_first_store(**{**given, **changed})


def test_everything_is_made() -> None:
    erika = set_up(owner=person("erika@example.com", email="erika@example.com", name="Erika", language="en"))
    store = Store.objects.get()
    carla = User.objects.get(username="carla")
    assert (store.account.name, store.number, store.name, store.currency, store.time_zone, store.cut_off_hour) == (
        "Muster Retail", "1", "Berlin Mitte", "EUR", "Europe/Berlin", 4
    )  # fmt: skip
    assert (store.language, store.float_minor, store.tolerance_minor) == ("de", 200_00, 2_00)
    assert (erika.role, erika.store, erika.is_owner, erika.is_superuser) == (Role.ADMIN, store, True, False)
    assert (erika.email, erika.language, erika.check_password(PASSWORD)) == ("erika@example.com", "en", True)
    assert (carla.role, carla.store, carla.is_owner, carla.email) == (Role.CASHIER, store, False, "")
    assert carla.check_password(PASSWORD)
    assert Place.objects.filter(store=store, kind=PlaceKind.REGISTER).count() == 2
    entry = AuditEntry.objects.get(action="store.set_up")
    assert (entry.subject, entry.user, entry.account) == (f"store:{store.pk}", erika, store.account)


def test_the_safe_opens_with_the_floats_and_what_else_is_in_it() -> None:
    erika = set_up()
    store = Store.objects.get()
    moved = Movement.objects.get()
    assert (moved.kind, moved.amount, moved.currency) == (MovementKind.OPENING_BALANCE, 750_00, "EUR")
    assert (moved.source.kind, moved.destination.kind) == (PlaceKind.OPENING, PlaceKind.VAULT)
    first, second = open_drawer(erika, 200_00), open_drawer(User.objects.get(username="carla"), 200_00)
    assert (first.register.number, second.register.number) == (1, 2)
    assert books(store)["Safe"] == 350_00
    close_drawer(second, 200_00)
    assert books(store)["Safe"] == 550_00
    assert sum(books(store).values()) == 0
    assert list(faults_of_store(store)) == []


def test_a_shop_without_cash_has_no_movement() -> None:
    set_up(store=replace(STORE, float_minor=0, safe_minor=0))
    assert not Movement.objects.exists()


def test_an_owner_works_alone() -> None:
    set_up(cashier=None)
    assert list(User.objects.values_list("username", flat=True)) == ["erika"]


def test_a_link_works_once() -> None:
    issue_setup_link(at=NOON)
    set_up()
    assert not SetupLink.objects.exists()
    with pytest.raises(AlreadySetUp):
        set_up(link_digest=digest_of("cs_any"), owner=person("other"), cashier=None)
    assert Account.objects.count() == 1


@pytest.mark.parametrize("digest", ["", "unknown", digest_of("cs_unknown")])
def test_without_a_link_nothing_is_made(digest: str) -> None:
    with pytest.raises(SetupLinkEnded):
        set_up(link_digest=digest)
    assert not Account.objects.exists()


def test_an_expired_link_makes_nothing() -> None:
    digest = digest_of(issue_setup_link(at=NOON))
    with pytest.raises(SetupLinkEnded):
        set_up(link_digest=digest, at=NOON + WORKS_FOR)
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    ("taken", "field"),
    [({"owner": person("ROOT")}, "owner_sign_in"), ({"cashier": person("Erika")}, "cashier_sign_in")],
)
def test_a_name_that_somebody_has_makes_nothing_and_keeps_the_link(taken: dict[str, NewPerson], field: str) -> None:
    User.objects.create_superuser(username="root", name="Root")
    with pytest.raises(InvalidInput) as refused:
        set_up(**taken)
    assert refused.value.errors.keys() == {field}
    assert not Account.objects.exists()
    assert SetupLink.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_told_that_it_is_set_up(tmp_path: Path) -> None:
    with database_for_threads(tmp_path):
        digests = [digest_of(issue_setup_link(at=NOON)) for _link in range(2)]

        def act(name: str, digest: str) -> str:
            try:
                set_up(owner=person(name), cashier=None, link_digest=digest)
            except AlreadySetUp:
                return "told"
            return "made"

        done = at_once(
            [lambda: act("one", digests[0]), lambda: act("two", digests[1]), lambda: act("three", digests[1])]
        )
        assert sorted(done) == ["made", "told", "told"]
        assert (Account.objects.count(), Store.objects.count(), User.objects.count()) == (1, 1, 1)
        assert Movement.objects.count() == 1
