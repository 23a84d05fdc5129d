"""The page Money: every place in tables that add up to zero, hidden amounts, looks, and books as they stood."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.utils import timezone

from cashdesk.domain.session.closing import force_close_session
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.enums import MovementKind, PaymentType
from cashdesk.models import AuditEntry, CashSession, PaymentMethod
from settlements.domain.deposit import collect_deposit, prepare_deposit
from settlements.domain.payout import record_payout
from tests.cashdesk.desk import counted, move, pay
from tests.reconciliations.floor import ago, at_noon
from tests.screens.desk import Browser
from tests.settlements.desk import CARD, EUR, Shop
from tests.stories import Cast, caller, counted_queries

Rows = dict[str, dict[str, str]]


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A shop with a counted vault, whose clock begins half an hour ago."""
    shop = at_noon(cast)
    shop.vault(1000_00)
    return shop


def money_of(cast: Cast, query: str = "") -> Browser:
    """Opens the page for Erika."""
    erika = Browser(cast.erika)
    erika.get(f"/money{query}")
    assert erika.page.status_code == 200, erika.text
    return erika


def tables(browser: Browser) -> dict[str, Rows]:
    """Returns the amounts of each table by group and line, as they are written."""
    found: dict[str, Rows] = {}
    html = browser.page.content.decode()
    for title, table in re.findall(
        r'<h2 id="([a-z]+-[a-z0-9_]+)">.*?(<table class="position">.*?</table>)', html, re.DOTALL
    ):
        rows: Rows = found.setdefault(title, {})
        for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL)[1:]:
            cells = [
                " ".join(re.sub(r"<[^>]+>", " ", cell).split())
                for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
            ]
            rows[cells[0]] = {"state": cells[1] if len(cells) == 3 else "", "amount": cells[-1]}
    return found


def amounts(browser: Browser, table: str = "eur-cash") -> dict[str, str]:
    """Returns the amounts of a table by line, as they are written."""
    return {name: row["amount"] for name, row in tables(browser)[table].items()}


def minor(written: str) -> int:
    """Reads an amount of the page."""
    sign = -1 if written[0] in "-−" else 1
    return sign * int(re.sub(r"\D", "", written))


def looks() -> int:
    """Returns the number of looks in the audit trail."""
    return AuditEntry.objects.filter(action="expected.seen").count()


# --- What is shown ------------------------------------------------------------------------------------------------------


