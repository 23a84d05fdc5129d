"""The pages of change orders: order by notes and coins, list, print, receive a counted order, and cancel."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import PlaceKind
from cashdesk.models import AuditEntry, Draft, Movement
from settlements.domain.change_order import cancel_change, receive_change
from settlements.domain.reversal_by_manager import reverse_movement
from settlements.models import ChangeOrder
from settlements.screens.vault_forms import ROWS
from tests.factories import StoreFactory
from tests.screens.desk import Browser
from tests.settlements.ordering import ROLLS, ordered, told
from tests.stories import Cast, counted_queries

NEW = "/vault/orders/new"
ROLLED = {"packs-100": "2", "pieces-20": "80", "note": "for Saturday"}
"""Two rolls of euros, and 80 pieces of 20 cents: 66.00."""
STATEMENTS = {"list": 5, "order": 5, "arrive": 6, "change": 6}
"""The browser's session, the person, the store; the orders with all that is told of them; where there is a form, its draft."""


@pytest.fixture
def erika(cast: Cast) -> Browser:
    """The manager."""
    return Browser(cast.erika)


def path_of(order: ChangeOrder, act: str = "") -> str:
    return f"/vault/orders/{order.uuid}{act}"


def day(days: int) -> str:
    return (timezone.now() + timedelta(days=days)).date().isoformat()


def test_the_life_of_an_order(cast: Cast, erika: Browser) -> None:
    erika.get("/vault/orders")
    assert "No change has been ordered yet." in erika.text
    assert erika.fill(NEW, {**ROLLED, "wanted_on": day(7)}).status_code == 303, erika.text
    erika.follow()
    order = ChangeOrder.objects.get()
    assert order.ordered_by_worth == ROLLS
    for words in (
        "The order is saved. Print the slip",
        f"Order {order.number} On its way Ordered amount €66.00",
        "€1 50 2 × 25 €50.00 €0.20 80 2 × 40 €16.00",
        "Note for Saturday",
        "Ordered by Delivered by Counted by",
    ):
        assert words in erika.text, words
    assert cast.book(PlaceKind.VAULT) == 0
    for path in ("/vault", "/vault/change"):
        erika.get(path)
        assert f"{order.number} €66.00" in erika.text, path
        assert f'href="{path_of(order)}"' in erika.page.content.decode()

    erika.get(path_of(order, "/arrive"))
    assert "Ordered: €66.00 . Fill it in, then check every line. Fill in the order" in erika.text
    assert {erika.value(name) for name in ("pieces-100", "pieces-20", "amount")} == {""}
    erika.send(path_of(order, "/arrive"), {"usual": "1"})
    assert "We filled in the order. Check every line against the cash." in erika.text
    assert (erika.value("pieces-100"), erika.value("pieces-20"), erika.value("amount")) == ("50", "80", "")
    assert not Movement.objects.exists()
    came = {"pieces-100": "50", "pieces-20": "80", "note": "Brinks"}
    assert erika.send(path_of(order, "/arrive"), came).status_code == 303
    erika.follow()
    for words in (
        "The counted change is in the safe.",
        "Received €66.00 Difference: none €0.00",
        "Reference Brinks",
    ):
        assert words in erika.text, words
    assert "Record arrival" not in erika.text
    assert cast.book(PlaceKind.VAULT) == 66_00
    erika.get("/vault/orders")
    assert "Arrived €66.00" in erika.text
    assert "as ordered" in erika.text
    assert order.number not in erika.get("/vault").content.decode()
    call_command("verify")


@pytest.mark.parametrize(
    ("typed", "said", "listed"),
    [
        ({"amount": "60"}, "That is €6.00 less.", "−€6.00 less"),
        ({"pieces-100": "70"}, "That is €4.00 more.", "+€4.00 more"),
    ],
)
def test_other_than_ordered_is_shown_once_more(
    cast: Cast, erika: Browser, typed: dict[str, str], said: str, listed: str
) -> None:
    order = ordered(cast)
    arrive = path_of(order, "/arrive")
    assert erika.fill(arrive, typed).status_code == 200
    assert said in erika.text
    assert {name: erika.value(name) for name in typed} == typed
    assert Draft.objects.get().fields == typed
    shown = int(float(typed.get("amount", typed.get("pieces-100", "0"))) * 100)
    assert f'value="book-{shown}"' in erika.page.content.decode()
    erika.send(arrive, {"amount": "61", "step": f"book-{shown}"})
    assert "That is €5.00 less." in erika.text, "what was changed since is shown again"
    assert not Movement.objects.exists()
    assert erika.send(arrive, {**typed, "step": f"book-{shown}"}).status_code == 303
    erika.follow()
    assert ("Less" if shown < 66_00 else "More") + " than ordered" in erika.text
    assert cast.book(PlaceKind.VAULT) == shown
    erika.get("/vault/orders")
    assert listed in erika.text
    assert not Draft.objects.exists()


