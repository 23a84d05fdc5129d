"""The page Today: who may open it, what it shows of a store, and the order of what needs a supervisor."""

import re
from datetime import date, timedelta
from typing import Final

import pytest
from django.test import Client

from cashdesk.domain.session.closing import force_close_session
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.domain.store.business_day import business_date
from cashdesk.enums import MovementKind, PlaceKind, Role
from cashdesk.models import AuditEntry, CashSession, Place, Variance
from reconciliations.domain.business_day_close import close_business_day
from reconciliations.screens.needs import NEEDS_MAX
from settlements.domain.change_order import cancel_change
from settlements.domain.deposit import collect_deposit
from tests.cashdesk.desk import counted
from tests.factories import StoreFactory, UserFactory
from tests.reconciliations.floor import ago, at_noon, today_of
from tests.reconciliations.queue import (
    credit,
    explain,
    limits,
    only,
    pack,
    recount,
    reject,
    short_drawer,
    signed_off,
    witness,
)
from tests.screens.desk import Browser
from tests.settlements.desk import Shop
from tests.settlements.ordering import ordered
from tests.stories import Cast, counted_queries

STATEMENTS: Final = 16
"""Two find the person and their store. Four read the drawers, two the days, one the variances, one the bags, three the events,
one the change orders,
one the marks of the part that is looked at again.

The bars count the variances once more.
"""


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A shop without any tolerance, where it is noon."""
    return at_noon(cast)


def yesterday(shop: Shop) -> Shop:
    """Sets the clock of the shop back by a day."""
    shop.at -= timedelta(days=1)
    return shop


def tomorrow(shop: Shop) -> Shop:
    shop.at += timedelta(days=1)
    return shop


def needs(browser: Browser) -> list[tuple[str, str]]:
    """Returns the title and the button's address of each item that needs the person, in the order of the page."""
    listed = re.search(r'<ol class="todo.*?</ol>', browser.page.content.decode(), re.DOTALL)
    if listed is None:
        return []
    items = re.findall(r"<li.*?</li>", listed[0], re.DOTALL)
    named = [(re.search(r"<h3>(.*?)</h3>", item), re.findall(r'href="([^"]+)"', item)) for item in items]
    return [(re.sub(r"<[^>]+>", "", title[1]), (paths or [""])[0]) for title, paths in named if title]


def titles(browser: Browser) -> list[str]:
    return [title for title, _path in needs(browser)]


def figures(browser: Browser) -> list[str]:
    """Returns the four figures on top of the page."""
    return re.findall(r'class="value[^"]*"><bdi[^>]*>([^<]+)<', browser.page.content.decode())


def card(browser: Browser, number: int) -> str:
    """Returns the text of a register's card."""
    found = re.search(
        rf'<li class="card[^>]*id="register-{number}">(.*?)</li>', browser.page.content.decode(), re.DOTALL
    )
    assert found, browser.text
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


# --- Who may look -----------------------------------------------------------------------------------------------------------


def test_managers_may_and_cashiers_may_not(cast: Cast) -> None:
    assert Client().get("/today").headers["Location"] == "/sign-in?next=/today"
    assert today_of(cast.carla).page.status_code == 403
    shown = today_of(cast.erika).page
    assert shown.status_code == 200
    assert "no-store" in shown.headers["Cache-Control"]
    assert Browser(cast.erika).client.post("/today").status_code == 405


def test_a_manager_sees_their_own_store_and_no_other(cast: Cast) -> None:
    other = StoreFactory(account=cast.store.account, number="1402", name="Wedding")
    assert "1337 Berlin" in today_of(cast.erika).text
    for store in (other, cast.otto.store):
        assert today_of(cast.erika, f"?store={store.uuid}").page.status_code == 404
    assert today_of(cast.erika, "?store=1402").page.status_code == 404
    assert today_of(cast.erika, "?store=nothing%00").page.status_code == 404


