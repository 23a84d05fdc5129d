"""How people of a place name their own currency beside an amount, and which currencies they write without decimals.

The data are those of CLDR 48 (https://cldr.unicode.org), for places where people speak the language and pay with the
currency. English also has the signs of places whose languages the pages do not speak. A pair that is missing here keeps
the code behind the amount (docs/decisions/0044-writing-amounts.md).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cashdesk.enums import Language

_DOLLARS: Final = "AUD BBD BMD BSD BZD CAD FJD GYD JMD KYD LRD NAD NZD SBD SGD TTD USD XCD"
_POUNDS: Final = "FKP GBP GIP SHP SSP"

WRITTEN: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        Language.ENGLISH: {
            **dict.fromkeys(_DOLLARS.split(), "$#"),
            **dict.fromkeys(_POUNDS.split(), "£#"),
            "AED": "AED #",
            "BIF": "FBu #",
            "BRL": "R$#",
            "BWP": "P #",
            "CHF": "CHF #",
            "CNY": "CN¥#",
            "DKK": "# kr.",
            "ERN": "Nfk #",
            "EUR": "€#",
            "GHS": "GH₵#",
            "GMD": "D #",
            "HKD": "HK$#",
            "IDR": "Rp #",
            "ILS": "₪#",
            "INR": "₹#",
            "JPY": "¥#",
            "KES": "Ksh #",
            "KRW": "₩#",
            "LSL": "LSL #",
            "MGA": "Ar #",
            "MOP": "MOP$#",
            "MUR": "Rs #",
            "MVR": "Rf #",
            "MWK": "MK #",
            "MYR": "RM #",
            "NGN": "₦#",
            "NOK": "# kr",
            "PGK": "K #",
            "PHP": "₱#",
            "PKR": "Rs #",
            "RWF": "RF #",
            "SCR": "SR #",
            "SDG": "SDG #",
            "SEK": "# kr",
            "SLE": "Le #",
            "SZL": "E #",
            "TOP": "T$#",
            "TWD": "NT$#",
            "TZS": "TSh #",
            "UGX": "USh #",
            "VND": "₫#",
            "VUV": "VT #",
            "WST": "WS$#",
            "XAF": "FCFA #",
            "XCG": "Cg. #",
            "ZAR": "R #",
            "ZMW": "K #",
            "ZWG": "ZWG #",
        },
        Language.SPANISH: {
            "ARS": "$ #",
            "BOB": "Bs #",
            "BZD": "$#",
            "CLP": "$#",
            "COP": "$ #",
            "CRC": "₡#",
            "CUP": "$#",
            "DOP": "RD$#",
            "EUR": "# €",
            "GTQ": "Q #",
            "HNL": "L #",
            "MXN": "$#",
            "NIO": "C$#",
            "PAB": "B/. #",
            "PEN": "S/ #",
            "PYG": "Gs. #",
            "USD": "$#",
            "UYU": "$ #",
            "VES": "Bs.S #",
        },
        Language.PORTUGUESE: {
            "AOA": "# Kz",
            "BRL": "R$ #",
            "EUR": "# €",
            "MOP": "# MOP$",
            "MZN": "# MTn",
            "STN": "# Db",
            "USD": "# US$",
            "XAF": "# FCFA",
        },
        Language.INDONESIAN: {"IDR": "Rp #"},
        Language.GERMAN: {"CHF": "CHF #", "EUR": "# €"},
    }
)
"""The pattern of an amount in a place's own currency, by language and currency. The figures replace "#"."""

_WRITTEN_IN_ZONE: Final[Mapping[tuple[str, str, str], str]] = MappingProxyType(
    {(Language.GERMAN, "EUR", "Europe/Vienna"): "€ #"}
)
"""Places that differ from others with the same language and currency."""

WITHOUT_DECIMALS: Final = frozenset(
    {
        *(
            "AFN",
            "ALL",
            "AMD",
            "COP",
            "CRC",
            "GYD",
            "HUF",
            "IDR",
            "IQD",
            "IRR",
            "KPW",
            "LAK",
            "LBP",
            "MGA",
            "MMK",
            "MNT",
        ),
        *("PKR", "SOS", "SYP", "TWD", "TZS", "UZS", "YER"),
    }
)
"""Currencies with decimals in ISO 4217 that shops write in whole units.

They are CLDR's currencies without decimals in cash. CZK, MUR, NOK, RSD and SEK are left out, although their cash has no
small coins: price tags and receipts there print decimals ("129,90"), and only the cash total is rounded.
"""


def written_in_place(language: str, currency: str, time_zone: str = "") -> str:
    """Returns how a place writes its own currency, with "#" for the figures: "# €". "" if people there write its code.

    Its spaces are no-break spaces.
    """
    written = _WRITTEN_IN_ZONE.get((language, currency, time_zone)) or WRITTEN[language].get(currency, "")
    return written.replace(" ", "\u00a0")
