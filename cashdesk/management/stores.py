"""The stores that a command is about: those that `--store` names, else all."""

from typing import Final

from django.core.management.base import CommandError
from django.db.models import QuerySet

from cashdesk.domain.access import store_reference
from cashdesk.models import Store

NAMED_MAX: Final = 20


def stores_for(reference: str | None, *, among: "QuerySet[Store]") -> "QuerySet[Store]":
    """Returns the stores with this number or UUID; all of them where none was given. Several accounts may use a number.

    Raises CommandError, which names the stores there are: a command that did nothing must not look like one that found
    nothing wrong. An empty name, as of a variable that was not set, is no name.
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
