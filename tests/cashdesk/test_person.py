"""Every sign-in of a person ends after a new password, a deactivation, another store or another role. The audit trail
notes it.
"""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.counting.draft import save_draft
from cashdesk.domain.people.access_token import authenticate, issue_token
from cashdesk.domain.people.person import change_person, set_password
from cashdesk.enums import Role
from cashdesk.errors import Forbidden
from cashdesk.models import AuditEntry, Draft, User
from tests.cashdesk.desk import NOON
from tests.cashdesk.test_access import HOUR
from tests.factories import PASSWORD, StoreFactory, UserFactory
from tests.screens.desk import Browser
from tests.stories import Cast

GOOD = "nine-lives-of-a-cat"


def changed(user: User, *, by: User, **values: Any) -> None:
    """Changes these fields of a person."""
    for name, value in values.items():
        setattr(user, name, value)
    change_person(user=user, fields=list(values), by=Principal(user=by), at=NOON)


def other_store(cast: Cast) -> Any:
    """Another store of the account."""
    return StoreFactory(account=cast.store.account)


ACTS: list[tuple[str, Callable[[Cast], None]]] = [
    ("password_set", lambda cast: set_password(user=cast.carla, password=GOOD, by=Principal(user=cast.anna), at=NOON)),
    ("password_changed", lambda cast: set_password(user=cast.carla, password=GOOD, by=Principal(user=cast.carla), at=NOON)),
    ("deactivated", lambda cast: changed(cast.carla, by=cast.anna, is_active=False)),
    ("moved", lambda cast: changed(cast.carla, by=cast.anna, store=other_store(cast))),
    ("role_changed", lambda cast: changed(cast.carla, by=cast.anna, role=Role.MANAGER)),
]  # fmt: skip


@pytest.mark.parametrize(("act", "done"), ACTS, ids=[act for act, _done in ACTS])
def test_it_ends_every_token_and_browser_session_and_the_trail_says_so(
    cast: Cast, act: str, done: Callable[[Cast], None]
) -> None:
    secrets = [issue_token(user=cast.carla, at=NOON, lifetime=HOUR)[1] for _ in range(2)]
    browsers = [Browser(cast.carla), Browser(cast.carla)]
    bruno = Browser(cast.bruno)
    of_bruno = issue_token(user=cast.bruno, at=NOON, lifetime=HOUR)[1]
    done(cast)
    assert [authenticate(secret=secret, at=NOON) for secret in secrets] == [None, None]
    for browser in browsers:
        assert browser.get("/desk").headers["Location"] == "/sign-in?next=/desk"
    assert authenticate(secret=of_bruno, at=NOON) is not None
    assert bruno.get("/desk").status_code == 200
    entry = AuditEntry.objects.get(action=f"person.{act}")
    assert (entry.subject, entry.detail["tokens_ended"]) == (f"user:{cast.carla.pk}", 2)
    assert GOOD not in str(entry.detail)


def test_coming_back_opens_no_old_session(cast: Cast) -> None:
    secret = issue_token(user=cast.carla, at=NOON, lifetime=HOUR)[1]
    browser = Browser(cast.carla)
    changed(cast.carla, by=cast.anna, is_active=False)
    changed(cast.carla, by=cast.anna, is_active=True)
    assert authenticate(secret=secret, at=NOON) is None
    assert browser.get("/desk").status_code == 302


@pytest.mark.parametrize(
    "values", [{"name": "Carla B."}, {"operator_code": "K7"}, {"register": None}, {"role": Role.CASHIER}]
)
def test_other_changes_sign_nobody_out(cast: Cast, values: dict[str, Any]) -> None:
    secret = issue_token(user=cast.carla, at=NOON, lifetime=HOUR)[1]
    changed(cast.carla, by=cast.anna, **values)
    assert authenticate(secret=secret, at=NOON) is not None


@pytest.mark.parametrize(
    ("values", "stays"),
    [({"is_active": False}, False), ({"store": "other"}, False), ({"role": Role.MANAGER}, True)],
)
def test_drafts_go_with_somebody_who_leaves_the_store(cast: Cast, values: dict[str, Any], stays: bool) -> None:
    for person in (cast.carla, cast.bruno):
        save_draft(
            by=Principal(user=person), subject="close:1", fields={"amount": "1"}, seen_version=None, device="", at=NOON
        )
    changed(cast.carla, by=cast.anna, **{**values, **({"store": other_store(cast)} if "store" in values else {})})
    assert Draft.objects.filter(user=cast.carla).exists() == stays
    assert Draft.objects.filter(user=cast.bruno).exists()


