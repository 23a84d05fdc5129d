"""Mails: in the reader's language, and a mail server that fails never fails a request."""

from threading import Barrier
from typing import Any

import pytest
from django.core import mail as outbox
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import translation
from django.utils.translation import gettext_noop as noop

from cashdesk.models import User
from cashdesk.web import mail
from cashdesk.web.mail import Mail, can_mail, language_of, send_mail, send_mail_later
from tests.stories import Cast

WORDS = Mail(subject=noop("Sign in"), text="%(name)s")


class Broken(BaseEmailBackend):
    """A mail server that refuses everything."""

    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError("smtp://secret@mail.example")


def wait_until_sent() -> None:
    """Waits until both threads that send mails are idle."""
    idle = Barrier(3, timeout=10)
    for _thread in range(2):
        mail._senders.submit(idle.wait)
    idle.wait()


def test_a_mail_is_written_in_the_language_of_its_reader(cast: Cast) -> None:
    cast.carla.language = "de"
    with translation.override("es"):
        assert send_mail(WORDS, to=cast.carla, values={"name": "Carla"})
    (letter,) = outbox.outbox
    assert (letter.subject, letter.body, letter.to) == ("Anmelden", "Carla", ["carla@example.com"])
    assert letter.from_email == "Cashdesk <cashdesk@localhost>"
    assert letter.content_subtype == "plain"


def test_the_language_of_a_person_is_theirs_or_that_of_their_store(cast: Cast) -> None:
    cast.store.language = "id"
    cast.bruno.store, cast.bruno.language = cast.store, ""
    cast.carla.store, cast.carla.language = cast.store, "de"
    assert [language_of(person) for person in (cast.carla, cast.bruno, cast.anna)] == ["de", "id", "en"]


def test_a_mail_is_sent_after_the_request(cast: Cast) -> None:
    send_mail_later(WORDS, to=cast.carla, values={"name": "Carla"})
    wait_until_sent()
    assert [letter.body for letter in outbox.outbox] == ["Carla"]


@pytest.mark.parametrize("later", [True, False])
def test_a_mail_server_that_fails_fails_nothing(
    cast: Cast, settings: Any, caplog: pytest.LogCaptureFixture, later: bool
) -> None:
    settings.EMAIL_BACKEND = "tests.web.test_mail.Broken"
    if later:
        send_mail_later(WORDS, to=cast.carla, values={"name": "cl_secret"})
        wait_until_sent()
    else:
        assert not send_mail(WORDS, to=cast.carla, values={"name": "cl_secret"})
    assert "mail_failed" in caplog.text
    assert "ConnectionRefusedError" in caplog.text
    assert "secret" not in caplog.text
    assert "carla@example.com" not in caplog.text


def test_mails_that_wait_for_a_server_are_limited(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(mail, "_free_seats", mail.BoundedSemaphore(1))
    mail._free_seats.acquire()
    send_mail_later(WORDS, to=cast.carla, values={"name": "Carla"})
    assert "too many mails wait" in caplog.text
    assert not outbox.outbox


def test_a_line_break_does_not_end_the_subject(cast: Cast) -> None:
    send_mail(Mail(subject="%(name)s", text="x"), to=cast.carla, values={"name": "a\nBcc: all@example.com"})
    assert outbox.outbox[0].subject == "a Bcc: all@example.com"


def test_mail_needs_a_server_and_an_address(cast: Cast, settings: Any) -> None:
    nobody = User(email="")
    for is_set_up in (False, True):
        settings.MAIL_IS_SET_UP = is_set_up
        assert (can_mail(cast.carla), can_mail(nobody)) == (is_set_up, False)