def test_an_admin_chooses_a_store_once(cast: Cast) -> None:
    other = StoreFactory(account=cast.store.account, number="1402", name="Wedding")
    anna = today_of(cast.anna)
    assert anna.page.headers["Location"] == "/stores?next=/today"
    anna.follow()
    assert "Which store?" in anna.text
    anna.send("/stores/choose", {"store": str(other.uuid)})
    assert anna.page.headers["Location"] == "/today"
    anna.follow()
    assert "1402 Wedding" in anna.text
    anna.get(f"/today?store={other.uuid}")
    assert "1402 Wedding" in anna.text
    anna.get("/today")
    assert "1402 Wedding" in anna.text
    anna.get("/today?store=1337")
    assert "1337 Berlin" in anna.text
    assert today_of(cast.anna, f"?store={cast.otto.store.uuid}").page.status_code == 404


def test_the_only_store_needs_no_choice(cast: Cast) -> None:
    assert "1337 Berlin" in today_of(cast.anna).text


# --- What is shown ----------------------------------------------------------------------------------------------------------


def test_an_empty_store_says_what_is_true(cast: Cast, shop: Shop) -> None:
    erika = today_of(cast.erika)
    assert figures(erika) == ["0", "0", "0", "€0.00"]
    for said in (
        "Nothing needs you now.",
        "No bag is on its way to the bank.",
        "No business day was closed here yet.",
        "of 2 registers",
        "no drawer is overdue",
        "The business day ends at 00:00.",
    ):
        assert said in erika.text, said
    assert "Never opened" in card(erika, 1)


def test_an_open_drawer_shows_who_and_since_when_and_nothing_expected(cast: Cast, shop: Shop) -> None:
    shop.sign_on(cast.carla, 200_00)
    shop.sale(123_45)
    shop.move(MovementKind.DROP, 77_00)
    erika = today_of(cast.erika)
    assert figures(erika)[:2] == ["1", "0"]
    shown = card(erika, 1)
    assert shown.startswith("Register 1 Open Carla Open since ")
    assert "(29 min) Float €200.00 Last drop " in shown
    assert "Expected Hidden until counted Show expected cash : Register 1 Show X report" in shown
    for hidden in ("123.45", "77.00", "323.45", "246.45"):
        assert hidden not in erika.text
    assert titles(erika) == []
    assert not AuditEntry.objects.filter(action="expected.seen").exists()


def test_a_counted_drawer_shows_its_result(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 200_00)
    shop.sale(50_00)
    shop.sign_off(session, 249_00)
    erika = today_of(cast.erika)
    shown = card(erika, 1)
    assert shown.startswith("Register 1 Short by €1.00 Carla Closed ")
    assert "Counted €249.00 Expected €250.00" in shown
    assert f'href="/desk/sessions/{session.uuid}"' in erika.page.content.decode()
    assert f'href="/reports/registers/{cast.store.uuid}/1/z/1"' in erika.page.content.decode()
    assert "Hidden until counted" not in shown


def test_an_earlier_result_is_only_a_word(cast: Cast, shop: Shop) -> None:
    session = yesterday(shop).sign_on(cast.carla, 200_00)
    shop.sign_off(session, 200_00)
    shown = card(today_of(cast.erika), 1)
    assert shown.startswith("Register 1 Balanced Carla Closed ")
    assert "200.00" not in shown


def test_bags_that_left_add_up_and_all_bags_lead_to_their_pages(cast: Cast, shop: Shop) -> None:
    first = pack(shop, 2_200_00)
    second = pack(shop, 2_150_00)
    collect_deposit(deposit=second, courier="Rolf", by=shop.by(), at=shop.tick())
    credited = pack(shop, 9_99)
    credit(shop, credited, 9_99)
    erika = today_of(cast.erika)
    assert figures(erika)[3] == "€2,150.00", "the first bag is packed and still in the shop"
    assert "1 bag is still in the shop" in erika.text
    assert f'href="/vault/deposits/{first.uuid}?store={cast.store.uuid}"' in erika.page.content.decode()
    assert f'href="/vault/deposits/{credited.uuid}' not in erika.page.content.decode()
    assert titles(erika) == [], "bags of today are on their way, and need nothing"


