"""The content of the pages of settlements, deposits and places, and the figures that they hide."""

import re
from typing import Any

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.models import AuditEntry, Movement, Place, Seal
from settlements.domain.change_order import receive_change
from settlements.domain.reversal_by_manager import reverse_movement
from settlements.models import ChangeOrder, Deposit, Settlement
from tests.admin.back_office import list_of, page_of, sits_down
from tests.cashdesk.desk import minutes
from tests.settlements.admin.periods import Periods, act, cash, counted, report_sale
from tests.stories import Cast


def rows_of(page: str, field: str) -> list[list[str]]:
    """Returns the cells of a table on a page, row by row, without their markup."""
    found = re.search(rf'field-{field}">.*?<table(.*?)</table>', page, re.DOTALL)
    assert found is not None, field
    lines = re.findall(r"<tr>(.*?)</tr>", found.group(1), re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL) for line in lines]
    return [[re.sub(r"</?bdi[^>]*>", "", re.sub(r"<br>", "; ", cell)).strip("; ") for cell in line] for line in cells]


def without_links(rows: list[list[str]]) -> list[list[str]]:
    """Returns the text without its links."""
    return [[re.sub(r"<[^>]+>", "", cell) for cell in row] for row in rows]


def test_a_closed_settlement_shows_its_figures(cast: Cast, periods: Periods) -> None:
    for amount, method in ((700, "CASH"), (300, "TRANSFER")):
        assert report_sale(cast.store, cast.erika, amount, at=minutes(30), method=method).booked == "late"
    page = sits_down(cast.erika).get(page_of(periods.closed)).content.decode()
    assert rows_of(page, "amounts") == [
        ["Method", "Initial", "Opening difference", "Target", "Actual", "Difference", "Late", "Adjusted difference"],
        ["CASH", "€100.00", "€0.00", "€125.00", "€123.00", "−€2.00", "€7.00", "−€9.00"],
        [
            "CARD",
            "-",
            "-",
            "€42.00",
            "€42.00 (not counted, taken from the books)",
            "€0.00",
            "€0.00",
            "€0.00",
        ],
        ["TRANSFER", "-", "-", "-", "-", "-", "€3.00", "−€3.00"],
    ]


def test_every_count_is_shown_with_who_when_what_and_whether_it_was_equal(cast: Cast, periods: Periods) -> None:
    page = sits_down(cast.erika).get(page_of(periods.closed)).content.decode()
    heads, opening, closing = without_links(rows_of(page, "counts_listed"))
    assert heads == ["Count", "When", "Who", "Counted", "Pieces", "Equal"]
    assert opening == ["Opening", "10 Mar 2026, 13:01:00 CET", "Erika Mustermann", "€100.00 CASH", "-", "equal"]
    assert closing == [
        "Closing 1", "10 Mar 2026, 13:06:00 CET", "Erika Mustermann", "€123.00 CASH",
        "2 x €50; 23 x €1", "not equal",
    ]  # fmt: skip


def test_a_settlement_leads_to_its_seal_its_movements_its_place_and_its_story(cast: Cast, periods: Periods) -> None:
    erika = sits_down(cast.erika)
    page = erika.get(page_of(periods.closed)).content.decode()
    assert page_of(periods.closed.seal) in page
    assert page_of(periods.closed.place) in page
    (movements,) = re.findall(rf'href="({list_of(Movement)}\?[^"]*)"', page)
    place = periods.closed.place
    moved = {row for row in Movement.objects.all() if place in (row.source, row.destination)}
    assert set(erika.get(movements).context["cl"].result_list) == moved < set(Movement.objects.all())
    (story,) = re.findall(rf'href="({list_of(AuditEntry)}\?[^"]*)"', page)
    actions = [entry.action for entry in erika.get(story).context["cl"].result_list]
    assert actions == ["settlement.closed", "settlement.counting", "settlement.opened"]
    assert AuditEntry.objects.get(action="settlement.closed").detail["reason"] == "end of the day"
    assert page_of(periods.closed) in erika.get(page_of(periods.closed.seal)).content.decode()


