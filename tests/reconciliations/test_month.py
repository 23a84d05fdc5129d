"""A generated month of ten shops in five currencies: every expected amount equals the independent sum (paper.py)."""

from datetime import date, timedelta

import pytest

from cashdesk.domain.caller.principal import SYSTEM
from reconciliations import queries
from reconciliations.domain.expected_cash import expected_cash
from reconciliations.domain.proof import faults_of_store
from reconciliations.models import Reconciliation
from tests.lengths import length
from tests.reconciliations.month import DAYS_LATE, Shop, live, make_shops
from tests.reconciliations.paper import Paper

HAPPENED = {
    "open_session", "close_session", "force_close_session", "count_afterwards", "open_settlement", "close_settlement",
    "move_cash", "move_money", "reverse", "reversed late", "decide_payment", "close_business_day",
    "record_reconciliation", "without a register", "SALE APPROVED on_time", "SALE APPROVED late",
    "REFUND APPROVED on_time", "REFUND APPROVED late", "SALE PENDING none", "SALE REJECTED none", "handed over",
    "counted in", "counted in, a gap", "nobody came",
}  # fmt: skip
CLOCKS_CHANGE = {
    "America/New_York": date(2026, 3, 7),
    "Europe/Berlin": date(2026, 3, 28),
    "Asia/Jakarta": date(2026, 3, 30),
    "America/Sao_Paulo": date(2026, 3, 30),
    "America/Santiago": date(2026, 4, 3),
}
"""The day before; where they do not change, the end of a month."""


def assert_all_is_as_on_paper(shop: Shop, *, first: date, days: int) -> int:
    """Asserts this for each day, whole and per person. Returns the number of amounts that are not 0."""
    paper, found = Paper(shop.store), 0
    for number in range(-DAYS_LATE - 1, days + 2):
        on = first + timedelta(days=number)
        for operator in (None, *shop.people):
            told = expected_cash(store=shop.store, business_date=on, operator=operator)
            system = {currency: cash.system_cash for currency, cash in told.currencies.items() if cash.system_cash}
            assert system == paper.expected(on=on, operator=operator.pk if operator else None), (on, operator)
            found += len(system)
    return found


def assert_reconciliations_got_that(shop: Shop) -> None:
    """Asserts that each reconciliation recorded the expected amount of its time.

    Also asserts that this amount plus later money is the expected amount now.
    """
    paper = Paper(shop.store)
    rows = {row.pk: row for row in queries.reconciliations(by=SYSTEM, store=shop.store)}
    assert len(rows) == len(shop.posted) > 0
    for posted in shop.posted:
        row = rows[posted.pk]
        on, operator, currency = row.business_date, row.operator_id, row.currency
        then = paper.expected(
            on=on,
            operator=operator,
            last_movement=posted.last_movement,
            last_session=posted.last_session,
            last_seal=posted.last_seal,
        )
        assert row.system_amount == then.get(currency, 0)
        assert row.system_amount + row.late_amount == paper.expected(on=on, operator=operator).get(currency, 0)


def assert_time_goes_right(*, shops: int, first: dict[str, date], days: int, seed: int) -> None:
    made = make_shops(shops, seed=seed)
    happened: set[str] = set()
    moved_on = 0
    for shop in made:
        begin = first[shop.store.time_zone]
        live(shop, first=begin, days=days)
        assert assert_all_is_as_on_paper(shop, first=begin, days=days) > 2 * days
        assert_reconciliations_got_that(shop)
        before = list(Reconciliation.objects.filter(store=shop.store).order_by("pk").values())
        shop.aftermath(begin + timedelta(days=days - 1))
        assert assert_all_is_as_on_paper(shop, first=begin, days=days) > 2 * days
        assert_reconciliations_got_that(shop)
        assert list(Reconciliation.objects.filter(store=shop.store).order_by("pk").values()) == before
        assert list(faults_of_store(shop.store)) == []
        moved_on += sum(1 for row in queries.reconciliations(by=SYSTEM, store=shop.store) if row.late_amount)
        happened |= {name for name, times in shop.done.items() if times}
    assert HAPPENED - happened == set()
    assert moved_on > shops


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.timeout(400)
def test_days_over_the_change_of_the_clocks() -> None:
    """Five shops trade for four days. The short form has only the three shops whose clocks change, until the day of the change."""
    shops, days = length(short=3, long=5), length(short=2, long=4)
    # Each form needs a seed with which everything happens in it.
    assert_time_goes_right(shops=shops, first=CLOCKS_CHANGE, days=days, seed=length(short=2, long=1))


@pytest.mark.storm
@pytest.mark.timeout(1800)
@pytest.mark.django_db
@pytest.mark.parametrize("seed", [2])
def test_a_month_of_ten_shops(seed: int) -> None:
    """The month includes the changes of the clocks in New York, Berlin and Santiago."""
    assert_time_goes_right(shops=10, first=dict.fromkeys(CLOCKS_CHANGE, date(2026, 3, 7)), days=31, seed=seed)
