"""Reads the chain's baskets from the table with which the run is later compared.

The extract and the whole year are the same kind of CSV file (``make_extract`` writes both). So the short run of the
suite reads its baskets exactly as the long run does.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

TIME_ZONE = "America/New_York"
COLUMNS = ("store_id", "basket_id", "transaction_timestamp", "total")
CENTS_IN_A_DOLLAR = 100


@dataclass(frozen=True, slots=True)
class Basket:
    """A sale. ``at`` is the shop's local time without a zone, and ``total_cents`` the amount that the customer paid."""

    basket_id: str
    store: str
    at: datetime
    total_cents: int

    @property
    def paid_at(self) -> datetime:
        """Returns the instant in UTC.

        A time that the change to summer time skips is read as standard time. A time that occurs twice means the first.
        So a basket always keeps the date of its source.
        """
        return self.at.replace(tzinfo=ZoneInfo(TIME_ZONE)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class StoreDay:
    """The baskets of a store on one day, by time."""

    store: str
    day: date
    baskets: tuple[Basket, ...]


def cents_of(dollars: Decimal) -> int:
    """Returns whole cents. A fraction of a cent is an error, because no till takes one and rounding would hide it."""
    cents = dollars * CENTS_IN_A_DOLLAR
    if cents != int(cents):
        raise ValueError(f"{dollars} dollars are not whole cents")
    return int(cents)


def dollars_of(cents: int) -> Decimal:
    """Returns dollars with exactly two decimals."""
    return Decimal(cents).scaleb(-2)


def read_baskets(path: Path) -> list[Basket]:
    """Yields every basket of the file, in its order."""
    with path.open(newline="", encoding="utf-8") as table:
        return [
            Basket(
                basket_id=row["basket_id"],
                store=row["store_id"],
                at=datetime.fromisoformat(row["transaction_timestamp"]),
                total_cents=cents_of(Decimal(row["total"])),
            )
            for row in csv.DictReader(table)
        ]


def days_by_store(
    baskets: Sequence[Basket], *, stores: int | None, days: int | None
) -> Mapping[str, tuple[StoreDay, ...]]:
    """Returns the trading days of each store in order, with the baskets of each day by time.

    ``stores`` limits the number of stores (the busiest first) and ``days`` the number of days of each; ``None`` means
    all. The busiest store comes first, so that its long queue starts first.
    """
    busiest = [store for store, _ in Counter(basket.store for basket in baskets).most_common(stores)]
    traded: dict[str, dict[date, list[Basket]]] = {store: defaultdict(list) for store in busiest}
    for basket in baskets:
        if basket.store in traded:
            traded[basket.store][basket.at.date()].append(basket)
    return {
        store: tuple(
            StoreDay(store, day, tuple(sorted(on_day, key=lambda basket: (basket.at, basket.basket_id))))
            for day, on_day in sorted(by_day.items())[:days]
        )
        for store, by_day in traded.items()
    }
