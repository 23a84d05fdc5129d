"""The manager's actions on a settlement: recount, close with a count or without one, and count afterwards."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.models import AuditEntry
from settlements.domain.counting import preview_settlement
from settlements.models import Settlement
from tests.admin.back_office import page_of, sits_down
from tests.cashdesk.desk import minutes
from tests.factories import PASSWORD
from tests.screens.desk import Browser
from tests.settlements.admin.periods import Periods, Principal, act, cash, counted, errors_of, open_register, told
from tests.stories import Cast

SHOULD_BE = "125.00"


@pytest.fixture
def erika(cast: Cast) -> Client:
    """Erika's browser."""
    return sits_down(cast.erika)


def recount(browser: Client, row: Settlement, *rows: tuple[str, str, str], do: str = "preview", **fields: Any) -> Any:
    """Sends the form of a recount as the page showed it."""
    now = Settlement.objects.get(pk=row.pk)
    usual = {"do": do, "reason": "a second look", "after_previews": now.preview_count}
    return act(browser, row, "recount", **counted(*rows, **{**usual, **fields}))


def detail_of(action: str) -> dict[str, Any]:
    """Returns the detail of the last audit entry of an action."""
    entry = AuditEntry.objects.filter(action=action).order_by("pk").last()
    assert entry is not None
    return dict(entry.detail)


def test_counted_rows_that_were_sent_signed_out_are_there_after_signing_in(cast: Cast, periods: Periods) -> None:
    browser, path = Browser(cast.erika), page_of(periods.counting, "recount")
    browser.get(path)
    typed = {"rows-0-currency": "EUR", "rows-0-method": "CASH", "rows-0-amount": "12,5", "reason": "a second look"}
    browser.client.cookies.clear()
    assert browser.send(path, typed).status_code == 403
    browser.send("/sign-in", {"name": "erika", "password": PASSWORD})
    browser.follow()
    assert browser.value("rows-0-amount") == "12,5"
    assert browser.value("reason") == "a second look"


# --- Recount -----------------------------------------------------------------------------------------------------------------


def test_a_preview_that_is_not_equal_says_which_and_never_by_how_much(
    cast: Cast, periods: Periods, erika: Client
) -> None:
    pages = []
    for amount in ("1.25", "9125.00"):
        response = recount(erika, periods.vault, ("EUR", "CASH", amount))
        assert response.request["PATH_INFO"] == page_of(periods.vault, "recount")
        pages += told(response)
    assert pages == ["Preview 2. Not equal: EUR CASH.", "Preview 3. Not equal: EUR CASH."]
    assert detail_of("settlement.previewed") == {"attempt": 3, "is_equal": False, "reason": "a second look"}


def test_a_preview_in_which_all_is_equal_closes_a_register(cast: Cast, periods: Periods, erika: Client) -> None:
    response = recount(erika, periods.counting, ("EUR", "CASH", SHOULD_BE))
    assert told(response) == ["Preview 2: all amounts are equal. The settlement is closed."]
    assert response.request["PATH_INFO"] == page_of(periods.counting)
    periods.counting.refresh_from_db()
    assert (periods.counting.closing, periods.counting.closed_by) == ("MATCHED", cast.erika)
    assert detail_of("settlement.closed")["reason"] == "a second look"
    assert LogEntry.objects.get(user=cast.erika).change_message == "Recount cash."


def test_the_last_preview_says_beforehand_that_it_closes(cast: Cast, periods: Periods, erika: Client) -> None:
    path = page_of(periods.counting, "recount")
    assert b"Preview 2 of 3 closes the settlement if all amounts are equal." in erika.get(path).content
    recount(erika, periods.counting, ("EUR", "CASH", "1"))
    assert b"Preview 3 of 3 is the last. It closes the settlement" in erika.get(path).content
    response = recount(erika, periods.counting, ("EUR", "CASH", "1"))
    assert told(response) == ["Preview 3 was the last. Not equal: EUR CASH. The settlement is closed."]
    periods.counting.refresh_from_db()
    assert periods.counting.closing == "ATTEMPTS_USED"


