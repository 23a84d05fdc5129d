"""Wrong passwords: how many, how soon again, and that nobody learns whose name exists."""

import hashlib
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.conf import global_settings
from django.contrib.auth.hashers import MD5PasswordHasher, identify_hasher
from django.test import Client
from django.utils import timezone

from cashdesk.domain.access import sign_in
from cashdesk.errors import NotSignedIn, TooManyAttempts
from cashdesk.models import SignInAttempt, User
from tests.api.steps import told
from tests.factories import PASSWORD, UserFactory
from tests.stories import Caller, Cast, caller, counted_queries, exact


class CountingHasher(MD5PasswordHasher):
    """A hasher that counts how often it was at work."""

    algorithm = "counting"
    uses: ClassVar[int] = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).uses += 1
        return f"{self.algorithm}${salt}${hashlib.sha256((salt + password).encode()).hexdigest()}"


def tries(number: int, **name: str) -> list[int]:
    visitor = Caller()
    return [
        visitor.post("/auth/login", {**(name or {"username": "carla"}), "password": f"guess {guess}"}).status_code
        for guess in range(number)
    ]


def test_the_eleventh_wrong_try_for_a_name_waits(cast: Cast) -> None:
    assert tries(12) == [401] * 10 + [429] * 2
    refused = Caller().post("/auth/login", {"username": "carla", "password": PASSWORD})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 15 * 60 + 1
    assert tries(1, username="bruno") == [401]


def test_a_name_that_nobody_has_runs_out_the_same_way(cast: Cast) -> None:
    assert tries(12, username="nobody") == [401] * 10 + [429] * 2
    tries(12)
    known = Caller().post("/auth/login", {"username": "carla", "password": "x"})
    unknown = Caller().post("/auth/login", {"username": "nobody", "password": "x"})
    for answer in (known, unknown):
        del answer.headers["Retry-After"]
    assert told(known) == told(unknown)


@pytest.mark.parametrize(
    "other", [{"username": "CARLA"}, {"username": " carla"}, {"email": "carla@example.com"}, {"rut": "11.111.111-1"}]
)
def test_another_spelling_is_no_new_budget(cast: Cast, other: dict[str, str]) -> None:
    tries(10)
    assert tries(1, **other) == [429]


def test_one_address_has_a_budget_too_and_a_right_password_does_not_refill_it(cast: Cast) -> None:
    for number in range(50):
        assert tries(1, username=f"stranger {number}") == [401]
    assert Caller().post("/auth/login", {"username": "carla", "password": PASSWORD}).status_code == 200
    for number in range(50, 100):
        assert tries(1, username=f"stranger {number}") == [401], number
    assert tries(1, username="the last straw") == [429]
    assert Caller().post("/auth/login", {"username": "carla", "password": PASSWORD}).status_code == 429


def test_another_address_is_not_held_back(cast: Cast) -> None:
    for number in range(101):
        tries(1, username=f"stranger {number}")
    elsewhere = Client(REMOTE_ADDR="203.0.113.9").post(
        "/api/v1/auth/login", {"username": "carla", "password": PASSWORD}, content_type="application/json"
    )
    assert elsewhere.status_code == 200


def test_nobody_chooses_their_own_address(cast: Cast) -> None:
    answers = [
        Caller()
        .post("/auth/login", {"username": f"s{number}", "password": "x"}, x_forwarded_for=f"10.0.0.{number}")
        .status_code
        for number in range(102)
    ]
    assert answers[-1] == 429