def test_who_may_not_change_somebody(cast: Cast) -> None:
    root = User.objects.create_superuser("root", "root@example.com", "Root", GOOD)
    for by, user in ((cast.erika, cast.carla), (cast.otto, cast.carla), (cast.carla, cast.bruno), (cast.anna, root)):
        with pytest.raises(Forbidden):
            set_password(user=user, password=GOOD, by=Principal(user=by), at=NOON)
        with pytest.raises(Forbidden):
            changed(user, by=by, name="X")
    for values in ({"role": Role.CASHIER}, {"is_active": False}):
        with pytest.raises(Forbidden):
            changed(User.objects.get(pk=cast.anna.pk), by=cast.anna, **values)
    assert not AuditEntry.objects.filter(action__startswith="person.").exists()


def test_the_command_changes_a_password_as_every_door_does(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = issue_token(user=cast.carla, at=NOON, lifetime=HOUR)[1]
    typed = iter(["one", "other", "short", "short", GOOD, GOOD])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    out, err = StringIO(), StringIO()
    call_command("changepassword", "CARLA", stdout=out, stderr=err)
    assert "Carla has a new password and is signed out everywhere." in out.getvalue()
    assert "The two passwords do not match." in err.getvalue()
    assert authenticate(secret=secret, at=NOON) is None
    assert check_password(GOOD, User.objects.get(pk=cast.carla.pk).password)
    assert AuditEntry.objects.get(action="person.password_set").user is None


def test_the_command_gives_up_after_three_tries_and_names_an_unknown_person(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda _prompt: "short")
    with pytest.raises(CommandError, match="was not changed"):
        call_command("changepassword", "carla", stdout=StringIO(), stderr=StringIO())
    with pytest.raises(CommandError, match="no person with the username 'nobody'"):
        call_command("changepassword", "nobody", stdout=StringIO())


# --- One's own password on the page ------------------------------------------------------------------------------------


def sent(**typed: str) -> dict[str, str]:
    """The form data with which Carla changes her password."""
    return {"old_password": PASSWORD, "new_password1": GOOD, "new_password2": GOOD, **typed}


def test_everybody_changes_their_own_password_and_goes_on_in_this_browser_alone(cast: Cast) -> None:
    here, there = Browser(cast.carla), Browser(cast.carla)
    here.get("/password")
    here.send("/password", sent())
    assert (here.page.status_code, here.page.headers["Location"]) == (303, "/password?changed")
    here.follow()
    assert "Your password is changed." in here.text
    assert here.get("/desk").status_code == 200
    assert there.get("/desk").status_code == 302
    assert check_password(GOOD, User.objects.get(pk=cast.carla.pk).password)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"old_password": "wrong"}, "This is not your current password."),
        ({"old_password": ""}, "Enter your current password."),
        ({"new_password2": "another-good-one"}, "The two new passwords do not match."),
        ({"new_password1": "short", "new_password2": "short"}, "too short"),
        ({"new_password1": "carla@example", "new_password2": "carla@example"}, "too similar"),
    ],
)
def test_a_password_that_cannot_be_changed_says_why_and_shows_none(
    cast: Cast, typed: dict[str, str], words: str
) -> None:
    carla = Browser(cast.carla)
    carla.fill("/password", sent(**typed))
    assert carla.page.status_code == 400
    assert words in carla.text
    assert PASSWORD not in carla.page.content.decode()
    assert GOOD not in carla.page.content.decode()
    assert check_password(PASSWORD, User.objects.get(pk=cast.carla.pk).password)
    assert carla.get("/desk").status_code == 200


def test_somebody_without_a_store_changes_it_too(cast: Cast) -> None:
    ben = UserFactory(store=None, account=cast.store.account, username="ben", role=Role.ADMIN)
    browser = Browser(ben)
    browser.fill("/password", sent())
    assert browser.page.status_code == 303
    assert AuditEntry.objects.get(action="person.password_changed").account == cast.store.account


def test_the_system_sets_any_password(cast: Cast) -> None:
    set_password(user=cast.otto, password=GOOD, by=SYSTEM, at=NOON)
    assert check_password(GOOD, User.objects.get(pk=cast.otto.pk).password)


# --- the time of the last change -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("act", "done"), ACTS, ids=[act for act, _done in ACTS])
def test_every_change_moves_the_time_of_the_last_one(cast: Cast, act: str, done: Callable[[Cast], None]) -> None:
    before = User.objects.get(pk=cast.carla.pk)
    assert before.updated_at >= before.created_at
    done(cast)
    after = User.objects.get(pk=cast.carla.pk)
    assert after.updated_at > before.updated_at
    assert after.created_at == before.created_at


def test_signing_in_changes_nobody(cast: Cast) -> None:
    before = User.objects.get(pk=cast.carla.pk)
    cast.carla.last_login = NOON
    cast.carla.save(update_fields=["last_login"])
    after = User.objects.get(pk=cast.carla.pk)
    assert (after.last_login, after.updated_at) == (NOON, before.updated_at)
