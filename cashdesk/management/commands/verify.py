"""`manage.py verify`: checks the books, store by store."""

from argparse import ArgumentParser
from itertools import chain
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from cashdesk.management.stores import stores_for
from cashdesk.models import Store

FAULTS_SHOWN = 100


class Command(BaseCommand):
    """Recalculates seals, balances, results and payments from the movements, and fails if any stored figure differs."""

    help = "Checks the books: recalculates every seal, balance, result and payment from the movements. Only reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--store", help="Number or UUID of one store. Default: all stores.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints the faults, at most FAULTS_SHOWN. Raises CommandError (exit status 1) if there is a fault."""
        stores = stores_for(options["store"], among=Store.objects.all())
        proofs = [import_string(path) for path in settings.PROOFS]
        found = 0
        for store in stores.iterator():
            for fault in chain.from_iterable(proof(store) for proof in proofs):
                found += 1
                if found <= FAULTS_SHOWN:
                    self.stderr.write(fault)
        if found:
            raise CommandError(f"{found} faults found in the books.")
        self.stdout.write(f"The books of {stores.count()} stores are correct.")
