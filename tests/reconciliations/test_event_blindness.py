"""Law 5 in the events: nobody learns from them what a place should hold before somebody has counted it.

The same people take the same steps in two worlds. The worlds differ only in the money that moved without a movement by
hand. At every moment each reader reads all events: they must be equal in both worlds, and no amount of them may be what
a drawer should hold.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from django.db import transaction

from cashdesk.domain.session.cancel_opening import cancel_opening
from cashdesk.enums import MovementKind, PlaceKind, Scope, VarianceKind
from cashdesk.models import AuditEntry, CashSession, Event
from reconciliations.domain.business_day_close import close_business_day
from settlements.models import Settlement
from tests.cashdesk.desk import force_close, pay
from tests.reconciliations.queue import THE_DAY, declare, explain, limits, of_kind, only, reject
from tests.settlements.desk import CARD, Shop, balance
from tests.stories import Caller, Cast, caller, exact, key_caller

SOLD: Final = (639_41, 3_38)
READERS: Final = ("manager", "admin", "key of sessions", "key of settlements", "key of cash management", "key of all")

Walk = Callable[[Shop, int], Iterator[str]]
"""The steps of a day with this cash sold. Yields the name of each moment at which nothing may be told."""


def readers(cast: Cast) -> dict[str, Caller]:
    scopes = (Scope.SESSIONS_READ, Scope.SETTLEMENTS_READ, Scope.CASH_MANAGEMENT_READ)
    keys = [key_caller(cast.store, scope) for scope in scopes]
    people = [caller(cast.erika), caller(cast.anna)]
    return dict(zip(READERS, [*people, *keys, key_caller(cast.store)], strict=True))


def numbers_in(value: Any) -> Iterator[int]:
    """Yields every amount of a body, without ids."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if not name.endswith(("_id", "_by")) and name not in ("station", "uncounted_sessions"):
                yield from numbers_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers_in(inner)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield abs(value)


def masked(text: str) -> str:
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>", text)
    text = re.sub(r"'session_id': \d+", "'session_id': <id>", text)
    return re.sub(r"(session|settlement|reconciliation|business_day|handover):\d+", r"\1:<id>", text)


def read(by: Caller) -> list[Any]:
    """Returns the data of all events that a reader sees."""
    answer = by.get("/events?limit=1000")
    assert answer.status_code == 200
    return [{"type": event["type"], **event["data"]} for event in exact(answer)["events"]]


def in_both_worlds(cast: Cast, walk: Walk) -> list[str]:
    """Walks in both worlds, asserts at every moment that no reader learns anything, and returns the moments."""
    worlds: list[dict[tuple[str, str], str]] = []
    for sold in SOLD:
        with transaction.atomic():
            shop, told = Shop(cast), {}
            by_name = readers(cast)
            for moment in walk(shop, sold):
                drawers = [balance(cast.place(PlaceKind.REGISTER, number)) for number in (1, 2)]
                for name, by in by_name.items():
                    rows = read(by)
                    told[moment, name] = masked(str([{**row, "uncounted_sessions": None} for row in rows]))
                    secrets = {abs(amount) for amount in (*drawers, sold) if amount % 1000}
                    assert not secrets & set(numbers_in(rows)), (moment, name, secrets, rows)
            worlds.append(told)
            transaction.set_rollback(True)
    first, second = worlds
    assert first.keys() == second.keys()
    for key, text in first.items():
        assert text == second[key], key
    return [moment for moment, name in first if name == READERS[0]]


def trade(shop: Shop, session: CashSession, sold: int) -> None:
    """Sells for cash and by card, and drops 20.00."""
    pay(session, sold)
    pay(session, sold, method="CARD")
    shop.move(MovementKind.DROP, 20_00)


def a_handover(shop: Shop, sold: int) -> Iterator[str]:
    session = shop.sign_on(shop.cast.carla, 100_00)
    yield "open"
    trade(shop, session, sold)
    yield "traded"
    # The same difference in both worlds, so only the counted amount differs.
    shop.sign_off(session, 100_00 + sold - 20_00 - 5_00, hands_over=True)
    yield "handed over"
    explain(shop, only(kind=VarianceKind.SESSION))
    yield "explained"
    reject(shop, only(kind=VarianceKind.SESSION), by=shop.cast.anna)
    yield "rejected"


def a_forced_close(shop: Shop, sold: int) -> Iterator[str]:
    session = shop.sign_on(shop.cast.carla, 100_00)
    trade(shop, session, sold)
    force_close(session)
    yield "forced"
    shop.pay(sold, station=None, session=str(session.pk), paid_at=session.opened_at)
    yield "late money"
    declare(shop, 500_00)
    yield "reconciled"
    declare(shop, 510_00)
    yield "reconciled again"
    close_business_day(store=shop.cast.store, on=THE_DAY, by=shop.by(), at=shop.tick())
    yield "day closed"


def a_reconciliation_of_a_running_day(shop: Shop, sold: int) -> Iterator[str]:
    session = shop.sign_on(shop.cast.carla, 100_00)
    trade(shop, session, sold)
    declare(shop, 1_00, reason="OTHER", notes="early")
    yield "declared"
    variance = of_kind(VarianceKind.RECONCILIATION)
    explain(shop, variance)
    reject(shop, variance, by=shop.cast.anna)
    yield "rejected"