def test_each_is_done_once(cast: Cast, erika: Browser) -> None:
    first, second = ordered(cast), ordered(cast)
    acts = (
        (NEW, ROLLED),
        (path_of(first, "/arrive"), {"amount": "66"}),
        (path_of(second, "/cancel"), {"reason": "twice"}),
    )
    for path, typed in acts:
        erika.get(path)
        form = {**erika.hidden(), **typed}
        done, again = (erika.client.post(path, form) for _turn in range(2))
        assert done.status_code == again.status_code == 303, path
        assert done.headers["Location"] == again.headers["Location"]
    assert ChangeOrder.objects.count() == 3
    assert Movement.objects.count() == 1
    assert AuditEntry.objects.filter(action__startswith="change_order.").count() == 5


def test_an_order_that_is_none_stays_typed(cast: Cast, erika: Browser) -> None:
    for typed, words in (
        ({"packs-100": "", "pieces-20": ""}, "Enter the pieces or an amount."),
        ({"packs-100": "", "pieces-20": "0"}, "Enter an amount above 0."),
        ({"pieces-20": "many"}, "€0.20: Enter a whole number of pieces, such as 12."),
        ({"amount": "65"}, "The pieces add up to €66.00, but the amount is €65.00."),
        ({"wanted_on": "tomorrow"}, "Enter a date such as 2026-03-01."),
        ({"wanted_on": day(-3)}, "This day is over."),
        ({"note": "x" * 501}, "Enter at most 500 characters."),
    ):
        sent = {**ROLLED, **typed}
        assert erika.fill(NEW, sent).status_code == 400
        assert words in erika.text, words
        assert {name: erika.value(name) for name in sent} == sent
    assert not ChangeOrder.objects.exists()


def test_an_arrival_and_a_cancellation_that_are_none_stay_typed(cast: Cast, erika: Browser) -> None:
    order = ordered(cast)
    typed: dict[str, str]
    for act, typed, words in (
        ("/arrive", {}, "Enter the pieces or an amount."),
        ("/arrive", {"amount": "-5"}, "Enter an amount above 0."),
        ("/arrive", {"amount": "0"}, "Enter an amount above 0. If nothing comes, cancel the order."),
        ("/arrive", {"amount": "6O"}, "Enter an amount such as 1,250.50."),
        ("/arrive", {"amount": "66", "note": "x" * 501}, "Enter at most 500 characters."),
        ("/cancel", {"reason": ""}, "Enter a reason."),
        ("/cancel", {"reason": "x" * 501}, "Enter at most 500 characters."),
    ):
        assert erika.fill(path_of(order, act), typed).status_code == 400, (act, typed)
        assert words in erika.text, words
        assert {name: erika.value(name) for name in typed} == typed
    assert ChangeOrder.objects.get().state == "ORDERED"


@pytest.mark.parametrize(("act", "typed"), [("/arrive", {"amount": "66"}), ("/cancel", {"reason": "x"})])
def test_what_is_over_is_not_done_again(cast: Cast, erika: Browser, act: str, typed: dict[str, str]) -> None:
    order = ordered(cast)
    erika.get(path_of(order, act))
    cancel_change(order=order, reason="typed twice", by=Principal(user=cast.erika), at=timezone.now())
    assert erika.send(path_of(order, act), typed).status_code == 409
    assert "Nothing was saved. This order is already cancelled." in erika.text
    assert {name: erika.value(name) for name in typed} == typed
    assert erika.get(path_of(order, act)).headers["Location"] == path_of(order, "?notice=not-awaited")
    erika.follow()
    for words in ("This order has already arrived or is cancelled.", "Cancelled: typed twice"):
        assert words in erika.text, words
    assert "Cancel the order" not in erika.text


def test_it_is_cancelled_with_a_reason(cast: Cast, erika: Browser) -> None:
    order = ordered(cast)
    erika.fill(path_of(order, "/cancel"), {"reason": "closed on Saturday"})
    erika.follow()
    assert "The order is cancelled." in erika.text
    assert "Cancelled: closed on Saturday" in erika.text
    assert order.number not in erika.get("/vault/change").content.decode()


