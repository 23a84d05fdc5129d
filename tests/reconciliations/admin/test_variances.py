"""The variance queue in the back office: the waiting variances, the actions of each person, and the history."""

from typing import Any

import pytest
from django.test import Client

from cashdesk.enums import PlaceKind, VarianceKind, VarianceState
from cashdesk.formats import style
from cashdesk.models import AuditEntry, Movement, Variance
from tests.admin.back_office import list_of, page_of, sits_down
from tests.admin.test_query_counts import BARS, SIGNED_IN, statements_of
from tests.cashdesk.desk import close_drawer, force_close, minutes, open_drawer, pay
from tests.stories import Cast

STATEMENTS_OF_THE_LIST = 3
"""The rows, how many there are, and the stores of the filter."""


@pytest.fixture
def erika(cast: Cast) -> Client:
    """Erika's browser."""
    return sits_down(cast.erika)


@pytest.fixture
def short(cast: Cast) -> Variance:
    """Carla's drawer, three euros short."""
    close_drawer(open_drawer(cast.carla, 100_00), 97_00)
    return Variance.objects.get()


def act(browser: Client, row: Variance, name: str, **fields: Any) -> Any:
    """Sends the form of an action and follows the redirect."""
    return browser.post(page_of(row, name), fields, follow=True)


def offered(browser: Client, row: Variance) -> list[str]:
    """Returns the buttons of a page, in their order."""
    return [button["label"] for button in browser.get(page_of(row)).context["acts"]]


def state_of(row: Variance) -> str:
    """Returns the state in which a variance is now."""
    return Variance.objects.get(pk=row.pk).state


def test_the_list_shows_what_waits_and_on_request_what_was_dealt_with(
    cast: Cast, short: Variance, erika: Client
) -> None:
    close_drawer(open_drawer(cast.bruno, 50_00), 49_00)
    act(erika, short, "explain", reason="WRONG_CHANGE_GIVEN")
    act(erika, short, "approve")

    def listed(query: str) -> list[int]:
        return [row.pk for row in erika.get(list_of(Variance) + query).context["cl"].result_list]

    other = Variance.objects.exclude(pk=short.pk).get()
    assert listed("") == [other.pk]
    assert listed("?queue=ended") == [short.pk]
    assert listed("?queue=all") == [other.pk, short.pk]
    assert listed(f"?queue=all&subject__exact=session:{short.session_id}") == [short.pk]


def test_from_the_difference_to_the_sign_off(cast: Cast, short: Variance, erika: Client) -> None:
    assert offered(erika, short) == ["Explain variance", "Witness variance", "Recount cash", "Escalate variance"]
    page = erika.get(page_of(short, "explain")).content.decode()
    assert "Cash session, 1337 Berlin, Register 1, Carla" in page
    assert "−€3.00" in page
    act(erika, short, "explain", reason="COUNTING_ERROR", notes="a roll too few")
    # Who explained it does not witness it too.
    assert offered(erika, short) == [
        "Explain variance",
        "Recount cash",
        "Approve variance",
        "Reject explanation",
        "Escalate variance",
    ]
    act(erika, short, "recount", amount="99.00", notes="found the roll")
    response = act(erika, short, "approve")
    # Erika has recounted it herself, so somebody else signs it off.
    assert state_of(short) == VarianceState.EXPLAINED
    assert "You recounted this yourself" in response.content.decode()
    act(sits_down(cast.anna), short, "approve", notes="agreed")
    assert state_of(short) == VarianceState.APPROVED
    (correction,) = Movement.objects.filter(reason="correction")
    assert (correction.amount, correction.destination) == (2_00, cast.place(PlaceKind.VAULT))
    page = erika.get(page_of(short)).content.decode()
    for words in ("Counting error · a roll too few", "found the roll · Counted €99.00", "agreed", str(correction)):
        assert words in page
    assert offered(erika, short) == []
    assert AuditEntry.objects.filter(subject=f"variance:{short.pk}").count() == 3


def test_the_history_writes_its_times_like_the_rest_of_the_page(short: Variance, erika: Client) -> None:
    act(erika, short, "explain", reason="WRONG_CHANGE_GIVEN")
    at = style().instant(short.events.get().at, short.store.time_zone, to_the_second=True)
    assert erika.get(page_of(short)).content.decode().count(at) == 2, "when it was explained, and the history"


