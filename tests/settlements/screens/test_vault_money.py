"""The forms for money of the vault: change from the bank and for registers, drops, paid in, paid out."""

import re

import pytest
from django.core.management import call_command

from cashdesk.enums import PlaceKind
from cashdesk.models import Draft, Movement
from settlements.models import CashbookAccount
from tests.cashdesk.desk import close_drawer, open_drawer
from tests.factories import StoreFactory
from tests.screens.desk import Browser
from tests.stories import Cast, counted_queries

FORMS = [
    ("/vault/change", {"amount": "200", "note": "order 4711"}),
    ("/vault/loan", {"amount": "50", "station": "1"}),
    ("/vault/fetch", {"amount": "20.50", "station": "1", "note": "too many notes"}),
    ("/vault/pay-in", {"amount": "3", "reason": "OTHER_INCOME"}),
    ("/vault/pay-out", {"amount": "12.35", "reason": "SUPPLIER", "note": "baker"}),
]
SAID = [
    "Put into the safe: €200.00 Give change to a register",
    "Given to register 1: €50.00",
    "Collected from register 1: €20.50",
    "Paid in: €3.00",
    "Paid out: €12.35",
]
STATEMENTS = {"/vault/change": 6, "/vault/loan": 7, "/vault/fetch": 7, "/vault/pay-in": 7, "/vault/pay-out": 7}
"""The browser's session, the person, the store, the draft; the orders under way; the registers and who has them;
whether there are accounts, and which."""


@pytest.fixture
def erika(cast: Cast) -> Browser:
    """The manager. Carla has register 1 open."""
    open_drawer(cast.carla, 100_00, station=1)
    return Browser(cast.erika)


def booked() -> int:
    return Movement.objects.exclude(kind="FLOAT").count()


def test_a_morning_of_the_vault(cast: Cast, erika: Browser) -> None:
    for (path, typed), said in zip(FORMS, SAID, strict=True):
        assert erika.fill(path, typed).status_code == 303, erika.text
        erika.follow()
        assert said in erika.text
    made = Movement.objects.exclude(kind="FLOAT").order_by("pk")
    assert [(m.kind, m.amount, m.source.kind, m.destination.kind, m.reason, m.note) for m in made] == [
        ("WITHDRAWAL", 200_00, "BANK", "VAULT", "withdrawal", "order 4711"),
        ("LOAN", 50_00, "VAULT", "REGISTER", "loan", ""),
        ("DROP", 20_50, "REGISTER", "VAULT", "drop", "too many notes"),
        ("PAID_IN", 3_00, "OUTSIDE", "VAULT", "OTHER_INCOME", ""),
        ("PAID_OUT", 12_35, "VAULT", "OUTSIDE", "SUPPLIER", "baker"),
    ]
    assert {m.recorded_by for m in made} == {cast.erika}
    assert cast.book(PlaceKind.VAULT) == -100_00 + 200_00 - 50_00 + 20_50 + 3_00 - 12_35
    assert cast.book(PlaceKind.REGISTER, 1) == 100_00 + 50_00 - 20_50
    call_command("verify")


def test_a_form_sent_twice_is_booked_once(erika: Browser) -> None:
    for path, typed in FORMS:
        erika.get(path)
        form = {**erika.hidden(), **typed}
        first, again = (erika.client.post(path, form) for _turn in range(2))
        assert first.status_code == again.status_code == 303, path
        assert first.headers["Location"] == again.headers["Location"]
    assert booked() == len(FORMS)


@pytest.mark.parametrize(("path", "usual"), FORMS)
def test_every_form_refuses_and_keeps_what_was_typed(erika: Browser, path: str, usual: dict[str, str]) -> None:
    for typed, words in (
        ({"amount": ""}, "Enter an amount. "),
        ({"amount": "-5"}, "Enter an amount above 0."),
        ({"amount": "0"}, "Enter an amount above 0."),
        ({"amount": "1.005"}, "EUR has at most 2 decimals. Enter an amount such as 1,250.50."),
        ({"note": "x" * 501}, "Enter at most 500 characters."),
    ):
        sent = {**usual, **typed}
        assert erika.fill(path, sent).status_code == 400
        assert words in erika.text
        assert erika.value("amount") == sent["amount"]
        assert erika.value("note") == sent.get("note", "")
        page = erika.page.content.decode()
        assert ("checked" in page) == ("station" in sent)
        assert (f'value="{sent.get("reason")}" selected' in page) == ("reason" in sent)
    assert booked() == 0


COUNTED = [("/vault/change", "WITHDRAWAL"), ("/vault/loan", "LOAN"), ("/vault/fetch", "DROP")]
PIECES = {"pieces-1000": "4", "packs-100": "2"}
"""Four tens and two rolls of euros: 90.00."""


@pytest.mark.parametrize(("path", "kind"), COUNTED)
def test_notes_and_coins_are_counted_instead_of_one_amount(erika: Browser, path: str, kind: str) -> None:
    erika.get(path)
    assert "Count by notes and coins" in erika.text
    assert '<details class="more">' in erika.page.content.decode()
    usual = {"station": "1", **PIECES}
    for typed, words in (
        ({"amount": "80"}, "The pieces add up to €90.00, but the amount is €80.00."),
        ({"pieces-1000": "x"}, "€10: Enter a whole number of pieces, such as 12."),
        ({"pieces-1000": "0", "packs-100": ""}, "Enter an amount above 0."),
    ):
        sent = {**usual, **typed}
        assert erika.fill(path, sent).status_code == 400
        assert words in erika.text
        assert {name: erika.value(name) for name in sent if name != "station"} == {**PIECES, **typed}
        assert '<details class="more" open>' in erika.page.content.decode()
    assert booked() == 0
    assert erika.fill(path, {**usual, "amount": "90"}).status_code == 303
    erika.follow()
    assert "€90.00" in erika.text
    assert list(Movement.objects.filter(kind=kind).values_list("amount", flat=True)) == [90_00]