def test_change_on_order_is_listed_until_it_arrives(cast: Cast, shop: Shop) -> None:
    assert "Change on order" not in today_of(cast.erika).text
    late = ordered(cast, 50_00, at=ago(days=2), wanted_on=day_of(shop, -1))
    ordered(cast, 75_00)
    erika = today_of(cast.erika)
    assert "Change on order €50.00 Wanted on" in erika.text
    assert "Late €75.00 No date Ordered" in erika.text
    assert f'href="/vault/orders/{late.uuid}"' in erika.page.content.decode()
    cancel_change(order=late, by=shop.by(), at=shop.tick(), reason="too late")
    erika.get("/today")
    assert "€50.00" not in erika.text


def test_what_others_must_decide_is_told_apart(cast: Cast, shop: Shop) -> None:
    own = short_drawer(shop, by=5_00, cashier=cast.erika)
    explain(shop, own, by=cast.anna)
    erika = today_of(cast.erika)
    page = erika.page.content.decode()
    assert "1 variance waits for somebody else" in erika.text
    assert f'href="/admin/cashdesk/variance/{own.pk}/change/"' in page
    assert 'short by <bdi class="amount" dir="ltr">€5.00</bdi>' in page
    assert "somebody else" not in today_of(cast.anna).text


def test_the_drawer_of_a_settlement_is_open_without_a_cashier(cast: Cast, shop: Shop) -> None:
    shop.vault()
    settlement = shop.open(200_00)
    shop.sale(55_55)
    erika = today_of(cast.erika)
    assert figures(erika)[0] == "1"
    assert card(erika, 1).startswith("Register 1 Open Erika Mustermann Open since ")
    session = shop.sign_on(cast.carla, 255_55)
    shop.sign_off(session, 255_00)
    erika.get("/today")
    shown = card(erika, 1)
    assert "Hidden until counted" in shown, "the cash is still in the drawer of the settlement"
    assert "255" not in shown
    shop.count(settlement)
    erika.get("/today")
    assert card(erika, 1).startswith("Register 1 Being counted Erika Mustermann")
    assert f'href="/settlements/{settlement.uuid}"' in erika.page.content.decode()
    shop.close(settlement, 254_00)
    erika.get("/today")
    assert card(erika, 1).startswith("Register 1 Short by €1.00 Erika Mustermann Closed")
    assert "Counted €254.00 Expected €255.00" in card(erika, 1)


def test_the_safe_is_counted_if_its_settlement_is_open(cast: Cast, shop: Shop) -> None:
    assert f'href="/vault/{cast.store.uuid}"' in today_of(cast.erika).page.content.decode()
    vault = shop.vault()
    assert f'href="/settlements/{vault.uuid}/count"' in today_of(cast.erika).page.content.decode()


def test_the_latest_events_tell_who_did_what_without_amounts(cast: Cast, shop: Shop) -> None:
    assert "Nothing has happened lately." in today_of(cast.erika).text
    shop.vault(1_000_00)
    session = shop.sign_on(cast.carla, 321_00)
    short = short_drawer_of(shop, session, 300_00)
    signed_off(shop, short)
    bag = pack(shop, 25_00)
    credit(shop, bag, 25_00)
    force_close_session(session=shop.sign_on(cast.bruno, 50_00, station=2), by=shop.by(), at=shop.tick(), reason="ill")
    close_business_day(store=cast.store, on=day_of(shop, -1), by=shop.by(cast.anna), at=shop.tick())
    page = today_of(cast.erika).page.content.decode()
    listed = re.search(r'<ol class="events.*?</ol>', page, re.DOTALL)
    assert listed
    told = re.findall(r"<span>(.*?)</span>", listed[0])
    assert told == [
        f"Anna closed the business day {day_of(shop, -1):%-d %b %Y}.",
        "Erika Mustermann closed register 2 without a count.",
        "Bruno opened register 2.",
        f"Erika Mustermann recorded the bank credit of bag {bag.bag_number}.",
        f"Erika Mustermann packed bag {bag.bag_number}.",
        "Erika Mustermann approved a variance.",
    ]
    assert not re.search(r"\d[.,]\d\d", " ".join(told)), "no amount"