@pytest.mark.parametrize("place", ["x", "-1", "9" * 30, "1.5", "", "٣"])
def test_a_place_that_was_tampered_with_finds_no_movements(cast: Cast, periods: Periods, place: str) -> None:
    response = sits_down(cast.erika).get(list_of(Movement), {"place": place})
    assert (response.status_code, list(response.context["cl"].result_list)) == (200, [])


@pytest.mark.parametrize("name", ["vault", "counting", "running"])
def test_one_that_is_not_closed_shows_what_it_was_opened_with_and_no_more(
    cast: Cast, periods: Periods, name: str
) -> None:
    page = sits_down(cast.erika).get(page_of(periods.not_closed[name])).content.decode()
    heads, *rows = rows_of(page, "amounts")
    assert heads == ["Method", "Initial", "Opening difference"]
    assert rows == [["CASH", "€5,000.00" if name == "vault" else "€100.00", "€0.00"]]
    verdicts = {row[-1] for row in rows_of(page, "counts_listed")[1:]}
    assert verdicts == {"shown after closing"}


def test_the_list_tells_which_were_closed_without_a_count(cast: Cast, periods: Periods) -> None:
    erika = sits_down(cast.erika)
    page = erika.get(list_of(Settlement)).content.decode()
    states = re.findall(r'field-state_shown">(.*?)<', page)
    assert states == ["Open", "Closed, not counted", "Counting", "Closed", "Open"]
    for word in ("Safe", "With the counted amounts", "By an attempt with equal amounts", "By the last attempt"):
        assert re.search(rf">\s*{word}\s*</a>", page), word
    for query, row in (({"closing__exact": "FORCED"}, periods.uncounted), ({"type__exact": "VAULT"}, periods.vault)):
        assert list(erika.get(list_of(Settlement), query).context["cl"].result_list) == [row]


def test_a_settlement_is_found_by_number_by_uuid_and_by_a_name_on_it(cast: Cast, periods: Periods) -> None:
    erika = sits_down(cast.erika)

    def found(text: object) -> list[Settlement]:
        return list(erika.get(list_of(Settlement), {"q": text}).context["cl"].result_list)

    assert found(periods.closed.pk) == found(periods.closed.uuid) == [periods.closed]
    assert len(found("mustermann")) == 5
    assert found("nobody") == []


def test_a_look_at_a_drawer_that_nobody_counted_is_noted(cast: Cast, periods: Periods) -> None:
    erika = sits_down(cast.erika)
    seen = AuditEntry.objects.filter(action="expected.seen", user=cast.erika, store=cast.store)
    erika.get(list_of(Settlement))
    for row in (periods.closed, *periods.not_closed.values()):
        erika.get(page_of(row))
    assert seen.count() == 0
    assert "€125.00" in erika.get(page_of(periods.uncounted)).content.decode()
    assert seen.count() == 1
    assert "€125.00" in erika.get(page_of(periods.uncounted.seal)).content.decode()
    assert [entry.detail for entry in seen] == [{"settlements": [periods.uncounted.pk]}] * 2
    act(erika, periods.uncounted, "count-afterwards", **counted(("EUR", "CASH", "1"), reason="found it"))
    erika.get(page_of(periods.uncounted))
    assert seen.count() == 2


def shown(page: str, field: str) -> str:
    """Returns the text of a field of a page, without its markup."""
    found = re.search(rf'field-{field}">.*?<div class="readonly">(.*?)</div>', page, re.DOTALL)
    assert found is not None, field
    return re.sub(r"<[^>]+>", "", found.group(1)).strip()


