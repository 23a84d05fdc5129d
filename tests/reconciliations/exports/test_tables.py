"""The exact content of the exported tables."""

import csv
import io
import re
from datetime import timedelta

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import MovementKind, PaymentType, Reason
from cashdesk.models import Movement, Variance
from reconciliations.domain.repayment import repay_variance
from reconciliations.domain.variance_acts import approve_variance, explain_variance
from reconciliations.enums import FileFormat
from reconciliations.exports.tables import TABLES
from settlements.domain.reversal_by_manager import reverse_movement
from tests.cashdesk.desk import NOON, close_drawer, force_close, minutes, move, open_drawer, pay, refund, sell
from tests.reconciliations.exporting import DAY, declare, downloaded, exported, sheets_of
from tests.stories import Cast, make_cast


def test_a_movement_says_all_that_the_ledger_knows(cast: Cast) -> None:
    session = open_drawer(cast.carla, 15_000)
    sale = sell(session, 1_250, order="A-17")
    float_row, row = exported(cast.erika)
    assert row == {
        "movement_id": str(sale.uuid),
        "ledger_number": str(sale.pk),
        "store_number": "1337",
        "store_id": str(cast.store.uuid),
        "business_date": DAY,
        "recorded_at": "2026-03-10T12:00:00Z",
        "occurred_at": "2026-03-10T12:00:00Z",
        "kind": "SALE",
        "source": "CUSTOMERS",
        "source_station": "0",
        "destination": "REGISTER",
        "destination_station": "1",
        "amount": "12.50",
        "currency": "EUR",
        "method": "CASH",
        "session_id": str(session.pk),
        "shift_id": str(session.uuid),
        "cashier_code": str(cast.carla.pk),
        "cashier_name": "Carla",
        "payment_id": sale.payment.external_id,
        "order": "A-17",
        "reverses_id": "",
        "is_late": "false",
        "late_for": "",
        "late_for_station": "",
        "reason": "",
        "note": "",
        "recorded_by_code": str(cast.carla.pk),
        "recorded_by_name": "Carla",
        "recorded_with_key": "",
    }
    assert (float_row["kind"], float_row["source"], float_row["amount"], float_row["payment_id"]) == (
        "FLOAT", "VAULT", "150.00", "",
    )  # fmt: skip


def test_who_it_was_is_told_by_the_code_of_the_till(cast: Cast) -> None:
    cast.carla.operator_code = "K-7"
    cast.carla.name = ""
    cast.carla.save()
    open_drawer(cast.carla, 100)
    (row,) = exported(cast.erika)
    assert (row["cashier_code"], row["cashier_name"], row["recorded_by_code"]) == ("K-7", "carla", "K-7")


def test_a_reversal_names_what_it_reverses(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    sale = sell(session, 700)
    reverse_movement(movement=sale, by=Principal(user=cast.erika), at=NOON, reason="wrong article")
    first, second = exported(cast.erika)
    assert (second["reverses_id"], second["reason"]) == (first["movement_id"], "wrong article")
    assert (second["source"], second["destination"]) == (first["destination"], first["source"])
    assert second["recorded_by_name"] == "Erika Mustermann"


def test_the_rows_stand_in_the_order_of_business_dates_and_of_the_ledger(cast: Cast) -> None:
    session = open_drawer(cast.carla, 100)
    sell(session, 200, at=NOON + timedelta(days=1))
    sell(session, 300)  # recorded later, for the day before
    refund(session, 50)
    rows = exported(cast.erika, last="2026-03-11")
    assert [(row["business_date"], row["amount"]) for row in rows] == [
        (DAY, "1.00"), (DAY, "3.00"), (DAY, "0.50"), ("2026-03-11", "2.00"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "amounts"),
    [
        ("2026-03-09", "2026-03-09", []),
        (DAY, DAY, ["1.00"]),
        ("2026-03-11", "2026-03-11", ["2.00"]),
        ("2026-03-09", "2026-03-10", ["1.00"]),
        ("2025-03-11", "2026-03-11", ["1.00", "2.00"]),
        ("2026-03-12", "2027-03-12", []),
        ("0001-01-01", "0001-01-01", []),
        ("9999-12-31", "9999-12-31", []),
    ],
)
def test_both_ends_of_the_range_belong_to_it(cast: Cast, first: str, last: str, amounts: list[str]) -> None:
    session = open_drawer(cast.carla, 100)
    sell(session, 200, at=NOON + timedelta(days=1))
    assert [row["amount"] for row in exported(cast.erika, first=first, last=last)] == amounts


def test_the_day_is_the_stores_business_date(db: None) -> None:
    cast = make_cast(time_zone="Pacific/Kiritimati")  # 14 hours ahead: noon in UTC is tomorrow there
    open_drawer(cast.carla, 100)
    assert exported(cast.erika) == []
    (row,) = exported(cast.erika, first="2026-03-11", last="2026-03-11")
    assert (row["business_date"], row["recorded_at"]) == ("2026-03-11", "2026-03-10T12:00:00Z")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("currency", "minor", "in_text", "pattern"),
    [
        ("EUR", 999_999_999_999_999, "9999999999999.99", "#,##0.00"),
        ("EUR", 1, "0.01", "#,##0.00"),
        ("CLP", 999_999_999_999_999, "999999999999999", "#,##0"),
        ("JPY", 5, "5", "#,##0"),
        ("BHD", 999_999_999_999_999, "999999999999.999", "#,##0.000"),
        ("BHD", 1_250, "1.250", "#,##0.000"),
    ],
)
def test_an_amount_is_exact_in_the_decimals_of_its_currency(
    any_amount: None, currency: str, minor: int, in_text: str, pattern: str
) -> None:
    cast = make_cast(currency=currency)
    sell(open_drawer(cast.carla, 0), minor)
    (row,) = exported(cast.erika)
    assert (row["amount"], row["currency"]) == (in_text, currency)
    ((row_of_sheet,),) = sheets_of(downloaded(cast.erika, file="xlsx")).values()
    assert row_of_sheet["amount"] == (in_text, pattern)


