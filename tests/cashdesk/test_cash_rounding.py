"""Cash rounding is accepted for every currency, for sales and refunds, and shown separately from the billed amount."""

from typing import Any

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import added_up, book_of, moved_by_kind
from cashdesk.domain.ledger.ledger import reverse
from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.domain.payment.payment_report import checked
from cashdesk.enums import MovementKind, PlaceKind, ReportLine
from cashdesk.errors import InvalidInput
from cashdesk.models import Movement
from tests.cashdesk.desk import NOON, minutes, open_drawer, pay, report_of
from tests.stories import Cast


@pytest.mark.parametrize(
    ("currency", "amount", "tendered", "change"),
    [
        ("LBP", 8_735_000, 10_000_000, 1_300_000), ("LBP", 135_000, 100_000, 0), ("UAH", 12_324, 12_300, None), ("UAH", 20, 0, 0),
        ("TZS", 123_400, 120_000, 0), ("VND", 12_345, 12_000, 0), ("VND", 499, 0, 0), ("RUB", 99_99, 99_00, 0),
        ("NGN", 12_37, 10_00, 0), ("PYG", 12_349, 12_300, 0), ("CRC", 1_004_99, 1_000_00, 0), ("IRR", 1_234_567_00, 1_230_000_00, 0),
        ("KWD", 1_003, 1_000, 0), ("CHF", 10_07, 10_05, 0), ("SEK", 99_49, 99_00, 0), ("NOK", 99_49, 100_00, 1_00),
        ("DKK", 10_24, 10_00, 0), ("CAD", 10_02, 10_00, 0), ("AUD", 10_02, 10_00, 0), ("NZD", 10_05, 10_00, 0),
        ("HUF", 1_002_00, 1_000_00, 0), ("CZK", 10_49, 10_00, 0), ("EUR", 10_02, 10_00, 0), ("EUR", 10_03, 10_05, 0),
        ("ARS", 87_350_00, 87_300_00, 0), ("IDR", 12_345_00, 12_000_00, 0), ("CNY", 10_70, 10_00, 0), ("USD", 10_02, 10_00, 0),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["SALE", "REFUND"])
def test_what_shops_round_to_is_taken_both_ways(
    currency: str, amount: int, tendered: int, change: int | None, kind: Any
) -> None:
    if kind == "REFUND":
        tendered, change = tendered - (change or 0), None
    report = report_of(amount, currency=currency, tendered=tendered, change=change, type=kind)
    assert checked(report, at=NOON) is report


@pytest.mark.parametrize(
    ("currency", "amount", "tendered"),
    [("EUR", 10_00, 9_94), ("CHF", 10_00, 9_74), ("JPY", 1_000, 994), ("LBP", 100_000_00, 80_000_00), ("KWD", 10_000_000, 1)],
)  # fmt: skip
def test_what_no_rounding_explains_is_refused(currency: str, amount: int, tendered: int) -> None:
    for fields in (
        {"tendered": tendered},
        {"tendered": tendered, "change": 0},
        {"tendered": tendered, "type": "REFUND"},
    ):
        assert isinstance(checked(report_of(amount, currency=currency, **fields), at=NOON), InvalidInput), fields
    paid_out = 2 * amount - tendered
    assert isinstance(
        checked(report_of(amount, currency=currency, tendered=paid_out, type="REFUND"), at=NOON), InvalidInput
    )


def lines(place: Any) -> dict[str, tuple[int, int, int]]:
    """Returns (count, in, out) by kind."""
    return {line.kind: (line.count, line.came_in, line.went_out) for line in moved_by_kind(place=place, after=0)}


def test_rounding_is_a_line_of_its_own_and_the_lines_add_up(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    pay(session, 10_02, tendered=10_00, change=0)
    pay(session, 10_03, tendered=20_00, change=9_95)
    pay(session, 5_00)
    pay(session, 198, tendered=200, type="REFUND")
    pay(session, 7_02, tendered=7_00, change=0, method="CARD")
    register = cast.place(PlaceKind.REGISTER, 1)
    found = moved_by_kind(place=register, after=0)
    assert [(line.kind, line.method) for line in found] == [
        (MovementKind.SALE, "CARD"), (ReportLine.ROUNDING, "CARD"),
        (MovementKind.SALE, "CASH"), (MovementKind.REFUND, "CASH"), (ReportLine.ROUNDING, "CASH"),
    ]  # fmt: skip
    cash = {line.kind: (line.count, line.came_in, line.went_out) for line in found if line.method == "CASH"}
    assert cash == {"SALE": (3, 25_05, 0), "REFUND": (1, 0, 198), "ROUNDING": (3, 0, 2)}
    assert added_up(found) == book_of(register).balances
    assert cast.book(PlaceKind.REGISTER, 1) == 10_00 + 10_05 + 5_00 - 2_00
    assert list(faults_of_store(cast.store)) == []


def test_where_nothing_was_rounded_there_is_no_line(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100, station=1)
    pay(session, 10_00, tendered=20_00, change=10_00)
    assert set(lines(session.register)) == {"FLOAT", "SALE"}


def test_a_reversed_sale_takes_its_rounding_back(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    sale = pay(session, 10_02, tendered=10_00, change=0)
    reverse(movement=Movement.objects.get(payment=sale), by=Principal(user=cast.erika), at=minutes(1), reason="wrong")
    assert lines(session.register) == {"SALE": (2, 10_02, 10_02), "ROUNDING": (2, -2, -2)}
    assert cast.book(PlaceKind.REGISTER, 1) == 0
