"""Sends the store-day reports that are due by mail. `manage.py worker` calls it."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext_noop as noop

from cashdesk.documents.answer import WRITERS, name_of
from cashdesk.formats import style, written_as
from cashdesk.web.mail import Attachment, Mail, can_mail, language_of, send_mail
from reconciliations.documents.store_day import store_day_document
from reconciliations.domain.report_mail import DueMail, claim_due, is_welcome, sent
from reconciliations.models import StoreDayReport

ONE: Final = Mail(
    subject=noop("%(report)s, %(store)s"),
    text=noop(
        "The business day %(day)s of %(store)s was closed. Its report is attached.\n\n"
        "You asked for this mail. You can change that on the page Reports."
    ),
)
SEVERAL: Final = Mail(
    subject=noop("Store day reports, %(store)s"),
    text=noop(
        "Attached are the store day reports of %(store)s from No. %(first)s to No. %(last)s.\n\n"
        "You asked for this mail. You can change that on the page Reports."
    ),
)
AT_ONCE: Final = 5
"""The most mails in one turn, so that the worker does not wait long for the mail server."""


def send_due_mails(*, clock: Callable[[], datetime] = timezone.now) -> bool:
    """Sends mails that are due, and returns whether more may be. Ends its turn when the mail server refuses one."""
    if not settings.MAIL_IS_SET_UP:
        return False
    for _turn in range(AT_ONCE):
        due = claim_due(at=clock())
        if due is None:
            return False
        if not is_welcome(due) or not can_mail(due.mail.person):
            sent(due, at=clock(), is_delivered=False)
        elif _send(due):
            sent(due, at=clock(), is_delivered=True)
        else:
            # The claim stays, so the next attempt comes when it ends.
            return False
    return True


def _send(due: DueMail) -> bool:
    store, person = due.mail.store, due.mail.person
    language = language_of(person)
    with translation.override(language), written_as(store.language, store.currency, store.time_zone):
        files = [_attachment(report) for report in due.reports]
        first, last = due.reports[0], due.reports[-1]
        values = {
            "store": str(store), "report": str(last), "day": style().date(last.day.date),
            "first": first.number, "last": last.number,
        }  # fmt: skip
        return send_mail(ONE if first is last else SEVERAL, to=person, values=values, attachments=files)


def _attachment(report: StoreDayReport) -> Attachment:
    document, writer = store_day_document(report), WRITERS["pdf"]
    return Attachment(name=f"{name_of(document)}.pdf", content=writer.write(document), content_type=writer.content_type)
