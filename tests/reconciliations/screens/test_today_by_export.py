"""Every figure of Today and of the workbench, counted again from exported rows by code that the pages do not share."""

import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

from cashdesk.domain.session.closing import force_close_session
from cashdesk.domain.store.business_day import business_date
from settlements.domain.deposit import collect_deposit
from tests.reconciliations.exporting import exported
from tests.reconciliations.floor import at_noon, today_of
from tests.reconciliations.queue import credit, explain, pack, short_drawer, signed_off
from tests.screens.desk import Browser
from tests.settlements.desk import Shop
from tests.stories import Cast

STATES = ("COLLECTED", "PREPARED")


def make_shop(cast: Cast) -> Shop:
    """Three days of two registers: short drawers, one closed without a count, one open, and bags in every state."""
    shop = at_noon(cast, days_ago=2)
    short_drawer(shop, by=2_00)
    shop.at += timedelta(days=1)
    short_drawer(shop, by=5_00, cashier=cast.bruno)
    explain(shop, short_drawer(shop, by=1_25, cashier=cast.bruno))
    signed_off(shop, short_drawer(shop, by=3_00), by=cast.anna)
    collect_deposit(deposit=pack(shop, 2_200_00), courier="Rolf", by=shop.by(), at=shop.tick())
    credit(shop, pack(shop, 55_00), 55_00)
    pack(shop, 101_00)
    forced = shop.sign_on(cast.carla, 100_00, station=2)
    shop.sale(17_17, station=2)
    force_close_session(session=forced, by=shop.by(), at=shop.tick(), reason="ill")
    shop.at += timedelta(days=1)
    shop.sign_on(cast.carla, 200_00, station=1)
    shop.sale(4_44)
    return shop


def rows_of_days(shop: Shop, table: str) -> list[dict[str, str]]:
    today = business_date(store=shop.cast.store, at=shop.at)
    return exported(shop.cast.erika, table, first=f"{today - timedelta(days=3)}", last=f"{today}")


def money(amount: Decimal) -> str:
    sign = "\u2212" if amount < 0 else ""
    return f"{sign}\u20ac{abs(amount):,.2f}"


def part(content: str, start: str, end: str) -> str:
    """Returns the text of a part of a page."""
    found = re.search(rf"{start}.*?{end}", content, re.DOTALL)
    assert found, start
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


def test_figures_drawers_bags_and_days_of_today_are_those_of_the_files(cast: Cast) -> None:
    shop = make_shop(cast)
    content = today_of(cast.erika).page.content.decode()
    sessions, bags = rows_of_days(shop, "sessions"), rows_of_days(shop, "deposits")
    opened = [row for row in sessions if row["status"] == "OPEN"]
    waiting = [row for row in rows_of_days(shop, "variances") if row["state"] in ("OPEN", "EXPLAINED")]
    on_the_way, packed = ([Decimal(row["amount"]) for row in bags if row["state"] == state] for state in STATES)
    registers = {row["station"] for row in sessions}
    assert part(content, '<ul class="figures">', "</ul>") == (
        f"Open drawers {len(opened)} of {len(registers)} registers "
        "Overdue 0 no drawer is overdue "
        f"Variances waiting {len(waiting)} {len(waiting)} for you, 0 for others "
        f"In transit to the bank {money(sum(on_the_way, Decimal()))} {len(packed)} bag is still in the shop"
    )
    assert f"Total {money(sum((*on_the_way, *packed), Decimal()))}" in part(content, 'id="bags"', "</section>")
    for row in opened:
        card = part(content, f'id="register-{row["station"]}"', "</li>")
        assert f"Open {row['cashier_name']} " in card
        assert f"Float {money(Decimal(row['start_amount']))}" in card
    needs = part(content, '<ol class="todo', "</ol>")
    uncounted = {row["station"] for row in sessions if row["awaits_count"] == "true"}
    assert uncounted == set(re.findall(r"Register (\d+) was closed without a count", needs))
    short = [row for row in waiting if row["difference"]]
    told = [f"Register {row['station']} was short by {money(-Decimal(row['difference']))}" for row in short]
    assert sorted(told) == sorted(re.findall(r"Register \d+ was short by \u20ac[\d.,]+(?= Business day)", needs))
    days = [f"{date.fromisoformat(on):%-d %b %Y}" for on in sorted({row["business_date"] for row in sessions})]
    assert list(dict.fromkeys(re.findall(r"\d+ \w{3} \d{4}", part(content, 'id="days"', "</ul>")))) == days


def test_the_list_of_variances_and_the_evidence_of_each_are_those_of_the_files(cast: Cast) -> None:
    shop = make_shop(cast)
    browser = Browser(cast.erika)
    browser.get(f"/variances?store={cast.store.uuid}")
    variances = [row for row in rows_of_days(shop, "variances") if row["state"] in ("OPEN", "EXPLAINED")]
    wanted = [money(Decimal(row["difference"])) if row["difference"] else "Not counted" for row in variances]
    listed = part(browser.page.content.decode(), 'class="queue', "</ol>")
    assert re.findall(r"\u2212\u20ac[\d.,]+|Not counted", listed) == wanted
    movements = rows_of_days(shop, "movements")
    for row in variances:
        if not row["difference"]:
            continue
        browser.get(f"/variances/{row['variance_id']}")
        content = browser.page.content.decode()
        of = [one for one in movements if one["session_id"] == row["session_id"]]
        register = ("REGISTER", row["station"])
        came = [one for one in of if (one["destination"], one["destination_station"]) == register]
        went = [one for one in of if (one["source"], one["source_station"]) == register]
        at_close = ("RETURN", "OVER_SHORT")
        expected = sum((Decimal(one["amount"]) for one in came if one["kind"] not in at_close), Decimal())
        expected -= sum((Decimal(one["amount"]) for one in went if one["kind"] not in at_close), Decimal())
        counted = sum((Decimal(one["amount"]) for one in went if one["kind"] == "RETURN"), Decimal())
        told = [part(one, "<dd", "</dd>") for one in re.findall(r'<div class="result">.*?</div>', content, re.DOTALL)]
        assert told == [money(amount) for amount in (expected, counted, counted - expected)]
