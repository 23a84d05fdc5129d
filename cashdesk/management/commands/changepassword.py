"""`manage.py changepassword`: sets a person's password through the domain function."""

import getpass
from typing import Any, Final

from django.contrib.auth.management.commands import changepassword
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.people.person import set_password
from cashdesk.models import User

TRIES: Final = 3


class Command(changepassword.Command):
    """Django's command, which also signs the person out everywhere and writes an audit entry."""

    help = "Sets a new password for a person, by username, and signs them out everywhere."

    def handle(self, *args: Any, **options: Any) -> str:
        """Asks for the password twice. Raises CommandError for an unknown username and after three failed tries."""
        username = options["username"] or getpass.getuser()
        try:
            user = User.objects.db_manager(options["database"]).get_by_natural_key(username)
        except User.DoesNotExist:
            raise CommandError(f"There is no person with the username {username!r}.") from None
        self.stdout.write(f"New password of {user} ({user.username}).")
        for _try in range(TRIES):
            password = getpass.getpass("Password: ")
            if self._fits(password, user):
                set_password(user=user, password=password, by=SYSTEM, at=timezone.now())
                return f"{user} has a new password and is signed out everywhere."
        raise CommandError(f"The password of {user} was not changed after {TRIES} tries.")

    def _fits(self, password: str, user: User) -> bool:
        if password != getpass.getpass("Password (again): "):
            self.stderr.write("The two passwords do not match.")
            return False
        try:
            validate_password(password, user)
        except ValidationError as error:
            self.stderr.write("\n".join(error.messages))
            return False
        return True