def test_a_shop_whose_drawers_are_counted_shows_every_place(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    pay(session, 40_00, at=shop.tick())
    pay(session, 25_00, method="CARD", at=shop.tick())
    shop.sign_off(session, 139_00)
    vault = shop.cast.store.places.get(kind="VAULT").settlements.get(state="OPEN")
    shop.close(vault, 1039_00)
    erika = money_of(cast)
    assert amounts(erika) == {
        "Money of the store": "1,039.00",
        "Safe": "1,039.00",
        "Register 1": "0.00",
        "Register 2": "0.00",
        "Bank": "0.00",
        "Where it came from and went to": "−1,039.00",
        "Customers": "−40.00",
        "Outside": "0.00",
        "Over/short": "1.00",
        "Opening": "−1,000.00",
        "All places Adds up": "0.00",
    }
    assert list(tables(erika)) == ["eur-cash", "eur-card"]
    assert amounts(erika, "eur-card") == {
        "Money of the store": "25.00",
        "Clearing": "25.00",
        "Where it came from and went to": "−25.00",
        "Customers": "−25.00",
        "All places Adds up": "0.00",
    }
    assert "Hidden" not in erika.text
    assert looks() == 0


def test_an_open_drawer_is_hidden_and_so_is_what_would_give_it_away(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    pay(session, 40_00, at=shop.tick())
    erika = money_of(cast)
    shown = amounts(erika)
    hidden = {name for name, amount in shown.items() if amount == "Hidden"}
    assert "Money of the store without the hidden places" in shown
    assert "Where it came from and went to without the hidden places" in shown
    assert hidden == {"Safe", "Register 1", "Customers", "Outside"}, "the float left the safe after its count"
    assert shown["Hidden places together"] == "1,000.00"
    assert "40.00" not in erika.text
    assert "140.00" not in erika.text
    assert "1 drawer is not counted yet" in erika.text
    assert looks() == 0


def test_show_tells_everything_and_notes_the_look(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    pay(session, 40_00, at=shop.tick())
    erika = money_of(cast)
    erika.send(f"/money?store={cast.store.uuid}")
    assert erika.page.status_code == 200
    shown = amounts(erika)
    assert (shown["Safe"], shown["Register 1"], shown["Customers"]) == ("900.00", "140.00", "−40.00")
    assert "Hidden places together" not in shown
    (entry,) = AuditEntry.objects.filter(action="expected.seen")
    assert (entry.user, entry.store, entry.detail) == (cast.erika, cast.store, {"of": "cash_position"})
    assert amounts(money_of(cast))["Register 1"] == "Hidden", "the next page hides again"


def test_the_past_has_no_states_of_today(cast: Cast, shop: Shop) -> None:
    before = ago(minutes=1)
    shop.at = ago(minutes=20)
    shop.sign_on(cast.carla, 100_00)
    zone = ZoneInfo(cast.store.time_zone)
    for query, state in (("", "Open Carla"), (f"&as_of={before.astimezone(zone):%Y-%m-%dT%H:%M}", "")):
        erika = money_of(cast, f"?store={cast.store.uuid}{query}")
        assert tables(erika)["eur-cash"]["Register 1"]["state"] == state
    assert "Carla" not in erika.text


def test_an_instant_with_an_offset_stands_in_the_field_as_local_time(cast: Cast, shop: Shop) -> None:
    local = f"{ago(minutes=5).astimezone(ZoneInfo(cast.store.time_zone)):%Y-%m-%dT%H:%M:%S}"
    for path in (f"/money?store={cast.store.uuid}", f"/reports/registers/{cast.store.uuid}/1/x?"):
        erika = Browser(cast.erika)
        erika.get(f"{path}&as_of={ago(minutes=5):%Y-%m-%dT%H:%M:%S.%fZ}")
        assert local[:-3] in erika.value("as_of")
        erika.get(f"{path}&as_of=0001-01-01T00:00:00Z")
        assert erika.page.status_code == 400


def test_bags_are_in_the_shop_until_they_are_picked_up(cast: Cast, shop: Shop) -> None:
    bags = [
        prepare_deposit(
            store=cast.store, amount=amount, currency="EUR", bag_number=str(amount), by=shop.by(), at=shop.tick()
        )
        for amount in (100_00, 250_00)
    ]
    collect_deposit(deposit=bags[0], courier="Rolf", by=shop.by(), at=shop.tick())
    erika = money_of(cast)
    shown = amounts(erika)
    assert (shown["Bags in the shop"], shown["In transit"], shown["Bank"]) == ("250.00", "100.00", "0.00")
    assert "In transit to the bank €100.00 1 bag" in erika.text


def test_clearing_tells_what_is_outstanding_and_since_when(cast: Cast, shop: Shop) -> None:
    days = []
    for amount in (30_00, 12_00):
        session = shop.sign_on(cast.carla, 0)
        pay(session, amount, method="CARD", at=shop.tick())
        shop.sign_off(session, 0)
        days.append(session.business_date)
    record_payout(
        store=cast.store,
        method="CARD",
        currency="EUR",
        amount=29_00,
        fee=1_00,
        by=shop.by(),
        at=shop.tick(),
        reference="A-7",
    )
    erika = money_of(cast)
    assert f"CARD {days[1]:%-d %B %Y} €12.00" in erika.text or re.search(r"CARD [^€]+ €12\.00", erika.text), erika.text
    assert "A-7" in erika.text
    assert amounts(erika, "eur-card")["Outside"] == "1.00"


def test_card_money_that_came_late_is_owed_too_and_a_payout_with_it_leaves_nothing(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 0)
    pay(session, 30_00, method="CARD", at=shop.tick())
    begun = shop.tick()
    shop.sign_off(session, 0)
    pay(session, 12_00, method="CARD", paid_at=begun, at=shop.tick())
    erika = money_of(cast)
    assert "€30.00 in clearing, and €12.00 that came late and is in over/short" in erika.text
    assert "Waiting for payout €42.00 CARD" in erika.text
    assert amounts(erika, "eur-card")["Over/short"] == "12.00"
    record_payout(store=cast.store, method="CARD", currency="EUR", amount=41_00, fee=1_00, by=shop.by(), at=shop.tick())
    erika = money_of(cast)
    assert "−€12.00 in clearing, and €12.00 that came late and is in over/short paid out €0.00" in erika.text
    assert "Waiting for payout €0.00" in erika.text
    assert "paid out too much" not in erika.text


def test_card_money_that_only_came_late_has_a_line(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 0)
    begun = shop.tick()
    shop.sign_off(session, 0)
    pay(session, 12_00, method="CARD", paid_at=begun, at=shop.tick())
    assert "€0.00 in clearing, and €12.00 that came late and is in over/short came late €12.00" in money_of(cast).text


# --- Law 5 --------------------------------------------------------------------------------------------------------------


def sell_more(session: CashSession, at: Callable[[], datetime]) -> None:
    """Lets the open drawer take and give money in every way that does not touch the safe."""
    pay(session, 31_00, at=at())
    pay(session, 17_00, method="CARD", at=at())
    pay(session, 5_00, currency="USD", at=at())
    pay(session, 4_00, type=PaymentType.REFUND, at=at())
    move(session, MovementKind.PAID_IN, 3_00, at=at())
    move(session, MovementKind.PAID_OUT, 2_00, at=at())


def seen(cast: Cast, query: str = "") -> str:
    """Returns what the page tells: all of it but the time and the secrets of the form."""
    html = money_of(cast, query).page.content.decode().partition("<main")[2]
    html = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", html)
    html = re.sub(r'max="[^"]+"', "", html)
    return re.sub(r"Where all money of this store is now, [^<]+", "", html)


@pytest.mark.parametrize("is_forced", [False, True])
def test_two_worlds_that_differ_in_an_uncounted_drawer_look_the_same(cast: Cast, shop: Shop, is_forced: bool) -> None:
    closed = shop.sign_on(cast.bruno, 50_00, station=2)
    pay(closed, 9_00, method="CARD", at=shop.tick())
    shop.sign_off(closed, 50_00)
    session = shop.sign_on(cast.carla, 100_00)
    begun = shop.tick()
    pay(session, 10_00, at=shop.tick())
    since = f"?since={begun:%Y-%m-%dT%H:%M:%SZ}"
    before = seen(cast), seen(cast, since)
    sell_more(session, shop.tick)
    if not is_forced:
        assert (seen(cast), seen(cast, since)) == before
        return
    force_close_session(session=session, by=shop.by(), at=shop.tick(), reason="left")
    text = money_of(cast).text
    assert "Not counted" in text
    assert amounts(money_of(cast))["Customers"] == "Hidden"
    assert looks() == 0


SALES: Final[tuple[dict[str, Any], ...]] = (
    {}, {"amount": 31_00}, {"amount": 5_00, "currency": "USD"}, {"amount": 4_00, "type": PaymentType.REFUND},
    {"amount": 639_41},
)  # fmt: skip


def test_worlds_that_differ_in_the_takings_of_a_drawer_closed_without_a_count_look_the_same(
    cast: Cast, shop: Shop
) -> None:
    """Nothing was sold, or one thing in each way that cash comes and goes. Then the drawer is closed without a count.

    Card money is no part of it: nobody counts it, and the close brings it to clearing, where Money shows it.
    """
    closed = shop.sign_on(cast.bruno, 50_00, station=2)
    shop.sign_off(closed, 50_00)
    session = shop.sign_on(cast.carla, 100_00)
    # Money moves in each world, so that every page has the same tables: those of cash, of cards and of dollars.
    for other in ({}, {"method": "CARD"}, {"currency": "USD"}):
        pay(session, 10_00, at=shop.tick(), **other)
    begun = shop.tick()
    since = f"?since={begun:%Y-%m-%dT%H:%M:%SZ}"
    worlds = {}
    for number, sale in enumerate(SALES):
        with transaction.atomic():
            shop.at = begun
            if sale:
                pay(session, at=shop.tick(), **sale)
            shop.at = begun + timedelta(minutes=9)
            force_close_session(session=session, by=shop.by(), at=shop.tick(), reason="left")
            worlds[number] = seen(cast), seen(cast, since), seen(cast, f"?as_of={shop.at:%Y-%m-%dT%H:%M:%SZ}")
            assert looks() == 0
            transaction.set_rollback(True)
        session.refresh_from_db()
    for number, sale in enumerate(SALES):
        assert worlds[number] == worlds[0], sale
    force_close_session(session=session, by=shop.by(), at=shop.tick(), reason="left")
    count_afterwards(session=session, counted=counted(99_00), by=shop.by(), at=shop.tick())
    assert seen(cast) != worlds[0][0], "the comparison would tell"


def test_card_slips_that_somebody_still_has_to_count_are_hidden_in_clearing(cast: Cast, shop: Shop) -> None:
    PaymentMethod.objects.filter(account=cast.store.account, code="CARD").update(is_counted=True)
    settlement = shop.open(100_00)
    shop.sale(40_00, CARD)
    shop.force(settlement)
    erika = money_of(cast)
    assert "40.00" not in erika.text
    assert "card slips of a register are not counted yet" in erika.text
    shop.count_later(settlement, {EUR: 100_00, CARD: 40_00})
    assert amounts(money_of(cast), "eur-card")["Clearing"] == "40.00"


def test_an_instant_inside_a_period_that_runs_is_hidden_and_one_before_it_is_not(cast: Cast, shop: Shop) -> None:
    before = shop.tick()
    session = shop.sign_on(cast.carla, 100_00)
    pay(session, 40_00, at=shop.tick())
    inside = shop.tick()
    shown = {instant: amounts(money_of(cast, f"?as_of={instant:%Y-%m-%dT%H:%M:%SZ}")) for instant in (before, inside)}
    assert (shown[before]["Safe"], shown[before]["Register 1"], shown[before]["Customers"]) == (
        "1,000.00",
        "0.00",
        "0.00",
    )
    assert (shown[inside]["Safe"], shown[inside]["Register 1"], shown[inside]["Customers"]) == ("Hidden",) * 3
    shop.sign_off(session, 140_00)
    shown[inside] = amounts(money_of(cast, f"?as_of={inside:%Y-%m-%dT%H:%M:%SZ}"))
    assert (shown[inside]["Register 1"], shown[inside]["Safe"]) == ("140.00", "Hidden"), "only the safe is not counted"
    assert looks() == 0
    erika = money_of(cast, f"?as_of={inside:%Y-%m-%dT%H:%M:%SZ}")
    erika.send(f"/money?store={cast.store.uuid}")
    assert amounts(erika)["Safe"] == "900.00"
    assert "as_of" in AuditEntry.objects.get(action="expected.seen").detail


def test_the_drops_of_an_open_drawer_cannot_be_read_one_by_one(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    move(session, MovementKind.DROP, 30_00, at=shop.tick())
    between = shop.tick()
    move(session, MovementKind.DROP, 20_00, at=shop.tick())
    vault = cast.store.places.get(kind="VAULT").settlements.get(state="OPEN")
    shop.close(vault, 950_00)
    assert amounts(money_of(cast))["Safe"] == "950.00", "it was counted"
    assert amounts(money_of(cast, f"?as_of={between:%Y-%m-%dT%H:%M:%SZ}"))["Safe"] == "Hidden"


# --- Books as they stood ----------------------------------------------------------------------------------------------------


def exported(cast: Cast) -> list[dict[str, str]]:
    """Returns the exported rows of all movements."""
    today = timezone.now().date()
    path = f"/exports/movements?from={today - timedelta(days=3)}&to={today + timedelta(days=3)}&file=csv"
    answer: Any = caller(cast.erika).get(path)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))


PLACES = {
    "VAULT": "Safe", "CUSTOMERS": "Customers", "OUTSIDE": "Outside", "BANK": "Bank", "CLEARING": "Clearing",
    "OVER_SHORT": "Over/short", "OPENING": "Opening",
}  # fmt: skip


def added_up(rows: list[dict[str, str]], *, until: datetime | None = None) -> dict[str, dict[str, int]]:
    """Adds up exported rows by table and place, without any code of the product."""
    sums: dict[str, Counter[str]] = {}
    for row in rows:
        if until is not None and datetime.fromisoformat(row["recorded_at"]).astimezone(UTC) > until:
            continue
        table = sums.setdefault(f"{row['currency']}-{row['method']}".lower(), Counter())
        cents = int(row["amount"].replace(".", ""))
        for end, sign in (("destination", 1), ("source", -1)):
            kind, station = row[end], row[f"{end}_station"]
            table[f"Register {station}" if kind == "REGISTER" else PLACES[kind]] += sign * cents
    return {name: {place: amount for place, amount in table.items() if amount} for name, table in sums.items()}


def told(browser: Browser) -> dict[str, dict[str, int]]:
    """Returns the amounts of the page by table and place, and checks the totals."""
    found = {}
    for name, rows in tables(browser).items():
        lines = {line: minor(row["amount"]) for line, row in rows.items()}
        assert lines.pop("All places Adds up") == 0
        groups = [lines.pop(line) for line in list(lines) if line.startswith(("Money of the store", "Where it came"))]
        assert sum(groups) == 0
        assert sum(lines.values()) == 0
        found[name] = {line: amount for line, amount in lines.items() if amount}
    return {name: lines for name, lines in found.items() if lines}


def test_every_figure_is_recomputed_from_exported_rows(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    sell_more(session, shop.tick)
    shop.sign_off(session, 120_00)
    record_payout(store=cast.store, method="CARD", currency="EUR", amount=10_00, fee=50, by=shop.by(), at=shop.tick())
    between = shop.tick()
    running = shop.sign_on(cast.bruno, 80_00, station=2)
    sell_more(running, shop.tick)
    rows, path = exported(cast), f"/money?store={cast.store.uuid}"
    for query, wanted in (
        ("", added_up(rows)),
        (f"?as_of={between:%Y-%m-%dT%H:%M:%SZ}", added_up(rows, until=between)),
    ):
        erika = money_of(cast, query)
        erika.send(path)
        assert told(erika) == wanted
    erika = money_of(cast, f"?since={between:%Y-%m-%dT%H:%M:%SZ}")
    erika.send(path)
    now, then = added_up(rows), added_up(rows, until=between)
    changed = {
        name: {
            place: change
            for place in {*table, *then.get(name, {})}
            if (change := table.get(place, 0) - then.get(name, {}).get(place, 0))
        }
        for name, table in now.items()
    }
    assert told(erika) == {name: table for name, table in changed.items() if table}


@pytest.mark.parametrize(
    "query", ["?as_of=yesterday", "?as_of=2999-01-01T10:00", "?since=2999-01-01T10:00", "?as_of=2026-13-01T10:00"]
)
def test_a_wrong_instant_is_shown_again_with_its_error(cast: Cast, shop: Shop, query: str) -> None:
    erika = Browser(cast.erika)
    erika.get(f"/money{query}")
    assert erika.page.status_code == 400
    assert 'aria-invalid="true"' in erika.page.content.decode()


def test_the_page_costs_the_same_whatever_happened(cast: Cast, shop: Shop) -> None:
    costs: list[list[int]] = []
    at = ago(minutes=10)
    for more in (1, 3):
        for number in range(more):
            session = shop.sign_on(cast.carla, 10_00)
            pay(session, 5_00, method="CARD", at=shop.tick())
            shop.sign_off(session, 10_00)
            prepare_deposit(
                store=cast.store,
                amount=1_00,
                currency="EUR",
                bag_number=f"{more}-{number}",
                by=shop.by(),
                at=shop.tick(),
            )
            record_payout(
                store=cast.store, method="CARD", currency="EUR", amount=1_00, fee=1, by=shop.by(), at=shop.tick()
            )
        costs.append([])
        for query in ("", f"?as_of={at:%Y-%m-%dT%H:%M:%SZ}"):
            erika = Browser(cast.erika)
            erika.get("/money")
            with counted_queries() as queries:
                erika.get(f"/money{query}")
            costs[-1].append(len(queries))
    assert costs[0] == costs[1]


def test_a_cashier_does_not_see_the_page_and_another_manager_does_not_see_this_store(cast: Cast, shop: Shop) -> None:
    carla, otto = Browser(cast.carla), Browser(cast.otto)
    assert carla.get("/money").status_code == 403
    assert carla.send("/money").status_code == 403
    assert otto.get(f"/money?store={cast.store.uuid}").status_code == 404
    assert otto.send(f"/money?store={cast.store.uuid}").status_code == 404
    assert looks() == 0
