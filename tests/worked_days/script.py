"""Reads a worked day: a story in words, with tables of its events and of the balances after every step."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from cashdesk.enums import CASH, PlaceKind
from cashdesk.money import parse_units
from cashdesk.pair import Pair

FOLDER: Final = Path(__file__).parent
PLACES: Final = {
    "bank": (PlaceKind.BANK, 0),
    "clearing": (PlaceKind.CLEARING, 0),
    "vault": (PlaceKind.VAULT, 0),
    "register 1": (PlaceKind.REGISTER, 1),
    "register 2": (PlaceKind.REGISTER, 2),
    "over/short": (PlaceKind.OVER_SHORT, 0),
    "customers": (PlaceKind.CUSTOMERS, 0),
    "outside": (PlaceKind.OUTSIDE, 0),
    "opening": (PlaceKind.OPENING, 0),
}
BESIDE_PLACES: Final = ("time", "who", "what happens", "amount", "business day")

Row = dict[str, str]
"""Currency and method."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One row of "What happens": who did what at which time, and then the balance of every place in minor units.

    The row holds the cash in the shop's currency. Every other pair has its own table, "time, in USD" or "time, by
    CARD", with a row for each step that moves it.
    """

    at: datetime
    who: str
    act: str
    amount: str
    business_day: str
    balances: dict[tuple[PlaceKind, int, Pair], int]

    def __str__(self) -> str:
        return f"{self.at:%H:%M} {self.who} {self.act} {self.amount}"


@dataclass(frozen=True, kw_only=True)
class Day:
    """A whole file."""

    currency: str
    time_zone: str
    cut_off_hour: int
    steps: list[Step]
    results: list[Row]
    settlements: list[Row]
    reconciliations: list[Row]
    variances: list[Row]
    lets_pass: int
    second_limit: int | None
    counted_by_hand: tuple[str, ...]


def read_day(path: Path) -> Day:
    """Returns the day in a file."""
    tables = read_tables(path.read_text(encoding="utf-8"))
    shop = {row["the shop"]: row[""] for row in tables["the shop"]}
    zone = ZoneInfo(shop["time zone"])
    steps, clock = [], datetime.combine(date.fromisoformat(shop["date"]), time.min)
    others = {title: {row[title]: row for row in rows} for title, rows in tables.items() if title.startswith("time, ")}
    beside: dict[tuple[PlaceKind, int, Pair], int] = {}
    for row in tables["time"]:
        told = datetime.combine(clock.date(), time.fromisoformat(row["time"]))
        # A time before that of the row above is after midnight.
        clock = told if told >= clock else told + timedelta(days=1)
        for title, rows in others.items():
            if row["time"] in rows:
                beside |= _balances(rows[row["time"]], pair=_pair_of(title, shop["currency"]))
        steps.append(_step(row, at=clock.replace(tzinfo=zone), currency=shop["currency"], beside=beside))
    above = shop.get("an admin decides above", "")
    return Day(
        currency=shop["currency"],
        time_zone=shop["time zone"],
        cut_off_hour=int(shop["a business day begins at"].partition(":")[0]),
        steps=steps,
        results=tables.get("cashier", []),
        settlements=tables.get("settlement", []),
        reconciliations=tables.get("declaration", []),
        variances=tables.get("whose", []),
        lets_pass=minor(shop.get("lets pass", "0"), shop["currency"]),
        second_limit=minor(above, shop["currency"]) if above else None,
        counted_by_hand=tuple(filter(None, [shop.get("also counted by hand", "")])),
    )


def read_tables(text: str) -> dict[str, list[Row]]:
    """Returns the tables of a Markdown text by the title of their first column."""
    tables: dict[str, list[Row]] = {}
    titles: list[str] = []
    for line in text.splitlines():
        if not line.startswith("|"):
            titles = []
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not titles:
            titles = cells
            tables[titles[0]] = []
        elif set("".join(cells)) - set("-: "):
            assert len(cells) == len(titles), f"this row has another number of columns: {line}"
            tables[titles[0]].append(dict(zip(titles, cells, strict=True)))
    return tables


def minor(text: str, currency: str) -> int:
    """Returns the minor units of an amount in a file, such as "-150.00" or "1500"."""
    sign = -1 if text.startswith("-") else 1
    return sign * parse_units(Decimal(text.removeprefix("-")), currency, field=text)


def amounts(text: str, currency: str) -> dict[Pair, int]:
    """Returns the amounts of a cell in minor units, such as "164.00 + 69.00 USD + 85.00 CARD". Cash of the shop by
    default.
    """
    found = {}
    for part in filter(None, text.split(" + ")):
        number, _space, name = part.partition(" ")
        pair = _pair(name, currency)
        found[pair] = minor(number, pair[0])
    return found


def _pair(name: str, currency: str) -> Pair:
    """Returns the pair of a name: three letters are a currency, a longer name is a method."""
    if not name:
        return Pair(currency, CASH)
    return Pair(name, CASH) if len(name) == 3 else Pair(currency, name)


def _pair_of(title: str, currency: str) -> Pair:
    return _pair(title.rsplit(" ", maxsplit=1)[-1], currency)


def _balances(row: Row, *, pair: Pair) -> dict[tuple[PlaceKind, int, Pair], int]:
    places = [title for title in row if title in PLACES]
    return {(*PLACES[title], pair): minor(row[title], pair[0]) for title in places}


def _step(row: Row, *, at: datetime, currency: str, beside: dict[tuple[PlaceKind, int, Pair], int]) -> Step:
    assert set(row) <= {*PLACES, *BESIDE_PLACES}, f"a column that is none: {row}"
    return Step(
        at=at,
        who=row["who"],
        act=row["what happens"],
        amount=row["amount"],
        business_day=row.get("business day", ""),
        balances={**beside, **_balances(row, pair=(currency, CASH))},
    )