def test_an_order_of_one_amount_offers_nothing_to_take_over(cast: Cast, erika: Browser) -> None:
    assert erika.fill(NEW, {"amount": "200"}).status_code == 303
    erika.follow()
    assert "Ordered as one amount, without notes and coins." in erika.text
    erika.get(path_of(ChangeOrder.objects.get(), "/arrive"))
    assert "Ordered: €200.00" in erika.text
    assert "Fill in the order" not in erika.text
    assert erika.value("amount") == ""


def test_a_note_and_a_coin_of_one_worth_are_bundled_as_on_the_sheet(cast: Cast) -> None:
    StoreFactory(account=cast.store.account, number="5001", currency="USD")
    anna = Browser(cast.anna)
    anna.fill(f"{NEW}?store=5001", {"packs-100": "2", "pieces-100": "7"})
    anna.follow()
    assert "$1 207 7 + 2 × 100 $207.00" in anna.text


def test_what_was_booked_back_is_said(cast: Cast, erika: Browser) -> None:
    by, at = Principal(user=cast.erika), timezone.now()
    done = receive_change(order=ordered(cast), received=told(ROLLS), by=by, at=at)
    assert done.movement is not None
    reverse_movement(movement=done.movement, by=by, at=at, reason="counted wrong")
    erika.get(path_of(done))
    assert "Reversed: the counted change is no longer in the safe." in erika.text


def test_which_pieces_came_stands_beside_those_ordered(cast: Cast, erika: Browser) -> None:
    came = told({100: 50, 20: 40, 10: 80})
    done = receive_change(order=ordered(cast), received=came, by=Principal(user=cast.erika), at=timezone.now())
    erika.get(path_of(done))
    assert "Note or coin Ordered Received Value" in erika.text
    assert "€0.20 80 2 × 40 40 €16.00 €0.10 0 80 €0.00" in erika.text


def test_what_was_typed_is_kept_until_it_is_done(cast: Cast, erika: Browser) -> None:
    erika.get(NEW)
    kept = {**ROLLED, "wanted_on": day(2)}
    assert erika.send("/desk/draft", kept).status_code == 204
    erika.get(NEW)
    assert "We restored your draft from" in erika.text
    assert {name: erika.value(name) for name in kept} == kept
    erika.send(NEW, kept)
    assert not Draft.objects.exists()


def test_amounts_are_typed_and_written_as_in_the_store(cast: Cast) -> None:
    StoreFactory(account=cast.store.account, number="2001", language="de")
    anna = Browser(cast.anna)
    assert anna.fill(f"{NEW}?store=2001", {"amount": "1.250,50"}).status_code == 303
    anna.follow()
    assert "1.250,50 €" in anna.text


def test_the_list_goes_on_by_pages(cast: Cast, erika: Browser) -> None:
    for number in range(ROWS + 1):
        ordered(cast, 1_00 + number)
    erika.get("/vault/orders")
    assert f"€1.{ROWS}" in erika.text
    assert "€1.00" not in erika.text
    before = ChangeOrder.objects.order_by("-pk")[ROWS - 1].pk
    assert f'href="/vault/orders?before={before}"' in erika.page.content.decode()
    erika.get(f"/vault/orders?before={before}")
    assert "€1.00" in erika.text
    assert erika.get("/vault/orders?before=x").status_code == 404


def test_the_pages_ask_as_often_whatever_there_is(cast: Cast, erika: Browser) -> None:
    order = ordered(cast, wanted_on=(timezone.now() + timedelta(days=1)).date())
    paths = {"list": "/vault/orders", "order": path_of(order), "arrive": path_of(order, "/arrive")}
    paths |= {"change": "/vault/change", "vault": "/vault"}
    asked = []
    erika.get("/vault")
    for orders in (1, 10):
        while ChangeOrder.objects.count() < orders:
            ordered(cast)
        for name, path in paths.items():
            with counted_queries() as queries:
                erika.get(path)
            asked.append((name, len(queries)))
    assert asked[:5] == asked[5:]
    assert dict(asked).items() >= STATEMENTS.items()


def test_the_slip_has_its_papers(cast: Cast, erika: Browser) -> None:
    order = ordered(cast)
    for paper, class_ in (("", "slip"), ("?paper=slip", "slip"), ("?paper=a5", "a5"), ("?paper=a4", "a4")):
        assert f'class="voucher on-{class_}"' in erika.get(path_of(order, paper)).content.decode()
    assert erika.get(path_of(order, "?paper=a0")).status_code == 404
