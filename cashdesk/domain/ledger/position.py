"""The balances of all places of a store at one moment, without a sum over its whole history."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import BigIntegerField, Case, OuterRef, Subquery, Value, When

from cashdesk.domain.ledger.expected import ID_MAX, Balances, moved_at_places
from cashdesk.enums import PlaceKind
from cashdesk.models import Movement, Place, Seal, Store
from cashdesk.pair import Pair

_ORDER: Final = {kind.value: number for number, kind in enumerate(PlaceKind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The balances of the places of a store, in the order of their kinds and numbers. All of them add up to zero."""

    store: Store
    balances: Sequence[tuple[Place, Balances]]

    def less(self, earlier: "Position") -> "Position":
        """Returns the difference from an earlier position of the same store: what came in minus what went out."""
        before = {place.pk: held for place, held in earlier.balances}
        changed = []
        for place, held in self.balances:
            was = before.get(place.pk, {})
            pairs = sorted({*held, *was})
            moved = {pair: held.get(pair, 0) - was.get(pair, 0) for pair in pairs}
            changed.append((place, {pair: amount for pair, amount in moved.items() if amount}))
        return Position(store=self.store, balances=changed)


def cuts_of(stores: Sequence[Store], *, as_of: datetime) -> dict[int, int]:
    """Returns for each store id where an instant cuts its ledger: the id of the last movement recorded by then, or 0.

    The books as they stood are the movements up to this id. Movements are written in the order of their ids, and an id is
    drawn after the lock. So a movement that read its clock before the instant, but still waited for a lock, is left out:
    at that instant it was in no book. Reads one row of an index per store.
    """
    recorded = Movement.objects.filter(store=OuterRef("pk"), recorded_at__lte=as_of).order_by("-recorded_at", "-pk")
    found = Store.objects.filter(pk__in=[store.pk for store in stores])
    return {pk: cut or 0 for pk, cut in found.values_list("pk", Subquery(recorded.values("pk")[:1]))}


@transaction.atomic
def positions_of(stores: Sequence[Store], *, as_of: datetime | None = None) -> list[Position]:
    """Returns the position of each store, in two statements (on SQLite more for many places).

    With `as_of`, returns the books as they stood at that instant (`cuts_of`), in three statements.

    The balance of a vault or a register is that of its last seal plus the movements since (docs/decisions/0005). Places
    outside the store have no seals. Few movements reach the bank, clearing, over/short, outside and opening, so they are
    summed from the first one. Almost all movements come from the customers. Their balance is the negative sum of all other
    places, because each movement is between two places of one store (law 8). `manage.py verify` sums it from the ledger.
    """
    cuts = {store.pk: ID_MAX for store in stores} if as_of is None else cuts_of(stores, as_of=as_of)
    last = Seal.objects.filter(place=OuterRef("pk")).order_by("-number")
    wanted = Place.objects.filter(store__in=stores)
    if as_of is not None:
        whens = [When(store=store_id, then=Value(cut)) for store_id, cut in cuts.items()]
        wanted = wanted.annotate(cut=Case(*whens, default=Value(0), output_field=BigIntegerField()))
        last = Seal.objects.filter(place=OuterRef("pk"), last_movement__lte=OuterRef("cut"))
        last = last.order_by("-last_movement", "-number")
    places: list[Any] = list(
        wanted.annotate(
            sealed_until=Subquery(last.values("last_movement")[:1]),
            sealed_balances=Subquery(last.values("balances")[:1]),
        )
    )
    told = [place for place in places if place.kind != PlaceKind.CUSTOMERS]
    moves = moved_at_places(periods=[(place.pk, place.sealed_until or 0, cuts[place.store_id]) for place in told])
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
