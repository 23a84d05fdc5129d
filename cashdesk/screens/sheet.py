"""The sheet on which cash is counted: pieces per note and coin, or one amount, as typed and as read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from cashdesk import money
from cashdesk.denominations import denominations_of
from cashdesk.domain.count import PIECES_MAX, CountedAmount, Pieces, total_of
from cashdesk.errors import InvalidInput
from cashdesk.writing import amount_typed, style

AMOUNT: Final = "amount"


@dataclass(kw_only=True)
class Row:
    """One note or coin: its worth in minor units, what was typed, and what it was read as."""

    worth: int
    is_note: bool
    is_coin: bool
    prefix: str = ""
    typed: str = ""
    error: str = ""
    pieces: int = 0

    @property
    def field(self) -> str:
        """The name of its field."""
        return f"{self.prefix}pieces-{self.worth}"

    @property
    def amount(self) -> int:
        """What its pieces are worth, minor units."""
        return self.worth * self.pieces


class CountSheet:
    """The sheet of a currency. `counted` is what it says, or None where something is missing or wrong.

    `prefix` tells the fields of several sheets on one page apart.
    """

    def __init__(self, currency: str, typed: Mapping[str, str] | None = None, *, prefix: str = "") -> None:
        """Makes an empty sheet, or reads one that was typed."""
        self.currency = currency
        self.amount_field = f"{prefix}{AMOUNT}"
        self.rows = list(_rows_of(currency, prefix=prefix))
        self.amount = ""
        self.amount_error = ""
        self.counted: CountedAmount | None = None
        if typed is not None:
            self._read(typed)

    @property
    def has_errors(self) -> bool:
        """Whether something on it was not understood."""
        return bool(self.amount_error) or any(row.error for row in self.rows)

    @property
    def by_pieces(self) -> bool:
        """Whether notes and coins were counted, not one amount alone."""
        return any(row.typed for row in self.rows)

    @property
    def left_empty(self) -> list[Row]:
        """The notes and coins that nothing was said of, where others were counted."""
        return [row for row in self.rows if not row.typed] if self.by_pieces else []

    @property
    def total(self) -> int:
        """What was counted, minor units; 0 while it is not known."""
        return self.counted.amount if self.counted else 0

    def _read(self, typed: Mapping[str, str]) -> None:
        self.amount = typed.get(self.amount_field, "").strip()
        for row in self.rows:
            row.typed = typed.get(row.field, "").strip()
            if row.typed:
                self._read_row(row)
        amount = None
        try:
            if self.amount:
                amount = amount_typed(self.amount, self.currency, field=self.amount_field)
            if not self.has_errors:
                self.counted = self._counted(amount)
        except InvalidInput as error:
            self.amount_error = error.errors[self.amount_field]

    def _read_row(self, row: Row) -> None:
        try:
            pieces = money.parse_whole(row.typed, field=row.field)
        except InvalidInput:
            row.error = _("must be a whole number of pieces, such as 12.")
            return
        if pieces > PIECES_MAX:
            row.error = _("must be at most %(limit)s pieces.") % {"limit": PIECES_MAX}
        else:
            row.pieces = pieces

    def _counted(self, amount: int | None) -> CountedAmount:
        if not self.by_pieces:
            if amount is None:
                raise InvalidInput.of(
                    self.amount_field, _("is not counted yet: type the pieces, or an amount. Nothing there is 0.")
                )
            return CountedAmount(currency=self.currency, amount=amount)
        pieces = tuple(Pieces(denomination=row.worth, pieces=row.pieces) for row in self.rows if row.typed)
        total = total_of(currency=self.currency, pieces=pieces, field=self.amount_field)
        if amount is not None and amount != total:
            told, worth = style().amount(amount, self.currency), style().amount(total, self.currency)
            raise InvalidInput.of(
                self.amount_field,
                _("%(told)s is not the %(worth)s that the pieces add up to. Leave one of them out.")
                % {"told": told, "worth": worth},
            )
        return CountedAmount(currency=self.currency, amount=total, pieces=pieces)


def _rows_of(currency: str, *, prefix: str) -> Iterator[Row]:
    """A note and a coin of one worth share a row: a count tells pieces by their worth."""
    kinds: dict[int, set[str]] = {}
    for piece in denominations_of(currency):
        kinds.setdefault(piece.value, set()).add(piece.kind)
    for worth, found in kinds.items():
        yield Row(prefix=prefix, worth=worth, is_note="note" in found, is_coin="coin" in found)
