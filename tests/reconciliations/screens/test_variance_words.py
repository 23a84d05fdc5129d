"""The words of the workbench: in the order of the list, with days, with who decided, and why a key does nothing."""

import re
from datetime import timedelta
from typing import Final

import pytest

from cashdesk.domain.payment.decision import decide_payment
from cashdesk.enums import PaymentStatus, VarianceKind, VarianceState
from cashdesk.models import Variance
from reconciliations.domain.business_day_close import close_business_day
from tests.reconciliations.floor import at_noon
from tests.reconciliations.queue import declare, escalate, explain, limits, of_kind, recount, short_drawer, signed_off
from tests.screens.desk import Browser
from tests.settlements.desk import Shop
from tests.stories import Cast, counted_queries

STATEMENTS_OF_A_DECLARATION: Final = 22


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A shop without any tolerance, where it is noon."""
    return at_noon(cast)


@pytest.fixture
def erika(cast: Cast) -> Browser:
    """Erika's browser."""
    return Browser(cast.erika)


def way(browser: Browser, key: str) -> str:
    """Returns the address to which a key leads."""
    found = re.search(rf'href="/variances/([0-9a-f-]+)[^"]*" data-key="{key}"', browser.page.content.decode())
    return found[1] if found else ""


def why(browser: Browser, key: str) -> str:
    """Returns why a key does nothing."""
    found = re.search(rf'<template data-refused-key="{key}">([^<]*)', browser.page.content.decode())
    return found[1] if found else ""


def test_the_keys_follow_the_list_as_it_is_shown(cast: Cast, shop: Shop, erika: Browser) -> None:
    """What waits for others is older, and stands below what waits for the reader."""
    others = explain(shop, short_drawer(shop, cashier=cast.erika), by=cast.anna)
    first, second = short_drawer(shop), short_drawer(shop)
    erika.get("/variances")
    assert way(erika, "j") == str(first.uuid)
    for variance, above, below in ((first, None, second), (second, first, others), (others, second, None)):
        erika.get(f"/variances/{variance.uuid}")
        assert (way(erika, "k"), way(erika, "j")) == tuple(str(one.uuid) if one else "" for one in (above, below))


def test_who_was_quicker_is_named_with_the_time(cast: Cast, shop: Shop, erika: Browser) -> None:
    short = explain(shop, short_drawer(shop))
    erika.get(f"/variances/{short.uuid}")
    anna = Browser(cast.anna)
    anna.get(f"/variances/{short.uuid}")
    anna.send(f"/variances/{short.uuid}", {"act": "APPROVE"})
    erika.send(f"/variances/{short.uuid}", {"act": "APPROVE"})
    assert erika.page.status_code == 409
    assert re.search(r"Nothing was saved. Anna approved it \(\d\d:\d\d\)\.", erika.text)
    assert "APPROVED" not in erika.text


def test_an_escalation_says_why_until_somebody_decided(cast: Cast, shop: Shop, erika: Browser) -> None:
    limits(cast.store, second=50_00)
    large = explain(shop, short_drawer(shop, by=60_00))
    by_hand = escalate(shop, short_drawer(shop, by=2_00))
    erika.get(f"/variances/{large.uuid}")
    assert "It is above €50.00, so an admin decides." in erika.text
    assert why(erika, "a") == "This difference is escalated. An admin must decide it."
    erika.get(f"/variances/{by_hand.uuid}")
    assert "It is escalated: an admin decides." in erika.text
    Variance.objects.filter(pk=by_hand.pk).update(state=VarianceState.SUPERSEDED)
    erika.get(f"/variances/{by_hand.uuid}")
    assert "an admin decides." not in erika.text.partition("Business day")[2].partition("Timeline")[0]


def test_a_key_of_an_act_that_is_not_possible_says_why(cast: Cast, shop: Shop, erika: Browser) -> None:
    short = short_drawer(shop)
    erika.get(f"/variances/{short.uuid}")
    assert why(erika, "a") == "It is not explained yet."
    assert why(erika, "e") == ""
    done = signed_off(shop, short)
    erika.get(f"/variances/{done.uuid}")
    for key in "eawrx":
        assert "approved it (" in why(erika, key), key