def short_drawer_of(shop: Shop, session: CashSession, amount: int) -> Variance:
    """Closes a session with a count that is short, and returns its variance."""
    shop.sign_off(session, amount)
    return only(session=session)


# --- What needs a supervisor ---------------------------------------------------------------------------------------------------


def test_everything_that_waits_stands_in_its_order(cast: Cast, shop: Shop) -> None:
    zoe = UserFactory(username="zoe", name="Zoe", store=cast.store)
    yesterday(shop)
    signed_off(shop, short_drawer(shop, by=3_00), by=cast.anna)
    close_business_day(store=cast.store, on=day_of(shop, -1), by=shop.by(), at=shop.tick())
    short = short_drawer(shop, by=5_00, cashier=cast.bruno)
    bag = pack(shop, 2_200_00)
    collect_deposit(deposit=bag, courier="Rolf", by=shop.by(), at=shop.tick())
    kept = pack(shop, 1_00)
    forced = shop.sign_on(zoe, 100_00, station=2)
    shop.sale(17_17, station=2)
    force_close_session(session=forced, by=shop.by(), at=shop.tick(), reason="ill")
    left = shop.sign_on(cast.carla, 200_00, station=1)
    tomorrow(shop)
    erika = today_of(cast.erika)
    assert needs(erika) == [
        ("Register 1 is overdue", f"/desk/sessions/{left.uuid}/count"),
        ("Register 2 was closed without a count", f"/desk/sessions/{forced.uuid}/recount"),
        ("Register 1 was short by €5.00", f"/variances/{short.uuid}"),
        (f"Bag {bag.bag_number} waits for the bank credit", f"/vault/deposits/{bag.uuid}/credit?store={cast.store.uuid}"),
        (f"Bag {kept.bag_number} waits to be picked up", f"/vault/deposits/{kept.uuid}/collect?store={cast.store.uuid}"),
        ("1 business day is not closed", f"/admin/cashdesk/businessday/close/?store={cast.store.pk}&amp;date={day_of(shop, -1)}"),
    ]  # fmt: skip
    for said in ("Carla opened it (", "Its business day ended 12 h", "Zoe had it.", "Bruno counted it (", "6 items, most urgent first"):  # fmt: skip
        assert said in erika.text, said
    assert figures(erika)[:3] == ["1", "1", "2"]
    assert "17.17" not in erika.text
    assert "117.17" not in erika.text


def day_of(shop: Shop, days: int = 0) -> date:
    """Returns the business date of the shop's clock, or the date some days after it."""
    return business_date(store=shop.cast.store, at=shop.at) + timedelta(days=days)


def test_limits_of_cash_are_told_without_an_amount(cast: Cast, shop: Shop) -> None:
    cast.store.pull_minor = 300_00
    cast.store.save(update_fields=["pull_minor"])
    shop.vault(1_000_00)
    Place.objects.filter(pk=cast.place(PlaceKind.VAULT).pk).update(most_minor=100_00)
    shop.sign_on(cast.carla, 200_00)
    shop.at = ago(minutes=20)
    shop.sale(444_44)
    erika = today_of(cast.erika)
    assert needs(erika) == [
        ("Register 1 holds more cash than it should", f"/vault/fetch?store={cast.store.uuid}"),
        ("The safe holds more cash than it should", f"/vault/deposits/new?store={cast.store.uuid}"),
    ]
    carla = Browser(cast.carla)
    assert "This drawer holds more cash than it should. Bring cash to the safe." in carla.get("/desk").content.decode()
    for page in (erika.text, carla.text):
        assert not re.search(r"444.44|644.44|300.00|1,000.00|800.00", page)
    assert not AuditEntry.objects.filter(action="expected.seen").exists()
    Place.objects.filter(pk=cast.place(PlaceKind.VAULT).pk).update(most_minor=None, least_minor=5_000_00)
    assert ("The safe holds less cash than it should", f"/vault/orders/new?store={cast.store.uuid}") in needs(
        today_of(cast.erika)
    )


