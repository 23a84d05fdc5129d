"""A second person confirms a large count at the desk. Their password is stored nowhere."""

from typing import Any

import pytest

from cashdesk.domain.people.sign_in_throttle import FREE
from cashdesk.models import AuditEntry, CashSession, Count, IdempotentAnswer
from tests.cashdesk.desk import open_drawer
from tests.factories import PASSWORD, StoreFactory, UserFactory
from tests.screens.desk import Browser
from tests.stories import Cast, caller


@pytest.fixture
def carla(cast: Cast) -> Browser:
    """Carla, in a store that requires a witness for counts above 100.00."""
    cast.store.witness_minor = 100_00
    cast.store.save()
    return Browser(cast.carla)


def signed(name: str, password: str = PASSWORD) -> dict[str, str]:
    """Returns the input of the second person."""
    return {"witness_name": name, "witness_password": password}


def witness_of_last_count() -> Any:
    """Returns the witness of the last stored count."""
    count = Count.objects.latest("pk")
    return count.witness


@pytest.mark.parametrize("path", ["/desk/count", "/desk/hand-over"])
def test_a_large_count_is_confirmed_between_review_and_close(cast: Cast, carla: Browser, path: str) -> None:
    open_drawer(cast.carla, 0)
    carla.fill(path, {"amount": "100.01"})
    assert "A second person confirms this count" in carla.text
    carla.send(path, {"step": "close"})
    assert carla.page.status_code == 400
    assert "Enter the password of the second person." in carla.text
    carla.send(path, {"step": "close", **signed("bruno")})
    assert carla.page.status_code == 303
    assert witness_of_last_count() == cast.bruno
    carla.follow()
    assert "Second person Bruno" in carla.text


def test_up_to_the_limit_nobody_is_asked_for(cast: Cast, carla: Browser) -> None:
    carla.open({"amount": "100"})
    carla.fill("/desk/count", {"amount": "100"})
    assert "second person" not in carla.text
    assert carla.send("/desk/count", {"step": "close"}).status_code == 303
    assert witness_of_last_count() is None


def test_a_large_float_is_confirmed_too(cast: Cast, carla: Browser) -> None:
    carla.fill("/desk/open", {"pieces-20000": "1"})
    assert carla.page.status_code == 200
    assert "A second person confirms this count" in carla.text
    carla.send("/desk/open", {"step": "open"})
    assert carla.page.status_code == 400
    assert "Enter the password of the second person." in carla.text
    carla.send("/desk/open", {"step": "open", **signed("bruno", "wrong")})
    assert carla.page.status_code == 400
    assert "Review count" in carla.text
    assert carla.hidden()["pieces-20000"] == "1"
    carla.send("/desk/open", {"step": "open", **signed("bruno")})
    assert (carla.page.status_code, witness_of_last_count()) == (303, cast.bruno)


WRONG = "The name or the password is wrong."
NOT_HERE = "Ask a colleague from this store, or an admin, to confirm this count."


@pytest.mark.parametrize(
    ("name", "password", "status", "words"),
    [
        ("bruno", "wrong", 400, WRONG),
        ("nobody", PASSWORD, 400, WRONG),
        ("otto", PASSWORD, 400, WRONG),
        ("otto", "wrong", 400, WRONG),
        ("", PASSWORD, 400, "Enter the name of the second person."),
        ("carla", PASSWORD, 403, NOT_HERE),
        ("elsewhere", PASSWORD, 403, NOT_HERE),
    ],
)
def test_who_may_not_confirm_it(cast: Cast, carla: Browser, name: str, password: str, status: int, words: str) -> None:
    UserFactory(username="elsewhere", store=StoreFactory(account=cast.store.account))
    open_drawer(cast.carla, 0)
    carla.fill("/desk/count", {"pieces-20000": "3", "pieces-1": "7"})
    carla.send("/desk/count", {"step": "close", **signed(name, password)})
    assert carla.page.status_code == status
    assert words in carla.text
    assert carla.value("witness_name") == name
    assert carla.value("witness_password") == ""
    assert (carla.hidden()["pieces-20000"], carla.hidden()["pieces-1"]) == ("3", "7")
    assert CashSession.objects.get().is_open


@pytest.mark.parametrize("who", ["bruno", "erika", "anna"])
def test_who_may_confirm_it(cast: Cast, carla: Browser, who: str) -> None:
    open_drawer(cast.carla, 0)
    carla.fill("/desk/count", {"amount": "500"})
    carla.send("/desk/count", {"step": "close", **signed(who)})
    assert witness_of_last_count() == getattr(cast, who)
    assert carla.client.session["_auth_user_id"] == str(cast.carla.pk)
    assert not AuditEntry.objects.filter(action="person.signed_in").exists()


def test_wrong_tries_wait_as_at_the_sign_in(cast: Cast, carla: Browser) -> None:
    open_drawer(cast.carla, 0)
    carla.fill("/desk/count", {"amount": "500"})
    for _try in range(FREE):
        carla.send("/desk/count", {"step": "close", **signed("bruno", "wrong")})
    carla.send("/desk/count", {"step": "close", **signed("bruno")})
    assert carla.page.status_code == 429
    assert "Too many wrong tries with a name and password. Wait 5 seconds" in carla.text


def test_strangers_do_not_keep_a_witness_away(cast: Cast, carla: Browser) -> None:
    open_drawer(cast.carla, 0)
    for number in range(51):
        Browser().fill("/sign-in", {"name": f"stranger {number}", "password": "wrong"})
    for _try in range(3):
        Browser().fill("/sign-in", {"name": "bruno", "password": "wrong"})
    assert Browser().fill("/sign-in", {"name": "bruno", "password": PASSWORD}).status_code == 429
    carla.fill("/desk/count", {"amount": "500"})
    assert carla.send("/desk/count", {"step": "close", **signed("bruno")}).status_code == 303


def test_the_password_is_kept_nowhere(cast: Cast, carla: Browser) -> None:
    """A second click with another password counts as the same form, because the fingerprint leaves the password out."""
    open_drawer(cast.carla, 0)
    carla.fill("/desk/count", {"amount": "500"})
    form = carla.hidden()
    first = carla.client.post("/desk/count", {**form, "step": "close", **signed("bruno")})
    cast.bruno.set_password("another-Passw0rd")
    cast.bruno.save()
    again = carla.client.post("/desk/count", {**form, "step": "close", **signed("bruno", "another-Passw0rd")})
    assert first.headers["Location"] == again.headers["Location"]
    kept = [*IdempotentAnswer.objects.values_list(), *AuditEntry.objects.values_list()]
    assert PASSWORD not in str(kept)


def test_the_published_api_knows_no_witness(cast: Cast, carla: Browser) -> None:
    open_drawer(cast.carla, 0)
    assert caller(cast.carla).post("/cash/close", {"final_cash_declared": 5000}).status_code == 200


@pytest.mark.parametrize("path", ["/desk/open", "/desk/count", "/desk/hand-over", "/desk/draft", "/desk/draft/go-on"])
def test_a_report_of_a_fault_shows_no_password(cast: Cast, carla: Browser, path: str) -> None:
    sent = carla.client.post(path, signed("bruno"))
    assert "witness_password" in sent.wsgi_request.sensitive_post_parameters
