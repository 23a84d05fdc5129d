"""The way of a bag to the bank, as a manager records it."""

from typing import Any

import pytest
from django.test import Client

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.models import AuditEntry, User
from settlements.domain.reversal_by_manager import reverse_movement
from tests.admin.back_office import page_of, sits_down
from tests.cashdesk.desk import books, minutes
from tests.settlements.admin.periods import Periods, act, errors_of, told
from tests.stories import Cast


@pytest.fixture
def erika(cast: Cast) -> Client:
    """Erika's browser."""
    return sits_down(cast.erika)


def test_a_bag_is_collected_and_credited(cast: Cast, periods: Periods, erika: Client) -> None:
    deposit = periods.deposit
    assert told(act(erika, deposit, "collect", courier="Ingo")) == ["Bag B-1 is picked up."]
    deposit.refresh_from_db()
    assert (deposit.state, deposit.courier, deposit.collected_by) == ("COLLECTED", "Ingo", cast.erika)
    assert told(act(erika, deposit, "credit", amount="301.50")) == ["Bag B-1 is credited. Difference: €1.50."]
    deposit.refresh_from_db()
    assert (deposit.state, deposit.credited_amount, deposit.difference) == ("CREDITED", 30_150, 150)
    assert books(cast.store)["Bank"] == 30_150
    story = AuditEntry.objects.filter(subject=f"deposit:{deposit.pk}", user=cast.erika).order_by("pk")
    assert [entry.action for entry in story] == ["deposit.prepared", "deposit.collected", "deposit.credited"]
    assert list(faults_of_store(cast.store)) == []


def test_amounts_and_instants_are_typed_and_written_as_in_the_store(cast: Cast, periods: Periods) -> None:
    cast.store.language = "de"
    cast.store.save()
    User.objects.filter(pk=cast.erika.pk).update(language="en")
    erika = sits_down(User.objects.get(pk=cast.erika.pk))
    done = act(erika, periods.deposit, "credit", amount="301,50")
    assert told(done) == ["Bag B-1 is credited. Difference: 1,50\u00a0€."]
    page = erika.get(page_of(periods.deposit)).content.decode()
    assert '<bdi class="amount" dir="ltr">301,50\u00a0€</bdi>' in page
    assert "10.03.2026 13:" in page


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("", "Enter an amount."),
        ("301,50,0", "Enter an amount such as 1,250.50."),
        ("1e3", "Enter an amount such as 1,250.50."),
        ("-1", "Enter 0 or more."),
        ("1.505", "EUR has at most 2 decimals. Enter an amount such as 1,250.50."),
        ("9" * 16, "Enter at most 15 digits."),
        ("9" * 41, "Ensure this value has at most 40 characters (it has 41)."),
    ],
)
def test_an_amount_that_cannot_be_is_said_and_stays(
    cast: Cast, periods: Periods, erika: Client, amount: str, said: str
) -> None:
    response = act(erika, periods.deposit, "credit", amount=amount)
    assert errors_of(response) == {"amount": [said]}
    assert f'value="{amount}"' in response.content.decode() or not amount
    periods.deposit.refresh_from_db()
    assert periods.deposit.state == "PREPARED"


def offered(browser: Client, row: Any) -> set[str]:
    """Returns the actions that have a button on the page of a bag."""
    page = browser.get(page_of(row)).content.decode()
    return {name for name in ("collect", "credit") if page_of(row, name) in page}


def test_what_was_done_or_cancelled_is_neither_offered_nor_done(cast: Cast, periods: Periods, erika: Client) -> None:
    deposit = periods.deposit
    assert offered(erika, deposit) == {"collect", "credit"}
    act(erika, deposit, "collect")
    assert offered(erika, deposit) == {"credit"}
    assert "This bag is already picked up." in str(errors_of(act(erika, deposit, "collect", courier="Ina")))
    reverse_movement(movement=deposit.movement, by=Principal(user=cast.erika), at=minutes(20), reason="unpacked")
    assert offered(erika, deposit) == set()
    assert "was cancelled" in str(errors_of(act(erika, deposit, "credit", amount="300")))
    deposit.refresh_from_db()
    assert (deposit.state, deposit.courier) == ("CANCELLED", "")


def test_another_manager_corrects_a_credit(cast: Cast, periods: Periods, erika: Client) -> None:
    deposit, anna = periods.deposit, sits_down(cast.anna)
    act(erika, deposit, "credit", amount="310.00")
    page = erika.get(page_of(deposit)).content.decode()
    assert "You recorded this credit yourself. Ask another manager to correct it." in page
    assert page_of(deposit, "correct-credit") not in page
    refused = errors_of(act(erika, deposit, "correct-credit", amount="301.00", reason="mine"))
    assert refused == {"__all__": ["You recorded this credit yourself. Ask another manager to correct it."]}
    assert errors_of(act(anna, deposit, "correct-credit", amount="301.00", reason="")) == {
        "reason": ["Enter a reason."]
    }
    done = told(act(anna, deposit, "correct-credit", amount="301.00", reason="typed 310"))
    assert done == ["The credit of Bag B-1 is corrected. Difference: 1.00\u00a0EUR."]
    assert books(cast.store)["Bank"] == 30_100
    shown = anna.get(page_of(deposit)).content.decode()
    for words in ("301.00\u00a0EUR", "310.00\u00a0EUR", "typed 310", "Anna"):
        assert words in shown, words