def test_each_variance_has_the_step_that_is_next(cast: Cast, shop: Shop) -> None:
    zoe = UserFactory(username="zoe", name="Zoe", store=cast.store, role=Role.MANAGER)
    limits(cast.store, second=40_00)
    explained, rejected, large = (short_drawer(shop, by=amount) for amount in (5_00, 6_00, 50_00))
    explain(shop, explained, by=zoe)
    explain(shop, rejected)
    reject(shop, rejected, by=zoe)
    explain(shop, large)
    erika, witnessing, admin = (today_of(user) for user in (cast.erika, zoe, cast.anna))
    approve_first = ("Register 1 was short by €5.00", f"/variances/{explained.uuid}")
    explain_again = ("Register 1 was short by €6.00", f"/variances/{rejected.uuid}")
    witness_it = ("Register 1 was short by €50.00", f"/variances/{large.uuid}")
    assert needs(erika) == [approve_first, explain_again], "who explained does not witness"
    assert needs(witnessing) == needs(admin) == [approve_first, explain_again, witness_it]
    for words in ("Approve variance", "Explain variance", "Witness variance"):
        assert words in admin.text, words
    assert "2 for you, 1 for others" in erika.text
    assert "3 for you, 0 for others" in admin.text
    for said in (
        "Zoe explained it: Counting error.",
        "The explanation was rejected.",
        "It is above €40.00, so an admin decides.",
    ):
        assert said in admin.text, said
    witness(shop, large, by=zoe)
    assert ("Register 1 was short by €50.00", f"/variances/{large.uuid}") in needs(today_of(cast.anna))
    assert ("Register 1 was short by €50.00") not in titles(today_of(zoe)), "an admin approves it"


def test_who_recounted_is_not_asked_to_approve(cast: Cast, shop: Shop) -> None:
    short = short_drawer(shop, by=5_00)
    explain(shop, short)
    recount(shop, short, 196_00)
    assert titles(today_of(cast.erika)) == []
    assert titles(today_of(cast.anna)) == ["Register 1 was short by €5.00"]


def test_nobody_is_asked_to_decide_their_own_count(cast: Cast, shop: Shop) -> None:
    own = short_drawer(shop, cashier=cast.erika)
    explain(shop, own, by=cast.anna)
    erika = today_of(cast.erika)
    assert titles(erika) == []
    assert "0 for you, 1 for others" in erika.text


def test_an_own_drawer_is_counted_at_the_desk_and_by_somebody_else_after_it_was_closed(cast: Cast, shop: Shop) -> None:
    session = yesterday(shop).sign_on(cast.erika, 100_00)
    tomorrow(shop)
    assert needs(today_of(cast.erika)) == [("Register 1 is overdue", "/desk/count")]
    force_close_session(session=session, by=shop.by(cast.anna), at=shop.tick(), reason="ill")
    erika = today_of(cast.erika)
    assert needs(erika) == [("Register 1 was closed without a count", "")]
    assert "It was your drawer. Somebody else must count it." in erika.text
    assert needs(today_of(cast.anna))[0][1] == f"/desk/sessions/{session.uuid}/recount"


