"""`manage.py tidy`: removes what has served its time."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from cashdesk.domain.access import ATTEMPTS_WINDOW
from cashdesk.models import IdempotentAnswer, SignInAttempt
from cashdesk.web.idempotency import KEPT_FOR


class Command(BaseCommand):
    """Safe to run from cron, as often as one likes."""

    help = "Removes kept answers older than 24 hours and tries to sign in that no longer count. Never touches money."

    def handle(self, *args: Any, **options: Any) -> None:
        """Deletes and says how many."""
        now = timezone.now()
        answers, _by_model = IdempotentAnswer.objects.filter(created_at__lte=now - KEPT_FOR).delete()
        attempts, _by_model = SignInAttempt.objects.filter(at__lte=now - ATTEMPTS_WINDOW).delete()
        self.stdout.write(f"Removed {answers} kept answers and {attempts} tries to sign in.")
