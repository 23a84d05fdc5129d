"""`manage.py tidy`: deletes expired rows that are not money."""

from datetime import timedelta
from typing import Any, Final

from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand
from django.utils import timezone

from cashdesk.domain.people.sign_in_throttle import WINDOW
from cashdesk.models import Draft, IdempotentAnswer, SignInAttempt
from cashdesk.web.idempotency import KEPT_FOR

DRAFTS_KEPT_FOR: Final = timedelta(days=30)


class Command(BaseCommand):
    """Deletes expired rows. Safe to run from cron at any interval."""

    help = (
        "Removes kept answers older than 24 hours, wrong sign-in tries that no longer count, browser sessions that have "
        "ended, and drafts that nobody typed into for 30 days. Never touches money."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        answers, _by_model = IdempotentAnswer.objects.filter(created_at__lte=now - KEPT_FOR).delete()
        attempts, _by_model = SignInAttempt.objects.filter(at__lte=now - WINDOW).delete()
        drafts, _by_model = Draft.objects.filter(updated_at__lte=now - DRAFTS_KEPT_FOR).delete()
        sessions, _by_model = Session.objects.filter(expire_date__lte=now).delete()
        self.stdout.write(
            f"Removed {answers} kept answers, {attempts} wrong sign-in tries, {sessions} browser sessions "
            f"and {drafts} drafts."
        )
