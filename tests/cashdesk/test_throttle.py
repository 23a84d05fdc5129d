"""The number of password guesses that somebody can make, and who is blocked by them (docs/decisions/0019)."""

import itertools
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.serializers import serialize

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.counting.witness import confirm_witness
from cashdesk.domain.people.person import unlock_person
from cashdesk.domain.people.sign_in import confirm_password, verify_called
from cashdesk.domain.people.sign_in_throttle import (
    ADDRESS_WINDOW,
    PER_ADDRESS,
    PER_KNOWN_SOURCE,
    PER_NAME,
    PER_SOURCE,
    WINDOW,
    Source,
)
from cashdesk.enums import Role, TryBy
from cashdesk.errors import Forbidden, InvalidInput, NotSignedIn, TooManyAttempts, WrongPassword
from cashdesk.models import AuditEntry, SignInAttempt, User
from tests.cashdesk.desk import NOON
from tests.factories import PASSWORD, UserFactory
from tests.stories import Cast, counted_queries
from tests.web.side_by_side import at_once, database_for_threads

HOME = Source(address="10.0.0.1")
HOUR = timedelta(hours=1)
TODAY_PER_NAME_AND_HOUR = 40
"""The limit of an earlier version: 10 in 15 minutes, from all addresses together."""


def outcome(*, name: str, source: Source, at: datetime, password: str = "wrong") -> int:
    """Tries a password. Returns -1 if it was right, 0 if it was checked and wrong, else the seconds to wait."""
    try:
        verify_called(name=name, password=password, source=source, at=at)
    except NotSignedIn:
        return 0
    except TooManyAttempts as refused:
        return refused.retry_after_seconds
    return -1


def guesses(names: list[str], sources: list[Source], *, during: timedelta = 3 * HOUR) -> list[tuple[datetime, str]]:
    """Guesses from every source for every name, each as soon as it is allowed. Returns the guesses that were checked."""
    made = []
    turns = dict.fromkeys(itertools.product(names, sources), NOON)
    while turns:
        (name, source), at = min(turns.items(), key=lambda turn: turn[1])
        if at >= NOON + during:
            break
        wait = outcome(name=name, source=source, at=at)
        if wait == 0:
            made.append((at, name))
        turns[name, source] = at + timedelta(seconds=wait or 1)
    return made


def most_in_an_hour(made: list[tuple[datetime, str]]) -> int:
    """Returns the largest number of guesses within one hour."""
    return max(sum(at <= other < at + HOUR for other, _name in made) for at, _name in made)


def addresses(number: int) -> list[Source]:
    """Returns this many unknown sources with different addresses."""
    return [Source(address=f"10.1.0.{one}") for one in range(number)]


def till(*people: User, name: str = "till-1", address: str = "10.0.0.1", sender: User | None = None) -> Source:
    """Returns a device on which these people signed in before."""
    return Source(address=address, device=name, people=frozenset(one.pk for one in people), sender=sender)


# --- The bounds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["carla", "nobody"])
def test_one_address_makes_ten_guesses_an_hour_for_a_name(cast: Cast, name: str) -> None:
    assert most_in_an_hour(guesses([name], [HOME])) == PER_SOURCE[TryBy.STRANGER] == 10


@pytest.mark.parametrize("name", ["carla", "nobody"])
def test_many_addresses_make_fifteen_guesses_an_hour_for_a_name(cast: Cast, name: str) -> None:
    assert most_in_an_hour(guesses([name], addresses(8), during=2 * HOUR)) == PER_NAME[TryBy.STRANGER] == 15


def test_everybody_together_makes_no_more_than_before(cast: Cast) -> None:
    """The sources are strangers, two tills where Carla signed in, three colleagues, and Carla's own stolen token."""
    colleagues = [Source(address="10.0.0.1", sender=one) for one in (cast.bruno, cast.erika, cast.anna)]
    tills = [till(cast.carla, name="till-1"), till(cast.carla, name="till-2")]
    own = Source(address="10.0.0.1", sender=cast.carla)
    made = guesses(["carla"], [*addresses(4), *tills, *colleagues, own], during=2 * HOUR)
    assert most_in_an_hour(made) == sum(PER_NAME.values()) == TODAY_PER_NAME_AND_HOUR


