"""`manage.py demo`: the demonstration world, made once, and told whenever asked."""

import json
import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cashdesk.management.demo_world import ACCOUNT_NAME, describe, make_world
from cashdesk.models import Account


class Command(BaseCommand):
    """Makes the world if it is not there, and prints where and as whom to sign in."""

    help = (
        "Makes the demonstration world (once; again: no change) and tells how to sign in. --json tells it to programs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How to tell it."""
        parser.add_argument("--json", action="store_true", help="Print the world as JSON and nothing else.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Makes and tells."""
        if settings.IS_PRODUCTION:
            raise CommandError(
                "The demonstration world has a known password and known keys: it is not made in production."
            )
        if not Account.objects.filter(name=ACCOUNT_NAME).exists():
            if not options["json"]:
                self.stdout.write("Making the demonstration world: five stores, four weeks of trading ...")
            make_world(at=timezone.now())
        world = describe(base_url=f"http://127.0.0.1:{os.environ.get('PORT', '8000')}")
        self.stdout.write(json.dumps(world, indent=2) if options["json"] else _told(world))


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
