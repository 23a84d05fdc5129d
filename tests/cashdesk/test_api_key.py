"""API keys: who may create a key, its possible bindings, and its replacement."""

from datetime import timedelta
from io import StringIO
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.serializers import serialize
from django.db import connection
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.people.access_token import authenticate, issue_token, revoke
from cashdesk.domain.people.api_key import OVERLAP_MAX, issue_api_key, rotate_api_key
from cashdesk.enums import PlaceKind, Role, Scope
from cashdesk.errors import Conflict, DomainError, Forbidden, InvalidInput
from cashdesk.models import AccessToken, AuditEntry, Place, Vendor
from tests.admin.back_office import make_operator
from tests.cashdesk.desk import NOON
from tests.factories import StoreFactory
from tests.reconciliations.desk import vendor_of
from tests.stories import Cast, make_cast

DAY = timedelta(days=1)


def key_of(cast: Cast, by: Principal = SYSTEM, **fields: Any) -> tuple[AccessToken, str]:
    """Creates a key of the account."""
    given = {"name": "till 3", "scopes": (Scope.PAYMENTS_WRITE,), "account": cast.store.account, "at": NOON, **fields}
    return issue_api_key(by=by, **given)


def works(secret: str, after: timedelta = timedelta(0)) -> bool:
    """Whether a secret is accepted some time after noon."""
    return authenticate(secret=secret, at=NOON + after) is not None


@pytest.mark.django_db
def test_admins_of_the_account_and_operators_make_and_replace_keys_and_nobody_else(cast: Cast) -> None:
    key, secret = key_of(cast)
    program = authenticate(secret=secret, at=NOON)
    assert program is not None
    cast.otto.role = Role.ADMIN
    for by in (Principal(user=cast.carla), Principal(user=cast.erika), Principal(user=cast.otto), program):
        with pytest.raises(Forbidden):
            key_of(cast, by)
        with pytest.raises(Forbidden):
            rotate_api_key(token=key, overlap=DAY, by=by, at=NOON)
    assert AccessToken.objects.count() == 1
    for by in (Principal(user=cast.anna), Principal(user=make_operator()), SYSTEM):
        made, _secret = key_of(cast, by)
        rotate_api_key(token=made, overlap=DAY, by=by, at=NOON)


@pytest.mark.django_db
def test_what_would_open_nothing_or_reach_over_is_refused_and_named(cast: Cast) -> None:
    vendor = vendor_of(cast.store)
    hamburg, theirs = StoreFactory(account=cast.store.account), cast.otto.store
    wrong: tuple[tuple[str, dict[str, Any]], ...] = (
        ("name", {"name": " "}),
        ("name", {"name": "x" * 201}),
        ("scopes", {"scopes": ()}),
        ("scopes", {"scopes": ("payments:write", "everything")}),
        ("expires_at", {"expires_at": NOON}),
        ("vendor", {"vendor": Vendor.objects.create(account=theirs.account, name="Otto's")}),
        ("store", {"store": theirs}),
        ("store", {"vendor": vendor, "store": hamburg}),
        ("register", {"register": cast.place(PlaceKind.REGISTER, 1)}),
        ("register", {"store": hamburg, "register": cast.place(PlaceKind.REGISTER, 1)}),
        ("register", {"store": cast.store, "register": cast.place(PlaceKind.VAULT)}),
    )
    for field, fields in wrong:
        with pytest.raises(InvalidInput) as refused:
            key_of(cast, Principal(user=cast.anna), **fields)
        assert set(refused.value.errors) == {field}, fields
    assert not AccessToken.objects.exists()
    register = cast.place(PlaceKind.REGISTER, 1)
    made, _secret = key_of(cast, vendor=vendor, store=cast.store, register=register, expires_at=NOON + DAY)
    assert (made.vendor, made.store, made.register) == (vendor, cast.store, register)


@pytest.mark.django_db
def test_the_one_that_takes_its_place_is_like_it_and_both_work_for_a_while(cast: Cast) -> None:
    binding = {"vendor": vendor_of(cast.store), "store": cast.store, "register": cast.place(PlaceKind.REGISTER, 1)}
    old, old_secret = key_of(cast, **binding)
    new, new_secret = rotate_api_key(token=old, overlap=DAY, by=Principal(user=cast.anna), at=NOON)
    alike = ("kind", "name", "scopes", "account", "vendor", "store", "register", "expires_at")
    assert [getattr(new, name) for name in alike] == [getattr(AccessToken.objects.get(pk=old.pk), name) for name in alike[:-1]] + [None]  # fmt: skip
    assert (works(old_secret), works(old_secret, DAY - timedelta(microseconds=1)), works(old_secret, DAY)) == (
        True,
        True,
        False,
    )
    assert (works(new_secret), works(new_secret, 1000 * DAY)) == (True, True)
    assert (new.replaces, AccessToken.objects.get(pk=old.pk).replaced_by) == (old, new)
    entry = AuditEntry.objects.get(action="api_key.rotated")
    assert (entry.subject, entry.user, entry.store, entry.detail) == (
        f"token:{old.pk}",
        cast.anna,
        cast.store,
        {"replaced_by": new.pk, "works_until": (NOON + DAY).isoformat()},
    )
    issued = AuditEntry.objects.get(action="api_key.issued", subject=f"token:{new.pk}")
    assert issued.detail["replaces"] == old.pk
    assert new_secret not in serialize("json", [*AccessToken.objects.all(), *AuditEntry.objects.all()])


