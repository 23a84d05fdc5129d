"""`manage.py tidy`: deletes expired rows, but never rows of the books."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from cashdesk.domain.caller.event_feed import delete_old_events
from cashdesk.domain.counting.draft import delete_expired_drafts
from cashdesk.domain.people.one_time_link import delete_old_links
from cashdesk.domain.people.refresh_token import forget_ended
from cashdesk.domain.people.sign_in_throttle import delete_expired_tries
from cashdesk.domain.people.trusted_till import forget_expired_tills
from cashdesk.models import BrowserSession, IdempotentAnswer
from cashdesk.web.idempotency import KEPT_FOR
from cashdesk.web.webhooks.delivery import delete_old_deliveries, oldest_waiting


class Command(BaseCommand):
    """Deletes expired rows. Cron may run it at any interval."""

    help = (
        "Removes answers to idempotent requests older than 24 hours, expired sign-in attempts, ended "
        "refresh tokens and browser sessions, one-time links that expired 30 days ago, drafts unused for 30 days, webhook "
        "deliveries that ended 30 days ago, and events older than 90 days. Never touches money."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        answers, _by_model = IdempotentAnswer.objects.filter(created_at__lte=now - KEPT_FOR).delete()
        attempts, drafts = delete_expired_tries(at=now), delete_expired_drafts(at=now)
        refresh_tokens, links = forget_ended(at=now), delete_old_links(at=now)
        tills = forget_expired_tills(at=now)
        sessions, _by_model = BrowserSession.objects.filter(expire_date__lte=now).delete()
        deliveries = delete_old_deliveries(at=now)
        events = delete_old_events(at=now, keep_from=oldest_waiting())
        self.stdout.write(
            f"Removed {answers} answers to idempotent requests, {attempts} sign-in attempts, {refresh_tokens} refresh "
            f"tokens, {sessions} browser sessions, {links} one-time links, {tills} trusted tills, {drafts} drafts, "
            f"{deliveries} webhook deliveries and {events} events."
        )
