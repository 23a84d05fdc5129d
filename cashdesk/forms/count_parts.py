"""A count of several currencies and payment methods. Each pair of currency and method is a part with its own sheet."""

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
"""The hidden field with the parts that the person added, one per line, such as USD.CASH."""
NEW_CURRENCY: Final = "new-currency"
NEW_METHOD: Final = "new-method"
PARTS_MAX: Final = 24


class AmountSheet:
    """A sheet with a single amount, for payment methods other than cash.

    It has the same attributes as `CountSheet`, so that one template shows both.
    """

    def __init__(self, currency: str, typed: Mapping[str, str] | None = None, *, prefix: str = "") -> None:
        """Creates an empty sheet, or parses the typed fields."""
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
        """Whether the amount is invalid."""
        return bool(self.amount_error)

    @property
    def total(self) -> int:
        """The counted amount in minor units; 0 while it is unknown."""
        return self.counted.amount if self.counted else 0

    @property
    def hidden_fields(self) -> list[tuple[str, str]]:
        """The name of the field and the typed text."""
        return [(self.amount_field, self.amount)]

    def forgive(self) -> None:
        """Removes the errors, for input that was restored from a draft."""
        self.amount_error = ""

    def _read(self, typed: Mapping[str, str]) -> None:
        self.amount = typed.get(self.amount_field, "").strip()
        try:
            amount = amount_typed(self.amount, self.currency, field=self.amount_field)
            self.counted = CountedAmount(currency=self.currency, amount=amount)
        except InvalidInput as error:
            self.amount_error = error.on_pages[self.amount_field]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One currency and method of a count.

    A part without input is not counted, which is different from a count of zero. `is_said` is set if something was
    typed.
    """

    currency: str
    method: str
    name: str
    sheet: CountSheet | AmountSheet
    is_said: bool
    is_added: bool

    @property
    def pair(self) -> Pair:
        """The pair of currency and method, which is also the key of balances."""
        return Pair(self.currency, self.method)

    @property
    def key(self) -> str:
        """The name of the part in the hidden field ADDED, such as USD.CASH."""
        return f"{self.currency}.{self.method}"

    @property
    def anchor(self) -> str:
        """The HTML id of the part."""
        return f"part-{prefix_of(self.pair)}".rstrip("-")

    @property
    def counted(self) -> CountedAmount | None:
        """The counted amount, or None if nothing was typed or the input is wrong."""
        return replace(self.sheet.counted, method=self.method) if self.sheet.counted is not None else None


class CountParts:
    """The parts of one count, in the order of the page. Parts that the person added come last.

    The page of a settlement offers parts that reveal no secret (`settlements.screens.offered_parts`). The page of a drawer
    offers the currencies that moved in the drawer (`cashdesk.domain.session.foreign_cash`). No part depends on an expected
    amount (law 5).
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
        """Creates empty parts, or parses the typed fields.

        `methods` are the payment methods that the person may add. If it is empty, they may add only cash. `added` are parts
        that the person added before. `usual_of` is the store whose usual float the page offers.
        """
        self.names = {CASH: _("cash")} | {method.code: method.name for method in methods if method.code != CASH}
        self.choices = [(code, name) for code, name in self.names.items()] if methods else []
        self.new_currency, self.new_method, self.new_error = "", CASH, ""
        self.newest: Part | None = None
        self._typed = _single_values(typed)
        self._usual = usual_of.usual_float if usual_of is not None else {}
        self._usual_amount = usual_of.float_minor if usual_of is not None else 0
        self._usual_currency = usual_of.currency if usual_of is not None else ""
        standing = list(dict.fromkeys(offered))
        told = self._typed.get(ADDED, "").splitlines()
        more = dict.fromkeys([*added, *(pair for pair in map(self._pair_of, told) if pair is not None)])
        self.parts = [self._part(pair) for pair in standing]
        self.parts += [self._part(pair, is_added=True) for pair in more if pair not in standing][:PARTS_MAX]
        if self.is_adding:
            self._add()

    def without_complaints(self) -> "CountParts":
        """Removes all errors, for input that was restored from a draft."""
        for part in self.parts:
            part.sheet.forgive()
        return self

    @property
    def is_adding(self) -> bool:
        """Whether the form asks to add a part."""
        return bool(self._typed.get(NEW_CURRENCY, "").strip())

    @property
    def takes_usual(self) -> bool:
        """Whether the person pressed the button that fills in the usual float. They check it before they send the form."""
        return any(isinstance(part.sheet, CountSheet) and part.sheet.takes_usual for part in self.parts)

    @property
    def counted(self) -> list[CountedAmount]:
        """The counted amounts, without the parts that are empty or wrong."""
        return [part.counted for part in self.parts if part.counted is not None]

    @property
    def has_errors(self) -> bool:
        """Whether a part has an error."""
        return any(part.sheet.has_errors for part in self.parts)

    @property
    def is_ready(self) -> bool:
        """Whether at least one part was counted and no part has an error."""
        return bool(self.counted) and not self.has_errors

    @property
    def said(self) -> list[Part]:
        """The parts with input."""
        return [part for part in self.parts if part.is_said]

    @property
    def left_out(self) -> list[Part]:
        """The parts without input."""
        return [part for part in self.parts if not part.is_said]

    @property
    def hidden_fields(self) -> list[tuple[str, str]]:
        """The fields that carry the count to the next step, as typed."""
        typed = [(name, text) for part in self.said for name, text in part.sheet.hidden_fields if text]
        return [(ADDED, self.added), *typed]

    @property
    def added(self) -> str:
        """The value of the hidden field ADDED."""
        return "\n".join(part.key for part in self.parts if part.is_added)

    def title_of(self, pair: Pair) -> str:
        """Returns the name of a pair on the page, such as "EUR cash"."""
        currency, method = pair
        return f"{currency} {self.names.get(method, method)}"

    def _part(self, pair: Pair, *, is_added: bool = False) -> Part:
        currency, method = pair
        prefix = prefix_of(pair)
        # The checkbox for the larger sheet does not count as input, because it says nothing about the cash.
        words = {name: text for name, text in self._typed.items() if name.startswith(prefix) and text.strip()}
        is_said = bool(words.keys() - {f"{prefix}{FULLER}"})
        typed = self._typed if is_said else None
        sheet: CountSheet | AmountSheet
        if method == CASH:
            is_usual = currency == self._usual_currency
            usual, amount = (self._usual, self._usual_amount) if is_usual else (None, 0)
            sheet = CountSheet(currency, typed, prefix=prefix, usual=usual, usual_amount=amount)
            sheet.is_fuller = sheet.is_fuller or f"{prefix}{FULLER}" in words
        else:
            sheet = AmountSheet(currency, typed, prefix=prefix)
        name = self.names.get(method, method)
        return Part(currency=currency, method=method, name=name, sheet=sheet, is_said=is_said, is_added=is_added)

    def _pair_of(self, key: str) -> Pair | None:
        """Returns the pair for a key such as "EUR.CASH", or None for an unknown currency or method."""
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
    if isinstance(typed, QueryDict):
        return {name: str(typed[name]) for name in typed}
    return typed or {}


def prefix_of(pair: Pair) -> str:
    """Returns the prefix of a part's field names. No prefix is the start of another prefix."""
    return "".join(f"{''.join(map(_plain, text))}-" for text in pair)


def _plain(sign: str) -> str:
    """Escapes a character. A method code may contain any character, but an HTML id may not."""
    return sign.lower() if sign.isascii() and sign.isalnum() else f"_{ord(sign):x}_"
