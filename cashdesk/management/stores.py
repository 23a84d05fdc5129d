"""Finds the stores for the `--store` option of commands."""

from typing import Final

from django.core.management.base import CommandError
from django.db.models import QuerySet

from cashdesk.domain.store.store_reference import store_reference
from cashdesk.models import Store

NAMED_MAX: Final = 20


def stores_for(reference: str | None, *, among: "QuerySet[Store]") -> "QuerySet[Store]":
    """Returns the stores with this number or UUID, or all stores if `reference` is None.

    Stores of different accounts can have the same number.

    Raises CommandError with the known numbers if there is no such store, also for an empty reference (an unset shell
    variable). Otherwise a check of no stores would look like a check without faults.
    """
    stores = among.order_by("account", "number")
    if reference is None:
        return stores
    named = stores.filter(store_reference(reference))
    if not named.exists():
        numbers = list(stores.values_list("number", flat=True).distinct().order_by("number")[: NAMED_MAX + 1])
        there = ", ".join(numbers[:NAMED_MAX]) + (", ..." if len(numbers) > NAMED_MAX else "")
        raise CommandError(f"--store: there is no store '{reference}' here; there are: {there or 'none'}.")
    return named
