"""The pages of bags for the bank: prepare, pick-up, credit, list, and slip."""

import pytest
from django.core.management import call_command
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import Pieces
from cashdesk.enums import PlaceKind
from cashdesk.errors import InvalidInput
from cashdesk.models import AuditEntry
from settlements.domain.deposit import prepare_deposit
from settlements.domain.reversal_by_manager import reverse_movement
from settlements.models import Deposit
from settlements.screens.vault_forms import ROWS
from tests.screens.desk import Browser
from tests.stories import Cast, counted_queries

BAG = {"amount": "300", "bag_number": "B-1", "slip_number": "S-9", "note": "week 12"}
STATEMENTS_OF_THE_LIST = 6
STATEMENTS_OF_A_BAG = 6
"""The browser's session, the person, the store; the bags with all that is told of them, and the corrections of their
credits."""


@pytest.fixture
def erika(cast: Cast) -> Browser:
    """The manager."""
    return Browser(cast.erika)


def packed(cast: Cast, number: int = 1, amount: int = 300_00) -> Deposit:
    """A prepared bag."""
    by = Principal(user=cast.erika)
    return prepare_deposit(
        store=cast.store, amount=amount, currency="EUR", bag_number=f"B-{number}", by=by, at=timezone.now()
    )


def cancelled(cast: Cast, deposit: Deposit) -> Deposit:
    """A cancelled bag, whose movement was reversed."""
    by = Principal(user=cast.erika)
    reverse_movement(movement=deposit.movement, by=by, at=timezone.now(), reason="mistake")
    return deposit


def path_of(deposit: Deposit, act: str = "") -> str:
    return f"/vault/deposits/{deposit.uuid}{act}"


@pytest.mark.parametrize(
    ("credited", "said", "listed"),
    [
        ("299.50", "Difference: short −€0.50", "−€0.50 short"),
        ("300", "Difference: none €0.00", "as packed"),
        ("310", "Difference: over +€10.00", "+€10.00 over"),
        ("0", "Difference: short −€300.00", "−€300.00 short"),
    ],
)
def test_the_life_of_a_bag(cast: Cast, erika: Browser, credited: str, said: str, listed: str) -> None:
    erika.get("/vault/deposits")
    assert "No bag has been packed yet." in erika.text
    assert erika.fill("/vault/deposits/new", BAG).status_code == 303
    erika.follow()
    deposit = Deposit.objects.get()
    for words in ("The bag is packed", "Bag B-1 In the shop In the bag €300.00", "Slip number S-9", "Note week 12"):
        assert words in erika.text, words
    assert cast.book(PlaceKind.VAULT) == -300_00
    assert erika.fill(path_of(deposit, "/collect"), {"courier": "Brinks"}).status_code == 303
    erika.follow()
    assert "On its way" in erika.text
    assert "Brinks handed over by Erika Mustermann" in erika.text
    erika.get(path_of(deposit, "/credit"))
    assert "300.00" not in erika.text
    assert erika.send(path_of(deposit, "/credit"), {"amount": credited}).status_code == 303
    erika.follow()
    assert said in erika.text
    erika.get("/vault/deposits")
    assert f"Erika Mustermann {listed}" in erika.text
    call_command("verify")


def test_each_is_done_once(cast: Cast, erika: Browser) -> None:
    deposit = packed(cast)
    acts = (("/collect", {"courier": "x"}), ("/credit", {"amount": "300"}))
    new = ("/vault/deposits/new", {**BAG, "bag_number": "B-2"})
    for path, typed in [*((path_of(deposit, act), typed) for act, typed in acts), new]:
        erika.get(path)
        form = {**erika.hidden(), **typed}
        first, again = (erika.client.post(path, form) for _turn in range(2))
        assert first.status_code == again.status_code == 303, path
        assert first.headers["Location"] == again.headers["Location"]
    assert Deposit.objects.count() == 2
    assert AuditEntry.objects.filter(action__startswith="deposit.").count() == 4


