"""`manage.py remove_second_factor`: for people who lost their phone and their recovery codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.people.second_factor import remove_second_factor
from cashdesk.errors import Conflict
from cashdesk.models import User


class Command(BaseCommand):
    """Removes the second factor of a person, as an admin does in the back office."""

    help = "Removes the second factor of a person, by username, and signs them out everywhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> str:
        username = options["username"]
        try:
            user = User.objects.get_by_natural_key(username)
        except User.DoesNotExist:
            raise CommandError(f"There is no person with the username {username!r}.") from None
        try:
            remove_second_factor(user=user, by=SYSTEM, at=timezone.now())
        except Conflict as error:
            raise CommandError(error.message) from None
        return f"{user} has no second factor now, and is signed out everywhere."