def test_spraying_from_one_address_stays_bounded(cast: Cast) -> None:
    made = guesses([f"name{number}" for number in range(PER_ADDRESS + 10)], [HOME], during=HOUR)
    assert most_in_an_hour(made) == PER_ADDRESS * (HOUR // ADDRESS_WINDOW) == 200


def test_spraying_from_a_till_or_as_a_witness_stays_bounded(cast: Cast) -> None:
    people = [UserFactory(store=cast.store) for _ in range(8)]
    names = [one.username for one in people]
    for source in (till(*people, name="till-9"), Source(address="10.0.0.1", sender=cast.bruno)):
        SignInAttempt.objects.all().delete()
        made = guesses(names, [source], during=HOUR)
        assert most_in_an_hour(made) == PER_KNOWN_SOURCE == 30


def test_signing_in_oneself_makes_no_new_guesses_for_others(cast: Cast) -> None:
    """A new device or token has a separate counter only for the person who signed in."""
    at = NOON
    for number in range(6):
        at += timedelta(seconds=1)
        assert outcome(name="bruno", source=till(name=f"new-{number}"), at=at, password=PASSWORD) == -1
        device = till(cast.bruno, name=f"new-{number}")
        outcome(name="carla", source=device, at=at)
    assert SignInAttempt.objects.exclude(by=TryBy.STRANGER).count() == 0
    assert SignInAttempt.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_guesses_sent_at_once_all_count(cast: Cast, tmp_path: Path) -> None:
    with database_for_threads(tmp_path):
        found = at_once([lambda: outcome(name="carla", source=HOME, at=NOON)] * 8)
    assert found.count(0) <= 3


# --- Slowing down --------------------------------------------------------------------------------------------------------


def waits() -> Iterator[int]:
    """Yields the wait after each attempt. Each attempt is made as soon as it is allowed."""
    at = NOON
    while True:
        wait = outcome(name="carla", source=HOME, at=at)
        yield wait
        at += timedelta(seconds=wait)


def test_waits_grow_before_the_lock(cast: Cast) -> None:
    told = [wait for wait in itertools.islice(waits(), 18) if wait]
    assert told[:7] == [5, 10, 20, 40, 80, 160, 320]
    assert WINDOW.total_seconds() - 700 < told[7] <= WINDOW.total_seconds()


def test_the_wait_ends_when_it_was_said_to_and_asking_does_not_lengthen_it(cast: Cast) -> None:
    for _try in range(3):
        outcome(name="carla", source=HOME, at=NOON)
    found = [outcome(name="carla", source=HOME, at=NOON + timedelta(seconds=second)) for second in range(4)]
    assert found == [5, 4, 3, 2]
    assert outcome(name="carla", source=HOME, at=NOON + timedelta(seconds=5), password=PASSWORD) == -1


def test_a_right_password_takes_away_the_tries_of_its_own_source_alone(cast: Cast) -> None:
    elsewhere = Source(address="10.9.9.9")
    for source in (HOME, HOME, elsewhere, elsewhere):
        outcome(name="carla", source=source, at=NOON)
    assert outcome(name="carla", source=HOME, at=NOON, password=PASSWORD) == -1
    assert SignInAttempt.objects.count() == 2
    assert [outcome(name="carla", source=HOME, at=NOON) for _try in range(3)] == [0, 0, 0]


# --- Who is not held back ------------------------------------------------------------------------------------------------


def exhausted(cast: Cast, names: list[str]) -> datetime:
    """Uses up all attempts of unknown sources, at the shop's address and at others. Returns a time shortly after."""
    guesses(names, [HOME, *addresses(4)], during=HOUR)
    return NOON + HOUR - timedelta(seconds=1)


def test_strangers_hold_back_no_device_on_which_the_person_signed_in(cast: Cast) -> None:
    at = exhausted(cast, ["carla"])
    assert outcome(name="carla", source=Source(address="10.8.8.8"), at=at, password=PASSWORD) > 0
    assert outcome(name="carla", source=till(cast.carla, cast.bruno), at=at, password=PASSWORD) == -1


def test_strangers_hold_back_no_shift_dialog(cast: Cast) -> None:
    at = exhausted(cast, ["carla"])
    by = Principal(user=cast.carla)
    source = Source(address="10.0.0.1", sender=cast.carla)
    with pytest.raises(WrongPassword):
        confirm_password(by=by, password="wrong", source=source, at=at)
    confirm_password(by=by, password=PASSWORD, source=source, at=at)


def test_strangers_hold_back_no_witness(cast: Cast) -> None:
    at = exhausted(cast, ["erika"])
    given: dict[str, Any] = {"by": Principal(user=cast.carla), "store": cast.store, "at": at}
    source = Source(address="10.0.0.1", sender=cast.carla)
    assert confirm_witness(name="erika", password=PASSWORD, source=source, **given) == cast.erika


def test_one_address_alone_holds_nobody_back_elsewhere(cast: Cast) -> None:
    guesses(["carla"], [HOME], during=3 * HOUR)
    assert outcome(name="carla", source=Source(address="10.8.8.8"), at=NOON + 3 * HOUR, password=PASSWORD) == -1


def test_an_attacker_inside_holds_back_no_known_device_of_the_shop(cast: Cast) -> None:
    """The attacker tries many names without the device cookie, from the address of the whole shop."""
    guesses([f"name{number}" for number in range(60)], [HOME], during=ADDRESS_WINDOW)
    at = NOON + ADDRESS_WINDOW - timedelta(seconds=10)
    assert outcome(name="bruno", source=HOME, at=at, password=PASSWORD) > 0
    for person in (cast.carla, cast.bruno, cast.erika):
        assert outcome(name=person.username, source=till(person), at=at, password=PASSWORD) == -1


def test_one_insider_at_one_till_and_as_a_colleague_leaves_the_persons_other_devices(cast: Cast) -> None:
    guesses(["carla"], [till(cast.carla), Source(address="10.0.0.1", sender=cast.bruno)], during=HOUR)
    at = NOON + HOUR - timedelta(seconds=1)
    assert outcome(name="carla", source=till(cast.carla), at=at, password=PASSWORD) > 0
    assert outcome(name="carla", source=till(cast.carla, name="till-2"), at=at, password=PASSWORD) == -1


def test_no_number_of_insiders_ends_a_sign_in_that_the_person_has(cast: Cast) -> None:
    guesses(["carla"], [till(cast.carla, name=f"till-{number}") for number in range(4)], during=HOUR)
    at = NOON + HOUR - timedelta(seconds=1)
    assert outcome(name="carla", source=till(cast.carla, name="till-9"), at=at, password=PASSWORD) > 0
    own = Source(address="10.0.0.1", sender=cast.carla)
    assert outcome(name="carla", source=own, at=at, password=PASSWORD) == -1


def test_people_of_another_account_count_as_strangers(cast: Cast) -> None:
    """Otherwise anybody with an account could use up the attempts of the person's own devices."""
    by = Principal(user=cast.otto)
    source = Source(address="10.7.7.7", sender=cast.otto)
    with pytest.raises(InvalidInput):
        confirm_witness(name="carla", password="x", source=source, by=by, store=cast.otto.store, at=NOON)
    assert SignInAttempt.objects.get().by == TryBy.STRANGER


def test_a_witness_dialog_does_not_tell_which_names_exist(cast: Cast) -> None:
    for name in ("carla", "nobody", "otto"):
        SignInAttempt.objects.all().delete()
        told = [outcome(name=name, source=Source(address="a", sender=cast.bruno), at=NOON) for _try in range(5)]
        assert told == [0, 0, 0, 5, 5], name


# --- What it costs, and what is kept -------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [0, 2, 30])
def test_a_try_takes_the_same_statements_whatever_came_before(cast: Cast, before: int) -> None:
    for number in range(before):
        outcome(name="carla", source=Source(address=f"10.2.0.{number}"), at=NOON - timedelta(minutes=90 - number))
    costs = []
    for name, password in (("carla", "wrong"), ("nobody", "wrong"), ("carla", PASSWORD)):
        with counted_queries() as queries:
            outcome(name=name, source=HOME, at=NOON, password=password)
        costs.append(len(queries))
    assert costs == [3, 3, 4]


def test_neither_name_nor_device_is_kept(cast: Cast) -> None:
    outcome(name="my-secret-password", source=till(cast.carla, name="till-secret"), at=NOON)
    outcome(name="carla", source=till(cast.carla, name="till-secret"), at=NOON)
    kept = serialize("json", SignInAttempt.objects.all())
    assert "my-secret" not in kept
    assert "till-secret" not in kept


# --- Unlocking -----------------------------------------------------------------------------------------------------------


def test_a_manager_unlocks_a_person_of_theirs_and_the_trail_says_so(cast: Cast) -> None:
    at = exhausted(cast, ["carla", "bruno"])
    assert unlock_person(user=cast.carla, by=Principal(user=cast.erika), at=at) == PER_NAME[TryBy.STRANGER]
    assert outcome(name="carla", source=Source(address="10.8.8.8"), at=at, password=PASSWORD) == -1
    assert outcome(name="bruno", source=Source(address="10.8.8.8"), at=at, password=PASSWORD) > 0
    entry = AuditEntry.objects.get(action="person.unlocked")
    assert (entry.user, entry.subject, entry.store) == (cast.erika, f"user:{cast.carla.pk}", cast.store)
    assert entry.detail == {"tries": PER_NAME[TryBy.STRANGER]}


WHO: list[tuple[str, Callable[[Cast], tuple[User | None, User]]]] = [
    ("cashier", lambda cast: (cast.bruno, cast.carla)),
    ("stranger", lambda cast: (cast.otto, cast.carla)),
    ("oneself", lambda cast: (cast.erika, cast.erika)),
    ("upwards", lambda cast: (cast.erika, UserFactory(store=cast.store, username="ada", role=Role.ADMIN))),
    ("elsewhere", lambda cast: (cast.erika, cast.otto)),
]


@pytest.mark.parametrize(("who", "pair"), WHO, ids=[who for who, _pair in WHO])
def test_who_does_not_unlock_whom(cast: Cast, who: str, pair: Callable[[Cast], tuple[User, User]]) -> None:
    by, user = pair(cast)
    outcome(name=user.username, source=HOME, at=NOON)
    with pytest.raises(Forbidden):
        unlock_person(user=user, by=Principal(user=by), at=NOON)
    assert SignInAttempt.objects.count() == 1


def test_an_admin_and_the_system_unlock_a_manager(cast: Cast) -> None:
    for by in (Principal(user=cast.anna), SYSTEM):
        outcome(name="erika", source=HOME, at=NOON)
        assert unlock_person(user=cast.erika, by=by, at=NOON) == 1
