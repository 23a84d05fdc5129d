"""Tells that a drawer or a safe holds more or less cash than it should, and nothing else (docs/decisions/0047).

A limit that is compared with the cash in a drawer would be a way to measure that cash (law 5): a cashier pays in small
amounts until the prompt appears. So three things blur the comparison:

- It looks at the books only each quarter of an hour, as they stood then.
- It leaves out money that people pay in or out by hand.
- The limit is up to a tenth stricter than its setting. By how much is drawn for each period of a place, and again after
  each drop. Nobody can compute it without the key of the installation.

Each answer is one word. It is the same whatever the amount is.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.db.models import BigIntegerField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.crypto import salted_hmac

from cashdesk.domain.ledger.expected import moved_without_hand
from cashdesk.domain.ledger.position import cuts_of
from cashdesk.domain.store.place_limits import limit_of
from cashdesk.enums import CASH, MovementKind, PlaceKind
from cashdesk.models import Movement, Place, Seal, Store

QUARTER: Final = timedelta(minutes=15)
STRICTER_MAX: Final = 100
"""A limit is stricter by up to this many thousandths."""


class Past(StrEnum):
    """What a place tells: that a limit is passed."""

    PULL = "pull"
    """Cash should go from the drawer to the safe."""
    LOCK = "lock"
    """Until then nobody pays in or out by hand, and the drawer gets no loan."""
    MOST = "most"
    """The safe holds too much."""
    LEAST = "least"
    """The safe holds too little."""


def past_limits(*, stores: Sequence[Store], places: Sequence[Place], at: datetime) -> dict[int, frozenset[Past]]:
    """Returns which limits are passed at which of these places, by place id. `stores` are those of the places.

    Runs three statements whatever the number of places, or none if no place has a limit.
    """
    store_of = {store.pk: store for store in stores}
    limited = {place.pk: limits for place in places if (limits := limits_of(place, store=store_of[place.store_id]))}
    if not limited:
        return {}
    cuts = cuts_of(stores, as_of=_quarter(at))
    periods = list(_periods(sorted(limited)))
    moved = moved_without_hand(
        periods=[
            (place.pk, place.store_id, place.after, cuts[place.store_id], store_of[place.store_id].currency)
            for place in periods
        ]
    )
    found = {}
    for place in periods:
        cash = _sealed(place, store=store_of[place.store_id]) + moved[place.pk]
        by = _stricter_by(place)
        found[place.pk] = frozenset(
            past for past, limit in limited[place.pk].items() if _is_past(past, cash=cash, limit=limit, by=by)
        )
        if place.last_drop > cuts[place.store_id]:
            # The cashier did what was asked. The next quarter of an hour tells whether it was enough.
            found[place.pk] -= {Past.PULL, Past.LOCK}
    return found


def is_locked(*, register: Place, store: Store, at: datetime) -> bool:
    """Whether a register holds so much cash that it takes only sales, refunds, drops and a count."""
    if limit_of("lock_minor", place=register, store=store) is None:
        return False
    return Past.LOCK in past_limits(stores=[store], places=[register], at=at).get(register.pk, frozenset())


def limits_of(place: Place, *, store: Store) -> dict[Past, int]:
    """Returns the limits that a register or a safe has, in minor units."""
    if place.kind == PlaceKind.VAULT:
        wanted = {Past.MOST: place.most_minor, Past.LEAST: place.least_minor}
    else:
        wanted = {
            Past.PULL: limit_of("pull_minor", place=place, store=store),
            Past.LOCK: limit_of("lock_minor", place=place, store=store),
        }
    return {past: limit for past, limit in wanted.items() if limit is not None}


def _quarter(at: datetime) -> datetime:
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


def _periods(place_ids: Sequence[int]) -> Any:
    """Returns the places with their last seal, and the last drop since then."""
    last = Seal.objects.filter(place=OuterRef("pk")).order_by("-number")
    drops = Movement.objects.filter(source=OuterRef("pk"), pk__gt=OuterRef("after"), kind=MovementKind.DROP)
    nothing = Value(0, output_field=BigIntegerField())
    places = Place.objects.filter(pk__in=place_ids).annotate(
        after=Coalesce(Subquery(last.values("last_movement")[:1]), nothing),
        sealed=Subquery(last.values("balances")[:1]),
    )
    return places.annotate(last_drop=Coalesce(Subquery(drops.order_by("-pk").values("pk")[:1]), nothing))


def _sealed(place: Any, *, store: Store) -> int:
    """Returns the cash with which the period of a place began."""
    pair = (store.currency, CASH)
    return sum(one["amount"] for one in place.sealed or () if (one["currency"], one["method"]) == pair)


def _stricter_by(place: Any) -> int:
    """Returns thousandths, the same until the next seal or drop of a place."""
    drawn = salted_hmac("cashdesk.cash_limit", f"{place.pk} {place.after} {place.last_drop}", algorithm="sha256")
    return int.from_bytes(drawn.digest()[:4], "big") % STRICTER_MAX


def _is_past(past: Past, *, cash: int, limit: int, by: int) -> bool:
    if past == Past.LEAST:
        return cash < limit + limit * by // 1000
    return cash > limit - limit * by // 1000
