"""The sheet for a cash count: pieces per note and coin, or one amount. It holds the typed text and the parsed count."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from cashdesk import money
from cashdesk.denominations import Denomination, denominations_of
from cashdesk.domain.counting.count import PIECES_MAX, CountedAmount, Pieces, total_of
from cashdesk.domain.counting.float_plan import FloatPlan, plan_float
from cashdesk.errors import InvalidInput
from cashdesk.formats import amount_typed, style

AMOUNT: Final = "amount"
FULLER: Final = "fuller"
"""The checkbox that shows the fields for rolls, bundles and weighed amounts. Hidden fields count too."""
LARGEST_NOTES: Final = 100
LONG: Final = 14
"""A currency has long totals if 100 of its largest notes are written with more signs than this."""
NONE: Final = "none"
"""The button that fills in 0 for every row without input."""
USUAL: Final = "usual"
"""The button that fills in the usual float for every row without input."""


@dataclass(kw_only=True)
class Cell:
    """One field of a row: the typed text, the number of pieces that it stands for, and its error.

    `size` is the number of pieces per typed unit: 1 for loose pieces, more for rolls or bundles. Size 0 means that people
    type the worth of the pieces, as a coin scale shows it.
    """

    field: str
    size: int
    typed: str = ""
    error: str = ""
    pieces: int = 0


@dataclass(kw_only=True)
class Row:
    """One note or coin, with its worth in minor units. Loose, packed and weighed pieces add up.

    `packs` is None if the piece has no usual pack, and `weighed` is None if the sheet takes no weighed amounts. `usual` is
    the number of pieces in the usual float, or None if the usual float does not contain this piece. `keep` is the number of
    pieces that stay as the next float, on a review.
    """

    worth: int
    is_note: bool
    is_coin: bool
    loose: Cell
    packs: Cell | None
    pack: str
    weighed: Cell | None
    usual: int | None = None
    keep: int = 0

    @property
    def cells(self) -> list[Cell]:
        """The row's fields, from left to right."""
        return [cell for cell in (self.loose, self.packs, self.weighed) if cell is not None]

    @property
    def field(self) -> str:
        """The name of the row's first field."""
        return self.loose.field

    @property
    def typed(self) -> str:
        """The text in the field for loose pieces."""
        return self.loose.typed

    @property
    def is_said(self) -> bool:
        """Whether any field of the row has input. A typed 0 is input."""
        return any(cell.typed for cell in self.cells)

    @property
    def wrong(self) -> list[Cell]:
        """The fields with an error."""
        return [cell for cell in self.cells if cell.error]

    @property
    def error(self) -> str:
        """The first error of the row, or ""."""
        return self.wrong[0].error if self.wrong else ""

    @property
    def pieces(self) -> int:
        """The number of pieces: loose, packed and weighed."""
        return sum(cell.pieces for cell in self.cells)

    @property
    def to_vault(self) -> int:
        """The number of pieces that go into the vault, on a review."""
        return self.pieces - self.keep

    @property
    def amount(self) -> int:
        """The worth of the pieces in minor units."""
        return self.worth * self.pieces


@dataclass(frozen=True, kw_only=True)
class RowGroup:
    """The notes of a sheet, or its coins, largest first. A row for a note and a coin of the same worth is with the notes."""

    is_notes: bool
    rows: list[Row]

    @property
    def amount(self) -> int:
        """The worth of all pieces in minor units."""
        return sum(row.amount for row in self.rows)