def test_a_form_that_is_sent_twice_is_one_attempt(cast: Cast, periods: Periods, erika: Client) -> None:
    sent = {"do": "preview", "reason": "a look", "after_previews": 1}
    act(erika, periods.counting, "recount", **counted(("EUR", "CASH", "1"), **sent))
    again = act(erika, periods.counting, "recount", **counted(("EUR", "CASH", "1"), **sent))
    assert errors_of(again) == {
        "__all__": [
            "Another count was compared in the meantime. This would be attempt 3. Check your count and try again."
        ]
    }
    periods.counting.refresh_from_db()
    assert periods.counting.preview_count == 2
    # Shown again it knows of the other, so that sending it once more is meant.
    assert 'name="after_previews" value="2"' in again.content.decode()


def test_a_vault_is_closed_with_what_was_counted_and_opens_again(cast: Cast, periods: Periods, erika: Client) -> None:
    response = recount(erika, periods.vault, ("EUR", "CASH", "4000"), ("", "", ""), do="close")
    assert told(response) == [f"{periods.vault} is closed with these amounts."]
    periods.vault.refresh_from_db()
    assert (periods.vault.state, periods.vault.closing) == ("CLOSED", "DECLARED")
    following = Settlement.objects.get(place=periods.vault.place, state="OPEN")
    assert [line.amount for line in following.initial_amounts.all()] == [400_000]
    assert detail_of("settlement.closed")["reason"] == "a second look"
    assert list(faults_of_store(cast.store)) == []


def test_a_recount_begins_with_what_everybody_knows(cast: Cast, periods: Periods, erika: Client) -> None:
    for row in (periods.counting, periods.vault):
        form = erika.get(page_of(row, "recount")).context["form"]
        begun = [(line.initial.get("currency"), line.initial.get("method")) for line in form.rows]
        assert begun == [("EUR", "CASH"), (None, None), (None, None), (None, None)]
        assert not any(line.initial.get("amount") for line in form.rows)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("EUR", "CASH", "")], "Enter the amount, or empty the row. If there is no cash, enter 0."),
        ([("EUR", "", "1")], "Enter the method, or empty the row. If there is no cash, enter 0."),
        ([("", "CASH", "1")], "Enter the currency, or empty the row. If there is no cash, enter 0."),
        ([("EUR", "CASH", "1,50,0")], "Enter an amount such as 1,250.50."),
        ([("EUR", "CASH", "-1")], "Enter 0 or more."),
        ([("EUR", "CASH", "1.505")], "EUR has at most 2 decimals. Enter an amount such as 1,250.50."),
        ([("EUR", "CASH", "9" * 20)], "Enter at most 15 digits."),
        ([("XXQ", "CASH", "1")], "'XXQ' is not an ISO 4217 currency such as EUR or CLP."),
        ([("EUR", "SHELLS", "1")], "Select a valid choice. SHELLS is not one of the available choices."),
        ([("eur", "CASH", "1"), ("", "", ""), ("EUR", "CASH", "2")], "EUR CASH is listed twice. Enter it only once."),
    ],
)
def test_what_does_not_fit_is_said_at_its_row_and_what_was_typed_stays(
    cast: Cast, periods: Periods, erika: Client, rows: list[tuple[str, str, str]], said: str
) -> None:
    for row, name in ((periods.counting, "recount"), (periods.uncounted, "count-afterwards")):
        sent = counted(*rows, reason="look <here>", do="close", after_previews=1)
        response = act(erika, row, name, **sent)
        assert errors_of(response)["rows"] == [said]
        page = response.content.decode()
        assert 'value="look &lt;here&gt;"' in page
        assert all(f'value="{typed}"' in page for typed in (rows[0][0], rows[0][2]) if typed)
        row.refresh_from_db()
        assert (row.state, row.preview_count) == (("COUNTING", 1) if row == periods.counting else ("CLOSED", 0))


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_nothing_is_done_without_a_reason(cast: Cast, periods: Periods, erika: Client, reason: str) -> None:
    before = AuditEntry.objects.filter(subject__startswith="settlement:").count()
    rows = counted(("EUR", "CASH", "1"), do="close", after_previews=1, reason=reason)
    for row, name in (
        (periods.counting, "recount"),
        (periods.counting, "force-close"),
        (periods.uncounted, "count-afterwards"),
    ):
        assert set(errors_of(act(erika, row, name, **rows))) == {"reason"}
    assert AuditEntry.objects.filter(subject__startswith="settlement:").count() == before


