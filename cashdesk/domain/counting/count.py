"""Stores counts: the amounts that a person found in a place. A stored count never changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from cashdesk.denominations import denominations_of
from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import CASH, CountMoment
from cashdesk.errors import InvalidInput
from cashdesk.models import CashSession, Count, CountAmount, CountPieces, Place, User
from cashdesk.money import bounded
from cashdesk.pair import Pair

PIECES_MAX: Final = 10_000_000
"""The most pieces of one note or coin in a count: more than any drawer holds, and few enough for the column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """A number of pieces of one note or coin. `denomination` is the value of one piece in minor units."""

    denomination: int
    pieces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedAmount:
    """The counted `amount` of one currency and method, in minor units. For cash it may also list the pieces."""

    currency: str
    amount: int
    method: str = CASH
    pieces: tuple[Pieces, ...] = ()

    @property
    def pair(self) -> Pair:
        """Currency and method: the key of a balance."""
        return Pair(self.currency, self.method)


def total_of(
    *, currency: str, pieces: Sequence[Pieces], field: str = "count", write: Callable[[int, str], str] | None = None
) -> int:
    """Returns the total value of pieces in minor units.

    Raises InvalidInput for `field` if a note or coin is listed twice or is not of the currency, or if the total is too
    large. `write` formats the amount in the error about the total.
    """
    known = {denomination.value for denomination in denominations_of(currency)}
    seen = set()
    for line in pieces:
        if line.denomination < 1:
            raise InvalidInput.of(field, _("Give each note or coin a value above 0."))
        if known and line.denomination not in known:
            raise InvalidInput.of(
                field,
                _("%(currency)s has no note or coin of %(denomination)s minor units.")
                % {"currency": currency, "denomination": line.denomination},
            )
        if line.denomination in seen:
            raise InvalidInput.of(
                field,
                _("List the note or coin of %(denomination)s minor units only once.")
                % {"denomination": line.denomination},
            )
        seen.add(line.denomination)
    total = sum(line.denomination * line.pieces for line in pieces)
    return bounded(total, currency, field=field, write=write)


def stored_pieces(pieces: Sequence[Pieces]) -> dict[str, int]:
    """Returns pieces as a JSON object by worth, for rows that store them beside an amount. Leaves out 0 pieces."""
    return {str(line.denomination): line.pieces for line in pieces if line.pieces}


def keep_count(
    *,
    place: Place,
    moment: CountMoment,
    counted: Sequence[CountedAmount],
    by: Principal,
    at: datetime,
    session: CashSession | None = None,
    attempt: int = 1,
    witness: User | None = None,
) -> Count:
    """Stores a count with its amounts and pieces. The stored count never changes (law 4).

    Raises InvalidInput for an amount above the limit.
    """
    for found in counted:
        bounded(found.amount, found.currency, field="amount")
    count = Count.objects.create(
        place=place,
        session=session,
        moment=moment,
        attempt=attempt,
        counted_at=at,
        counted_by=by.user,
        witness=witness,
    )
    amounts = CountAmount.objects.bulk_create(
        CountAmount(count=count, currency=found.currency, method=found.method, amount=found.amount) for found in counted
    )
    pieces = [
        CountPieces(count_amount=amount, denomination=line.denomination, pieces=line.pieces)
        for amount, found in zip(amounts, counted, strict=True)
        for line in found.pieces
        if line.pieces
    ]
    if pieces:
        CountPieces.objects.bulk_create(pieces)
    return count
