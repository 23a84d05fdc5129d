"""Wrong passwords: their number, the wait after them, and that nobody learns which names exist."""

import hashlib
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.conf import global_settings
from django.contrib.auth.hashers import MD5PasswordHasher, identify_hasher
from django.test import Client

from cashdesk.models import SignInAttempt, User
from tests.api.steps import told
from tests.factories import PASSWORD, UserFactory
from tests.stories import Caller, Cast, caller, counted_queries, exact
from tests.web.waiting import time_passes


class CountingHasher(MD5PasswordHasher):
    """A hasher that counts its calls."""

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


def test_the_fourth_wrong_try_for_a_name_waits(cast: Cast) -> None:
    assert tries(5) == [401] * 3 + [429] * 2
    refused = Caller().post("/auth/login", {"username": "carla", "password": PASSWORD})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 5
    assert tries(1, username="bruno") == [401]


def test_each_further_try_waits_longer_and_the_eleventh_is_locked(cast: Cast) -> None:
    tries(3)
    told = []
    for _try in range(8):
        told.append(int(Caller().post("/auth/login", {"username": "carla", "password": "x"}).headers["Retry-After"]))
        time_passes(timedelta(seconds=told[-1]))
        assert tries(1) == [401]
    assert told[:7] == pytest.approx([5, 10, 20, 40, 80, 160, 320], abs=2)
    assert told[7] > 40 * 60


def test_a_name_that_nobody_has_runs_out_the_same_way(cast: Cast) -> None:
    assert tries(5, username="nobody") == [401] * 3 + [429] * 2
    tries(5)
    known = Caller().post("/auth/login", {"username": "carla", "password": "x"})
    unknown = Caller().post("/auth/login", {"username": "nobody", "password": "x"})
    for answer in (known, unknown):
        del answer.headers["Retry-After"]
    assert told(known) == told(unknown)


@pytest.mark.parametrize(
    "other", [{"username": "CARLA"}, {"username": " carla"}, {"email": "carla@example.com"}, {"rut": "11.111.111-1"}]
)
def test_another_spelling_is_no_new_budget(cast: Cast, other: dict[str, str]) -> None:
    tries(3)
    assert tries(1, **other) == [429]


def test_one_address_has_a_budget_too_and_a_right_password_does_not_refill_it(cast: Cast) -> None:
    for number in range(25):
        assert tries(1, username=f"stranger {number}") == [401]
    assert Caller().post("/auth/login", {"username": "carla", "password": PASSWORD}).status_code == 200
    for number in range(25, 50):
        assert tries(1, username=f"stranger {number}") == [401], number
    assert tries(1, username="the last straw") == [429]
    assert Caller().post("/auth/login", {"username": "carla", "password": PASSWORD}).status_code == 429


# --- Devices on which somebody signed in before ------------------------------------------------------------------------------


def sprayed() -> None:
    """Tries many names from one address, and the names of the cast often."""
    for number in range(51):
        tries(1, username=f"stranger {number}")


def by_api(client: Client, password: str = PASSWORD, name: str = "carla") -> int:
    sent = client.post("/api/v1/auth/login", {"username": name, "password": password}, content_type="application/json")
    return int(sent.status_code)


def by_page(client: Client, password: str = PASSWORD, name: str = "carla") -> int:
    return {302: 200, 400: 401}.get(
        code := client.post("/sign-in", {"name": name, "password": password}).status_code, code
    )


def by_back_office(client: Client, password: str = PASSWORD, name: str = "erika") -> int:
    sent = client.post("/admin/login/", {"username": name, "password": password})
    return 200 if sent.status_code == 302 else 401


def signs_out(device: Client) -> None:
    """Deletes the token and the session, and keeps the cookie of the device."""
    for cookie in {"access_token", "sessionid"} & set(device.cookies):
        del device.cookies[cookie]


