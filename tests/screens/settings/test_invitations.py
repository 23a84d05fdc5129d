"""Invitations on pages: the link is shown once or sent, leads to a password, and ends."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from cashdesk.enums import LinkPurpose, Role
from cashdesk.models import IdempotentAnswer, OneTimeLink, User
from tests import roles
from tests.factories import StoreFactory
from tests.screens.desk import Browser, text_of
from tests.stories import Cast

GOOD = "nine-lives-of-a-cat"
INVITE = "/settings/people/invite"


def link_on(page: Any) -> str:
    """Returns the path of the link that a page shows."""
    found = re.search(r'<code class="secret" id="link">http://testserver(/link/[\w-]+)</code>', page.content.decode())
    assert found, text_of(page)
    return found[1]


def invited(cast: Cast, *, by: User | None = None, **typed: Any) -> str:
    """Invites somebody, as Erika does, and returns the path of the link."""
    there = Browser(by or cast.erika)
    page = there.fill(INVITE, {"name": "Dora Düse", **typed})
    assert page.status_code == 200, there.text
    return link_on(page)


def accept(path: str, password: str = GOOD, again: str | None = None) -> Browser:
    """Opens a link and chooses a password."""
    there = Browser()
    there.get(path)
    there.page = there.client.post(path, {"new_password1": password, "new_password2": again or password})
    return there


def test_an_invited_cashier_chooses_a_password_and_is_at_the_desk(cast: Cast) -> None:
    path = invited(cast)
    there = Browser()
    page = there.get(path)
    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    assert "Welcome, Dora Düse. You are invited to work as a cashier in 1337 Berlin." in there.text
    assert page.headers["Referrer-Policy"] == "strict-origin"
    there.page = there.client.post(path, {"new_password1": GOOD, "new_password2": GOOD})
    assert (there.page.status_code, there.page.headers["Location"]) == (302, "/desk")
    assert "Dora Düse" in text_of(there.follow())
    dora = User.objects.get(name="Dora Düse")
    assert (dora.username, dora.role, dora.store, dora.check_password(GOOD)) == (
        "dora.duse",
        "cashier",
        cast.store,
        True,
    )
    again = Browser()
    again.page = again.client.post("/sign-in", {"name": "dora.duse", "password": GOOD})
    assert again.page.status_code == 302


def test_a_used_link_is_worth_nothing(cast: Cast) -> None:
    path = invited(cast)
    accept(path)
    for there in (Browser(), Browser(cast.carla)):
        page = there.get(path)
        assert page.status_code == 404
        assert "This link was used already, or its time is over. Ask for a new one." in there.text
    late = accept(path, "another-good-one")
    assert late.page.status_code == 404
    assert User.objects.get(name="Dora Düse").check_password(GOOD)


def test_the_secret_is_kept_nowhere(cast: Cast) -> None:
    path = invited(cast)
    secret = path.removeprefix("/link/")
    kept = [bytes(answer.body).decode() for answer in IdempotentAnswer.objects.all()]
    assert kept == [reverse("settings-invitation", args=[User.objects.get(name="Dora Düse").uuid])]
    assert not OneTimeLink.objects.filter(digest=secret).exists()


def test_a_form_that_is_sent_twice_invites_once(cast: Cast) -> None:
    erika = Browser(cast.erika)
    erika.get(INVITE)
    typed = {**erika.hidden(), "name": "Dora Düse"}
    first, second = (erika.client.post(INVITE, typed) for _twice in range(2))
    assert link_on(first)
    assert second.status_code == 303
    assert User.objects.filter(name="Dora Düse").count() == 1
    erika.page = second
    # The secret cannot be shown again. The page leads to a new link.
    assert "A link is shown only once." in text_of(erika.follow())


@pytest.mark.parametrize(("password", "again", "words"), [
    ("", "", "Enter a new password."),
    ("short", "short", "too short"),
    ("password", "password", "too common"),
    (GOOD, "another-good-one", "do not match"),
])  # fmt: skip
def test_a_weak_password_is_refused_and_the_link_still_works(cast: Cast, password: str, again: str, words: str) -> None:
    path = invited(cast)
    there = accept(path, password, again)
    assert there.page.status_code == 400
    assert words in there.text
    assert f'value="{password}"' not in there.page.content.decode()
    assert accept(path).page.status_code == 302


def test_a_link_ends_after_a_week_and_with_a_new_one(cast: Cast) -> None:
    first = invited(cast)
    dora = User.objects.get(name="Dora Düse")
    erika = Browser(cast.erika)
    second = link_on(erika.fill(reverse("settings-invitation", args=[dora.uuid])))
    assert Browser().get(first).status_code == 404
    assert Browser().get(second).status_code == 200
    with roles.owning(connection):  # the application may not move the end of a link
        OneTimeLink.objects.filter(person=dora).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Browser().get(second).status_code == 404
    assert "Invitation ended" in text_of(erika.get("/settings/people"))


def test_a_withdrawn_invitation_leads_nowhere(cast: Cast) -> None:
    path = invited(cast, email="dora@example.com")
    dora = User.objects.get(name="Dora Düse")
    erika = Browser(cast.erika)
    assert "Invited until" in text_of(erika.get("/settings/people"))
    assert erika.fill(reverse("settings-invitation-withdraw", args=[dora.uuid])).status_code == 303
    assert Browser().get(path).status_code == 404
    assert "Dora" not in text_of(erika.get("/settings/people"))
    assert link_on(erika.fill(INVITE, {"name": "Dora Düse", "email": "dora@example.com"}))


def test_a_person_who_accepted_is_not_invited_again(cast: Cast) -> None:
    accept(invited(cast))
    dora = User.objects.get(name="Dora Düse")
    erika = Browser(cast.erika)
    for name in ("settings-invitation", "settings-invitation-withdraw"):
        page = erika.get(reverse(name, args=[dora.uuid]))
        assert (page.status_code, page.headers["Location"]) == (303, f"/settings/people/{dora.uuid}")


def test_a_manager_invites_cashiers_of_their_store_whatever_the_form_says(cast: Cast) -> None:
    sister = StoreFactory(account=cast.store.account)
    invited(cast, role="admin", store=str(sister.pk))
    dora = User.objects.get(name="Dora Düse")
    assert (dora.role, dora.store) == ("cashier", cast.store)


def test_an_admin_invites_a_manager_of_any_store_and_an_admin(cast: Cast) -> None:
    sister = StoreFactory(account=cast.store.account)
    invited(cast, by=cast.anna, role="manager", store=str(sister.pk))
    assert User.objects.get(name="Dora Düse").store == sister
    invited(cast, by=cast.anna, name="Adam", role="admin", store="")
    adam = User.objects.get(name="Adam")
    assert (adam.role, adam.account) == (Role.ADMIN, cast.store.account)
    anna = Browser(cast.anna)
    page = anna.fill(INVITE, {"name": "Otto", "role": "cashier", "store": str(cast.otto.store_id)})
    assert page.status_code == 400
    page = anna.fill(INVITE, {"name": "Nobody", "role": "cashier", "store": ""})
    assert page.status_code == 400
    assert "Cashiers and managers work in one store." in anna.text
    assert not User.objects.filter(name__in=("Nobody",)).exists()


def test_a_name_that_is_taken_is_said_and_what_was_typed_stays(cast: Cast) -> None:
    erika = Browser(cast.erika)
    page = erika.fill(INVITE, {"name": "Carla Zwei", "username": "carla", "email": "zwei@example.com"})
    assert page.status_code == 400
    assert "Somebody else already signs in with this. Enter another username." in erika.text
    assert 'value="Carla Zwei"' in page.content.decode()
    assert 'value="zwei@example.com"' in page.content.decode()
    assert not OneTimeLink.objects.exists()


@override_settings(MAIL_IS_SET_UP=True)
def test_the_link_is_sent_in_the_language_of_the_store(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from cashdesk.screens.settings import invitations
    from cashdesk.web.mail import send_mail

    monkeypatch.setattr(invitations, "send_mail_later", send_mail)
    type(cast.store).objects.update(language="de")
    path = invited(cast, email="dora@example.com")
    (sent,) = mail.outbox
    assert sent.to == ["dora@example.com"]
    assert f"http://testserver{path}" in sent.body
    assert "dora.duse" in sent.body
    assert "Passwort" in sent.body
    assert path not in sent.subject


def test_a_link_for_a_new_password_signs_nobody_in(cast: Cast) -> None:
    from cashdesk.domain.caller.principal import SYSTEM
    from cashdesk.domain.people.one_time_link import HANDED_OVER, issue_link

    made = issue_link(
        person=cast.carla, purpose=LinkPurpose.PASSWORD, by=SYSTEM, at=timezone.now(), lifetime=HANDED_OVER
    )
    there = accept(f"/link/{made.secret}")
    assert there.page.headers["Location"] == "/sign-in?new-password"
    assert there.get("/desk").status_code == 302


def test_a_manager_who_was_invited_adds_a_second_factor_where_it_is_demanded(cast: Cast, settings: Any) -> None:
    path = invited(cast, by=cast.anna, role="manager", store=str(cast.store.pk))
    settings.SECOND_FACTOR_REQUIRED = "managers"
    there = accept(path)
    assert there.page.headers["Location"] == reverse("sign-in-second-factor")
    assert there.get("/settings").status_code == 302
    assert User.objects.get(name="Dora Düse").check_password(GOOD)


def test_somebody_else_who_is_signed_in_here_is_named_and_signed_out(cast: Cast) -> None:
    path = invited(cast)
    there = Browser(cast.carla)
    assert "Carla is signed in at this browser, and will be signed out here." in text_of(there.get(path))
    there.page = there.client.post(path, {"new_password1": GOOD, "new_password2": GOOD})
    assert "Dora Düse" in text_of(there.follow())
