"""A currency that ISO withdrew: its books are shown, counted and closed as before. Other stores refuse new money in it."""

from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import pytest
from django.contrib import admin
from django.core import checks
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.http import HttpResponse
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse

from cashdesk import currencies
from cashdesk.models import CashSession, Movement, Payment, Store, Variance
from reconciliations.models import Reconciliation
from settlements.models import Deposit, Settlement
from tests.admin.back_office import make_operator, sits_down
from tests.factories import AccountFactory, StoreFactory
from tests.lengths import IS_LONG
from tests.reconciliations.desk import declaration, today, vendor_of
from tests.screens.desk import Browser
from tests.settlements.steps import answered, open_register, open_vault
from tests.stories import Caller, Cast, caller

pytestmark = pytest.mark.django_db


def forget(monkeypatch: pytest.MonkeyPatch, *codes: str) -> None:
    """Simulates a version of the package whose table lacks these codes; it was published on 2026-01-01."""
    published = currencies.Published(codes=currencies._published.codes - set(codes), on=date(2026, 1, 1))
    monkeypatch.setattr(currencies, "_published", published)


@pytest.fixture(params=["EUR", "HRK"])
def withdrawn(request: pytest.FixtureRequest, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Store 1337, in a currency that the package no longer has."""
    return kept_in(request.param, cast, monkeypatch)


@pytest.fixture(params=["EUR", "HRK"] if IS_LONG else ["HRK"])
def shown(request: pytest.FixtureRequest, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """As `withdrawn`, for tests that open all pages. The short form has only the currency without known notes."""
    return kept_in(request.param, cast, monkeypatch)


def kept_in(code: str, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Gives the store a currency, and takes that currency out of the package."""
    cast.store.currency = code
    cast.store.save(update_fields=["currency"])
    vendor_of(cast.store)
    forget(monkeypatch, code)
    return cast


def paid(till: Caller, name: str, amount: int, currency: str, **fields: Any) -> HttpResponse:
    """Reports an approved payment in cash."""
    body = {"id": name, "method": "CASH", "currency": currency, "amount": amount, "status": "APPROVED", **fields}
    return till.post("/payments", body)


def trade_a_day(cast: Cast) -> None:
    """Trades for a day with every kind of money in a drawer, the vault, a bag, a reconciliation and late money."""
    code, carla, erika = cast.store.currency, caller(cast.carla), caller(cast.erika)
    cash = {(code, "CASH"): 500_00}
    open_vault(erika, cash)
    answered(carla.post("/cash/open", {"start_amount": 100}), 200, 201)
    answered(paid(carla, "T-1", 25_00, code, tendered=30_00, change=5_00), 201)
    answered(carla.post("/movements", {"kind": "DROP", "amount": 10_00}), 201)
    answered(carla.get("/cash/status"), 200)
    answered(erika.get("/registers/1/x-report"), 200)
    closed = answered(carla.post("/cash/close", {"final_cash_declared": 114.5}), 200)
    assert closed["difference"] == -0.5
    answered(paid(carla, "T-2", 3_00, code), 201)
    answered(erika.post("/movements", {"kind": "DEPOSIT", "amount": 50_00, "bag_number": "B-1"}), 201)
    settlement = open_register(erika, {(code, "CASH"): 80_00}, station=2)
    answered(erika.patch(f"/settlements/{settlement}", {"state": "COUNTING"}), 200)
    amounts = [{"value": 79_00, "currency": code, "method": "CASH"}]
    answered(erika.patch(f"/settlements/{settlement}", {"state": "COUNTING", "amounts": amounts}), 200)
    answered(erika.patch(f"/settlements/{settlement}", {"state": "CLOSED", "amounts": amounts}), 200)
    answered(erika.post("/cash-management/reconciliations", declaration(cast.store, 15.25)), 201)


def test_a_whole_day_is_traded_counted_listed_and_proved(withdrawn: Cast) -> None:
    trade_a_day(withdrawn)
    erika = caller(withdrawn.erika)
    store = withdrawn.store.uuid
    day = today(withdrawn.store)
    for path in (
        "/cash/sessions",
        "/reports/shift-summary?start_date=2020-01-01&end_date=2020-02-01",
        f"/reports/shift-summary?start_date={day}&end_date={day}",
        f"/cash-management/reconciliations?storeId={store}&businessDayDate={day}",
        f"/cash-management/expected?storeId={store}",
        "/settlements",
        "/deposits",
        "/registers/1/z-reports",
        "/registers/1/z-reports/1",
        "/registers/2/z-reports/1",
        "/registers/0/x-report",
        "/variances",
    ):
        answered(erika.get(path), 200)
    for variance in Variance.objects.all():
        answered(erika.get(f"/variances/{variance.uuid}"), 200)
        answered(erika.post(f"/variances/{variance.uuid}/explain", {"reason": "COUNTING_ERROR"}), 200)
    answered(erika.post(f"/business-days/{day}/close"), 200, 201)
    for table in ("movements", "reconciliations", "variances"):
        for kind in ("csv", "xlsx"):
            answer = erika.get(f"/exports/{table}?from={day}&to={day}&file={kind}")
            content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
            if kind == "csv":
                assert withdrawn.store.currency.encode() in content
            else:
                assert content.startswith(b"PK")
    call_command("verify", "--store", withdrawn.store.number, stdout=StringIO())


@pytest.mark.long
def test_every_page_and_list_of_the_back_office_opens(shown: Cast) -> None:
    trade_a_day(shown)
    browser = sits_down(make_operator())
    for model in admin.site._registry:
        name = model._meta.label_lower.replace(".", "_")
        answer = browser.get(reverse(f"admin:{name}_changelist"))
        assert answer.status_code == 200, model
        for row in model._default_manager.all()[:3]:
            page = browser.get(reverse(f"admin:{name}_change", args=[row.pk]))
            assert page.status_code == 200, model
    assert {Movement, Payment, CashSession, Store, Variance, Settlement, Deposit, Reconciliation} <= set(
        admin.site._registry
    )


@pytest.mark.long
def test_every_page_opens(shown: Cast) -> None:
    trade_a_day(shown)
    erika, carla = Browser(shown.erika), Browser(shown.carla)
    names = {
        pattern.name
        for include in get_resolver().url_patterns
        if isinstance(include, URLResolver) and not str(include.pattern)
        for pattern in include.url_patterns
    } - {"sign-out", "draft", "draft-go-on", "draft-anew", "export-file", "export-all", "language"}
    opened = 0
    for name in names:
        for person in (erika, carla):
            for path in pages_of(str(name)):
                answer = person.get(path)
                assert answer.status_code in (200, 302, 303, 403, 404, 405), (path, answer.status_code)
                opened += answer.status_code == 200
    assert opened > 20


def pages_of(name: str) -> list[str]:
    """Returns the addresses of a page for the existing rows."""
    store = Store.objects.get(currency__in=("EUR", "HRK"), number="1337", name="Berlin")
    ways: list[dict[str, Any]] = [
        {},
        {"store": store.uuid},
        {"store": store.number},
        {"store": store.number, "station": 1},
        {"store": store.number, "station": 2},
        {"store": store.number, "station": 1, "number": 1},
        {"store": store.number, "station": 2, "number": 1},
        *({"session": row.uuid} for row in CashSession.objects.all()),
        *({"settlement": row.uuid} for row in Settlement.objects.all()),
        *({"deposit": row.uuid} for row in Deposit.objects.all()),
        *({"variance": row.uuid} for row in Variance.objects.all()),
    ]
    found = []
    for way in ways:
        try:
            found.append(reverse(name, kwargs=way))
        except NoReverseMatch:
            continue
    return found


def test_a_drawer_is_opened_and_counted_on_the_pages(withdrawn: Cast) -> None:
    carla = Browser(withdrawn.carla)
    named = "p5000" if withdrawn.store.currency == "EUR" else "amount"
    carla.get("/desk/open")
    assert carla.page.status_code == 200, named
    answered(caller(withdrawn.carla).post("/cash/open", {"start_amount": 100}), 200, 201)
    assert carla.get("/desk").status_code == 200
    assert carla.fill("/desk/pay-in", {"amount": "12.50", "category": "change", "reason": "change"}).status_code < 500
    carla.count({"amount": "100"})
    assert CashSession.objects.get().status == "CLOSED"


def test_new_money_in_another_store_is_refused_from_the_day(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    forget(monkeypatch, "USD")
    carla, erika = caller(cast.carla), caller(cast.erika)
    carla.post("/cash/open", {"start_amount": 100})
    for number, code in enumerate(("USD", "HRK", "DEM")):
        refused = answered(paid(carla, f"T-{number}", 5_00, code), 400)
        assert code in refused["errors"][0]["detail"] if "errors" in refused else code in refused["detail"]
        moved = carla.post(
            "/movements", {"kind": "PAID_IN", "amount": 5_00, "currency": code, "reason": "OTHER_INCOME"}
        )
        assert moved.status_code == 400
        assert code in moved.content.decode()
        answered(
            erika.post(
                "/settlements", {"type": "VAULT", "initialCash": [{"value": 1, "currency": code, "method": "CASH"}]}
            ),
            400,
        )
    assert not Payment.objects.exists()
    assert not Movement.objects.exclude(currency="EUR").exists()


def test_one_refused_currency_holds_up_no_other_payment_of_a_batch(cast: Cast) -> None:
    carla = caller(cast.carla)
    carla.post("/cash/open", {"start_amount": 100})
    body = [
        {"id": name, "method": "CASH", "currency": code, "amount": 100, "status": status}
        for name, code, status in (
            ("1", "HRK", "APPROVED"),
            ("2", "EUR", "APPROVED"),
            ("3", "HRK", "PENDING"),
            ("4", "HRK", "REJECTED"),
            ("5", "USD", "APPROVED"),
        )
    ]
    results = answered(carla.post("/payments/batch", body), 200)["results"]
    assert [result["status_code"] for result in results] == [400, 201, 400, 201, 201]


def test_money_of_before_the_day_still_comes_in(cast: Cast) -> None:
    carla = caller(cast.carla)
    carla.post("/cash/open", {"start_amount": 100})
    # Croatian shops took the kuna until the middle of January 2023.
    till = {"paid_at": datetime(2023, 1, 14, 12, tzinfo=UTC).isoformat()}
    assert currencies.is_current("HRK", on=date(2023, 1, 31))
    assert not currencies.is_current("HRK", on=date(2023, 2, 1))
    assert paid(carla, "T-1", 5_00, "HRK", **till).status_code == 201


def test_foreign_money_that_was_taken_before_leaves_the_drawer_and_is_counted(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    carla, erika = caller(cast.carla), caller(cast.erika)
    settlement = open_register(erika, 0) if open_vault(erika) else ""
    answered(paid(erika, "T-1", 50_00, "USD", station=1), 201)
    forget(monkeypatch, "USD")
    answered(paid(erika, "T-2", 5_00, "USD", station=1, type="REFUND"), 201)
    drop = {"kind": "DROP", "amount": 20_00, "currency": "USD", "station": 1}
    dropped = answered(erika.post("/movements", drop), 201)
    answered(erika.post(f"/movements/{dropped['id']}/reverse", {"reason": "mistake"}), 201, 200)
    answered(erika.patch(f"/settlements/{settlement}", {"state": "COUNTING"}), 200)
    amounts = [{"value": value, "currency": code, "method": "CASH"} for code, value in (("EUR", 0), ("USD", 45_00))]
    closed = answered(erika.patch(f"/settlements/{settlement}", {"state": "CLOSED", "amounts": amounts}), 200)
    assert {line["value"] for line in closed["differenceAmounts"]} == {0}
    assert carla


def test_no_new_store_is_kept_in_it_and_an_old_one_is_still_changed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(monkeypatch, "EUR")
    for code in ("EUR", "HRK"):
        with pytest.raises(ValidationError, match="no longer in ISO 4217"):
            StoreFactory(account=AccountFactory(), currency=code)
    cast.store.name = "Zagreb"
    cast.store.full_clean()
    cast.store.currency = "HRK"
    with pytest.raises(ValidationError, match="no longer in ISO 4217"):
        cast.store.full_clean()


def test_the_system_check_names_the_stores(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def found() -> list[str]:
        messages = checks.run_checks(tags=["database"], databases=["default"])
        return [message.msg for message in messages if message.id == "cashdesk.W010"]

    assert found() == []
    Store.objects.filter(pk=cast.store.pk).update(currency="HRK")
    (only,) = found()
    assert cast.store.number in only
    assert "HRK" in only
    forget(monkeypatch, "EUR")
    assert len(found()) == Store.objects.count()