def test_a_bag_is_counted_by_notes_and_coins_and_its_slip_lists_them(cast: Cast, erika: Browser) -> None:
    counted = {"pieces-5000": "5", "packs-200": "2", "pieces-10": "0", "worth-50": "1.50", "bag_number": "B-7"}
    erika.fill("/vault/deposits/new", counted)
    assert erika.page.status_code == 303, erika.text
    deposit = Deposit.objects.get()
    assert deposit.movement.amount == 351_50
    assert deposit.packed_by_worth == {5000: 5, 200: 50, 50: 3}
    assert erika.page.headers["Location"] == f"/vault/deposits/{deposit.uuid}?notice=prepared&paper=a4"
    erika.follow()
    for words in ("1337 Berlin · Paying-in slip", "Bag B-7", "In the bag €351.50", "€50 5 250.00", "€2 50 100.00",
                  "€0.50 3 1.50", "Total 351.50", "Packed by Checked by Picked up by"):  # fmt: skip
        assert words in erika.text, words
    assert "€0.10" not in erika.text


def test_a_bag_without_notes_and_coins_lists_none(cast: Cast, erika: Browser) -> None:
    erika.fill("/vault/deposits/new", BAG)
    assert Deposit.objects.get().pieces == {}
    erika.follow()
    assert "Note or coin" not in erika.text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"amount": ""}, "Enter the pieces or an amount."),
        ({"amount": "", "pieces-5000": "0"}, "Enter an amount above 0."),
        ({"amount": "", "pieces-5000": "five"}, "€50: Enter a whole number of pieces, such as 12."),
        ({"amount": "12", "pieces-5000": "5"}, "The pieces add up to €250.00, but the amount is €12.00."),
    ],
)
def test_a_count_of_a_bag_that_is_wrong_stays_typed(
    cast: Cast, erika: Browser, typed: dict[str, str], words: str
) -> None:
    assert erika.fill("/vault/deposits/new", {**BAG, **typed}).status_code == 400
    assert words in erika.text
    assert {name: erika.value(name) for name in typed} == typed
    assert not Deposit.objects.exists()


def test_pieces_that_do_not_add_up_are_refused(cast: Cast) -> None:
    pieces = [Pieces(denomination=5000, pieces=5)]
    with pytest.raises(InvalidInput, match="Amount and pieces differ"):
        prepare_deposit(
            store=cast.store,
            amount=300_00,
            currency="EUR",
            bag_number="B-1",
            by=Principal(user=cast.erika),
            at=timezone.now(),
            pieces=pieces,
        )
    assert not Deposit.objects.exists()


def test_a_bag_that_is_none_stays_typed(cast: Cast, erika: Browser) -> None:
    packed(cast, 0)
    for typed, words in (
        ({"bag_number": ""}, "Enter the number on the bag."),
        ({"bag_number": "B-0"}, "Another bag of this store has this number."),
        ({"bag_number": "x" * 65}, "Enter at most 64 characters."),
        ({"slip_number": "x" * 65}, "Enter at most 64 characters."),
        ({"amount": "0"}, "Enter an amount above 0."),
        ({"amount": "3OO"}, "Enter an amount such as 1,250.50."),
    ):
        sent = {**BAG, **typed}
        assert erika.fill("/vault/deposits/new", sent).status_code == 400
        assert words in erika.text
        assert {name: erika.value(name) for name in sent} == sent
    assert Deposit.objects.count() == 1


def test_a_credit_that_is_none_stays_typed(cast: Cast, erika: Browser) -> None:
    deposit = packed(cast)
    for amount in ("", "x", "1.005", "-1"):
        assert erika.fill(path_of(deposit, "/credit"), {"amount": amount}).status_code == 400
        assert erika.value("amount") == amount
    assert Deposit.objects.get().state == "PREPARED"


@pytest.mark.parametrize(("act", "typed"), [("/collect", {"courier": "x"}), ("/credit", {"amount": "1"})])
def test_what_is_over_is_not_done_again(cast: Cast, erika: Browser, act: str, typed: dict[str, str]) -> None:
    deposit = packed(cast)
    erika.get(path_of(deposit, act))
    form = erika.hidden()
    cancelled(cast, deposit)
    erika.page = erika.client.post(path_of(deposit, act), {**form, **typed})
    assert erika.page.status_code == 409
    assert "Nothing was saved. This bag was cancelled" in erika.text
    assert {name: erika.value(name) for name in typed} == typed
    assert erika.get(path_of(deposit, act)).headers["Location"] == path_of(deposit, "?notice=not-awaited")
    erika.follow()
    for words in ("This was already done, or the bag was cancelled", "Cancelled: the money is back in the safe."):
        assert words in erika.text, words
    assert "Mark as picked up" not in erika.text


