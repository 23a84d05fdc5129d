"""Store-day reports by mail: to whom, when, once, and never more than the person may see."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail as outbox
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client
from django.urls import reverse

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role
from cashdesk.errors import Forbidden
from cashdesk.models import AuditEntry, User
from reconciliations.documents.report_mails import send_due_mails
from reconciliations.domain.report_mail import LEASE, choose_rhythm, claim_due, report_mail_of
from reconciliations.enums import MailRhythm
from reconciliations.models import ReportMail
from tests.reconciliations.reported import DAY, close_day
from tests.stories import Cast

NIGHT = datetime(2026, 3, 10, 22, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _mail_is_set_up(settings: Any) -> None:
    settings.MAIL_IS_SET_UP = True


class Broken(BaseEmailBackend):
    """A mail server that refuses everything."""

    def send_messages(self, messages: Any) -> int:
        raise ConnectionRefusedError


def choose(person: User, cast: Cast, rhythm: MailRhythm, *, at: datetime = NIGHT) -> ReportMail:
    mail = report_mail_of(store=cast.store, person=person)
    mail.rhythm = rhythm
    choose_rhythm(mail=mail, fields=["rhythm"], by=Principal(user=person), at=at)
    return mail


def send(at: datetime = NIGHT) -> list[Any]:
    """Sends what is due, and returns the mails."""
    outbox.outbox.clear()
    send_due_mails(clock=lambda: at)
    return list(outbox.outbox)


def test_the_report_of_a_closed_day_is_mailed_once_as_pdf_in_the_language_of_the_reader(cast: Cast) -> None:
    close_day(cast, DAY - timedelta(days=1))
    cast.erika.language = "de"
    cast.erika.save()
    choose(cast.erika, cast, MailRhythm.EACH_CLOSE)
    assert send() == []
    close_day(cast, DAY)
    (letter,) = send()
    assert (letter.to, letter.subject) == (["erika@example.com"], "Tagesbericht Nr. 2, 1337 Berlin")
    ((name, content, kind),) = letter.attachments
    assert (name, kind, content[:5]) == ("store-day-1337-2026-03-10.pdf", "application/pdf", b"%PDF-")
    assert b"/Lang (de)" in content
    assert send() == []
    noted = AuditEntry.objects.get(action="report.mailed")
    assert noted.detail == {"person": cast.erika.pk, "reports": [2]}


@pytest.mark.parametrize(
    ("rhythm", "too_early", "due"),
    [
        # NIGHT is a Tuesday in March. Berlin is one hour ahead of UTC, two from 29 March on.
        (MailRhythm.WEEKLY, datetime(2026, 3, 15, 22, 0, tzinfo=UTC), datetime(2026, 3, 16, 9, 0, tzinfo=UTC)),
        (MailRhythm.MONTHLY, datetime(2026, 3, 31, 21, 0, tzinfo=UTC), datetime(2026, 4, 1, 9, 0, tzinfo=UTC)),
    ],
)
def test_a_schedule_collects_the_reports_until_it_is_due(
    cast: Cast, rhythm: MailRhythm, too_early: datetime, due: datetime
) -> None:
    mail = choose(cast.erika, cast, rhythm)
    for days in range(3):
        close_day(cast, DAY + timedelta(days=days))
    assert send(too_early) == []
    (letter,) = send(due)
    assert letter.subject == "Store day reports, 1337 Berlin"
    assert [name for name, _content, _kind in letter.attachments] == [
        f"store-day-1337-2026-03-{day}.pdf" for day in (10, 11, 12)
    ]
    mail.refresh_from_db()
    assert mail.due_at is not None
    assert mail.due_at > due
    assert send(due) == []


def test_a_server_that_refuses_gets_the_mail_again_later(cast: Cast, settings: Any) -> None:
    choose(cast.erika, cast, MailRhythm.EACH_CLOSE)
    close_day(cast, DAY)
    working, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.Broken"
    assert send() == []
    settings.EMAIL_BACKEND = working
    assert send(NIGHT + LEASE / 2) == []
    assert len(send(NIGHT + LEASE)) == 1


def test_nothing_is_lost_while_mail_is_not_set_up(cast: Cast, settings: Any) -> None:
    choose(cast.erika, cast, MailRhythm.EACH_CLOSE)
    close_day(cast, DAY)
    settings.MAIL_IS_SET_UP = False
    assert send() == []
    settings.MAIL_IS_SET_UP = True
    assert len(send()) == 1


def test_two_workers_never_send_the_same_mail(cast: Cast) -> None:
    choose(cast.erika, cast, MailRhythm.EACH_CLOSE)
    close_day(cast, DAY)
    assert claim_due(at=NIGHT) is not None
    assert claim_due(at=NIGHT) is None


@pytest.mark.parametrize("change", [{"role": Role.CASHIER}, {"is_active": False}, {"email": ""}])
def test_a_person_who_may_not_see_reports_any_more_gets_none(cast: Cast, change: dict[str, Any]) -> None:
    choose(cast.erika, cast, MailRhythm.EACH_CLOSE)
    close_day(cast, DAY)
    User.objects.filter(pk=cast.erika.pk).update(**change)
    assert send() == []
    User.objects.filter(pk=cast.erika.pk).update(role=Role.MANAGER, is_active=True, email="erika@example.com")
    assert send() == []
    assert not AuditEntry.objects.filter(action="report.mailed").exists()


def test_nobody_chooses_for_another_person_or_another_store(cast: Cast) -> None:
    mail = report_mail_of(store=cast.store, person=cast.erika)
    mail.rhythm = MailRhythm.EACH_CLOSE
    for other in (cast.anna, cast.otto):
        with pytest.raises(Forbidden):
            choose_rhythm(mail=mail, fields=["rhythm"], by=Principal(user=other), at=NIGHT)
    with pytest.raises(Forbidden):
        choose(cast.carla, cast, MailRhythm.EACH_CLOSE)
    with pytest.raises(Forbidden):
        choose(cast.otto, cast, MailRhythm.EACH_CLOSE)


def test_a_manager_chooses_on_the_page(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.erika)
    page = client.get(reverse("report-mail")).content.decode()
    assert "Send me the store day reports" in page
    hidden = {
        name: page.partition(f'name="{name}" value="')[2].partition('"')[0].replace("&quot;", '"')
        for name in ("was", "once")
    }
    answer = client.post(reverse("report-mail"), {**hidden, "rhythm": "WEEKLY"})
    assert answer.status_code in (302, 303)
    assert ReportMail.objects.get(person=cast.erika).rhythm == "WEEKLY"
    assert AuditEntry.objects.filter(action="report_mail.changed", user=cast.erika).count() == 1
