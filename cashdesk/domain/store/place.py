"""Finds the places of a store: its vault, its registers and the places outside it."""

from typing import Final

from django.db.models import BigIntegerField
from django.utils.translation import gettext as _

from cashdesk.enums import PlaceKind
from cashdesk.errors import InvalidInput
from cashdesk.models import Place, Store
from cashdesk.prepared_query import Parameter, PreparedQuery

PLACES_OF_STORE: Final = PreparedQuery(
    lambda: Place.objects.filter(store=Parameter("store", BigIntegerField())).exclude(kind=PlaceKind.REGISTER)
)


def places_of(store: Store) -> dict[str, Place]:
    """Returns the store's vault and the places outside it, by kind, without the registers. Runs one query."""
    return {place.kind: place for place in PLACES_OF_STORE.rows(store=store.pk)}


def register_at(*, store: Store, station: int) -> Place:
    """Returns the register with this station number. Raises InvalidInput if there is none."""
    register = (
        Place.objects.filter(store=store, kind=PlaceKind.REGISTER, number=station).first()
        if 0 < station < 2**31
        else None
    )
    if register is None:
        named = {"store": store.number, "station": station}
        raise InvalidInput.of(
            "station",
            _("store %(store)s has no register %(station)s.") % named,
            on_pages=_("Store %(store)s has no register %(station)s. Choose another register.") % named,
        )
    return register