def test_a_deposit_shows_its_way_to_the_bank(cast: Cast, periods: Periods) -> None:
    erika = sits_down(cast.erika)
    act(erika, periods.deposit, "collect", courier="Ingo")
    assert shown(erika.get(page_of(periods.deposit)).content.decode(), "state") == "Picked up"
    act(erika, periods.deposit, "credit", amount="299.50")
    page = erika.get(page_of(periods.deposit)).content.decode()
    fields = (
        "state",
        "bag_number",
        "slip_number",
        "movement__amount",
        "courier",
        "credited_shown",
        "difference_shown",
    )
    assert [shown(page, name) for name in fields] == [
        "Credited", "B-1", "S-7", "€300.00", "Ingo", "€299.50", "−€0.50",
    ]  # fmt: skip
    assert {shown(page, f"{verb}_by") for verb in ("prepared", "collected", "credited")} == {"Erika Mustermann"}
    assert "13:09:00 CET" in shown(page, "prepared_at")


def test_a_cancelled_deposit_says_so_and_stands_in_no_other_state(cast: Cast, periods: Periods) -> None:
    reverse_movement(
        movement=periods.deposit.movement, by=Principal(user=cast.erika), at=minutes(40), reason="unpacked again"
    )
    erika = sits_down(cast.erika)
    page = erika.get(page_of(periods.deposit)).content.decode()
    assert shown(page, "state") == "Cancelled"
    assert page_of(periods.deposit, "credit") not in page

    def listed(state: str) -> list[Deposit]:
        return list(erika.get(list_of(Deposit), {"state": state}).context["cl"].result_list)

    assert listed("CANCELLED") == [periods.deposit]
    assert listed("PREPARED") == []


def test_an_order_shows_what_was_wanted_and_what_came(cast: Cast, periods: Periods) -> None:
    erika, by = sits_down(cast.erika), Principal(user=cast.erika)
    page = erika.get(page_of(periods.change)).content.decode()
    names = ("state_shown", "amount", "pieces_ordered", "note", "received", "pieces_received", "difference", "ended_at")
    assert [shown(page, name) for name in names] == [
        "Ordered", "€66.00", "50 × €180 × €0.20", "for Saturday", "-", "-", "-", "-",
    ]  # fmt: skip
    done = receive_change(order=periods.change, received=cash(5_000), by=by, at=minutes(11))
    page = erika.get(page_of(periods.change)).content.decode()
    assert [shown(page, name) for name in names] == [
        "Arrived", "€66.00", "50 × €180 × €0.20", "for Saturday", "€50.00", "-", "−€16.00",
        "10 Mar 2026, 13:11:00 CET",
    ]  # fmt: skip
    assert done.movement is not None
    assert page_of(done.movement) in page
    reverse_movement(movement=done.movement, by=by, at=minutes(12), reason="counted wrong")
    page = erika.get(page_of(periods.change)).content.decode()
    assert shown(page, "state_shown") == "Arrived, then reversed"
    listed = erika.get(list_of(ChangeOrder), {"state__exact": "ARRIVED"}).context["cl"].result_list
    assert list(listed) == [done]


def test_a_place_tells_its_settlement_and_its_last_z(cast: Cast, periods: Periods) -> None:
    erika = sits_down(cast.erika)
    response: Any = erika.get(list_of(Place), {"kind__exact": "REGISTER"})
    page = response.content.decode()
    states = re.findall(r'field-settling">(.*?)<', page)
    assert states == ["No settlement", "Settlement being counted", "No settlement", "Open settlement"]
    for register, z in zip(response.context["cl"].result_list, re.findall(r'field-last_z">(.*?)<', page), strict=True):
        last = Seal.objects.filter(place=register).order_by("number").last()
        assert last is not None
        assert z == str(last)
    settlements = re.search(
        rf'href="({list_of(Settlement)}\?[^"]*)"', erika.get(page_of(periods.closed.place)).content.decode()
    )
    assert settlements is not None
    assert list(erika.get(settlements.group(1)).context["cl"].result_list) == [periods.closed]