@pytest.mark.parametrize("broken", [{"rows-TOTAL_FORMS": "x"}, {"rows-TOTAL_FORMS": "51"}, {"do": "burn"}])
def test_a_form_that_was_tampered_with_does_nothing(
    cast: Cast, periods: Periods, erika: Client, broken: dict[str, str]
) -> None:
    response = recount(erika, periods.counting, ("EUR", "CASH", SHOULD_BE), **broken)
    assert errors_of(response)
    periods.counting.refresh_from_db()
    assert (periods.counting.state, periods.counting.preview_count) == ("COUNTING", 1)


# --- Without a count, and afterwards -------------------------------------------------------------------------------------------


def test_a_register_is_closed_without_a_count(cast: Cast, periods: Periods, erika: Client) -> None:
    page = erika.get(page_of(periods.counting, "force-close")).content.decode()
    assert "You cannot undo this." in page
    periods.counting.refresh_from_db()
    assert periods.counting.state == "COUNTING"
    for row in (periods.counting, periods.running):
        response = act(erika, row, "force-close", reason="fire alarm")
        assert told(response) == [f"{row} is closed without a count."]
        row.refresh_from_db()
        assert (row.closing, row.closed_by) == ("FORCED", cast.erika)
        assert detail_of("settlement.forced_closed") == {"reason": "fire alarm"}
    assert list(faults_of_store(cast.store)) == []


def test_a_drawer_is_counted_afterwards(cast: Cast, periods: Periods, erika: Client) -> None:
    rows = counted(("EUR", "CASH", "124.00"), reason="found the key")
    response = act(erika, periods.uncounted, "count-afterwards", **rows)
    assert told(response) == [f"The drawer of {periods.uncounted} is counted. The differences are booked."]
    assert detail_of("settlement.counted_afterwards") == {
        "amounts": [["EUR", "CASH", 12_500, 12_400]], "reason": "found the key",
    }  # fmt: skip
    again = act(erika, periods.uncounted, "count-afterwards", **rows)
    assert "was opened or counted since" in str(errors_of(again)["__all__"])
    assert list(faults_of_store(cast.store)) == []


def test_what_the_state_does_not_allow_is_neither_offered_nor_done(cast: Cast, periods: Periods, erika: Client) -> None:
    allowed = {
        periods.vault: {"recount"},
        periods.closed: set(),
        periods.counting: {"recount", "force-close"},
        periods.uncounted: {"count-afterwards"},
        periods.running: {"force-close"},
    }
    acts = {"recount", "force-close", "count-afterwards"}
    fields = counted(("EUR", "CASH", "1"), do="close", reason="why not", after_previews=0)
    for row, offered in allowed.items():
        page = erika.get(page_of(row)).content.decode()
        assert {name for name in acts if page_of(row, name) in page} == offered, row
        for name in acts - offered:
            asked = erika.get(page_of(row, name), follow=True)
            assert asked.request["PATH_INFO"] == page_of(row)
            assert "does not allow this now" in told(asked)[0]
            assert "__all__" in errors_of(act(erika, row, name, **fields)), (row, name)
        before = row.state
        row.refresh_from_db()
        assert row.state == before


def test_a_drawer_that_was_opened_again_is_not_offered_to_be_counted(
    cast: Cast, periods: Periods, erika: Client
) -> None:
    assert page_of(periods.uncounted, "count-afterwards") in erika.get(page_of(periods.uncounted)).content.decode()
    open_register(cast.store, cast.erika, 3, at=minutes(60))
    assert page_of(periods.uncounted, "count-afterwards") not in erika.get(page_of(periods.uncounted)).content.decode()


def test_of_two_who_do_it_at_once_one_is_told(cast: Cast, periods: Periods, erika: Client) -> None:
    by = Principal(user=cast.anna)
    page = erika.get(page_of(periods.counting, "recount")).context["form"]
    preview_settlement(settlement=periods.counting, counted=[cash(12_500)], by=by, at=minutes(60))
    response = act(
        erika, periods.counting, "recount",
        **counted(("EUR", "CASH", "125"), do="close", reason="mine", after_previews=page.initial["after_previews"]),
    )  # fmt: skip
    assert "The CASHREGISTER settlement is CLOSED" in str(errors_of(response)["__all__"])
    assert Settlement.objects.get(pk=periods.counting.pk).closed_by == cast.anna
