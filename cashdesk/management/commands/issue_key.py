"""`manage.py issue_key`: makes an API key."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cashdesk.domain.access import issue_api_key
from cashdesk.domain.place import register_at
from cashdesk.domain.principal import SYSTEM
from cashdesk.enums import Scope
from cashdesk.errors import InvalidInput
from cashdesk.models import Account, Place, Store, Vendor


class Command(BaseCommand):
    """Makes an API key for a program and prints its secret, which is shown this once and stored nowhere."""

    help = "Makes an API key and prints its secret once. Name the account, and the store and station it is bound to."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """For whom, for what, for how long."""
        parser.add_argument("name", help="What uses the key, such as 'till 3'.")
        parser.add_argument("--account", required=True, help="Name of the account.")
        parser.add_argument("--vendor", help="Name of the vendor that the key is bound to.")
        parser.add_argument("--store", help="Number of the store that the key is bound to.")
        parser.add_argument("--station", type=int, help="Number of the register that the key is bound to.")
        parser.add_argument(
            "--scope", action="append", required=True, choices=Scope.values, help="Again for each scope."
        )
        parser.add_argument("--days", type=int, help="Days until it expires; it does not, unless given.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Makes it and prints the secret alone, so that a script can keep it."""
        account, vendor, store, register = _binding(options)
        now = timezone.now()
        _token, secret = issue_api_key(
            name=options["name"],
            scopes=[Scope(scope) for scope in options["scope"]],
            by=SYSTEM,
            at=now,
            account=account,
            vendor=vendor,
            store=store,
            register=register,
            expires_at=now + timedelta(days=options["days"]) if options["days"] else None,
        )
        self.stdout.write(secret)


def _binding(options: dict[str, Any]) -> tuple[Account, Vendor | None, Store | None, Place | None]:
    try:
        account = Account.objects.get(name=options["account"])
        vendor = Vendor.objects.get(account=account, name=options["vendor"]) if options["vendor"] else None
        store = Store.objects.get(account=account, number=options["store"]) if options["store"] else None
        if options["station"] is not None and store is None:
            raise CommandError("--station needs the --store that it stands in.")
        register = register_at(store=store, station=options["station"]) if store and options["station"] else None
    except Account.DoesNotExist:
        names = ", ".join(Account.objects.values_list("name", flat=True)) or "none"
        raise CommandError(f"There is no account '{options['account']}'; there are: {names}.") from None
    except (Vendor.DoesNotExist, Store.DoesNotExist, InvalidInput) as error:
        raise CommandError(f"The account has no such vendor, store or register: {error}") from None
    return account, vendor, store, register
