"""Finds a store by its number or UUID among the stores that the caller may see."""

from django.db.models import Q
from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.errors import InvalidInput
from cashdesk.models import Store


def find_store(*, reference: str, by: Principal) -> Store | None:
    """Returns the store with this number or UUID if `by` may see it, else None."""
    return by.stores().filter(store_reference(reference)).first()


def store_for(*, reference: str, by: Principal) -> Store:
    """Returns the store with this reference. For an empty reference returns the caller's default store.

    Raises InvalidInput if the caller may not see the store, or has no default store.
    """
    found = find_store(reference=reference, by=by) if reference else by.own_store
    if found is None and reference:
        on_pages = _("Choose a store that you work in.")
        raise InvalidInput.of("store", _("is not a store that you work in."), on_pages=on_pages)
    if found is None:
        raise InvalidInput.of("store", _("Name the store."))
    return found


def store_reference(reference: str, *, path: str = "") -> Q:
    """Returns the query condition that a store has this number or UUID.

    `path` leads from the queried model to its store, such as "place__store". It is empty in a query of stores.
    """
    prefix = f"{path}__" if path else ""
    # PostgreSQL refuses a parameter with NUL. No real store number contains the replacement character, so this finds no
    # store.
    reference = reference.replace("\0", "\ufffd")
    compact = reference.replace("-", "").lower()
    is_uuid = len(compact) == 32 and all(character in "0123456789abcdef" for character in compact)
    return Q(**{f"{prefix}uuid": compact}) if is_uuid else Q(**{f"{prefix}number": reference})
