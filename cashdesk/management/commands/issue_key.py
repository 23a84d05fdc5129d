"""`manage.py issue_key`: creates an API key."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Model, QuerySet
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.people.api_key import issue_api_key, register_of_key
from cashdesk.enums import Scope
from cashdesk.errors import InvalidInput
from cashdesk.models import Account, Store, Vendor

NAMED_MAX: Final = 20


class Command(BaseCommand):
    """Creates an API key for a program. Its secret is printed once and never stored."""

    help = (
        "Issues an API key and prints its secret once. Name the account, and optionally a store and "
        "station to bind it to."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="What uses the key, such as 'till 3'.")
        parser.add_argument("--account", required=True, help="Name of the account.")
        parser.add_argument("--vendor", help="Name of the vendor that the key is bound to.")
        parser.add_argument("--store", help="Number of the store that the key is bound to.")
        parser.add_argument("--station", type=int, help="Number of the register that the key is bound to.")
        parser.add_argument(
            "--scope", action="append", required=True, choices=Scope.values, help="Repeat it for each scope."
        )
        parser.add_argument(
            "--requests-per-minute",
            type=int,
            help="The most requests in a minute; 0 for no limit. Default: the setting API_KEY_REQUESTS_PER_MINUTE.",
        )
        parser.add_argument("--days", type=int, help="Days until it expires. Default: it does not expire.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints only the secret, so that a script can store it."""
        now = timezone.now()
        try:
            _token, secret = issue_api_key(
                name=options["name"],
                scopes=options["scope"],
                by=SYSTEM,
                at=now,
                requests_per_minute=options["requests_per_minute"],
                expires_at=now + timedelta(days=options["days"]) if options["days"] is not None else None,
                **_binding(options),
            )
        except InvalidInput as error:
            raise CommandError(error.message) from None
        except OverflowError:
            raise CommandError("--days: too large.") from None
        self.stdout.write(secret)


def _binding(options: dict[str, Any]) -> dict[str, Any]:
    account = _named(Account, Account.objects.all(), "name", options["account"])
    vendor = _named(Vendor, Vendor.objects.filter(account=account), "name", options["vendor"])
    store = _named(Store, Store.objects.filter(account=account), "number", options["store"])
    register = register_of_key(store=store, station=options["station"])
    return {"account": account, "vendor": vendor, "store": store, "register": register}


def _named(model: type[Model], rows: "QuerySet[Any]", column: str, wanted: str | None) -> Any:
    """Returns the row that an option names, or None if the option was not given."""
    if wanted is None:
        return None
    # PostgreSQL refuses to search for text with a NUL character. No real name contains the replacement character, so
    # this finds no row.
    found = rows.filter(**{column: wanted.replace("\0", "\ufffd")}).first()
    if found is None:
        there = ", ".join(rows.order_by(column).values_list(column, flat=True)[:NAMED_MAX]) or "none"
        raise CommandError(f"There is no {model._meta.verbose_name_raw} '{wanted}'; there are: {there}.")
    return found
