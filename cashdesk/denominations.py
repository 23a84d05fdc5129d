"""The notes and coins that a cashier can meet in a drawer, for each currency that we have data for.

A piece is listed when it is legal tender and still passes over a counter. A coin that the trade rounds away (the
Canadian cent, the Chilean peso, the Chinese fen) and a note that only the central bank still takes (2000 Indian rupees)
are left out. As of late 2026.

Coins are also counted in the rolls in which banks take and give them, notes in bundles of 100, which is what the trade
straps everywhere. Rolls are listed where one standard holds in the whole country: those of the Bundesbank (the same in
the euro area), the Federal Reserve, the Royal Canadian Mint, the Swiss National Bank and the Japanese banks, and the
coin bags of the British banks. Where there is none, or a shop packs its coins otherwise, they are told by their amount.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from types import MappingProxyType
from typing import Final, Literal

BUNDLE: Final = 100
"""Notes in a bundle."""


@dataclass(frozen=True, slots=True)
class Denomination:
    """One face value, in ISO 4217 minor units of its currency, and whether it is struck or printed.

    `packed` is how many pieces the usual pack holds, 0 where there is none, and `pack` what it is called.
    """

    value: int
    kind: Literal["note", "coin"]
    packed: int = 0
    pack: Literal["", "bundle", "roll", "bag"] = ""


def _pieces(
    *, notes: str, coins: str, exponent: int = 2, rolls: str = "", pack: Literal["roll", "bag"] = "roll"
) -> tuple[Denomination, ...]:
    """Return the pieces largest first, a note before a coin of its value.

    Faces are written as they read on the piece, in whole currency units; `exponent` is that of ISO 4217. `rolls` says how
    many pieces a roll of each coin holds, in the order of `coins`, with 0 for none.
    """

    def minor_units(face: str) -> int:
        # int() of the text refuses a face finer than the exponent allows, where int() of the Decimal would cut it off.
        return int(f"{Decimal(face).scaleb(exponent):f}")

    faces = coins.split()
    held = [int(number) for number in rolls.split()] or [0] * len(faces)
    printed = [Denomination(minor_units(face), "note", BUNDLE, "bundle") for face in notes.split()]
    struck = [
        Denomination(minor_units(face), "coin", number, pack if number else "")
        for face, number in zip(faces, held, strict=True)
    ]
    return tuple(sorted(printed + struck, key=attrgetter("value"), reverse=True))


DENOMINATIONS: Mapping[str, tuple[Denomination, ...]] = MappingProxyType(
    {
        "AED": _pieces(notes="1000 500 200 100 50 20 10 5", coins="1 0.50 0.25"),
        "ARS": _pieces(notes="20000 10000 2000 1000 500 200 100 50 20 10", coins="10 5 2 1"),
        "AUD": _pieces(notes="100 50 20 10 5", coins="2 1 0.50 0.20 0.10 0.05"),
        "BRL": _pieces(notes="200 100 50 20 10 5 2", coins="1 0.50 0.25 0.10 0.05"),
        "CAD": _pieces(notes="100 50 20 10 5", coins="2 1 0.50 0.25 0.10 0.05", rolls="25 25 0 40 50 40"),
        "CHF": _pieces(notes="1000 200 100 50 20 10", coins="5 2 1 0.50 0.20 0.10 0.05", rolls="25 50 50 50 50 50 50"),
        "CLP": _pieces(notes="20000 10000 5000 2000 1000", coins="500 100 50 10", exponent=0),
        "CNY": _pieces(notes="100 50 20 10 5 1 0.50 0.10", coins="1 0.50 0.10"),
        "COP": _pieces(notes="100000 50000 20000 10000 5000 2000 1000", coins="1000 500 200 100 50"),
        "CZK": _pieces(notes="5000 2000 1000 500 200 100", coins="50 20 10 5 2 1"),
        "DKK": _pieces(notes="500 200 100 50", coins="20 10 5 2 1 0.50"),
        "EUR": _pieces(
            notes="500 200 100 50 20 10 5", coins="2 1 0.50 0.20 0.10 0.05 0.02 0.01", rolls="25 25 40 40 40 50 50 50"
        ),
        "GBP": _pieces(
            notes="50 20 10 5", coins="2 1 0.50 0.20 0.10 0.05 0.02 0.01", rolls="10 20 20 50 50 100 50 100", pack="bag"
        ),
        "HKD": _pieces(notes="1000 500 100 50 20 10", coins="10 5 2 1 0.50 0.20 0.10"),
        "HUF": _pieces(notes="20000 10000 5000 2000 1000 500", coins="200 100 50 20 10 5"),
        "IDR": _pieces(notes="100000 50000 20000 10000 5000 2000 1000", coins="1000 500 200 100 50"),
        "ILS": _pieces(notes="200 100 50 20", coins="10 5 2 1 0.50 0.10"),
        "INR": _pieces(notes="500 200 100 50 20 10 5 2 1", coins="20 10 5 2 1 0.50"),
        "JPY": _pieces(notes="10000 5000 2000 1000", coins="500 100 50 10 5 1", exponent=0, rolls="50 50 50 50 50 50"),
        "KRW": _pieces(notes="50000 10000 5000 1000", coins="500 100 50 10", exponent=0),
        "MXN": _pieces(notes="1000 500 200 100 50 20", coins="20 10 5 2 1 0.50 0.20 0.10"),
        "MYR": _pieces(notes="100 50 20 10 5 1", coins="0.50 0.20 0.10 0.05"),
        "NOK": _pieces(notes="1000 500 200 100 50", coins="20 10 5 1"),
        "NZD": _pieces(notes="100 50 20 10 5", coins="2 1 0.50 0.20 0.10"),
        "PEN": _pieces(notes="200 100 50 20 10", coins="5 2 1 0.50 0.20 0.10"),
        "PHP": _pieces(notes="1000 500 200 100 50 20", coins="20 10 5 1 0.25 0.10 0.05 0.01"),
        "PLN": _pieces(notes="500 200 100 50 20 10", coins="5 2 1 0.50 0.20 0.10 0.05 0.02 0.01"),
        "RON": _pieces(notes="500 200 100 50 20 10 5 1", coins="0.50 0.10 0.05 0.01"),
        "SAR": _pieces(notes="500 200 100 50 20 10 5 1", coins="2 1 0.50 0.25 0.10 0.05 0.01"),
        "SEK": _pieces(notes="1000 500 200 100 50 20", coins="10 5 2 1"),
        "SGD": _pieces(notes="1000 100 50 10 5 2", coins="1 0.50 0.20 0.10 0.05"),
        "THB": _pieces(notes="1000 500 100 50 20", coins="10 5 2 1 0.50 0.25"),
        "TRY": _pieces(notes="200 100 50 20 10 5", coins="5 1 0.50 0.25 0.10 0.05 0.01"),
        "TWD": _pieces(notes="2000 1000 500 200 100", coins="50 20 10 5 1"),
        "USD": _pieces(notes="100 50 20 10 5 2 1", coins="1 0.50 0.25 0.10 0.05 0.01", rolls="25 20 40 50 40 50"),
        "VES": _pieces(notes="500 200 100 50 20 10 5", coins="1"),
        "ZAR": _pieces(notes="200 100 50 20 10", coins="5 2 1 0.50 0.20 0.10"),
    }
)


ROUNDED_TO: Mapping[str, int] = MappingProxyType(
    {"ARS": 10000, "CNY": 100, "IDR": 100000, "KRW": 100, "PHP": 100, "SAR": 100, "TRY": 100}
)
"""Minor units to which shops round cash, where that is coarse beside the smallest coin: 100 pesos, 1 yuan, 1000 rupiah."""


def denominations_of(currency: str) -> tuple[Denomination, ...]:
    """Return the pieces of `currency` (its ISO 4217 code), largest first, in minor units.

    The tuple is empty for a currency that we have no data for: its cash is then counted by amount.
    """
    return DENOMINATIONS.get(currency, ())


def cash_unit_of(currency: str, exponent: int) -> int:
    """Return the smallest cash unit of `currency` in minor units; `exponent` is its ISO 4217 exponent.

    The shifts API counts in whole numbers of this unit: 1 rupiah, 1 peso, 1 cent. ISO 4217 alone cannot tell it, since
    it gives the rupiah hundredths that no piece of money has. So where no piece is worth less than one whole unit of
    the currency, the cash unit is that whole unit; where a fractional piece circulates, and where we have no data, it
    is one minor unit.
    """
    whole_unit = 10**exponent
    pieces = denominations_of(currency)
    return whole_unit if pieces and pieces[-1].value >= whole_unit else 1