def test_behind_our_own_proxy_its_word_counts(cast: Cast, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    Caller().post("/auth/login", {"username": "x", "password": "x"}, x_forwarded_for="6.6.6.6, 203.0.113.9")
    assert SignInAttempt.objects.get().address == "203.0.113.9"


def test_right_passwords_never_add_up(cast: Cast) -> None:
    for _ in range(12):
        assert Caller().post("/auth/login", {"username": "carla", "password": PASSWORD}).status_code == 200


def test_a_right_password_clears_the_name(cast: Cast) -> None:
    assert tries(9) == [401] * 9
    assert Caller().post("/auth/login", {"username": "carla", "password": PASSWORD}).status_code == 200
    assert tries(10) == [401] * 10


def test_the_wait_ends_when_it_was_said_to(cast: Cast) -> None:
    at = timezone.now()
    carlas = {"username": "carla", "address": "10.0.0.1", "lifetime": timedelta(hours=1)}
    for second in range(10):
        with pytest.raises(NotSignedIn):
            sign_in(**carlas, password="wrong", at=at + timedelta(seconds=second))
    with pytest.raises(TooManyAttempts) as refused:
        sign_in(**carlas, password=PASSWORD, at=at + timedelta(minutes=5))
    wait = timedelta(seconds=refused.value.retry_after_seconds)
    with pytest.raises(TooManyAttempts):
        sign_in(**carlas, password=PASSWORD, at=at + timedelta(minutes=5) + wait - timedelta(seconds=2))
    token, _secret = sign_in(**carlas, password=PASSWORD, at=at + timedelta(minutes=5) + wait)
    assert token.user == cast.carla


def test_asking_again_while_waiting_does_not_lengthen_the_wait(cast: Cast) -> None:
    tries(10)
    waits = [
        int(Caller().post("/auth/login", {"username": "carla", "password": "x"}).headers["Retry-After"])
        for _ in range(5)
    ]
    assert waits == sorted(waits, reverse=True)
    assert SignInAttempt.objects.count() == 10


def test_the_password_asked_at_a_shift_counts_too(cast: Cast) -> None:
    carla = caller(cast.carla)
    codes = [
        carla.post("/shifts/end", {"password": f"guess {number}", "actual_cash_end": 1}).status_code
        for number in range(11)
    ]
    assert codes == [401] * 10 + [429]
    assert tries(1) == [429]


def test_the_back_office_counts_too(cast: Cast) -> None:
    browser = Client()
    for number in range(10):
        browser.post("/admin/login/", {"username": "erika", "password": f"guess {number}"})
    assert Caller().post("/auth/login", {"username": "erika", "password": PASSWORD}).status_code == 429
    assert browser.post("/admin/login/", {"username": "erika", "password": PASSWORD}).status_code == 200
    assert "_auth_user_id" not in browser.session


def test_no_password_typed_as_a_name_is_kept(cast: Cast) -> None:
    tries(1, username="my-secret-password")
    assert "my-secret-password" not in repr(list(SignInAttempt.objects.values()))


def test_an_unknown_name_takes_the_same_road(cast: Cast, settings: Any) -> None:
    """As many statements and as much hashing as for a wrong password, so neither the clock nor the load tells who exists."""
    settings.PASSWORD_HASHERS = ["tests.web.test_sign_in.CountingHasher"]
    cast.carla.set_password(PASSWORD)
    cast.carla.save()
    left = UserFactory(store=cast.store, username="lena")
    User.objects.filter(pk=left.pk).update(is_active=False)
    roads = {}
    for name in ("carla", "nobody", "lena"):
        before = CountingHasher.uses
        with counted_queries() as queries:
            tries(1, username=name)
        roads[name] = (len(queries), CountingHasher.uses - before)
    assert roads == dict.fromkeys(roads, roads["carla"])
    assert roads["carla"][1] == 1


def test_with_the_real_hasher(cast: Cast, settings: Any) -> None:
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS  # the house sets none of its own
    cast.carla.set_password(PASSWORD)
    cast.carla.save()
    assert identify_hasher(User.objects.get(pk=cast.carla.pk).password).algorithm == "pbkdf2_sha256"
    assert tries(1) == [401]
    assert (
        exact(Caller().post("/auth/login", {"username": "carla", "password": PASSWORD}))["user"]["id"] == cast.carla.pk
    )
