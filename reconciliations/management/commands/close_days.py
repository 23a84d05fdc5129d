"""`manage.py close_days`: closes past business days in every store."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.errors import Conflict
from cashdesk.management.stores import stores_for
from cashdesk.models import Store
from reconciliations.domain.business_day_close import close_business_day, days_to_close
from reconciliations.domain.late_after_day_close import raise_late_for_closed_days
from reconciliations.domain.pattern_review import forget_people, prepare
from reconciliations.domain.pattern_setting import shows_people


class Command(BaseCommand):
    """Closes past business days, reports late money for closed days, and prepares patterns. Safe to run every minute."""

    help = "Closes past business days. Open sessions are closed without a count if the store allows it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--store", help="Number or UUID of one store. Default: all stores.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints a line for every day that was closed, cannot be closed, or received late money."""
        # Includes switched-off stores, because their last days must be closed and late money can still arrive.
        for store in stores_for(options["store"], among=Store.objects.all()):
            for on in days_to_close(store=store, at=timezone.now()):
                try:
                    closed = close_business_day(store=store, on=on, by=SYSTEM, at=timezone.now())
                except Conflict as refusal:
                    self.stderr.write(f"{store.number}: {refusal.message}")
                    continue
                self.stdout.write(f"{store.number}: {on} closed")
                for session in closed.sessions:
                    self.stdout.write(f"  cash session {session.pk} of {session.user} closed without a count")
                for settlement in closed.settlements:
                    self.stdout.write(f"  settlement {settlement.uuid} at {settlement.place} closed without a count")
            for day in raise_late_for_closed_days(store=store, at=timezone.now()):
                self.stdout.write(f"{store.number}: late money was booked for {day.date} after its close")
            prepare(store=store, at=timezone.now(), with_people=shows_people(store))
        forget_people(at=timezone.now())
