"""`manage.py setup_link`: prints the address at which to set up an empty installation."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cashdesk.web.setup_address import setup_words


class Command(BaseCommand):
    """Makes a setup link and prints it."""

    help = "Prints the link that sets up the first store. It works for 24 hours, while no account exists."

    def handle(self, *args: Any, **options: Any) -> None:
        words = setup_words()
        if not words:
            raise CommandError(
                "This installation is already set up. Sign in, or run changepassword for a new password."
            )
        self.stdout.write(words)
