"""The vault's movements of a day: listed without a sum, by the store's clock. Every look is noted."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import MovementKind, PlaceKind
from cashdesk.models import AuditEntry, Movement
from settlements.domain.deposit import credit_deposit
from settlements.models import Deposit
from settlements.screens.vault_movements import ROWS
from tests.api.blind import notations
from tests.screens.desk import Browser
from tests.settlements.reporting import Day, found
from tests.stories import Cast, counted_queries

PATH = "/vault/movements"
STATEMENTS = 14
"""The browser's session, the person, the store and its vault; whether `by` may know of it; what went out and what came in;
the last seal and the note of the look; the savepoint around the five; which places were counted since."""


@pytest.fixture
def erika(cast: Cast) -> Browser:
    """The manager."""
    return Browser(cast.erika)


@pytest.fixture
def noon() -> datetime:
    """Noon of a past day, so that every hour of it has passed."""
    return (timezone.now() - timedelta(days=2)).replace(hour=11, minute=0, second=0, microsecond=0)


def looks() -> list[str]:
    """Returns the days of the noted looks before the count of the vault."""
    entries = AuditEntry.objects.filter(action="expected.seen").order_by("pk")
    return [entry.detail["movements_of"] for entry in entries]


def test_what_went_through_the_vault(cast: Cast, erika: Browser, noon: datetime) -> None:
    day = Day(cast, start=noon)
    session = day.start(cast.carla, 50_00)
    day.sell(812_34)
    day.move(MovementKind.DROP, 800_00, note="too many notes")
    mistake = day.move(MovementKind.LOAN, 7_00)
    day.undo(mistake)
    day.end(session, found(62_34))
    day.station = 0
    day.move(MovementKind.PAID_OUT, 12_35, reason="SUPPLIER")
    day.move(MovementKind.DEPOSIT, 700_00, bag_number="B-1")
    date = Movement.objects.latest("pk").business_date.isoformat()
    erika.get(f"{PATH}?day={date}")
    rows = (
        "Bag for the bank B-1", "Bank Erika Mustermann €700.00", "Paid out Supplier paid in cash", "Outside Erika Mustermann €12.35",
        "Cash returned after closing", "Register 1 Carla €62.34", "Reversal: Change given mistake", "Register 1 Erika Mustermann €7.00",
        "Change given reversed", "Drop too many notes", "Register 1 Erika Mustermann €800.00", "Float", "Register 1 Carla €50.00",
    )  # fmt: skip
    shown = erika.text
    at = [shown.find(words) for words in rows]
    assert -1 not in at, rows[at.index(-1)]
    assert at == sorted(at)
    assert "812.34" not in shown
    assert "Sale" not in shown
    for notation in notations(abs(cast.book(PlaceKind.VAULT))):
        assert notation not in shown
    assert looks() == [date]


def test_a_day_that_was_counted_is_no_look(cast: Cast, erika: Browser, noon: datetime) -> None:
    day = Day(cast, start=noon)
    vault = day.open_vault(1000_00)
    day.station = 0
    day.move(MovementKind.WITHDRAWAL, 100_00)
    date = Movement.objects.latest("pk").business_date.isoformat()
    erika.get(f"{PATH}?day={date}")
    assert looks() == [date]
    day.close(vault, found(1100_00))
    erika.get(f"{PATH}?day={date}")
    assert "Change from the bank" in erika.text
    assert looks() == [date]


def test_a_day_without_anything_and_days_that_are_none(cast: Cast, erika: Browser) -> None:
    erika.get(PATH)
    assert "Nothing went into or out of the safe on this day." in erika.text
    assert "today" in erika.text
    assert "Next day" not in erika.text
    assert looks() == []
    erika.get(f"{PATH}?day=2026-03-10")
    assert "10 Mar 2026" in erika.text
    assert 'href="/vault/movements?day=2026-03-11"' in erika.page.content.decode()
    for wrong in ("day=x", "day=9999-12-31", "day=1999-12-31", "before=x", "before=-1"):
        assert erika.get(f"{PATH}?{wrong}").status_code == 404, wrong


def test_the_list_goes_on_by_pages_and_asks_as_often(cast: Cast, erika: Browser, noon: datetime) -> None:
    day = Day(cast, start=noon)
    day.station = 0
    statements = []
    for number in range(1, ROWS + 2):
        day.move(MovementKind.WITHDRAWAL, number)
        if number in (1, 3, ROWS + 1):
            date = Movement.objects.latest("pk").business_date.isoformat()
            with counted_queries() as queries:
                erika.get(f"{PATH}?day={date}")
            statements.append(len(queries))
    assert statements == [STATEMENTS] * 3, [query["sql"] for query in queries]
    assert "€0.01" not in erika.text
    before = Movement.objects.order_by("-pk")[ROWS - 1].pk
    assert f'href="{PATH}?day={date}&amp;before={before}"' in erika.page.content.decode()
    erika.get(f"{PATH}?day={date}&before={before}")
    assert "€0.01" in erika.text
    assert "€0.02" not in erika.text
    erika.get(f"{PATH}?day={date}&before=1")
    assert "There is nothing older." in erika.text


def test_a_manager_reverses_from_the_list_once_with_a_reason(cast: Cast, erika: Browser) -> None:
    day = Day(cast, start=timezone.now())
    day.start(cast.carla, 50_00)
    day.move(MovementKind.DROP, 800_00)
    drop = Movement.objects.get(kind=MovementKind.DROP)
    path = f"{PATH}/{drop.uuid}/reverse"
    assert path in erika.get(PATH).content.decode()
    assert "This kind of movement (Float) cannot be reversed. The next count corrects it." in erika.text
    erika.get(path)
    for words in ("Reverse this movement?", "Drop", "€800.00", "Register 1"):
        assert words in erika.text, words
    assert erika.send(path, {"reason": ""}).status_code == 400
    assert "Enter a reason." in erika.text
    form = {**erika.hidden(), "reason": "never carried"}
    answers = [erika.client.post(path, form) for _twice in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    erika.get(answers[0].headers["Location"])
    assert "The movement is reversed." in erika.text
    assert path not in erika.page.content.decode()
    assert "This movement is already reversed." in erika.text
    assert Movement.objects.get(reverses=drop).reason == "never carried"
    erika.get(path)
    assert "This movement is already reversed." in erika.text
    assert 'name="reason"' not in erika.page.content.decode()
    other = Browser(cast.anna)
    other.client.post(f"{path}?store={cast.store.uuid}", {**form, "once": ""})
    assert Movement.objects.filter(reverses=drop).count() == 1


def test_a_bag_is_cancelled_from_the_list_until_the_bank_has_credited_it(cast: Cast, erika: Browser) -> None:
    day = Day(cast, start=timezone.now())
    day.station = 0
    for bag in ("B-1", "B-2"):
        day.move(MovementKind.DEPOSIT, 100_00, bag_number=bag)
    first, second = Deposit.objects.order_by("pk")
    credit_deposit(deposit=first, amount=100_00, by=Principal(user=cast.anna), at=timezone.now())
    erika.get(PATH)
    assert "The bank has already credited this bag. It cannot be reversed." in erika.text
    refused = f"{PATH}/{first.movement.uuid}/reverse"
    assert erika.fill(refused, {"reason": "x", "once": ""}).status_code == 422
    assert erika.fill(f"{PATH}/{second.movement.uuid}/reverse", {"reason": "unpacked"}).status_code == 303
    assert [deposit.state for deposit in Deposit.objects.order_by("pk")] == ["CREDITED", "CANCELLED"]


def test_only_a_manager_of_the_store_reverses(cast: Cast) -> None:
    day = Day(cast, start=timezone.now())
    day.start(cast.carla, 50_00)
    day.move(MovementKind.DROP, 8_00)
    drop = Movement.objects.get(kind=MovementKind.DROP)
    path = f"{PATH}/{drop.uuid}/reverse"
    assert Browser(cast.carla).get(path).status_code == 403
    assert Browser(cast.otto).get(path).status_code == 404
    paid = day.move(MovementKind.PAID_IN, 1_00, reason="CHANGE")
    assert Browser(cast.erika).get(f"{PATH}/{paid}/reverse").status_code == 404