class CountSheet:
    """The sheet of one currency. `counted` is the parsed count, or None if something is missing or wrong.

    `prefix` keeps the field names of several sheets on one page apart. `usual` is the usual float: pieces by worth.
    `usual_amount` is the usual float in minor units, if its pieces are unknown.
    """

    def __init__(
        self,
        currency: str,
        typed: Mapping[str, str] | None = None,
        *,
        prefix: str = "",
        usual: Mapping[int, int] | None = None,
        usual_amount: int = 0,
        above_zero: bool = False,
        by_weight: bool = True,
    ) -> None:
        """Creates an empty sheet, or parses the typed fields.

        `above_zero` says that the caller refuses an amount of 0. Without `by_weight` the sheet has no fields for weighed
        amounts.
        """
        self.currency = currency
        self.by_weight = by_weight
        self.above_zero = above_zero
        self.amount_field = f"{prefix}{AMOUNT}"
        self.fuller_field = f"{prefix}{FULLER}"
        self.none_field = f"{prefix}{NONE}"
        self.usual_field = f"{prefix}{USUAL}"
        self.rows = list(_rows_of(currency, prefix=prefix, by_weight=by_weight))
        self.usual_total = 0
        for row in self.rows:
            row.usual = (usual or {}).get(row.worth)
            self.usual_total += row.worth * (row.usual or 0)
        self.usual_amount = 0 if self.usual_total else usual_amount
        self.usual_total += self.usual_amount
        self.amount = ""
        self.amount_error = ""
        self.is_fuller = False
        self.takes_usual = False
        self.counted: CountedAmount | None = None
        if typed is not None:
            self._read(typed)

    @classmethod
    def resumed(
        cls,
        currency: str,
        typed: Mapping[str, str],
        *,
        prefix: str = "",
        usual: Mapping[int, int] | None = None,
        usual_amount: int = 0,
        by_weight: bool = True,
    ) -> "CountSheet":
        """Returns a sheet with the input of a draft and without errors."""
        sheet = cls(currency, typed, prefix=prefix, usual=usual, usual_amount=usual_amount, by_weight=by_weight)
        sheet.forgive()
        return sheet

    def plan_float(self, *, wanted: int, usual: Mapping[int, int]) -> FloatPlan:
        """Divides the counted pieces between the next float and the vault, and sets `keep` of each row.

        `usual` has the pieces of the usual float. Without them, the next float is `wanted` minor units.
        """
        counted = {row.worth: row.pieces for row in self.rows}
        plan = plan_float(counted=counted, usual=usual, start_amount=wanted)
        kept = {line.denomination: line.keep for line in plan.lines}
        for row in self.rows:
            row.keep = kept.get(row.worth, 0)
        return plan

    def forgive(self) -> None:
        """Removes the errors, for input that was restored from a draft."""
        for cell in (cell for row in self.rows for cell in row.cells):
            cell.error = ""
        self.amount_error = ""

    @property
    def usual_typed(self) -> str:
        """The store's usual float as a typed amount, if the store keeps no pieces for it. Else empty."""
        return style().digits(self.usual_amount, self.currency) if self.usual_amount else ""

    @property
    def has_long_total(self) -> bool:
        """Whether usual totals have many digits, so that the page keeps a whole line for the total on a phone."""
        largest = max((row.worth for row in self.rows), default=0)
        return len(style().amount(LARGEST_NOTES * largest, self.currency)) > LONG

    @property
    def groups(self) -> list[RowGroup]:
        """The notes, then the coins. A currency without one of them has one group."""
        notes, coins = [row for row in self.rows if row.is_note], [row for row in self.rows if not row.is_note]
        return [RowGroup(is_notes=rows is notes, rows=rows) for rows in (notes, coins) if rows]

    @property
    def has_errors(self) -> bool:
        """Whether any field has an error."""
        return bool(self.amount_error) or any(row.wrong for row in self.rows)

    @property
    def by_pieces(self) -> bool:
        """Whether the person counted notes and coins, and did not only enter an amount."""
        return any(row.is_said for row in self.rows)

    @property
    def left_empty(self) -> list[Row]:
        """The rows without input if another row has input, else no rows."""
        return [row for row in self.rows if not row.is_said] if self.by_pieces else []

    @property
    def total(self) -> int:
        """The counted amount in minor units; 0 while it is unknown."""
        return self.counted.amount if self.counted else 0

    @property
    def hidden_fields(self) -> list[tuple[str, str]]:
        """Every field and its text, for hidden fields that carry the sheet through another page."""
        told = [(cell.field, cell.typed) for row in self.rows for cell in row.cells]
        return [(self.amount_field, self.amount), (self.fuller_field, "1" if self.is_fuller else ""), *told]

    def _read(self, typed: Mapping[str, str]) -> None:
        self.amount = typed.get(self.amount_field, "").strip()
        for row in self.rows:
            for cell in row.cells:
                cell.typed = typed.get(cell.field, "").strip()
        self._fill(typed)
        packed_or_weighed = any(cell.typed for row in self.rows for cell in row.cells[1:])
        self.is_fuller = bool(typed.get(self.fuller_field)) or packed_or_weighed
        for row in self.rows:
            self._read_row(row)
        amount = None
        try:
            if self.amount:
                amount = self._minor(self.amount, field=self.amount_field, above_zero=self.above_zero)
            if not self.has_errors:
                self.counted = self._counted(amount)
        except InvalidInput as error:
            self.amount_error = error.on_pages[self.amount_field]

    def _fill(self, typed: Mapping[str, str]) -> None:
        """Fills the empty rows if the person pressed a button for that: one button fills in 0, another the usual float.

        A usual float without pieces fills the amount.
        """
        self.takes_usual = self.usual_field in typed
        if self.takes_usual and self.usual_amount and not self.amount and not self.by_pieces:
            self.amount = self.usual_typed
        for row in self.rows:
            if row.is_said:
                continue
            if self.takes_usual and row.usual is not None:
                row.loose.typed = str(row.usual)
            elif self.none_field in typed:
                row.loose.typed = "0"

    def _read_row(self, row: Row) -> None:
        for cell in row.cells:
            if cell.typed:
                cell.pieces, cell.error = self._pieces(row, cell)
        if not row.wrong and row.pieces > PIECES_MAX:
            row.loose.error = _("Enter at most %(limit)s pieces.") % {"limit": PIECES_MAX}

    def _pieces(self, row: Row, cell: Cell) -> tuple[int, str]:
        """Returns the number of pieces in a field, and its error or ""."""
        try:
            if cell.size == 0:
                return self._weighed(row, self._minor(cell.typed, field=cell.field))
            return cell.size * money.parse_whole(cell.typed, field=cell.field), ""
        except InvalidInput as error:
            if cell.size == 0:
                return 0, error.on_pages[cell.field]
            if cell.typed.isascii() and cell.typed.isdecimal():
                return PIECES_MAX + 1, ""
            if cell.size == 1:
                return 0, _("Enter a whole number of pieces, such as 12.")
            return 0, _("Enter a whole number of rolls or bundles, such as 2.")

    def _weighed(self, row: Row, amount: int) -> tuple[int, str]:
        pieces, rest = divmod(amount, row.worth)
        if rest == 0:
            return pieces, ""
        told = {
            "amount": style().amount(amount, self.currency),
            "less": style().amount(amount - rest, self.currency),
            "more": style().amount(amount - rest + row.worth, self.currency),
        }
        return 0, _("%(amount)s is not a whole number of pieces. The nearest amounts are %(less)s and %(more)s.") % told

    def _minor(self, text: str, *, field: str, above_zero: bool = False) -> int:
        """Parses an amount into minor units. Every amount on the sheet is parsed here."""
        return amount_typed(text, self.currency, field=field, above_zero=above_zero)

    def _counted(self, amount: int | None) -> CountedAmount:
        if not self.by_pieces:
            if amount is None:
                raise InvalidInput.of(
                    self.amount_field, _("Enter the pieces or an amount. If there is no cash, enter 0.")
                )
            return CountedAmount(currency=self.currency, amount=amount)
        pieces = tuple(Pieces(denomination=row.worth, pieces=row.pieces) for row in self.rows if row.is_said)
        total = total_of(currency=self.currency, pieces=pieces, field=self.amount_field, write=style().amount)
        if amount is not None and amount != total:
            told = {"told": style().amount(amount, self.currency), "worth": style().amount(total, self.currency)}
            words = _("The pieces add up to %(worth)s, but the amount is %(told)s. Correct or clear one of them.")
            raise InvalidInput.of(self.amount_field, words % told)
        return CountedAmount(currency=self.currency, amount=total, pieces=pieces)


def _rows_of(currency: str, *, prefix: str, by_weight: bool) -> Iterator[Row]:
    """Yields the rows. A note and a coin of the same worth share a row, because a count stores pieces by worth.

    A shared row has the packs of the note.
    """
    shared: dict[int, list[Denomination]] = {}
    for piece in denominations_of(currency):
        shared.setdefault(piece.value, []).append(piece)
    for worth, found in shared.items():
        kinds = {piece.kind for piece in found}
        packed = found[0].packed
        yield Row(
            worth=worth,
            is_note="note" in kinds,
            is_coin="coin" in kinds,
            loose=Cell(field=f"{prefix}pieces-{worth}", size=1),
            packs=Cell(field=f"{prefix}packs-{worth}", size=packed) if packed else None,
            pack=found[0].pack,
            weighed=Cell(field=f"{prefix}worth-{worth}", size=0) if by_weight else None,
        )
