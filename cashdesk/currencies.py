"""The decimals of every ISO 4217 currency, and the month in which ISO withdrew a code.

Amounts in the books are minor units, so a code must keep its decimals as long as the books are kept. Packages follow
ISO's current table and drop withdrawn codes. So this file lists the decimals of all codes; the `iso4217` package
only says which codes are current (docs/decisions/0026-withdrawn-currencies.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

import iso4217

_CURRENT: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
        2: """
            AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
            CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF
            IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
            MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP
            SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG
            YER ZAR ZMW ZWG
        """,
        3: "BHD IQD JOD KWD LYD OMR TND",
        4: "CLF UYW",
    }
)
"""ISO 4217 tables A.1 and A.2, as published on 2026-01-01: codes by number of decimals.

Codes without minor units (gold, XXX) are left out, because no drawer holds them.
"""

_WITHDRAWN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "2026-01": "BGN:2",
        "2025-07": "ANG:2",
        "2024-08": "ZWL:2",
        "2023-12": "SLL:2",
        "2023-01": "HRK:2",
        "2021-06": "CUC:2",
        "2018-08": "VEF:2",
        "2017-12": "MRO:2 STD:2",
        "2017-01": "BYR:0",
        "2014-12": "LTL:2",
        "2014-03": "USS:2",
        "2014-01": "LVL:2",
        "2012-12": "ZMK:2",
        "2011-01": "EEK:2",
        "2009-06": "ZWR:2",
        "2009-01": "SKK:2 TMM:2",
        "2008-08": "ZWD:2",
        "2008-01": "CYP:2 GHC:2 MTL:2 VEB:2",
        "2007-07": "SDD:2",
        "2007-06": "GHP:2",
        "2007-01": "SIT:2",
        "2006-10": "CSD:2",
        "2006-09": "ZWN:2",
        "2006-06": "MZM:2",
        "2005-12": "AZM:2 TRL:0",
        "2005-10": "AYM:2",
        "2005-06": "ROL:2",
        "2004-12": "MGF:0",
        "2004-11": "CHC:2",
        "2004-01": "RUR:2",
        "2003-12": "SRG:2",
        "2003-11": "BGL:2",
        "2003-07": "ADP:0 YUM:2",
        "2003-01": "AFA:2",
        "2002-11": "TPE:0",
        "2002-03": "ATS:2 BEF:0 DEM:2 ESP:0 FIM:2 FRF:2 GRD:0 IEP:2 ITL:0 LUF:0 NLG:2 PTE:0",
        "2001-04": "TJR:2",
        "2001-01": "BYB:0",
        "2000-09": "ECS:2 ECV:2",
        "2000-02": "AON:2 AOR:2",
        "1999-06": "ZRN:2",
        "1999-01": "XEU:2",
        "1998-06": "SDP:2",
        "1997-07": "BAD:2",
        "1997-05": "GWP:2",
        "1997-01": "PLZ:2",
        "1996-09": "UAK:2",
        "1995-11": "YUN:2",
        "1995-10": "GEK:2",
        "1995-03": "ZAL:2",
        "1995-01": "HRD:2",
        "1994-12": "ESB:0 LVR:2",
        "1994-07": "BRR:2",
        "1994-02": "ZRZ:2",
        "1993-07": "LTT:2",
        "1993-03": "BRE:2 CSK:2 UYP:2",
        "1993-01": "MXP:2",
        "1992-01": "ARA:2",
        "1991-09": "YDD:3",
        "1991-07": "PEI:2",
        "1991-03": "AOK:2",
        "1990-12": "ARY:2 BGJ:2 BGK:2 CSJ:2 ILR:2 ISJ:2 PEH:2 ROK:2 SUR:2 UGW:2 VNC:2",
        "1990-10": "NIC:2",
        "1990-09": "DDM:2",
        "1990-03": "BEC:0 BEL:0 BRN:2 LUC:0 LUL:0",
        "1990-02": "BUK:2",
        "1990-01": "YUD:2",
        "1989-12": "ALK:2 CNX:2 EQE:2 GNE:2 LAJ:2 MAF:2 MVQ:2 UYN:2 ZWC:2",
        "1989-02": "BRC:2",
        "1987-05": "UGS:2",
        "1987-02": "BOP:2",
        "1986-06": "GQE:2",
        "1986-03": "BRB:2",
        "1986-02": "GNS:2 PES:2",
        "1985-07": "ARP:2",
        "1985-05": "LSM:2",
        "1984-11": "MLF:2",
        "1983-06": "MTP:2",
        "1981-12": "ESA:0 GWE:2 ILP:2 MZE:2 RHD:2",
    }
)
"""ISO 4217 table A.3: codes with their decimals, by month of withdrawal (for a range of years, the last month).

Table A.3 does not give decimals. Codes that were current in 1999 or later have the minor units of that time, as the
Java platform keeps them. Earlier codes have the decimals of their successor or twin (BEC like BEF), otherwise two.
XFO, XFU and XRE had no minor units and are left out.
"""


@dataclass(frozen=True, slots=True)
class Published:
    """The codes of an ISO 4217 table and its publication date."""

    codes: frozenset[str]
    on: date


_published = Published(codes=frozenset(found.code for found in iso4217.Currency), on=iso4217.__published__)


def _withdrawn() -> dict[str, tuple[int, date]]:
    """Maps each withdrawn currency code to (decimals, first day on which the currency is no longer valid).

    ISO 4217 table A.3 gives only the month of withdrawal. The currency is valid until the end of that month, so the
    first day without it is the first of the next month.
    """
    found = {}
    for month, codes in _WITHDRAWN.items():
        year, number = divmod(int(month[:4]) * 12 + int(month[5:]), 12)
        for code, _colon, decimals in (entry.partition(":") for entry in codes.split()):
            found[code] = (int(decimals), date(year, number + 1, 1))
    return found


_WITHDRAWALS: Final[Mapping[str, tuple[int, date]]] = MappingProxyType(_withdrawn())

EXPONENTS: Final[Mapping[str, int]] = MappingProxyType(
    {code: exponent for code, (exponent, _day) in _WITHDRAWALS.items()}
    | {code: exponent for exponent, codes in _CURRENT.items() for code in codes.split()}
)
"""The number of decimals of each currency, current or withdrawn."""


def withdrawn_on(code: str) -> date | None:
    """Returns the first day on which ISO 4217 no longer lists the currency, or None for a current one.

    Table A.3 gives the day. A code that is neither in A.3 nor in the `iso4217` package counts as withdrawn on the day
    when the package's table was published.
    """
    if code in _WITHDRAWALS:
        return _WITHDRAWALS[code][1]
    return None if code in _published.codes else _published.on


def is_current(code: str, *, on: date) -> bool:
    """Whether the currency is known and ISO 4217 lists it on that day."""
    day = withdrawn_on(code)
    return code in EXPONENTS and (day is None or on < day)
