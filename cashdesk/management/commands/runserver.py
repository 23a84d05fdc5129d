"""`manage.py runserver`: the development server, which prints the setup link of an empty installation."""

from django.db import Error
from whitenoise.runserver_nostatic.management.commands.runserver import Command as NoStaticCommand  # type: ignore[import-untyped]

from cashdesk.web.setup_address import setup_words


class Command(NoStaticCommand):  # type: ignore[misc]  # WhiteNoise has no types for it
    """Prints the setup link at the end of the start-up text."""

    def on_bind(self, server_port: int) -> None:
        """Prints the start-up text. A database without tables does not stop the server."""
        super().on_bind(server_port)
        try:
            words = setup_words()
        except Error:
            return
        if words:
            self.stdout.write(f"\n{words}\n")