@pytest.mark.parametrize("typed", [{}, {"amount": "x"}, {"amount": "1", "reason": "typo"}])
def test_without_a_credit_there_is_none_to_correct(cast: Cast, erika: Browser, typed: dict[str, str]) -> None:
    gone = cancelled(cast, packed(cast, 1))
    for deposit in (gone, packed(cast, 2)):
        erika.get(path_of(deposit))
        erika.page = erika.client.post(path_of(deposit, "/correct-credit"), {**erika.hidden(), **typed})
        assert erika.page.status_code == 303
        assert erika.page.headers["Location"] == path_of(deposit, "?notice=not-corrected")


def test_the_list_goes_on_by_pages(cast: Cast, erika: Browser) -> None:
    for number in range(ROWS + 1):
        packed(cast, number, amount=1_00 + number)
    erika.get("/vault/deposits")
    assert f"B-{ROWS} In the shop €1.{ROWS}" in erika.text
    assert "€1.00" not in erika.text
    before = Deposit.objects.order_by("-pk")[ROWS - 1].pk
    assert f'href="/vault/deposits?before={before}"' in erika.page.content.decode()
    erika.get(f"/vault/deposits?before={before}")
    assert "B-0 In the shop €1.00" in erika.text
    assert "Show older" not in erika.text
    erika.get(f"/vault/deposits?before={Deposit.objects.order_by('pk')[0].pk}")
    assert "There is nothing older." in erika.text
    assert erika.get("/vault/deposits?before=x").status_code == 404


def test_the_pages_ask_as_often_whatever_there_is(cast: Cast, erika: Browser) -> None:
    for number in range(3):
        deposit = packed(cast, number)
        if number in (0, 2):
            with counted_queries() as queries:
                erika.get("/vault/deposits")
            assert len(queries) == STATEMENTS_OF_THE_LIST, [query["sql"] for query in queries]
    with counted_queries() as queries:
        erika.get(path_of(deposit))
    assert len(queries) == STATEMENTS_OF_A_BAG, [query["sql"] for query in queries]


def test_the_slip_has_its_papers(cast: Cast, erika: Browser) -> None:
    deposit = packed(cast)
    for paper, class_ in (("", "slip"), ("?paper=slip", "slip"), ("?paper=a5", "a5")):
        assert f'class="voucher on-{class_}"' in erika.get(path_of(deposit, paper)).content.decode()
        assert "Packed by Checked by Picked up by" in erika.text
    assert erika.get(path_of(deposit, "?paper=a0")).status_code == 404


def test_a_wrong_credit_is_corrected_by_somebody_else(cast: Cast, erika: Browser) -> None:
    deposit, anna = packed(cast), Browser(cast.anna)
    shop = f"?store={cast.store.uuid}"
    erika.fill(path_of(deposit, "/credit"), {"amount": "30"})
    erika.follow()
    assert "You recorded this credit yourself. Ask another manager to correct it." in erika.text
    assert "/correct-credit" not in erika.page.content.decode()
    assert "notice=not-corrected" in erika.get(path_of(deposit, "/correct-credit")).headers["Location"]
    path = path_of(deposit, "/correct-credit") + shop
    assert anna.fill(path, {"amount": "30", "reason": ""}).status_code == 400
    assert "Enter a reason." in anna.text
    assert anna.fill(path, {"amount": "30", "reason": "typo"}).status_code == 400
    assert anna.value("reason") == "typo"
    assert "This amount is already recorded." in anna.text
    assert anna.fill(path, {"amount": "300", "reason": "a nought was missing"}).status_code == 303
    anna.follow()
    for words in (
        "The bank credit is corrected.",
        "Difference: none €0.00",
        "from €30.00 to €300.00",
        "a nought",
    ):
        assert words in anna.text, words
    anna.get("/vault/deposits" + shop)
    assert "as packed" in anna.text
    call_command("verify")