EVIL = ['=HYPERLINK("http://evil")', "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1"]
ORDINARY = [
    'Zoë, "the"\r\nsecond',
    "日本語 😀",
    "1-2",
    "a=b",
    "'quoted'",
    "http://example.com",
    "007",
    "#N/A",
    "TRUE",
    "a_x000D_b",
    "mailto:x",
]


@pytest.mark.parametrize("text", EVIL)
def test_no_text_is_a_formula(cast: Cast, text: str) -> None:
    cast.carla.name = text
    cast.carla.save()
    open_drawer(cast.carla, 100)
    (row,) = exported(cast.erika)
    assert row["cashier_name"] == f"'{text}"
    # The text of a workbook is text by its kind: nothing is added to it.
    ((cells,),) = sheets_of(downloaded(cast.erika, file="xlsx")).values()
    assert cells["cashier_name"] == text


@pytest.mark.parametrize("text", ORDINARY)
def test_every_other_text_stays_what_it_is(cast: Cast, text: str) -> None:
    cast.carla.name = text
    cast.carla.save()
    open_drawer(cast.carla, 100)
    (row,) = exported(cast.erika)
    assert row["cashier_name"] == text
    ((cells,),) = sheets_of(downloaded(cast.erika, file="xlsx")).values()
    assert cells["cashier_name"] == text


def test_a_reconciliation_stands_with_what_came_of_it(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10_000)
    first = declare(cast.erika, cast.store, 9_800, reason=Reason.COUNTING_ERROR, notes="-2 euros\nunder the till")
    sell(session, 500)
    second = declare(cast.anna, cast.store, 10_500, operator=None)
    rows = exported(cast.erika, "reconciliations")
    assert rows[0] == {
        "reconciliation_id": str(first.uuid),
        "store_number": "1337",
        "store_id": str(cast.store.uuid),
        "business_date": DAY,
        "operator_code": "",
        "operator_name": "",
        "currency": "EUR",
        "system_amount": "100.00",
        "declared_amount": "98.00",
        "discrepancy": "-2.00",
        "discrepancy_type": "SHORTAGE",
        "late_amount": "5.00",
        "adjusted_discrepancy": "-7.00",
        "reason": "COUNTING_ERROR",
        "notes": "'-2 euros\nunder the till",
        "is_post_close": "false",
        "awaits_approval": "true",
        "authorization_id": "",
        "authorized_by_code": "",
        "authorized_by_name": "",
        "supersedes_id": "",
        "stands": "false",
        "reported_at": "2026-03-10T12:00:00Z",
        "reported_by": f"user:{cast.erika.pk}",
        "reported_by_code": str(cast.erika.pk),
        "reported_by_name": "Erika Mustermann",
    }
    assert (rows[1]["supersedes_id"], rows[1]["stands"]) == (str(first.uuid), "true")
    assert (rows[1]["reconciliation_id"], rows[1]["discrepancy_type"]) == (str(second.uuid), "MATCH")