def test_an_explanation_that_was_sent_back_is_bettered(short: Variance, erika: Client) -> None:
    act(erika, short, "explain", reason="OTHER", notes="no idea")
    refused = act(erika, short, "reject", notes="")
    assert dict(refused.context["form"].errors) == {"notes": ["Enter a note."]}
    act(erika, short, "reject", notes="ask Carla")
    assert state_of(short) == VarianceState.REJECTED
    assert '<td class="field-state">Rejected</td>' in erika.get(list_of(Variance)).content.decode()
    assert offered(erika, short) == ["Explain variance", "Recount cash", "Escalate variance"]
    form = erika.get(page_of(short, "explain")).context["form"]
    assert (form["reason"].value(), form["notes"].value()) == ("OTHER", "no idea")


def test_bad_input_names_the_field_and_keeps_what_was_typed(short: Variance, erika: Client) -> None:
    for name, fields, wrong in (
        ("explain", {"reason": "", "notes": "typed"}, "reason"),
        ("explain", {"reason": "OTHER", "notes": ""}, "notes"),
        ("explain", {"reason": "OTHER", "notes": "x" * 2001}, "notes"),
        ("recount", {"amount": "1,5,0", "notes": "typed"}, "amount"),
        ("recount", {"amount": "", "notes": "typed"}, "amount"),
        ("escalate", {"notes": "  "}, "notes"),
    ):
        form = act(erika, short, name, **fields).context["form"]
        assert form.errors.keys() == {wrong}, (name, fields)
        assert form["notes"].value() == fields["notes"]
        if fields.get("amount") == "":
            assert form.errors["amount"] == ["Enter an amount."]
    assert state_of(short) == VarianceState.OPEN
    assert not short.events.exists()  # type: ignore[attr-defined]  # the events point at it from the floor above


def test_an_empty_form_says_once_what_to_enter(short: Variance, erika: Client) -> None:
    page = act(erika, short, "explain", reason="", notes="").content.decode()
    assert page.count("Choose a reason.") == 1
    assert "This field is required." not in page


def test_what_is_escalated_is_an_admins(cast: Cast, short: Variance, erika: Client) -> None:
    act(erika, short, "explain", reason="THEFT_SUSPECTED", notes="the third time")
    act(erika, short, "escalate", notes="over to you")
    assert offered(erika, short) == ["Explain variance", "Recount cash"]
    anna = sits_down(cast.anna)
    assert "Approve variance" in offered(anna, short)
    assert "needs a witness or a recount" in act(anna, short, "approve").content.decode()
    act(anna, short, "witness")
    act(anna, short, "approve")
    assert state_of(short) == VarianceState.APPROVED


def test_nothing_tells_what_an_uncounted_drawer_should_hold(cast: Cast, erika: Client) -> None:
    session = open_drawer(cast.carla, 100_00)
    pay(session, 23_45)
    force_close(session)
    variance = Variance.objects.get(kind=VarianceKind.UNCOUNTED)
    for path in (list_of(Variance), page_of(variance), page_of(variance, "explain"), page_of(variance, "recount")):
        page = erika.get(path).content.decode()
        assert "not counted" in page or path.endswith("recount/"), path
        assert "123.45" not in page
    act(erika, variance, "recount", amount="120.00")
    assert Variance.objects.get(kind=VarianceKind.SESSION).difference == -3_45


def test_a_cashier_and_a_stranger_reach_none_of_it(cast: Cast, short: Variance) -> None:
    for path in (list_of(Variance), page_of(short), page_of(short, "explain")):
        assert sits_down(cast.carla).get(path).status_code == 302, path
    otto = sits_down(cast.otto)
    assert [row.pk for row in otto.get(list_of(Variance)).context["cl"].result_list] == []
    for verb in ("change", "explain", "approve"):
        assert otto.post(page_of(short, verb), {"reason": "OTHER", "notes": "mine"}).status_code in (302, 403, 404)
    assert state_of(short) == VarianceState.OPEN


def test_the_list_asks_as_often_however_long_it_is(cast: Cast, short: Variance, erika: Client) -> None:
    asked = []
    for number in range(1, 13):
        close_drawer(open_drawer(cast.carla, 100_00, at=minutes(number)), 90_00 + number, at=minutes(number))
        if number in (1, 4, 12):
            asked.append(statements_of(erika, list_of(Variance)) - SIGNED_IN - BARS)
    assert asked == [STATEMENTS_OF_THE_LIST] * 3
