"""One count of several currencies and methods: its parts, each with a sheet of its own, as typed and as read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.http import QueryDict
from django.utils.translation import gettext as _

from cashdesk import money
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.enums import CASH
from cashdesk.errors import InvalidInput
from cashdesk.formats import amount_typed
from cashdesk.forms.count_sheet import AMOUNT, FULLER, CountSheet, Row
from cashdesk.models import PaymentMethod, Store
from cashdesk.pair import Pair

ADDED: Final = "parts"
"""The hidden field that names the parts which the person added, each on a line, such as USD.CASH."""
NEW_CURRENCY: Final = "new-currency"
NEW_METHOD: Final = "new-method"
PARTS_MAX: Final = 24


class AmountSheet:
    """The sheet of what has no notes and coins: one amount. It speaks as `CountSheet` does, so that one template shows
    both.
    """

    def __init__(self, currency: str, typed: Mapping[str, str] | None = None, *, prefix: str = "") -> None:
        """Makes an empty sheet, or reads one that was typed."""
        self.currency = currency
        self.amount_field = f"{prefix}{AMOUNT}"
        self.rows: list[Row] = []
        self.left_empty: list[Row] = []
        self.by_pieces = False
        self.amount = ""
        self.amount_error = ""
        self.counted: CountedAmount | None = None
        if typed is not None:
            self._read(typed)

    @property
    def has_errors(self) -> bool:
        """Whether the amount was not understood."""
        return bool(self.amount_error)

    @property
    def total(self) -> int:
        """What was counted, minor units; 0 while it is not known."""
        return self.counted.amount if self.counted else 0

    @property
    def hidden_fields(self) -> list[tuple[str, str]]:
        """Its field and what was typed in it."""
        return [(self.amount_field, self.amount)]

    def forgive(self) -> None:
        """Complains of nothing that was typed and not sent yet."""
        self.amount_error = ""

    def _read(self, typed: Mapping[str, str]) -> None:
        self.amount = typed.get(self.amount_field, "").strip()
        try:
            amount = amount_typed(self.amount, self.currency, field=self.amount_field)
            self.counted = CountedAmount(currency=self.currency, amount=amount)
        except InvalidInput as error:
            self.amount_error = error.errors[self.amount_field]


@dataclass(frozen=True, kw_only=True)
class Part:
    """What is counted of one currency and method. A part of which nothing was typed is not counted, which is not zero."""

    currency: str
    method: str
    name: str
    sheet: CountSheet | AmountSheet
    is_said: bool
    is_added: bool

    @property
    def pair(self) -> Pair:
        """Currency and method, as balances are keyed."""
        return Pair(self.currency, self.method)

    @property
    def key(self) -> str:
        """Its name in a hidden field."""
        return f"{self.currency}.{self.method}"

    @property
    def anchor(self) -> str:
        """Its id on the page."""
        return f"part-{prefix_of(self.pair)}".rstrip("-")

    @property
    def counted(self) -> CountedAmount | None:
        """What was counted of it; None where nothing was, or it is wrong."""
        return replace(self.sheet.counted, method=self.method) if self.sheet.counted is not None else None


class CountParts:
    """The parts of one count, in the order in which they are offered; those that the person added come last.

    A settlement offers what everybody knows (`settlements.screens.offered_parts`), a drawer the currencies that moved in it
    (`cashdesk.domain.session.foreign_cash`). None depends on what is expected (law 5).
    """

    def __init__(
        self,
        offered: Iterable[Pair],
        *,
        methods: Sequence[PaymentMethod] = (),
        typed: QueryDict | Mapping[str, str] | None = None,
        added: Iterable[Pair] = (),
        usual_of: Store | None = None,
    ) -> None:
        """Makes empty parts, or reads what was typed. `methods` are those that may be added; without any, cash alone.
        `added` are parts that the person has added before; `usual_of` is the store whose usual float is offered.
        """
        self.names = {CASH: _("cash")} | {method.code: method.name for method in methods if method.code != CASH}
        self.choices = [(code, name) for code, name in self.names.items()] if methods else []
        self.new_currency, self.new_method, self.new_error = "", CASH, ""
        self.newest: Part | None = None
        self._typed = _single_values(typed)
        self._usual = usual_of.usual_float if usual_of is not None else {}
        self._usual_currency = usual_of.currency if usual_of is not None else ""
        standing = list(dict.fromkeys(offered))
        told = self._typed.get(ADDED, "").splitlines()
        more = dict.fromkeys([*added, *(pair for pair in map(self._pair_of, told) if pair is not None)])
        self.parts = [self._part(pair) for pair in standing]
        self.parts += [self._part(pair, is_added=True) for pair in more if pair not in standing][:PARTS_MAX]
        if self.is_adding:
            self._add()

    def without_complaints(self) -> "CountParts":
        """Shows what was typed and not sent yet: nothing is complained of before it is."""
        for part in self.parts:
            part.sheet.forgive()
        return self

    @property
    def is_adding(self) -> bool:
        """Whether the form asks for one part more."""
        return bool(self._typed.get(NEW_CURRENCY, "").strip())

    @property
    def takes_usual(self) -> bool:
        """Whether the form asks for the usual float, to be checked before it is sent."""
        return any(isinstance(part.sheet, CountSheet) and part.sheet.takes_usual for part in self.parts)

    @property
    def counted(self) -> list[CountedAmount]:
        """What was counted, part by part."""
        return [part.counted for part in self.parts if part.counted is not None]

    @property
    def has_errors(self) -> bool:
        """Whether something was not understood."""
        return any(part.sheet.has_errors for part in self.parts)

    @property
    def is_ready(self) -> bool:
        """Whether something was counted and all of it was understood."""
        return bool(self.counted) and not self.has_errors

    @property
    def said(self) -> list[Part]:
        """The parts of which something was typed."""
        return [part for part in self.parts if part.is_said]

    @property
    def left_out(self) -> list[Part]:
        """The parts of which nothing was typed."""
        return [part for part in self.parts if not part.is_said]

    @property
    def hidden_fields(self) -> list[tuple[str, str]]:
        """The fields that carry the count from one step to the next, every digit as it was typed."""
        typed = [(name, text) for part in self.said for name, text in part.sheet.hidden_fields if text]
        return [(ADDED, self.added), *typed]

    @property
    def added(self) -> str:
        """The parts that the person added, as the hidden field names them."""
        return "\n".join(part.key for part in self.parts if part.is_added)

    def title_of(self, pair: Pair) -> str:
        """Returns what people call a pair: "EUR cash"."""
        currency, method = pair
        return f"{currency} {self.names.get(method, method)}"

    def _part(self, pair: Pair, *, is_added: bool = False) -> Part:
        currency, method = pair
        prefix = prefix_of(pair)
        # The box that shows more of a sheet says nothing of what lies in the drawer.
        words = {name: text for name, text in self._typed.items() if name.startswith(prefix) and text.strip()}
        is_said = bool(words.keys() - {f"{prefix}{FULLER}"})
        typed = self._typed if is_said else None
        sheet: CountSheet | AmountSheet
        if method == CASH:
            usual = self._usual if currency == self._usual_currency else None
            sheet = CountSheet(currency, typed, prefix=prefix, usual=usual)
            sheet.is_fuller = sheet.is_fuller or f"{prefix}{FULLER}" in words
        else:
            sheet = AmountSheet(currency, typed, prefix=prefix)
        name = self.names.get(method, method)
        return Part(currency=currency, method=method, name=name, sheet=sheet, is_said=is_said, is_added=is_added)

    def _pair_of(self, key: str) -> Pair | None:
        """Reads the name of a part; None for one that could never have been added."""
        currency, _dot, method = key.partition(".")
        return Pair(currency, method) if money.is_currency(currency) and method in self.names else None

    def _add(self) -> None:
        currency = self._typed[NEW_CURRENCY].strip().upper()
        method = self._typed.get(NEW_METHOD, CASH)
        there = next((part for part in self.parts if part.pair == (currency, method)), None)
        if not money.is_currency(currency):
            self.new_error = _("Enter a currency as three letters, such as USD.")
        elif method not in self.names:
            self.new_error = _("Choose a payment method from the list.")
        elif there is None and len(self.parts) >= PARTS_MAX:
            self.new_error = _("A count can have at most %(number)d parts.") % {"number": PARTS_MAX}
        else:
            self.newest = there or self._part(Pair(currency, method), is_added=True)
            self.parts += [] if there else [self.newest]
            return
        self.new_currency, self.new_method = self._typed[NEW_CURRENCY], method


def _single_values(typed: QueryDict | Mapping[str, str] | None) -> Mapping[str, str]:
    """Returns the last value of each field."""
    if isinstance(typed, QueryDict):
        return {name: str(typed[name]) for name in typed}
    return typed or {}


def prefix_of(pair: Pair) -> str:
    """Returns what the names of a part's fields begin with; no part's is the beginning of another's."""
    return "".join(f"{''.join(map(_plain, text))}-" for text in pair)


def _plain(sign: str) -> str:
    """A code may have any sign; an id on a page may not."""
    return sign.lower() if sign.isascii() and sign.isalnum() else f"_{ord(sign):x}_"
