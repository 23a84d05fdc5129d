"""The notes and coins that a cashier can find in a drawer, for each currency with known data, as of late 2026.

A piece is listed if it is legal tender and shops still use it. The list leaves out coins that shops avoid by rounding:
the Canadian cent, the Chilean peso, the Chinese fen. It also leaves out notes that only the central bank accepts (2000
Indian rupees).

Coins are also counted in bank rolls, and notes in bundles of 100, which is the standard everywhere. Rolls are listed if
one standard applies in the whole country. The standards are those of Bundesbank (the same in the euro area), Federal
Reserve, Royal Canadian Mint, Swiss National Bank, the Japanese banks, and the coin bags of the British banks. In other
countries, and if a shop packs its coins differently, people enter rolls by amount.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from types import MappingProxyType
from typing import Final, Literal

BUNDLE: Final = 100
"""The number of notes in a bundle."""


@dataclass(frozen=True, slots=True)
class Denomination:
    """A note or a coin, with its face value in minor units.

    `packed` is the number of pieces in the usual pack, or 0 if there is no usual pack. `pack` is the name of that pack.
    """

    value: int
    kind: Literal["note", "coin"]
    packed: int = 0
    pack: Literal["", "bundle", "roll", "bag"] = ""


def _pieces(
    *, notes: str, coins: str, exponent: int = 2, rolls: str = "", pack: Literal["roll", "bag"] = "roll"
) -> tuple[Denomination, ...]:
    """Returns the notes and coins, largest first. A note comes before a coin of the same value.

    `notes` and `coins` are face values in currency units, as printed on the piece. `exponent` is the currency's
    number of decimals. `rolls` gives the pieces per roll for each coin, in the order of `coins`; 0 means no roll.
    """

    def minor_units(face: str) -> int:
        # int() of text fails on a face value with too many decimals; int() of a Decimal would silently drop them.
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
"""The unit to which shops round cash, in minor units, for currencies where it is far above the smallest coin."""


def denominations_of(currency: str) -> tuple[Denomination, ...]:
    """Returns the notes and coins of a currency, largest first, in minor units.

    The tuple is empty for a currency without data. People then count its cash as one amount.
    """
    return DENOMINATIONS.get(currency, ())


def cash_unit_of(currency: str, exponent: int) -> int:
    """Returns the smallest cash unit of `currency` in minor units; `exponent` is its number of decimals.

    The shifts API counts in whole numbers of this unit: 1 rupiah, 1 peso, 1 cent. ISO 4217 alone is not enough: the
    rupiah has two decimals there, but no piece is worth less than a rupiah. So the cash unit is one whole unit if
    every piece is worth at least that. It is one minor unit if smaller pieces are used, or if there is no data.
    """
    whole_unit = 10**exponent
    pieces = denominations_of(currency)
    return whole_unit if pieces and pieces[-1].value >= whole_unit else 1
