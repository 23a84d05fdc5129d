"""PINs: which are easy to guess, where they work, and how many wrong ones are possible."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.people import trusted_till as tills
from cashdesk.domain.people.one_time_link import HANDED_OVER, issue_link, use_link
from cashdesk.domain.people.person import change_person, set_password
from cashdesk.domain.people.pin import (
    PER_DEVICE,
    PER_PERSON,
    may_have_pin,
    refuse_easy_pin,
    remove_pin,
    set_pin,
    sign_in_by_pin,
)
from cashdesk.domain.people.signed_in_places import sign_out_everywhere
from cashdesk.domain.people.trusted_till import (
    TRUSTED_FOR,
    forget_expired_tills,
    note_full_sign_in,
    people_at,
    trusted_till,
)
from cashdesk.enums import LinkPurpose, Role
from cashdesk.errors import Conflict, InvalidInput, NotSignedIn
from cashdesk.models import AuditEntry, TrustedTill, User, WrongPin
from tests.factories import StoreFactory, UserFactory
from tests.stories import Cast, counted_queries

PIN, WRONG = "8305", "9174"
DEVICE = "till-one"


@pytest.fixture
def cast(cast: Cast) -> Cast:
    """A shop that uses PINs. Carla and Erika have one."""
    cast.store.pin_sign_in = True
    cast.store.save()
    for person in (cast.carla, cast.erika):
        person.refresh_from_db()
        set_pin(user=person, pin=PIN, at=timezone.now())
    return cast


def till(cast: Cast, device: str = DEVICE) -> TrustedTill:
    """Returns the till on which Bruno signed in with his password."""
    cast.bruno.refresh_from_db()
    note_full_sign_in(user=cast.bruno, device=device, at=timezone.now())
    found = trusted_till(device=device, at=timezone.now())
    assert found is not None
    return found


def tried(where: TrustedTill, person: User, pin: str) -> str:
    try:
        return str(sign_in_by_pin(till=where, person=str(person.uuid), pin=pin, at=timezone.now()))
    except NotSignedIn as error:
        return type(error).__name__


# --- Which PINs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pin", ["8305", "9174", "71940", "834917", "46283905"])
def test_a_pin_without_a_pattern_is_taken(cast: Cast, pin: str) -> None:
    set_pin(user=cast.bruno, pin=pin, at=timezone.now())
    assert User.objects.get(pk=cast.bruno.pk).pin


@pytest.mark.parametrize(
    "pin",
    [
        "0000", "1212", "1122", "55555", "1234", "4321", "7890", "0987", "23456", "8305830583058305", "83058305", "2580", "0852",
        "3112", "1231", "2902", "0229", "1987", "2024", "311299", "123199", "991231", "31121999", "12311999", "19991231",
    ],
)  # fmt: skip
def test_an_easy_pin_is_refused(cast: Cast, pin: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        set_pin(user=cast.bruno, pin=pin, at=timezone.now())
    assert "pin" in refused.value.on_pages
    assert not User.objects.get(pk=cast.bruno.pk).pin


@pytest.mark.parametrize("pin", ["", "830", "830517269", "83a5", "８３０５", "8 305", "-8305", "+8305"])
def test_what_is_no_pin_is_refused(cast: Cast, pin: str) -> None:
    with pytest.raises(InvalidInput, match="Enter 4 to 8 digits"):
        set_pin(user=cast.bruno, pin=pin, at=timezone.now())


def test_digits_of_ones_own_code_or_tax_id_are_refused(cast: Cast) -> None:
    cast.bruno.operator_code, cast.bruno.rut = "A-8305", "62.947.180-3"
    for pin in ("8305", "6294", "7180"):
        with pytest.raises(InvalidInput, match="easy to guess"):
            refuse_easy_pin(pin, user=cast.bruno)
    refuse_easy_pin("9174", user=cast.bruno)


def test_the_pin_is_stored_as_a_hash_and_noted_without_it(cast: Cast) -> None:
    kept = User.objects.get(pk=cast.carla.pk).pin
    assert PIN not in kept
    assert kept.startswith("md5$")  # the hasher of the tests; in production Django's first one
    entry = AuditEntry.objects.filter(action="person.pin_set", user=cast.carla).get()
    assert (entry.store, entry.detail) == (cast.store, {})
    remove_pin(user=cast.carla, at=timezone.now())
    remove_pin(user=cast.carla, at=timezone.now())
    assert AuditEntry.objects.filter(action="person.pin_removed").count() == 1
    assert User.objects.get(pk=cast.carla.pk).pin == ""


def test_a_store_uses_no_pins_unless_it_says_so(cast: Cast) -> None:
    assert StoreFactory().pin_sign_in is False
    with pytest.raises(Conflict, match="does not use PINs"):
        set_pin(user=cast.otto, pin=PIN, at=timezone.now())
    assert not may_have_pin(cast.anna)
    root = UserFactory(store=cast.store, account=cast.store.account, username="root", role=Role.ADMIN)
    root.is_superuser = True
    assert not may_have_pin(root)


# --- Where it works ----------------------------------------------------------------------------------------------------------


def test_a_pin_signs_in_on_a_till_of_the_store(cast: Cast) -> None:
    assert tried(till(cast), cast.carla, PIN) == "Carla"
    entry = AuditEntry.objects.filter(action="person.signed_in").get()
    assert (entry.user, entry.store, entry.detail) == (cast.carla, cast.store, {"by": "pin"})


def test_the_people_of_the_store_who_have_a_pin_are_offered(cast: Cast) -> None:
    for changed in ({"is_active": False}, {"is_superuser": True}, {"store": StoreFactory(account=cast.store.account)}):
        other = UserFactory(store=cast.store, account=cast.store.account)
        User.objects.filter(pk=other.pk).update(pin="md5$x", **changed)
    where = till(cast)
    with counted_queries() as queries:
        assert [str(person) for person in people_at(where)] == ["Carla", "Erika Mustermann"]
    assert len(queries) == 1


def test_a_till_is_trusted_for_some_hours_and_by_people_of_the_store_only(cast: Cast) -> None:
    now = timezone.now()
    note_full_sign_in(user=cast.anna, device="office", at=now)
    note_full_sign_in(user=cast.otto, device="elsewhere", at=now)
    note_full_sign_in(user=User.objects.get(pk=cast.bruno.pk), device="", at=now)
    assert not TrustedTill.objects.exists()
    note_full_sign_in(user=User.objects.get(pk=cast.bruno.pk), device=DEVICE, at=now)
    assert trusted_till(device=DEVICE, at=now + TRUSTED_FOR - timedelta(seconds=1)) is not None
    assert trusted_till(device=DEVICE, at=now + TRUSTED_FOR) is None
    assert trusted_till(device="another", at=now) is None
    note_full_sign_in(user=User.objects.get(pk=cast.carla.pk), device=DEVICE, at=now + timedelta(hours=6))
    assert TrustedTill.objects.get().trusted_by == cast.carla
    assert forget_expired_tills(at=now + TRUSTED_FOR) == 0
    assert forget_expired_tills(at=now + timedelta(hours=6) + TRUSTED_FOR) == 1


def test_the_device_is_stored_as_a_digest(cast: Cast) -> None:
    till(cast)
    assert DEVICE not in str(TrustedTill.objects.values().get())


@pytest.mark.parametrize("ending", ["everywhere", "password", "moved", "store", "account", "setting"])
def test_what_ends_the_trust(cast: Cast, ending: str) -> None:
    till(cast)
    now = timezone.now()
    match ending:
        case "everywhere":
            sign_out_everywhere(user=cast.bruno, at=now)
        case "password":
            set_password(user=cast.bruno, password="nine-lives-of-a-cat", by=SYSTEM, at=now)
        case "moved":
            cast.bruno.store = StoreFactory(account=cast.store.account)
            change_person(user=cast.bruno, fields=["store"], by=Principal(user=cast.anna), at=now)
        case "store":
            type(cast.store).objects.filter(pk=cast.store.pk).update(is_active=False)
        case "account":
            type(cast.store.account).objects.filter(pk=cast.store.account_id).update(is_active=False)
        case "setting":
            type(cast.store).objects.filter(pk=cast.store.pk).update(pin_sign_in=False)
    assert trusted_till(device=DEVICE, at=now) is None


def test_nobody_signs_in_for_whom_the_till_is_not(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    where = till(cast)
    assert tried(where, cast.bruno, PIN) == "NotSignedIn"  # no PIN
    assert tried(where, cast.otto, PIN) == "NotSignedIn"
    for person in ("", "x", "' OR 1=1"):
        with pytest.raises(NotSignedIn):
            sign_in_by_pin(till=where, person=person, pin=PIN, at=timezone.now())
    monkeypatch.setattr(tills, "is_missing_second_factor", lambda person: person == cast.erika)
    assert [str(person) for person in people_at(where)] == ["Carla"]
    User.objects.filter(pk=cast.carla.pk).update(is_active=False)
    assert tried(where, cast.carla, PIN) == "NotSignedIn"


# --- Wrong PINs --------------------------------------------------------------------------------------------------------------


def test_after_some_wrong_pins_on_a_till_the_password_is_needed(cast: Cast) -> None:
    where = till(cast)
    for _try in range(PER_DEVICE):
        assert tried(where, cast.carla, WRONG) == "NotSignedIn"
    assert tried(where, cast.carla, PIN) == "PinLocked"
    # Nobody else is locked, and Carla is not locked elsewhere.
    assert tried(where, cast.erika, PIN) == "Erika Mustermann"
    assert tried(till(cast, "till-two"), cast.carla, PIN) == "Carla"
    assert tried(where, cast.carla, PIN) == "PinLocked"
    note_full_sign_in(user=User.objects.get(pk=cast.carla.pk), device=DEVICE, at=timezone.now())
    assert tried(where, cast.carla, PIN) == "Carla"


def test_a_right_pin_forgives_the_wrong_ones_of_its_till_but_not_for_the_person(cast: Cast) -> None:
    where = till(cast)
    for _round in range(3):
        for _try in range(PER_DEVICE - 1):
            assert tried(where, cast.carla, WRONG) == "NotSignedIn"
        assert tried(where, cast.carla, PIN) == "Carla"
    assert WrongPin.objects.count() == 3 * (PER_DEVICE - 1)
    # So a guesser at the person's own till has no more tries than anybody else.
    outcomes = [tried(where, cast.carla, WRONG) for _try in range(PER_DEVICE)]
    assert outcomes.count("NotSignedIn") == PER_PERSON - 3 * (PER_DEVICE - 1)
    assert tried(where, cast.carla, PIN) == "PinLocked"


def test_many_tills_do_not_give_more_tries_than_the_sum(cast: Cast) -> None:
    outcomes: list[str] = []
    for number in range(10):
        where = till(cast, f"till-{number}")
        outcomes += [tried(where, cast.carla, WRONG) for _try in range(PER_DEVICE - 1)]
    assert outcomes.count("NotSignedIn") == PER_PERSON
    # Locked on every till, until the password.
    assert tried(till(cast, "till-new"), cast.carla, PIN) == "PinLocked"
    note_full_sign_in(user=User.objects.get(pk=cast.carla.pk), device="till-new", at=timezone.now())
    assert tried(till(cast, "till-new"), cast.carla, PIN) == "Carla"


def test_a_refused_try_is_not_counted(cast: Cast) -> None:
    where = till(cast)
    for _try in range(PER_DEVICE + 5):
        tried(where, cast.carla, WRONG)
    assert WrongPin.objects.count() == PER_DEVICE


# --- What ends a PIN ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "is_left"),
    [("own password", True), ("everywhere", True), ("set by others", False), ("link", False), ("moved", False),
     ("role", False), ("deactivated", False), ("name", True)],
)  # fmt: skip
def test_what_removes_the_pin(cast: Cast, ending: str, is_left: bool) -> None:
    carla, now, anna = User.objects.get(pk=cast.carla.pk), timezone.now(), Principal(user=cast.anna)
    changes: dict[str, tuple[str, Any]] = {
        "moved": ("store", StoreFactory(account=cast.store.account)),
        "role": ("role", Role.MANAGER),
        "deactivated": ("is_active", False),
        "name": ("name", "Carla B."),
    }
    if ending in changes:
        setattr(carla, *changes[ending])
        change_person(user=carla, fields=[changes[ending][0]], by=anna, at=now)
    elif ending == "everywhere":
        sign_out_everywhere(user=carla, at=now)
    elif ending == "link":
        made = issue_link(person=carla, purpose=LinkPurpose.PASSWORD, by=SYSTEM, at=now, lifetime=HANDED_OVER)
        use_link(link=made.link, password="nine-lives-of-a-cat", at=now)
    else:
        by = Principal(user=carla) if ending == "own password" else anna
        set_password(user=carla, password="nine-lives-of-a-cat", by=by, at=now)
    assert bool(User.objects.get(pk=carla.pk).pin) is is_left