def test_what_happened_has_its_day_and_a_sale_the_time_at_which_it_was_paid(
    cast: Cast, shop: Shop, erika: Browser
) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    paid_at = shop.at + timedelta(seconds=1)
    shop.at += timedelta(minutes=25)
    shop.pay(5_00, id="alpha", paid_at=paid_at)
    shop.sign_off(session, 100_00)
    short = Variance.objects.get()
    recount(shop, short, 100_00, by=cast.anna)
    erika.get(f"/variances/{short.uuid}")
    timeline = erika.text.partition("Timeline")[2].partition("Counts")[0]
    assert re.match(r" \d+ \w+ \d{4} \d\d:\d\d Opened", timeline)
    assert re.search(r"alpha .*Reported later: \d\d:\d\d", timeline)
    assert len(re.findall(r"\d{4} \d\d:\d\d", timeline)) == 1, "one day, told once"
    assert "The recount found €100.00: −€5.00, above the accepted difference." in erika.text
    assert re.search(r"History \d+ \w+ \d{4} \d\d:\d\d Recount", erika.text)


def test_late_money_is_no_overage_and_lowers_the_difference(cast: Cast, shop: Shop, erika: Browser) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    pending = shop.pay(5_00, status=PaymentStatus.PENDING)
    shop.sign_off(session, 105_00)
    decide_payment(external_id=pending.external_id, status=PaymentStatus.APPROVED, by=shop.by(), at=shop.tick())
    late = of_kind(VarianceKind.LATE)
    erika.get(f"/variances/{late.uuid}")
    assert "Late money: +€5.00" in erika.text
    assert "A difference of that count falls by it." in erika.text
    row = erika.page.content.decode().partition(f'href="/variances/{late.uuid}"')[2].partition("</li>")[0]
    assert "is-over" not in row
    assert "Late money" in row


def test_a_declaration_shows_who_made_it_and_the_drawers_of_its_day(cast: Cast, shop: Shop, erika: Browser) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    shop.pay(20_00)
    shop.sign_off(session, 118_00)
    declare(shop, 110_00, by=shop.by(cast.erika))
    declared = of_kind(VarianceKind.RECONCILIATION)
    path = f"/variances/{declared.uuid}"
    erika.get(path)
    for said in (
        "Erika Mustermann declared it (", "It is about the cash of the whole store on ", ", in EUR.",
        "Register 1 Carla Closed −€2.00", "Their own differences are not added to it.",
    ):  # fmt: skip
        assert said in erika.text, said
    assert why(erika, "w").startswith("This is your own count. You may explain or escalate it. Somebody else must")
    assert "Sales" not in erika.text.partition("Declared €110.00")[0], "the day is still open"
    close_business_day(store=cast.store, on=declared.business_date, by=shop.by(), at=shop.tick())
    erika.get(path)
    assert "Float €100.00 Sales +€20.00 Expected €120.00 Declared €110.00 Difference −€10.00" in erika.text
    with counted_queries() as queries:
        erika.get(path)
    assert len(queries) == STATEMENTS_OF_A_DECLARATION


def test_a_drawer_that_waits_for_its_next_count_hides_the_parts_of_the_day(
    cast: Cast, shop: Shop, erika: Browser
) -> None:
    session = shop.sign_on(cast.carla, 100_00)
    shop.pay(86_40)
    shop.sign_off(session, 180_00, hands_over=True)
    declare(shop, 110_00, by=shop.by(cast.erika))
    declared = of_kind(VarianceKind.RECONCILIATION)
    close_business_day(store=cast.store, on=declared.business_date, by=shop.by(), at=shop.tick())
    erika.get(f"/variances/{declared.uuid}")
    assert "Register 1 Carla Closed Not counted" in erika.text
    assert "1 drawer is not counted yet, and left out." in erika.text
    assert not re.search(
        r"Sales|\+€86\.40|−€6\.40|180\.00", erika.page.content.decode().partition('class="evidence"')[2]
    )
    with counted_queries() as queries:
        erika.get(f"/variances/{declared.uuid}")
    numbers = [len(queries)]
    for cashier in (cast.bruno, cast.carla, cast.bruno):
        shop.sign_off(shop.sign_on(cashier, 1_00), 1_00, hands_over=True)
    with counted_queries() as queries:
        erika.get(f"/variances/{declared.uuid}")
    assert [*numbers, len(queries)] == [numbers[0]] * 2