def test_a_drawer_that_somebody_counted_after_all_is_no_item_any_more(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    force_close_session(session=session, by=shop.by(), at=shop.tick(), reason="ill")
    erika = today_of(cast.erika)
    assert card(erika, 1).startswith("Register 1 Not counted Carla")
    erika.get(needs(erika)[0][1])
    erika.follow()
    assert "Count again" in erika.text
    count_afterwards(session=session, counted=counted(100_00), by=shop.by(), at=shop.tick())
    erika.get("/today")
    # What remains is the variance, which somebody explains and approves.
    assert titles(erika) == ["Register 1 was closed without a count"]
    assert needs(erika)[0][1] == f"/variances/{Variance.objects.get(session=session).uuid}"
    assert card(erika, 1).startswith("Register 1 Closed Carla")


def test_a_handover_waits_until_its_day_has_ended(cast: Cast, shop: Shop) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    shop.sale(12_34)
    shop.sign_off(session, 112_34, hands_over=True)
    erika = today_of(cast.erika)
    assert titles(erika) == []
    shown = card(erika, 1)
    assert shown.startswith("Register 1 Handed over Carla")
    assert "Hidden until counted" in shown
    assert "112.34" not in erika.text, "the next cashier counts it blind"
    before = yesterday(shop).sign_on(cast.bruno, 50_00, station=2)
    shop.sign_off(before, 50_00, hands_over=True)
    erika.get("/today")
    assert needs(erika) == [
        ("Nobody took over register 2", f"/admin/cashdesk/cashsession/{before.pk}/count-afterwards/")
    ]


def test_a_settlement_is_counted_on_its_own_page(cast: Cast, shop: Shop) -> None:
    yesterday(shop).vault()
    settlement = shop.open(100_00)
    tomorrow(shop)
    assert needs(today_of(cast.erika)) == [("Register 1 is overdue", f"/settlements/{settlement.uuid}")]
    shop.force(settlement)
    path = f"/admin/settlements/settlement/{settlement.pk}/count-afterwards/"
    erika = today_of(cast.erika)
    assert needs(erika)[0] == ("Register 1 was closed without a count", path)
    assert erika.get(path).status_code == 200


def test_a_drawer_that_must_be_counted_keeps_the_day_open(cast: Cast, shop: Shop) -> None:
    yesterday(shop).sign_on(cast.carla, 100_00)
    close_business_day(store=cast.store, on=day_of(shop, -1), by=shop.by(), at=shop.tick())
    close = f"/admin/cashdesk/businessday/close/?store={cast.store.pk}&amp;date={day_of(shop)}"
    tomorrow(shop)
    erika = today_of(cast.erika)
    assert erika.page.content.decode().count(close) == 2
    assert "Register 1 is still open." in erika.text
    cast.store.closes_stale_sessions = False
    cast.store.save(update_fields=["closes_stale_sessions"])
    erika.get("/today")
    assert erika.page.content.decode().count(close) == 1, "only the item, whose page names what is open"
    shown = erika.get(close.replace("&amp;", "&")).content.decode()
    assert re.search(rf'name="date" value="{day_of(shop, -1)}"', shown)


def test_a_long_list_ends_and_leads_on(cast: Cast, shop: Shop) -> None:
    for _number in range(NEEDS_MAX + 2):
        short_drawer(shop)
    erika = today_of(cast.erika)
    assert len(needs(erika)) == NEEDS_MAX
    assert "2 more items wait." in erika.text
    assert f'href="/variances?store={cast.store.uuid}"' in erika.page.content.decode()
    assert erika.get(f"/variances?store={cast.store.uuid}").status_code == 200


# --- What it costs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("registers", "days"), [(1, 1), (1, 9), (12, 3)])
def test_a_look_costs_the_same_whatever_the_history_and_the_number_of_registers(
    cast: Cast, shop: Shop, registers: int, days: int
) -> None:
    people = [UserFactory(store=cast.store) for _ in range(registers)]
    Place.objects.bulk_create(
        Place(store=cast.store, kind=PlaceKind.REGISTER, number=number) for number in range(3, registers + 1)
    )
    for back in range(days, 0, -1):
        shop.at = ago(minutes=300, days=back)
        for station, person in enumerate(people, start=1):
            session = shop.sign_on(person, 100_00, station=station)
            shop.sale(5_00, station=station)
            shop.sign_off(session, 104_00)
    erika = Browser(cast.erika)
    with counted_queries() as queries:
        erika.get("/today")
    assert card(erika, registers).startswith(f"Register {registers} Short by €1.00")
    assert figures(erika)[2] == str(registers * days)
    assert len(queries) == STATEMENTS
