"""Short helpers for change orders: of pieces by their value, or of one amount."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount, Pieces
from settlements.domain.change_order import order_change
from settlements.models import ChangeOrder
from tests.stories import Cast

ROLLS = {100: 50, 20: 80}
"""Two rolls of euros and two of 20 cents: 66.00."""


def told(pieces: dict[int, int] | int, currency: str = "EUR") -> CountedAmount:
    """Returns an amount that somebody orders or counts."""
    if isinstance(pieces, int):
        return CountedAmount(currency=currency, amount=pieces)
    lines = tuple(Pieces(denomination=worth, pieces=number) for worth, number in pieces.items())
    return CountedAmount(currency=currency, amount=sum(w * number for w, number in pieces.items()), pieces=lines)


def ordered(
    cast: Cast, pieces: dict[int, int] | int | None = None, *, at: datetime | None = None, **fields: Any
) -> ChangeOrder:
    """Orders change for store 1337, as Erika does."""
    wanted = told(ROLLS if pieces is None else pieces)
    by = Principal(user=cast.erika)
    return order_change(store=cast.store, ordered=wanted, by=by, at=at or timezone.now(), **fields)
