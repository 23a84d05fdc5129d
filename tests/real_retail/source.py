"""The baskets of the chain, read from the one table that the run is later compared with.

The kept extract and the whole year are the same kind of CSV file (``make_extract`` writes both), so the short run of
the suite reads its baskets exactly as the long one does.
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
    """One sale: ``at`` is the shop's wall clock without a zone, ``total_cents`` what the customer paid."""

    basket_id: str
    store: str
    at: datetime
    total_cents: int

    @property
    def paid_at(self) -> datetime:
        """The instant in UTC.

        A clock reading skipped by the change to summer time counts on in standard time and one that occurs twice means
        the first: either way a basket keeps the date that its source gives it.
        """
        return self.at.replace(tzinfo=ZoneInfo(TIME_ZONE)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class StoreDay:
    """What one store sold on one of its days, in the order of the clock."""

    store: str
    day: date
    baskets: tuple[Basket, ...]


def cents_of(dollars: Decimal) -> int:
    """Whole cents; a fraction of a cent is an error, since no till takes one and rounding would hide it."""
    cents = dollars * CENTS_IN_A_DOLLAR
    if cents != int(cents):
        raise ValueError(f"{dollars} dollars are not whole cents")
    return int(cents)


def dollars_of(cents: int) -> Decimal:
    """Dollars with two decimals, exactly."""
    return Decimal(cents).scaleb(-2)


def read_baskets(path: Path) -> list[Basket]:
    """Every basket of the file, in its order."""
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
    """Each store's trading days in order, each day's baskets in the order of the clock.

    ``stores`` keeps the busiest so many and ``days`` the first so many trading days of each; ``None`` keeps all. The
    busiest store comes first, so that the longest queue of days is not started last.
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
