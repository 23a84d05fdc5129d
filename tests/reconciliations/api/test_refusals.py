"""Every path of cash management refuses invalid input and names the field as it is published."""

import json

import pytest

from cashdesk.models import AuditEntry, BusinessDay
from reconciliations.models import Reconciliation
from tests.reconciliations.desk import PATH, declaration, errors_of
from tests.stories import Cast, caller, exact

PREFIXES = ("", "/adapters/xmart")


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(
    ("currency", "amount"),
    [
        ("BRL", "1e400"), ("BRL", '"1e400"'), ("CLP", "1e400"), ("CLP", '"1E400"'), ("BRL", "1e-400"),
        ("BRL", '"1e-400"'), ("BRL", "1250.505"), ("BRL", '"1250.505"'), ("CLP", "1250.5"),
        ("CLP", '"1250.50"'), ("BRL", f'"{"9" * 5000}"'), ("BRL", '"１２５０"'), ("BRL", '"0x10"'),
        ("BRL", '"1_000"'), ("BRL", '" "'), ("BRL", '"1250.50 BRL"'), ("BRL", '"-0.01"'), ("BRL", "false"),
    ],
)  # fmt: skip
def test_an_amount_that_its_currency_does_not_know(cast: Cast, prefix: str, currency: str, amount: str) -> None:
    body = json.dumps(declaration(cast.store, "#", currency=currency)).replace('"#"', amount)
    response = caller(cast.erika).post(prefix + PATH, body)
    assert list(errors_of(response)) == ["declaredCash"]
    assert "declaredCash: " in exact(response)["error"]["message"]
    # However long the number was, the answer is a sentence.
    assert len(response.content) < 500
    assert not Reconciliation.objects.exists()


def test_the_same_amount_in_every_currency(cast: Cast, any_amount: None) -> None:
    erika = caller(cast.erika)
    for currency, amount, minor in (
        ("BRL", "1250.50", 125_050), ("BRL", "1250.5", 125_050), ("BRL", "1250.500", 125_050), ("CLP", "1250.0", 1250), ("BRL", '"1250.50"', 125_050), ("CLP", "1250", 1250),
        ("CLP", '"1250"', 1250), ("IDR", '"1250.50"', 125_050), ("KWD", "1250.505", 1_250_505), ("BRL", "0", 0),
        ("BRL", "9999999999999.99", 999_999_999_999_999),
    ):  # fmt: skip
        body = json.dumps(declaration(cast.store, "#", currency=currency)).replace('"#"', amount)
        assert erika.post(PATH, body).status_code == 201, (currency, amount)
        row = Reconciliation.objects.latest("pk")
        assert (row.currency, row.declared_amount) == (currency, minor)


BAD_DATES = ("", "x", "2026-02-30", "2026-13-01", "26-03-01", "2026-3-1", "01.03.2026", "20260301", "2026-W10-1",
             "2026-03-01T00:00:00Z", "２０２６-03-01", "0000-01-01", "2026-03-01 ")  # fmt: skip


@pytest.mark.parametrize("day", BAD_DATES)
def test_a_date_that_is_none(cast: Cast, day: str) -> None:
    erika, own = caller(cast.erika), f"storeId={cast.store.uuid}"
    assert list(errors_of(erika.post(PATH, declaration(cast.store, 1, businessDayDate=day)))) == ["businessDayDate"]
    for path, field in (
        (f"{PATH}?{own}&businessDayDate={day}", "businessDayDate"),
        (f"{PATH}?{own}&from={day}", "from"),
        (f"{PATH}?{own}&from=2026-03-01&to={day}", "to"),
        (f"/cash-management/expected?{own}&businessDayDate={day}", "businessDayDate"),
    ):
        response = erika.get(path)
        assert errors_of(response) == {field: "Enter a date such as 2026-03-01."}
        assert "Link" not in response.headers
    if day and "/" not in day:
        closed = erika.post(f"/business-days/{day}/close", {})
        assert closed.status_code == 400
        assert [error["pointer"] for error in exact(closed)["errors"]] == ["/date"]
    assert not BusinessDay.objects.exists()
    assert not AuditEntry.objects.filter(action="expected.seen").exists()


@pytest.mark.parametrize("range_", ["from=2026-03-01", "to=2026-03-01", "from=2026-03-01&to=2026-03-02"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_one_day_and_a_range_at_once(cast: Cast, prefix: str, range_: str) -> None:
    asked = f"{prefix}{PATH}?storeId={cast.store.uuid}&businessDayDate=2026-03-01&{range_}"
    assert list(errors_of(caller(cast.erika).get(asked))) == ["businessDayDate"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [("", "storeId"), ("storeId=x", "storeId"), ("{own}&operatorUid=nobody", "operatorUid"), ("{own}&a=1", "a"),
     ("{own}&from=2026-03-01", "from"), ("{own}&operatorUid=%00", "operatorUid")],
)  # fmt: skip
def test_expected_names_what_it_cannot_read(cast: Cast, asked: str, field: str) -> None:
    path = f"/cash-management/expected?{asked.format(own=f'storeId={cast.store.uuid}')}"
    response = caller(cast.erika).get(path)
    assert response.status_code == 400
    assert f"{field}: " in exact(response)["error"]["message"]


def test_notes_of_two_thousand_signs_and_not_one_more(cast: Cast) -> None:
    erika = caller(cast.erika)
    # A sign is a sign, however many bytes it takes.
    for sign in ("x", "ß", "😀"):
        assert erika.post(PATH, declaration(cast.store, 1, notes=sign * 2000)).status_code == 201
        assert Reconciliation.objects.latest("pk").notes == sign * 2000
        assert list(errors_of(erika.post(PATH, declaration(cast.store, 1, notes=sign * 2001)))) == ["notes"]
    assert Reconciliation.objects.count() == 3