def test_a_variance_says_what_was_done_with_it(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10_000)
    close_drawer(session, 9_800)
    variance = Variance.objects.get()
    erika = Principal(user=cast.erika)
    explain_variance(variance=variance, reason=Reason.COUNTING_ERROR, notes="=found it", by=erika, at=minutes(5))
    approve_variance(variance=variance, by=erika, at=minutes(6))
    (row,) = exported(cast.erika, "variances")
    assert row == {
        "variance_id": str(variance.uuid),
        "store_number": "1337",
        "store_id": str(cast.store.uuid),
        "kind": "SESSION",
        "state": "APPROVED",
        "is_escalated": "false",
        "subject": f"session:{session.pk}",
        "place": "REGISTER",
        "station": "1",
        "session_id": str(session.pk),
        "shift_id": str(session.uuid),
        "person_code": str(cast.carla.pk),
        "person_name": "Carla",
        "business_date": DAY,
        "currency": "EUR",
        "method": "CASH",
        "expected_amount": "100.00",
        "counted_amount": "98.00",
        "difference": "-2.00",
        "late_amount": "0.00",
        "adjusted_difference": "-2.00",
        "tolerance": "0.00",
        "counted_by_code": str(cast.carla.pk),
        "counted_by_name": "Carla",
        "raised_at": "2026-03-10T12:00:00Z",
        "reason": "COUNTING_ERROR",
        "notes": "'=found it",
        "explained_by_code": str(cast.erika.pk),
        "explained_by_name": "Erika Mustermann",
        "explained_at": "2026-03-10T12:05:00Z",
        "decided_by_code": str(cast.erika.pk),
        "decided_by_name": "Erika Mustermann",
        "decided_at": "2026-03-10T12:06:00Z",
        "repaid_amount": "0.00",
    }


def test_a_variance_says_what_was_paid_back(cast: Cast) -> None:
    close_drawer(open_drawer(cast.carla, 10_000), 9_800)
    repay_variance(variance=Variance.objects.get(), amount=1_50, by=Principal(user=cast.erika), at=minutes(5))
    (row,) = exported(cast.erika, "variances")
    assert (row["difference"], row["repaid_amount"]) == ("-2.00", "1.50")


def test_a_drawer_that_nobody_counted_has_no_figures(cast: Cast) -> None:
    force_close(open_drawer(cast.carla, 10_000))
    (row,) = exported(cast.erika, "variances")
    assert row["kind"] == "UNCOUNTED"
    figures = ("expected_amount", "counted_amount", "difference", "adjusted_difference")
    assert [row[figure] for figure in figures] == ["", "", "", ""]
    ((cells,),) = sheets_of(downloaded(cast.erika, "variances", file="xlsx")).values()
    assert set(figures).isdisjoint(cells)


def test_a_negative_number_is_a_number(cast: Cast) -> None:
    open_drawer(cast.carla, 10_000)
    declare(cast.erika, cast.store, 9_800)
    assert exported(cast.erika, "reconciliations")[0]["discrepancy"] == "-2.00"
    ((cells,),) = sheets_of(downloaded(cast.erika, "reconciliations", file="xlsx")).values()
    assert (cells["discrepancy"], cells["stands"]) == (("-2.00", "#,##0.00"), True)


def test_one_operators_reconciliation_names_them(cast: Cast) -> None:
    open_drawer(cast.carla, 10_000)
    declare(cast.erika, cast.store, 10_000, operator=cast.carla, operator_uid="x")
    (row,) = exported(cast.erika, "reconciliations")
    assert (row["operator_code"], row["operator_name"]) == (str(cast.carla.pk), "Carla")


def test_an_amount_beyond_a_spreadsheets_digits_is_text(cast: Cast, any_amount: None) -> None:
    session = open_drawer(cast.carla, 0)
    for _ in range(11):
        sell(session, 999_999_999_999_999)
    declare(cast.erika, cast.store, 0)
    (row,) = exported(cast.erika, "reconciliations")
    assert row["system_amount"] == "109999999999999.89"
    ((cells,),) = sheets_of(downloaded(cast.erika, "reconciliations", file="xlsx")).values()
    assert (cells["system_amount"], cells["discrepancy"]) == ("109999999999999.89", "-109999999999999.89")


@pytest.mark.parametrize("table", TABLES)
def test_a_file_without_rows_has_its_headers(cast: Cast, table: str) -> None:
    content = downloaded(cast.erika, table).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(content))) == [TABLES[table].headers]
    assert list(sheets_of(downloaded(cast.erika, table, file="xlsx")).values()) == [[]]


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_a_column_has_one_name_for_programs(table: object) -> None:
    assert len(set(table.headers)) == len(table.headers)
    assert all(re.fullmatch(r"[a-z][a-z_]*", header) for header in table.headers)
    assert {"currency", "business_date", "store_id"} <= set(table.headers)


def test_the_two_formats_say_the_same(cast: Cast) -> None:
    session = open_drawer(cast.carla, 5_000)
    pay(session, 1_000, type=PaymentType.REFUND)
    move(session, MovementKind.DROP, 2_000)
    (cells,) = sheets_of(downloaded(cast.erika, file=FileFormat.XLSX)).values()
    rows = exported(cast.erika)
    assert len(rows) == len(cells) == Movement.objects.count() == 3
    for row, line in zip(rows, cells, strict=True):
        for header, text in row.items():
            value = line.get(header, "")
            said = value[0] if isinstance(value, tuple) else str(value).lower() if isinstance(value, bool) else value
            assert said == text, header