def a_settlement(shop: Shop, sold: int) -> Iterator[str]:
    shop.vault(1000_00)
    register = shop.open(100_00)
    yield "open"
    shop.pay(sold)
    shop.pay(sold, CARD)
    shop.move(MovementKind.DROP, 20_00)
    yield "traded"
    shop.count(register)
    yield "counting"
    shop.preview(register, 1)
    shop.preview(register, 2)
    yield "previewed"


def a_session_in_a_settlement(shop: Shop, sold: int) -> Iterator[str]:
    """The cash stays in the drawer, and the next cashier counts it."""
    shop.vault(1000_00)
    shop.open(100_00)
    session = shop.sign_on(shop.cast.carla, 100_00)
    trade(shop, session, sold)
    shop.sign_off(session, 100_00 + sold - 20_00 - 5_00)
    yield "closed short"


def a_settlement_without_a_count(shop: Shop, sold: int) -> Iterator[str]:
    shop.vault(1000_00)
    register = shop.open(100_00)
    shop.pay(sold)
    shop.force(register)
    yield "forced"
    other = shop.sign_on(shop.cast.bruno, 100_00, station=2)
    shop.pay(sold, station=2)
    assert other.is_open
    close_business_day(store=shop.cast.store, on=THE_DAY, by=shop.by(), at=shop.tick())
    yield "day closed"


def a_cancelled_opening(shop: Shop, sold: int) -> Iterator[str]:
    # A difference within the tolerance raises no variance. One above it was counted, so its event has the figures.
    limits(shop.cast.store, tolerance=10_000_00)
    session = shop.sign_on(shop.cast.carla, 100_00)
    pay(session, sold)
    force_close(session)
    wrong = shop.sign_on(shop.cast.bruno, 50_00)
    cancel_opening(session=wrong, by=shop.by(), at=shop.tick(), reason="wrong drawer")
    yield "cancelled"


WALKS: Final[tuple[Walk, ...]] = (
    a_handover,
    a_forced_close,
    a_reconciliation_of_a_running_day,
    a_settlement,
    a_session_in_a_settlement,
    a_settlement_without_a_count,
    a_cancelled_opening,
)


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.__name__)
def test_no_event_tells_what_nobody_has_counted(cast: Cast, walk: Walk) -> None:
    moments = in_both_worlds(cast, walk)
    assert len(moments) == len(set(moments)) > 0


def test_the_walk_would_find_it(cast: Cast) -> None:
    """Proves the check itself: it fails for the closes of a session and of a settlement, whose events have the figures."""

    def closes(shop: Shop, sold: int) -> Iterator[str]:
        session = shop.sign_on(shop.cast.carla, 100_00)
        pay(session, sold)
        shop.sign_off(session, 100_00)
        yield "closed"

    def settles(shop: Shop, sold: int) -> Iterator[str]:
        shop.vault(1000_00)
        register = shop.open(100_00)
        shop.pay(sold)
        shop.close(register, 1)
        yield "closed"

    for walk in (closes, settles):
        with pytest.raises(AssertionError, match="closed"):
            in_both_worlds(cast, walk)


def test_the_figures_come_with_the_count(cast: Cast) -> None:
    shop = Shop(cast)
    key = key_caller(cast.store)
    session = shop.sign_on(cast.carla, 100_00)
    pay(session, 12_34)
    assert "expected_amount" not in str(read(key))
    shop.sign_off(session, 112_00)
    (closed,) = (row for row in read(key) if row["type"] == "session.closed")
    assert (closed["expected_amount"], closed["counted_amount"], closed["difference"]) == (112_34, 112_00, -34)


def test_a_look_at_movements_of_a_running_period_is_noted(cast: Cast) -> None:
    shop = Shop(cast)
    session = shop.sign_on(cast.carla, 100_00)
    key = key_caller(cast.store)
    looks = AuditEntry.objects.filter(action="expected.seen")
    read(key)
    assert not looks.exists(), "the float is no expected amount"
    shop.move(MovementKind.DROP, 20_00)
    read(key)
    (look,) = looks
    assert look.store == cast.store
    assert look.detail == {"places": [place.pk for place in (cast.place(PlaceKind.VAULT, 0), session.register)]}
    read(key_caller(cast.store, Scope.SESSIONS_READ))
    assert looks.count() == 1


def test_a_movement_is_told_only_to_those_who_may_see_what_is_expected(cast: Cast) -> None:
    shop = Shop(cast)
    session = shop.sign_on(cast.carla, 100_00)
    shop.move(MovementKind.DROP, 20_00)
    assert session.is_open
    seen = {name: "movement.recorded" in str(read(by)) for name, by in readers(cast).items()}
    assert seen == {
        "manager": True,
        "admin": True,
        "key of sessions": False,
        "key of settlements": False,
        "key of cash management": True,
        "key of all": True,
    }
    for cashier in (cast.carla, cast.bruno):
        assert caller(cashier).get("/events").status_code == 403
    assert (Event.objects.count(), Settlement.objects.count()) == (2, 0)
