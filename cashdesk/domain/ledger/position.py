"""The balances of all places of a store at one moment, without a sum over its whole history."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import OuterRef, Subquery

from cashdesk.domain.ledger.expected import Balances, moved_at_places
from cashdesk.enums import PlaceKind
from cashdesk.models import Place, Seal, Store
from cashdesk.pair import Pair

_ORDER: Final = {kind.value: number for number, kind in enumerate(PlaceKind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The balances of the places of a store, in the order of their kinds and numbers. All of them add up to zero."""

    store: Store
    balances: Sequence[tuple[Place, Balances]]


@transaction.atomic
def positions_of(stores: Sequence[Store]) -> list[Position]:
    """Returns the position of each store, in two statements (on SQLite more for many places).

    The balance of a vault or a register is that of its last seal plus the movements since (docs/decisions/0005). Places
    outside the store have no seals. Few movements reach the bank, over/short, outside and opening, so they are summed
    from the first one. Almost all movements come from the customers. Their balance is the negative sum of all other
    places, because each movement is between two places of one store (law 8). `manage.py verify` sums it from the ledger.
    """
    last = Seal.objects.filter(place=OuterRef("pk")).order_by("-number")
    places: list[Any] = list(
        Place.objects.filter(store__in=stores).annotate(
            sealed_until=Subquery(last.values("last_movement")[:1]),
            sealed_balances=Subquery(last.values("balances")[:1]),
        )
    )
    told = [place for place in places if place.kind != PlaceKind.CUSTOMERS]
    moves = moved_at_places(periods=[(place.pk, place.sealed_until or 0) for place in told])
    customers: dict[int, dict[Pair, int]] = defaultdict(lambda: defaultdict(int))
    for place in told:
        for sealed in place.sealed_balances or ():
            moves[place.pk][Pair(sealed["currency"], sealed["method"])] += sealed["amount"]
        for pair, amount in moves[place.pk].items():
            customers[place.store_id][pair] -= amount
    found: dict[int, list[tuple[Place, Balances]]] = defaultdict(list)
    for place in sorted(places, key=lambda one: (_ORDER[one.kind], one.number)):
        held = customers[place.store_id] if place.kind == PlaceKind.CUSTOMERS else moves[place.pk]
        found[place.store_id].append((place, {pair: amount for pair, amount in sorted(held.items()) if amount}))
    return [Position(store=store, balances=found[store.pk]) for store in stores]