@pytest.mark.parametrize("door", [by_api, by_page])
@pytest.mark.parametrize("first", [by_api, by_page])
def test_a_device_that_signed_in_before_is_not_held_back_by_strangers(cast: Cast, door: Any, first: Any) -> None:
    device = Client()
    assert first(device) == 200
    signs_out(device)
    sprayed()
    assert door(Client()) == 429
    assert door(device) == 200
    signs_out(device)
    assert door(device, name="bruno") == 429


def test_the_back_office_knows_its_devices_too(cast: Cast) -> None:
    device = Client()
    assert by_back_office(device) == 200
    del device.cookies["sessionid"]
    sprayed()
    assert by_back_office(Client()) == 401
    assert by_back_office(device) == 200


def test_a_shared_till_knows_everybody_who_signed_in_there(cast: Cast) -> None:
    device = Client()
    for name in ("carla", "bruno"):
        assert by_api(device, name=name) == 200
    signs_out(device)
    sprayed()
    for name in ("carla", "bruno"):
        signs_out(device)
        assert by_api(device, name=name) == 200


@pytest.mark.parametrize("cookie", ["", "x", "a:b:c", "\0", "x" * 5000])
def test_a_cookie_that_we_did_not_sign_makes_no_device(cast: Cast, cookie: str) -> None:
    sprayed()
    device = Client()
    device.cookies["device"] = cookie
    assert by_api(device) == 429


def test_the_cookie_is_kept_from_scripts_and_opens_nothing(cast: Cast) -> None:
    device = Client()
    by_api(device)
    kept = device.cookies["device"]
    assert kept["httponly"]
    assert kept["samesite"] == "Lax"
    assert kept["max-age"] > 300 * 24 * 3600
    alone = Client()
    alone.cookies["device"] = kept.value
    assert alone.get("/api/v1/auth/me").status_code == 401
    assert alone.get("/desk").status_code == 302
    assert "carla" not in kept.value


def test_a_wrong_password_makes_no_device(cast: Cast) -> None:
    device = Client()
    assert by_api(device, "wrong") == 401
    assert by_page(device, "wrong") == 401
    assert "device" not in device.cookies


def test_a_living_token_confirms_a_shift_whatever_strangers_do(cast: Cast) -> None:
    sprayed()
    for _try in range(3):
        tries(3)
    carla = caller(cast.carla)
    assert carla.post("/shifts/start", {"start_cash": 0, "password": PASSWORD}).status_code == 201


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
    assert tries(2) == [401] * 2
    assert Caller().post("/auth/login", {"username": "carla", "password": PASSWORD}).status_code == 200
    assert tries(3) == [401] * 3


def test_asking_again_while_waiting_does_not_lengthen_the_wait(cast: Cast) -> None:
    tries(3)
    waits = [
        int(Caller().post("/auth/login", {"username": "carla", "password": "x"}).headers["Retry-After"])
        for _ in range(5)
    ]
    assert waits == sorted(waits, reverse=True)
    assert SignInAttempt.objects.count() == 3


def test_the_password_asked_at_a_shift_has_a_counter_of_its_own(cast: Cast) -> None:
    carla = caller(cast.carla)
    codes = [
        carla.post("/shifts/end", {"password": f"guess {number}", "actual_cash_end": 1}).status_code
        for number in range(4)
    ]
    assert codes == [400] * 3 + [429]
    assert tries(1) == [401]


def test_the_back_office_counts_too(cast: Cast) -> None:
    browser = Client()
    for number in range(3):
        browser.post("/admin/login/", {"username": "erika", "password": f"guess {number}"})
    assert Caller().post("/auth/login", {"username": "erika", "password": PASSWORD}).status_code == 429
    assert browser.post("/admin/login/", {"username": "erika", "password": PASSWORD}).status_code == 200
    assert "_auth_user_id" not in browser.session


def test_no_password_typed_as_a_name_is_kept(cast: Cast) -> None:
    tries(1, username="my-secret-password")
    assert "my-secret-password" not in repr(list(SignInAttempt.objects.values()))


def test_an_unknown_name_takes_the_same_road(cast: Cast, settings: Any) -> None:
    """It takes as many statements and as much hashing as a wrong password, so the time does not reveal which names exist."""
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
