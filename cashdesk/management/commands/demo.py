"""`manage.py demo`: creates the demonstration data once and prints how to sign in."""

import json
import os
from argparse import ArgumentParser
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from cashdesk.management.demo_world import ACCOUNT_NAME, describe, make_world
from cashdesk.models import Account

MAKING_LOCK: Final = 5_001_133_720_264
"""The number of the PostgreSQL advisory lock that the command holds while it creates the data."""


class Command(BaseCommand):
    """Creates the demonstration data if it does not exist, and prints how to sign in."""

    help = (
        "Creates the demonstration world and prints how to sign in. Running it again changes "
        "nothing. --json prints it for programs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print the world as JSON and nothing else.")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError(
                "The demonstration world has a known password and known keys. It cannot be created in production."
            )
        if not _world_exists():
            if not options["json"]:
                self.stdout.write("Creating the demonstration world: five stores, four weeks of trading ...")
                self.stdout.write("If another command is already creating it, this one waits for it.")
            _make_once()
        world = describe(base_url=f"http://127.0.0.1:{os.environ.get('PORT', '8000')}")
        self.stdout.write(json.dumps(world, indent=2) if options["json"] else _told(world))


def _world_exists() -> bool:
    return Account.objects.filter(name=ACCOUNT_NAME).exists()


@transaction.atomic
def _make_once() -> None:
    """Creates the data. If two commands run at once, the second command waits here and then finds the data."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s::bigint)", [MAKING_LOCK])
    # SQLite needs no lock, because only one write transaction runs at a time.
    if not _world_exists():
        make_world(at=timezone.now())


def _told(world: dict[str, Any]) -> str:
    url, users = world["base_url"], world["users"]
    rows = "\n".join(f"  {word:<9} {user['username']:<8} {user['password']}" for word, user in users.items())
    stores = ", ".join(f"{number} ({store['currency']})" for number, store in world["stores"].items())
    return (
        f"\nThe demonstration world is ready: stores {stores}.\n\n"
        f"  {url}/           where to begin\n"
        f"  {url}/admin/     sign in as admin or manager\n"
        f"  {url}/api/v1/docs  the API, to read and to try\n\n"
        f"  who       name     password\n{rows}\n\n"
        f"  API key with every scope: {world['api_keys']['full']}\n"
        f"  For programs: python manage.py demo --json\n"
    )
