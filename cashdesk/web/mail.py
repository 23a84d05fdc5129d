"""Sends mails to people: plain text, in the language of the reader.

A request never waits long for the mail server, and never fails because of it: `EMAIL_TIMEOUT` limits each step, and a
failure is logged.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from cashdesk.models import User

logger = structlog.get_logger(__name__)

WAITING_MAX: Final = 50
"""The most mails that may wait to be sent later. More are dropped and logged, so that they cannot fill the memory."""

_senders = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")
_free_seats = BoundedSemaphore(WAITING_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """The words of a mail, marked with `gettext_noop`. A placeholder such as `%(name)s` becomes a value."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    content: bytes
    content_type: str


def can_mail(person: User) -> bool:
    """Whether this installation sends mails and the person has an address."""
    return bool(settings.MAIL_IS_SET_UP and person.email)


def send_mail(mail: Mail, *, to: User, values: Mapping[str, Any], attachments: Sequence[Attachment] = ()) -> bool:
    """Sends a mail and returns whether the mail server took it. Waits for the server, and logs a failure."""
    message = _message(mail, to=to, values=values)
    for one in attachments:
        message.attach(one.name, one.content, one.content_type)
    return _send(message, person_id=to.pk)


def send_mail_later(mail: Mail, *, to: User, values: Mapping[str, Any]) -> None:
    """Sends a mail after the request, so that the answer takes as long as an answer without a mail. Logs a failure."""
    message, person_id = _message(mail, to=to, values=values), to.pk
    if not _free_seats.acquire(blocking=False):
        logger.error("mail_failed", person_id=person_id, error="too many mails wait to be sent")
        return
    _senders.submit(_send, message, person_id=person_id).add_done_callback(_stand_up)


def language_of(person: User) -> str:
    """Returns the language in which a person reads: their own, else their store's, else English."""
    return person.language or (person.store.language if person.store else "") or settings.LANGUAGE_CODE


def _message(mail: Mail, *, to: User, values: Mapping[str, Any]) -> EmailMessage:
    with translation.override(language_of(to)):
        # A line break in a name would end the header of the subject.
        subject = " ".join((_(mail.subject) % values).split())
        return EmailMessage(subject, _(mail.text) % values, to=[to.email])


def _send(message: EmailMessage, *, person_id: int) -> bool:
    try:
        sent = message.send()
    except Exception as error:  # a mail server fails in many ways, and none may fail the request
        # Neither the address nor the text: the text has a secret.
        logger.error("mail_failed", person_id=person_id, error=type(error).__name__)
        return False
    logger.info("mail_sent", person_id=person_id)
    return bool(sent)


def _stand_up(_done: "Future[bool]") -> None:
    _free_seats.release()
