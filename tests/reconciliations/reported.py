"""Two business days of the cast's shop with their store-day reports, and another way to their figures.

The other way reads the exported movements as a spreadsheet does. It shares no code with the reports.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import MovementKind, PaymentType
from reconciliations.domain.business_day_close import close_business_day
from reconciliations.models import StoreDayReport
from settlements.domain.deposit import prepare_deposit
from settlements.domain.no_sale import note_no_sale
from settlements.models import Settlement
from tests.cashdesk.desk import NOON, close_drawer, minutes, move, open_drawer, pay, sell
from tests.reconciliations.exporting import exported
from tests.settlements.reporting import Day, found
from tests.stories import Cast

DAY: Final = date(2026, 3, 10)
NEXT: Final = DAY + timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Week:
    """The cast, and the reports of two days."""

    cast: Cast
    first: StoreDayReport
    second: StoreDayReport


def make_week(cast: Cast) -> Week:
    """Plays two days: on the first everything is counted, on the second nobody counts Carla's drawer."""
    shop = Day(cast)
    vault = shop.open_vault(200_000)
    carla = open_drawer(cast.carla, 20_000, station=1)
    sell(carla, 121_235)
    pay(carla, 45_000, method="CARD")
    pay(carla, 2_400, type=PaymentType.REFUND)
    move(carla, MovementKind.PAID_OUT, 1_890)
    move(carla, MovementKind.DROP, 70_000)
    note_no_sale(store=cast.store, station=1, by=Principal(user=cast.erika), at=minutes(1), reason="change")
    close_drawer(carla, 66_825, at=minutes(10))
    bruno = open_drawer(cast.bruno, 15_000, station=2, at=minutes(2))
    sell(bruno, 10_820, at=minutes(3))
    pay(bruno, 8_500, method="VOUCHER", at=minutes(3))
    close_drawer(bruno, 25_870, at=minutes(20))
    by = Principal(user=cast.erika)
    prepare_deposit(store=cast.store, amount=90_000, currency="EUR", bag_number="0418", by=by, at=minutes(30))
    shop.now = minutes(40)
    fresh = Settlement.objects.get(pk=vault.pk)
    shop.close(fresh, found(200_000 - 35_000 + 70_000 + 66_825 + 25_870 - 90_000))
    first = close_day(cast, DAY)
    carla = open_drawer(cast.carla, 20_000, station=1, at=minutes(24 * 60))
    sell(carla, 4_711, at=minutes(24 * 60 + 1))
    pay(carla, 1_300, method="CARD", at=minutes(24 * 60 + 1))
    bruno = open_drawer(cast.bruno, 15_000, station=2, at=minutes(24 * 60))
    sell(bruno, 2_500, at=minutes(24 * 60 + 2))
    close_drawer(bruno, 17_500, at=minutes(24 * 60 + 3))
    return Week(cast=cast, first=first, second=close_day(cast, NEXT))


def close_day(cast: Cast, on: date) -> StoreDayReport:
    """Closes a business day in the evening and returns its report."""
    at = NOON + (on - DAY) + timedelta(hours=8)
    return close_business_day(store=cast.store, on=on, by=Principal(user=cast.erika), at=at).day.report


def added(cast: Cast, on: date) -> dict[tuple[str, str, str], Decimal]:
    """Adds up the exported movements of a day: the money by kind, method and direction, seen from the registers.

    The keys are (kind, method, station). A movement out of a register counts negative.
    """
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    rows: Iterable[dict[str, str]] = exported(cast.erika, first=on.isoformat(), last=on.isoformat())
    for row in rows:
        for end, sign in (("destination", 1), ("source", -1)):
            if row[end] == "REGISTER":
                sums[row["kind"], row["method"], row[f"{end}_station"]] += sign * Decimal(row["amount"])
    return sums