@pytest.mark.django_db
def test_an_overlap_of_nothing_ends_the_old_key_at_once_and_none_prolongs_it(cast: Cast) -> None:
    old, secret = key_of(cast)
    rotate_api_key(token=old, overlap=timedelta(0), by=SYSTEM, at=NOON)
    assert not works(secret)
    lasting, secret = key_of(cast, expires_at=NOON + 2 * DAY)
    new, new_secret = rotate_api_key(token=lasting, overlap=OVERLAP_MAX, by=SYSTEM, at=NOON + DAY)
    assert (works(secret, 2 * DAY - timedelta(seconds=1)), works(secret, 2 * DAY)) == (True, False)
    # Two days were given, so two days it lives.
    assert (works(new_secret, 3 * DAY - timedelta(seconds=1)), works(new_secret, 3 * DAY)) == (True, False)
    assert new.expires_at == NOON + 3 * DAY


@pytest.mark.django_db
def test_a_key_is_replaced_once_while_it_works_and_within_bounds(cast: Cast) -> None:
    key, _secret = key_of(cast)
    for overlap in (-timedelta(seconds=1), OVERLAP_MAX + timedelta(seconds=1)):
        with pytest.raises(InvalidInput) as refused:
            rotate_api_key(token=key, overlap=overlap, by=SYSTEM, at=NOON)
        assert set(refused.value.errors) == {"overlap"}
    rotate_api_key(token=key, overlap=DAY, by=SYSTEM, at=NOON)
    revoked, _secret = key_of(cast)
    revoke(token=revoked, by=SYSTEM, at=NOON)
    expired, _secret = key_of(cast, expires_at=NOON + timedelta(seconds=1))
    signed_in, _secret = issue_token(user=cast.carla, at=NOON, lifetime=DAY)
    anna = Principal(user=cast.anna)
    refusals = {key: Conflict, revoked: Conflict, expired: Conflict, signed_in: InvalidInput}
    before = AccessToken.objects.count()
    for token, error in refusals.items():
        with pytest.raises(error):
            rotate_api_key(token=token, overlap=DAY, by=anna, at=NOON + timedelta(seconds=1))
    assert AccessToken.objects.count() == before


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_of_two_who_replace_a_key_at_once_one_does() -> None:
    cast = make_cast()
    key, _secret = key_of(cast, at=timezone.now())
    together, outcomes = Barrier(2), []

    def rotate() -> None:
        together.wait()
        try:
            rotate_api_key(token=key, overlap=DAY, by=SYSTEM, at=timezone.now())
            outcomes.append("done")
        except DomainError as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [Thread(target=rotate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "key_replaced"]
    assert AccessToken.objects.filter(replaces=key).count() == 1


def command(*arguments: str) -> str:
    """Runs issue_key and returns its output."""
    printed = StringIO()
    call_command("issue_key", *arguments, stdout=printed)
    return printed.getvalue().strip()


@pytest.mark.django_db
def test_the_command_makes_a_key_of_the_same_kind(cast: Cast) -> None:
    binding = ("--account", cast.store.account.name, "--vendor", vendor_of(cast.store).name, "--store", "1337")
    secret = command(
        "till 3", *binding, "--station", "2", "--scope", "payments:write", "--days", "2", "--requests-per-minute", "9"
    )
    found = authenticate(secret=secret, at=timezone.now())
    assert found is not None
    assert found.token is not None
    assert found.token.register == cast.place(PlaceKind.REGISTER, 2)
    assert found.token.scopes == ["payments:write"]
    assert found.token.requests_per_minute == 9
    assert not authenticate(secret=secret, at=timezone.now() + 2 * DAY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--account", "Nobody"), "There is no account 'Nobody'; there are: Account"),
        (("--store", "9"), "There is no store '9'; there are: 1337"),
        (("--vendor", "x"), "There is no vendor 'x'; there are: none"),
        (("--station", "1"), "station: Choose the store of the register"),
        (("--store", "1337", "--station", "99"), "station: store 1337 has no register 99"),
        (("--requests-per-minute", "-1"), "requests_per_minute: Enter a number from 0"),
        (("--days", "0"), "expires_at: Choose a time in the future"),
        (("--days", "-1"), "expires_at: Choose a time in the future"),
        (("--days", "9999999999"), "--days: too large"),
    ],
)
def test_the_command_says_what_is_wrong(cast: Cast, arguments: tuple[str, ...], words: str) -> None:
    ours = ("--account", cast.store.account.name) if "--account" not in arguments else ()
    with pytest.raises(CommandError) as refused:
        command("till 3", *ours, "--scope", "payments:write", *arguments)
    assert words in str(refused.value)
    assert not AccessToken.objects.exists()
    assert Place.objects.filter(store=cast.store, kind=PlaceKind.REGISTER).count() == 2
