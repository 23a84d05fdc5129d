"""Forgotten passwords where people sign in at a provider: no mail, no code and no link leads past it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.people.invitation import invite_person
from cashdesk.domain.people.one_time_link import HANDED_OVER, IssuedLink, issue_link
from cashdesk.enums import LinkPurpose, Role
from cashdesk.errors import PasswordSignInOff
from cashdesk.models import OneTimeLink, User
from cashdesk.screens import forgotten
from cashdesk.sign_in_checks import ProviderSettings
from tests.factories import PASSWORD
from tests.screens.desk import Browser
from tests.screens.test_forgotten import GOOD, TYPED, link_in, mails
from tests.stories import Cast

TOLD = "Sign in with Muster ID. Passwords are switched off here."


@pytest.fixture(autouse=True)
def _with_provider(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MAIL_IS_SET_UP = True
    settings.PROVIDER = ProviderSettings(
        issuer="https://id.example", client_id="cashdesk", client_secret="secret", name="Muster ID"
    )
    monkeypatch.setattr(forgotten, "ANSWER_TIME_MIN", timedelta(0))


def switch_passwords_off(settings: Any) -> None:
    settings.PROVIDER = replace(settings.PROVIDER, passwords="superusers")


def link_for(person: User) -> IssuedLink:
    return issue_link(
        person=person,
        purpose=LinkPurpose.PASSWORD,
        by=SYSTEM,
        at=timezone.now(),
        lifetime=HANDED_OVER,
        with_code=True,
    )


def test_with_passwords_the_page_sends_links_beside_the_provider(cast: Cast) -> None:
    browser = Browser()
    browser.fill("/password/forgotten", {"name": "carla"})
    assert len(mails()) == 1
    assert "Only for the operators" not in browser.get("/password/forgotten").content.decode()


def test_without_passwords_the_page_leads_to_the_provider_and_sends_nothing(cast: Cast, settings: Any) -> None:
    switch_passwords_off(settings)
    browser = Browser()
    browser.get("/password/forgotten")
    assert "If you forgot the password of Muster ID, ask the people who run it." in browser.text
    assert 'href="/sign-in/provider"' in browser.page.content.decode()
    assert "Ask your manager for a code." not in browser.text
    browser.send("/password/forgotten", {"name": "carla"})
    assert browser.page.headers["Location"] == "/password/forgotten?sent"
    assert mails() == []
    assert not OneTimeLink.objects.exists()


def test_an_operator_still_gets_the_mail(db: None, settings: Any) -> None:
    switch_passwords_off(settings)
    User.objects.create_superuser("root", "root@example.com", "Root", PASSWORD)
    browser = Browser()
    browser.fill("/password/forgotten", {"name": "root"})
    (letter,) = mails()
    browser.fill(link_in(letter), TYPED)
    assert User.objects.get(username="root").check_password(GOOD)


def test_links_and_codes_end_when_passwords_are_switched_off(cast: Cast, settings: Any) -> None:
    issued = link_for(cast.carla)
    switch_passwords_off(settings)
    browser = Browser()
    for _door in range(2):
        answer = browser.client.get(path := reverse("one-time-link", args=[issued.secret]))
        assert (answer.status_code, TOLD in answer.content.decode()) == (403, True)
        assert "Ask for a new link" not in answer.content.decode()
    assert browser.client.post(path, TYPED).status_code == 403
    answer = browser.client.post("/password/code", {"name": "carla", "code": issued.code, **TYPED})
    assert (answer.status_code, TOLD in answer.content.decode()) == (400, True)
    wrong = browser.client.post("/password/code", {"name": "carla", "code": "WRONG", **TYPED})
    assert TOLD not in wrong.content.decode()
    assert User.objects.get(pk=cast.carla.pk).check_password(PASSWORD)


def test_an_invitation_signs_nobody_in_past_the_provider(cast: Cast, settings: Any) -> None:
    switch_passwords_off(settings)
    invited = invite_person(
        account=cast.store.account, role=Role.CASHIER, store=cast.store, name="Iris", by=SYSTEM, at=timezone.now()
    )
    browser = Browser()
    answer = browser.client.post(reverse("one-time-link", args=[invited.issued.secret]), TYPED)
    assert (answer.status_code, TOLD in answer.content.decode()) == (403, True)
    assert "_auth_user_id" not in browser.client.session
    assert not User.objects.get(pk=invited.person.pk).has_usable_password()


def test_a_manager_reads_who_helps_instead_of_making_a_code(cast: Cast, settings: Any) -> None:
    switch_passwords_off(settings)
    path = reverse("person-new-password", args=[cast.carla.uuid])
    erika = Browser(cast.erika)
    erika.get(path)
    assert "Carla signs in with Muster ID, and needs no password here." in erika.text
    assert "Make a code" not in erika.text
    assert erika.client.post(path, {"act": "code"}).status_code == 403
    assert (
        "Help with the password" not in erika.get(reverse("settings-person", args=[cast.carla.uuid])).content.decode()
    )
    with pytest.raises(PasswordSignInOff):
        issue_link(
            person=cast.carla,
            purpose=LinkPurpose.PASSWORD,
            by=Principal(user=cast.erika),
            at=timezone.now(),
            lifetime=HANDED_OVER,
        )
    assert not OneTimeLink.objects.exists()