def test_what_is_paid_in_and_out_is_one_amount(erika: Browser) -> None:
    for path in ("/vault/pay-in", "/vault/pay-out"):
        erika.get(path)
        assert "notes and coins" not in erika.text


def test_what_there_is_not_is_refused(erika: Browser) -> None:
    typed: dict[str, str]
    for path, typed, status, words in (
        ("/vault/loan", {"station": ""}, 400, "Choose a register."),
        ("/vault/loan", {"station": "x"}, 400, "Enter a number"),
        ("/vault/fetch", {"station": "9"}, 400, "Store 1337 has no register 9. Choose another register."),
        ("/vault/loan", {"station": "1.5"}, 400, "Enter a whole number such as 12."),
        ("/vault/loan", {"station": "2"}, 409, "Nothing was saved. Register 2 is not open"),
        ("/vault/loan", {"station": "0"}, 400, "Nothing was saved."),
        ("/vault/pay-out", {"reason": ""}, 400, "Choose an account."),
        ("/vault/pay-out", {"reason": "OTHER_INCOME"}, 400, "is for money in the other direction."),
        ("/vault/pay-in", {"reason": "CHANGE"}, 400, "Choose an account from the list."),
    ):
        assert erika.fill(path, {"amount": "5", **typed}).status_code == status
        assert words in erika.text
        assert erika.value("amount") == "5"
    assert booked() == 0


def test_a_register_that_closed_meanwhile_gets_nothing(cast: Cast, erika: Browser) -> None:
    field = 'name="amount"'
    assert field in erika.get("/vault/loan").content.decode()
    assert "1 Carla" in erika.text
    close_drawer(cast.carla.sessions.get(), 100_00)
    assert erika.send("/vault/loan", {"amount": "5", "station": "1"}).status_code == 409
    assert "Register 1 is not open" in erika.text
    assert erika.value("amount") == "5"
    erika.get("/vault/loan")
    assert "No register is open." in erika.text
    assert field not in erika.page.content.decode()


def test_an_account_that_was_retired_is_not_offered(cast: Cast, erika: Browser) -> None:
    erika.get("/vault/pay-out")
    assert "Supplier paid in cash" in erika.text
    assert "Other income" not in erika.text
    CashbookAccount.objects.filter(code="SUPPLIER").update(is_active=False)
    erika.get("/vault/pay-out")
    assert "Supplier paid in cash" not in erika.text


def test_amounts_are_typed_and_written_as_in_the_store(cast: Cast) -> None:
    """Anna works in no store and reads English. The store is in Germany."""
    StoreFactory(account=cast.store.account, number="2001", language="de")
    anna = Browser(cast.anna)
    assert anna.fill("/vault/change?store=2001", {"amount": "1.250,50"}).status_code == 303
    anna.follow()
    assert "Put into the safe: 1.250,50 €" in anna.text
    assert Movement.objects.get().amount == 1250_50


def test_what_was_typed_is_kept_until_it_is_done(cast: Cast, erika: Browser) -> None:
    kept = {"amount": "47", "reason": "SUPPLIER", "note": "baker"}
    erika.get("/vault/pay-out")
    assert erika.send("/desk/draft", kept).status_code == 204
    erika.get("/vault/pay-out")
    assert (erika.value("amount"), erika.value("note")) == ("47", "baker")
    assert 'value="SUPPLIER" selected' in erika.page.content.decode()
    erika.send("/vault/pay-out", kept)
    assert not Draft.objects.exists()


@pytest.mark.parametrize(("path", "typed"), [*FORMS, ("/vault/deposits/new", {"amount": "1,5x", "bag": "B-1"})])
def test_without_a_script_a_form_that_is_left_is_kept(erika: Browser, path: str, typed: dict[str, str]) -> None:
    before = booked()
    erika.get(path)
    way_back = re.search(r'<a class="button" href="([^"]+)">Go back</a>', erika.page.content.decode())
    assert way_back
    erika.leave(typed)
    assert (erika.page.status_code, erika.page.headers["Location"]) == (303, way_back[1])
    assert way_back[1].startswith("/vault")
    assert booked() == before
    erika.get(path)
    assert "We restored" in erika.text
    assert erika.value("amount") == typed["amount"]


def test_only_what_one_has_booked_oneself_is_said(cast: Cast, erika: Browser) -> None:
    location = erika.fill("/vault/change", {"amount": "200"}).headers["Location"]
    assert "€200.00" in Browser(cast.erika).get(location).content.decode()
    for other in (location.replace("change", "loan"), "/vault/change?booked=x"):
        assert "€200.00" not in erika.get(other).content.decode()
    assert "€200.00" not in Browser(cast.anna).get(f"{location}&store=1337").content.decode()


def test_a_page_asks_as_often_whatever_there_is(cast: Cast, erika: Browser) -> None:
    erika.get("/vault/pay-in")
    for _registers in range(2):
        for path, number in STATEMENTS.items():
            with counted_queries() as queries:
                erika.get(path)
            assert len(queries) == number, [query["sql"] for query in queries]
        open_drawer(cast.bruno, 0, station=2) if not cast.bruno.sessions.exists() else None
