"""Who gets the reports of a store by mail, and which reports are due.

Law 5: a mail has reports of closed days only, and those have no figures of drawers that nobody counted. A person gets a mail
only while they may open the same report on the page: active, a manager or above, with the store in scope.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.edit import changes_between, refuse_stale
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.store.business_day import business_date, end_of_business_day
from cashdesk.enums import Role
from cashdesk.errors import Forbidden
from cashdesk.models import Store, User
from reconciliations.enums import MailRhythm
from reconciliations.models import ReportMail, StoreDayReport

LEASE: Final = timedelta(minutes=5)
"""How long a worker has a row. After a failure another attempt comes then."""
REPORTS_MAX: Final = 31
"""The most reports in one mail, the newest ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMail:
    """A mail that is due: whose, and its reports, oldest first."""

    mail: ReportMail
    reports: Sequence[StoreDayReport]


def report_mail_of(*, store: Store, person: User) -> ReportMail:
    """Returns what a person chose for a store, and creates it for the first time without mails."""
    found, _is_new = ReportMail.objects.select_related("store", "person").get_or_create(store=store, person=person)
    return found


@transaction.atomic
def choose_rhythm(
    *, mail: ReportMail, fields: Collection[str], by: Principal, at: datetime, seen: Mapping[str, str] | None = None
) -> bool:
    """Saves how often the caller gets the reports of a store. Returns whether it changed.

    Reports of days that were closed before are not sent. Raises Forbidden for a cashier, for another person's mails and
    for a store out of scope. Raises ChangedMeanwhile if the row does not have the values in `seen` any more.
    """
    before = ReportMail.objects.select_for_update(no_key=True).get(pk=mail.pk)
    if by.user is None or before.person_id != by.user.pk or not may_get(before, by=by):
        raise Forbidden(_("You can choose mails only for yourself."))
    refuse_stale(before, seen)
    changes = changes_between(before, mail, fields)
    if not changes:
        return False
    last = StoreDayReport.objects.filter(store=before.store_id).aggregate(last=Max("number"))["last"] or 0
    mail.sent_until, mail.claimed_until = last, None
    mail.due_at = next_due(mail, at=at)
    mail.full_clean(exclude=("due_at", "claimed_until"))
    mail.save(update_fields=["rhythm", "sent_until", "due_at", "claimed_until"])
    audit.note_edit(noun="report_mail", row=mail, changes=changes, by=by, at=at, store=mail.store)
    return True


def may_get(mail: ReportMail, *, by: Principal) -> bool:
    """Whether a person may open the reports of the store now."""
    return by.has_role(Role.MANAGER) and by.stores().filter(pk=mail.store_id).exists()


def next_due(mail: ReportMail, *, at: datetime) -> datetime | None:
    """Returns when a schedule is due next: as the next week or month of business days begins. None for other rhythms."""
    today = business_date(store=mail.store, at=at)
    if mail.rhythm == MailRhythm.WEEKLY:
        first = today + timedelta(days=7 - today.weekday())
    elif mail.rhythm == MailRhythm.MONTHLY:
        first = date(today.year + today.month // 12, today.month % 12 + 1, 1)
    else:
        return None
    # The last day of the week or month is closed in the night, so the mail goes out a few hours later.
    return end_of_business_day(store=mail.store, on=first - timedelta(days=1)) + timedelta(hours=3)


def claim_due(*, at: datetime) -> DueMail | None:
    """Claims one mail that is due, and returns it, or None. The claim ends with `sent` or after LEASE."""
    wanted = ReportMail.objects.exclude(rhythm=MailRhythm.NEVER)
    free = wanted.filter(Q(claimed_until__isnull=True) | Q(claimed_until__lte=at))
    timely = free.filter(Q(rhythm=MailRhythm.EACH_CLOSE) | Q(due_at__lte=at))
    for mail in timely.select_related("store", "person__store").order_by("pk"):
        reports = _unsent(mail)
        if not reports:
            if mail.due_at is not None:
                ReportMail.objects.filter(pk=mail.pk, due_at=mail.due_at).update(due_at=next_due(mail, at=at))
            continue
        claimed = ReportMail.objects.filter(
            pk=mail.pk, sent_until=mail.sent_until, rhythm=mail.rhythm, claimed_until=mail.claimed_until
        )
        if claimed.update(claimed_until=at + LEASE):
            return DueMail(mail=mail, reports=reports)
    return None


def is_welcome(due: DueMail) -> bool:
    """Whether the person may still get the mail: active, with the role and the store in scope."""
    person = due.mail.person
    return person.is_active and may_get(due.mail, by=Principal(user=person))


@transaction.atomic
def sent(due: DueMail, *, at: datetime, is_delivered: bool) -> None:
    """Ends the claim: these reports are not sent again. `is_delivered` is false if the person may not get them any more."""
    mail, last = due.mail, due.reports[-1]
    ReportMail.objects.filter(pk=mail.pk).update(
        sent_until=last.number, due_at=next_due(mail, at=at), claimed_until=None
    )
    if is_delivered:
        audit.note(
            action="report.mailed",
            subject=f"store:{mail.store_id}",
            by=Principal(),
            at=at,
            store=mail.store,
            detail={"person": mail.person_id, "reports": [report.number for report in due.reports]},
        )


def _unsent(mail: ReportMail) -> list[StoreDayReport]:
    rows = StoreDayReport.objects.filter(store=mail.store_id, number__gt=mail.sent_until)
    newest = rows.select_related("store", "day__closed_by").order_by("-number")[:REPORTS_MAX]
    return list(reversed(newest))
