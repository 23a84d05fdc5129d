"""The baskets as read: exact cents, whole days, and instants that keep their date."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.real_retail.source import TIME_ZONE, Basket, cents_of, days_by_store, dollars_of, read_baskets

EXTRACT = Path(__file__).parent / "extract" / "store-367-2017-06.csv"


def basket(at: datetime, store: str = "1", basket_id: str = "1") -> Basket:
    return Basket(basket_id=basket_id, store=store, at=at, total_cents=1)


def test_the_extract_is_one_busy_store_and_one_month() -> None:
    baskets = read_baskets(EXTRACT)
    (month,) = days_by_store(baskets, stores=None, days=None).values()

    assert (len(baskets), sum(basket.total_cents for basket in baskets)) == (387, 13_263_49)
    assert (len(month), month[0].day, month[-1].day) == (30, date(2017, 6, 1), date(2017, 6, 30))
    assert len({basket.basket_id for basket in baskets}) == 387


def test_the_busiest_stores_and_their_first_days_are_kept() -> None:
    days = [datetime(2017, 6, day, 12) for day in (3, 1, 2)]
    baskets = [basket(at, store) for store, count in (("quiet", 1), ("busy", 3), ("fair", 2)) for at in days[:count]]

    kept = days_by_store(baskets, stores=2, days=2)

    assert list(kept) == ["busy", "fair"]
    assert [trade.day.day for trade in kept["busy"]] == [1, 2]


def test_a_day_is_in_the_order_of_the_clock() -> None:
    late, early = datetime(2017, 6, 1, 23, 59), datetime(2017, 6, 1, 0, 0)

    ((trade,),) = days_by_store([basket(late), basket(early)], stores=None, days=None).values()

    assert [basket.at for basket in trade.baskets] == [early, late]


@pytest.mark.parametrize(
    ("clock", "instant"),
    [
        pytest.param(datetime(2017, 1, 1, 20, 30), datetime(2017, 1, 2, 1, 30, tzinfo=UTC), id="winter"),
        pytest.param(datetime(2017, 6, 1, 20, 30), datetime(2017, 6, 2, 0, 30, tzinfo=UTC), id="summer"),
        pytest.param(datetime(2017, 3, 12, 2, 30), datetime(2017, 3, 12, 7, 30, tzinfo=UTC), id="skipped hour"),
        pytest.param(datetime(2017, 11, 5, 1, 30), datetime(2017, 11, 5, 5, 30, tzinfo=UTC), id="repeated hour"),
    ],
)
def test_an_instant_keeps_the_date_of_the_shop(clock: datetime, instant: datetime) -> None:
    assert basket(clock).paid_at == instant
    assert instant.astimezone(ZoneInfo(TIME_ZONE)).date() == clock.date()


@pytest.mark.parametrize(
    ("dollars", "cents"), [("0.00", 0), ("0.01", 1), ("961.49", 96149), ("8.1", 810), ("150", 15000)]
)
def test_dollars_are_exact_cents(dollars: str, cents: int) -> None:
    assert cents_of(Decimal(dollars)) == cents
    assert dollars_of(cents) == Decimal(dollars)
    assert dollars_of(cents).as_tuple().exponent == -2


def test_a_fraction_of_a_cent_is_refused() -> None:
    with pytest.raises(ValueError, match="not whole cents"):
        cents_of(Decimal("1.005"))
