"""The two functions that write to the ledger: their rows, and everything that they refuse."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DataError, connection

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.ledger.entry import Entry
from cashdesk.domain.ledger.ledger import ROWS_PER_STATEMENT, record, reverse
from cashdesk.domain.ledger.reversal import REVERSIBLE_KINDS
from cashdesk.enums import CASH, MovementKind, PlaceKind
from cashdesk.errors import Conflict, InvalidMovement, PlaceMovedOn
from cashdesk.models import AuditEntry, Movement, Place
from cashdesk.money import AMOUNT_MAX
from cashdesk.movement_rules import RULES, kinds_where
from tests.cashdesk.desk import NOON, books, close_drawer, minutes, move, open_drawer, pay, place_of, refund, sell
from tests.factories import StoreFactory
from tests.stories import Cast, counted_queries, make_cast

ENDS = [(source, destination) for source in PlaceKind for destination in PlaceKind]
ALLOWED = [(kind, *ends) for kind, rule in RULES.items() for ends in sorted(rule.ends)]


def entry_of(source: Place, destination: Place, **fields: Any) -> Entry:
    """Returns an entry of one euro at noon. The fields change it."""
    usual: dict[str, Any] = {
        "amount": 100,
        "currency": "EUR",
        "method": method_of(fields.get("kind", MovementKind.SALE)),
        "kind": MovementKind.SALE,
        "occurred_at": NOON,
    }
    return Entry(source=source, destination=destination, **{**usual, **fields})


def method_of(kind: MovementKind) -> str:
    """Returns a method that this kind may move."""
    return "CARD" if RULES[kind].never_cash else CASH


def ends_of(cast: Cast, source: str, destination: str) -> tuple[Place, Place]:
    """Returns two places of these kinds. Two registers are different registers."""
    first = cast.place(PlaceKind(source), 1 if source == PlaceKind.REGISTER else 0)
    second_number = 0 if destination != PlaceKind.REGISTER else 2 if source == PlaceKind.REGISTER else 1
    return first, cast.place(PlaceKind(destination), second_number)


def record_one(cast: Cast, entry: Entry) -> Movement:
    """Records one entry and returns its movement."""
    (made,) = record(store=cast.store, entries=[entry], by=SYSTEM, at=NOON)
    return Movement.objects.get(uuid=made)


@pytest.mark.parametrize("kind", MovementKind)
def test_each_kind_goes_between_its_own_ends_and_no_others(cast: Cast, kind: MovementKind) -> None:
    for source, destination in ENDS:
        first, second = ends_of(cast, source, destination)
        entry = entry_of(first, second, kind=kind)
        if (source, destination) in RULES[kind].ends:
            movement = record_one(cast, entry)
            assert (movement.source, movement.destination, movement.kind) == (first, second, kind)
        else:
            with pytest.raises(InvalidMovement):
                record_one(cast, entry)
    assert Movement.objects.count() == len(RULES[kind].ends) > 0


@pytest.mark.parametrize("kind", MovementKind)
def test_a_late_movement_has_over_short_where_one_counted_place_would_be(cast: Cast, kind: MovementKind) -> None:
    counted = (PlaceKind.REGISTER, PlaceKind.VAULT)
    late = {(PlaceKind.OVER_SHORT, to) for place, to in RULES[kind].ends if place in counted}
    late |= {(place, PlaceKind.OVER_SHORT) for place, to in RULES[kind].ends if to in counted}
    late = set() if RULES[kind].never_cash else late
    for source, destination in ENDS:
        first, second = ends_of(cast, source, destination)
        is_allowed = (source, destination) in late and first != second
        if is_allowed:
            assert record_one(cast, entry_of(first, second, kind=kind, is_late=True)).is_late
        else:
            with pytest.raises(InvalidMovement):
                record_one(cast, entry_of(first, second, kind=kind, is_late=True))


@pytest.mark.parametrize("kind", kinds_where(lambda rule: rule.never_cash))
def test_cash_never_goes_to_clearing_nor_comes_from_there(cast: Cast, kind: MovementKind) -> None:
    for source, destination in RULES[kind].ends:
        with pytest.raises(InvalidMovement):
            record_one(cast, entry_of(*ends_of(cast, source, destination), kind=kind, method=CASH))


def test_a_movement_goes_from_one_place_to_another(cast: Cast) -> None:
    for place in cast.store.places.all():
        with pytest.raises(InvalidMovement):
            record_one(cast, entry_of(place, place))


@pytest.mark.parametrize("amount", [0, -1, True, False, 1.0, 0.5, "1", None, AMOUNT_MAX + 1, 10**15, 10**18, -(10**15)])
def test_an_amount_that_is_no_positive_whole_number_is_refused(cast: Cast, amount: Any) -> None:
    ends = ends_of(cast, PlaceKind.CUSTOMERS, PlaceKind.REGISTER)
    with pytest.raises(InvalidMovement) as refused:
        record_one(cast, entry_of(*ends, amount=amount))
    assert set(refused.value.errors) == {"amount"}
    assert not Movement.objects.exists()


@pytest.mark.parametrize("amount", [1, AMOUNT_MAX])
def test_the_smallest_and_the_largest_amount_are_kept_to_the_unit(cast: Cast, amount: int) -> None:
    ends = ends_of(cast, PlaceKind.CUSTOMERS, PlaceKind.REGISTER)
    assert record_one(cast, entry_of(*ends, amount=amount)).amount == amount
    assert cast.book(PlaceKind.REGISTER, 1) == amount


def test_both_places_belong_to_the_store(cast: Cast) -> None:
    elsewhere = StoreFactory(account=cast.store.account)
    here = cast.place(PlaceKind.CUSTOMERS), cast.place(PlaceKind.REGISTER, 1)
    there = place_of(elsewhere, PlaceKind.CUSTOMERS), place_of(elsewhere, PlaceKind.REGISTER, 1)
    for source, destination in ((here[0], there[1]), (there[0], here[1]), there):
        with pytest.raises(InvalidMovement):
            record_one(cast, entry_of(source, destination))


def test_one_wrong_entry_of_many_leaves_none(cast: Cast) -> None:
    ends = ends_of(cast, PlaceKind.CUSTOMERS, PlaceKind.REGISTER)
    with pytest.raises(InvalidMovement):
        record(store=cast.store, entries=[entry_of(*ends), entry_of(*ends, amount=0)], by=SYSTEM, at=NOON)
    assert not Movement.objects.exists()


def test_many_are_written_in_their_order_a_few_hundred_per_statement(cast: Cast) -> None:
    ends = ends_of(cast, PlaceKind.CUSTOMERS, PlaceKind.REGISTER)
    entries = [entry_of(*ends, amount=number) for number in range(1, ROWS_PER_STATEMENT + 3)]
    with counted_queries() as queries:
        made = record(store=cast.store, entries=entries, by=SYSTEM, at=NOON)
    assert len(queries) == 2
    written = list(Movement.objects.order_by("pk").values_list("uuid", "amount"))
    assert written == list(zip(made, range(1, ROWS_PER_STATEMENT + 3), strict=True))


def test_nothing_is_written_for_no_entries(cast: Cast) -> None:
    with counted_queries() as queries:
        assert record(store=cast.store, entries=[], by=SYSTEM, at=NOON) == []
    assert len(queries) == 0


def test_who_recorded_it_with_what_and_why_is_kept(cast: Cast) -> None:
    ends = ends_of(cast, PlaceKind.OUTSIDE, PlaceKind.VAULT)
    entry = entry_of(*ends, kind=MovementKind.PAID_IN, reason="change money", note="von der Bank – 5 Rollen")
    (made,) = record(store=cast.store, entries=[entry], by=Principal(user=cast.erika), at=minutes(1))
    movement = Movement.objects.get(uuid=made)
    assert (movement.recorded_by, movement.recorded_with) == (cast.erika, None)
    assert (movement.occurred_at, movement.recorded_at) == (NOON, minutes(1))
    assert (movement.reason, movement.note) == ("change money", "von der Bank – 5 Rollen")


def test_a_text_that_is_too_long_is_never_cut(cast: Cast) -> None:
    """SQLite keeps it whole, PostgreSQL refuses it. Cut, two methods with the same beginning would become one."""
    entry = entry_of(*ends_of(cast, PlaceKind.CUSTOMERS, PlaceKind.REGISTER), method="M" * 33)
    if connection.vendor == "postgresql":
        with pytest.raises(DataError):
            record(store=cast.store, entries=[entry], by=SYSTEM, at=NOON)
    else:
        record(store=cast.store, entries=[entry], by=SYSTEM, at=NOON)
        assert Movement.objects.get().method == "M" * 33


def test_a_guard_that_still_holds_lets_the_movement_in(cast: Cast) -> None:
    customers, register = ends_of(cast, PlaceKind.CUSTOMERS, PlaceKind.REGISTER)
    record(store=cast.store, entries=[entry_of(customers, register)], by=SYSTEM, at=NOON, guard=register)
    assert cast.book(PlaceKind.REGISTER, 1) == 100


def test_a_guard_whose_place_moved_on_writes_nothing(cast: Cast) -> None:
    customers, seen_before = ends_of(cast, PlaceKind.CUSTOMERS, PlaceKind.REGISTER)
    open_drawer(cast.carla, 0, station=1)
    with pytest.raises(PlaceMovedOn):
        record(store=cast.store, entries=[entry_of(customers, seen_before)], by=SYSTEM, at=NOON, guard=seen_before)
    assert not Movement.objects.exists()


def test_the_business_date_is_that_of_the_occurrence_and_stays_when_the_cut_off_changes(db: None) -> None:
    cast = make_cast(cut_off_hour=4)
    ends = ends_of(cast, PlaceKind.CUSTOMERS, PlaceKind.REGISTER)
    before_the_cut_off = datetime(2026, 3, 11, 2, 30, tzinfo=UTC)  # 03:30 in Berlin
    movement = record_one(cast, entry_of(*ends, occurred_at=before_the_cut_off))
    assert movement.business_date == date(2026, 3, 10)
    cast.store.cut_off_hour, cast.store.time_zone = 0, "Asia/Jakarta"
    cast.store.save()
    movement.refresh_from_db()
    assert movement.business_date == date(2026, 3, 10)
    assert record_one(cast, entry_of(*ends, occurred_at=before_the_cut_off)).business_date == date(2026, 3, 11)


# --- Reversals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "source", "destination"), [line for line in ALLOWED if line[0] in REVERSIBLE_KINDS])
def test_a_mistake_is_mirrored_once(cast: Cast, kind: MovementKind, source: str, destination: str) -> None:
    first, second = ends_of(cast, source, destination)
    mistake = record_one(cast, entry_of(first, second, kind=kind, amount=1234))
    mirror = reverse(movement=mistake, by=Principal(user=cast.erika), at=minutes(5), reason="typing error")
    mistake.refresh_from_db()
    assert (mirror.source, mirror.destination) == (second, first)
    assert (mirror.amount, mirror.currency, mirror.method, mirror.kind) == (1234, "EUR", method_of(kind), kind)
    assert (mirror.reverses, mirror.is_late, mirror.reason) == (mistake, False, "typing error")
    assert (mirror.recorded_by, mirror.occurred_at) == (cast.erika, minutes(5))
    assert books(cast.store) == {}
    with pytest.raises(Conflict) as refused:
        reverse(movement=mistake, by=SYSTEM, at=minutes(6), reason="again")
    assert refused.value.code == "already_reversed"
    assert Movement.objects.count() == 2


@pytest.mark.parametrize(
    ("kind", "source", "destination"), [line for line in ALLOWED if line[0] not in REVERSIBLE_KINDS]
)
def test_what_belongs_to_a_transition_is_not_reversed(
    cast: Cast, kind: MovementKind, source: str, destination: str
) -> None:
    movement = record_one(cast, entry_of(*ends_of(cast, source, destination), kind=kind))
    with pytest.raises(InvalidMovement):
        reverse(movement=movement, by=SYSTEM, at=NOON, reason="no")
    assert Movement.objects.count() == 1


def test_a_reversal_is_not_reversed(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000)
    mirror = reverse(movement=sell(session, 500), by=SYSTEM, at=NOON, reason="wrong")
    with pytest.raises(InvalidMovement):
        reverse(movement=mirror, by=SYSTEM, at=NOON, reason="right after all")
    assert cast.book(PlaceKind.REGISTER, 1) == 10000


def test_the_float_and_the_return_of_a_session_are_not_reversed(cast: Cast) -> None:
    close_drawer(open_drawer(cast.carla, 10000), 9000)
    for movement in Movement.objects.all():
        with pytest.raises(InvalidMovement):
            reverse(movement=movement, by=SYSTEM, at=NOON, reason="no")
    assert set(Movement.objects.values_list("kind", flat=True)) == {"FLOAT", "OVER_SHORT", "RETURN"}


def test_a_mistake_of_the_running_period_is_reversed_into_it(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000)
    mirror = reverse(movement=refund(session, 700), by=SYSTEM, at=NOON, reason="wrong customer")
    assert (mirror.session, mirror.is_late) == (session, False)
    assert close_drawer(session, 10000).difference == 0


def test_a_mistake_of_a_closed_period_is_reversed_over_over_short(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000)
    sale = sell(session, 500)
    session = close_drawer(session, 10000)  # the customer never paid: 5.00 short
    before = books(cast.store)
    mirror = reverse(movement=sale, by=SYSTEM, at=minutes(60), reason="never paid")
    assert (mirror.source, mirror.destination) == (cast.place(PlaceKind.OVER_SHORT), cast.place(PlaceKind.CUSTOMERS))
    assert (mirror.is_late, mirror.session, mirror.payment) == (True, session, sale.payment)
    assert before == {"Over/short": 500, "Customers": -500}
    assert books(cast.store) == {}
    session.refresh_from_db()
    assert session.difference == -500


def test_a_drop_of_a_closed_period_is_reversed_between_vault_and_over_short(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000)
    drop = move(session, MovementKind.DROP, 3000)
    close_drawer(session, 10000)  # the bag never left the drawer: 30.00 over
    mirror = reverse(movement=drop, by=SYSTEM, at=minutes(60), reason="the bag stayed in the drawer")
    assert (mirror.source, mirror.destination) == (cast.place(PlaceKind.VAULT), cast.place(PlaceKind.OVER_SHORT))
    assert books(cast.store) == {}


def test_a_late_payment_is_reversed_late(cast: Cast) -> None:
    session = close_drawer(open_drawer(cast.carla, 10000), 10000)
    late = sell(session, 900)
    assert late.is_late
    mirror = reverse(movement=late, by=SYSTEM, at=NOON, reason="sent twice under two ids")
    assert mirror.is_late
    assert books(cast.store) == {}


def test_a_card_payment_is_reversed_in_its_own_method(cast: Cast) -> None:
    session = open_drawer(cast.carla, 10000)
    payment = pay(session, 2500, method="CARD")
    reverse(movement=payment.movements.get(), by=SYSTEM, at=NOON, reason="wrong terminal")
    assert books(cast.store, method="CARD") == {}
    assert cast.book(PlaceKind.REGISTER, 1) == 10000


def test_a_reversal_is_written_into_the_audit_trail(cast: Cast) -> None:
    sale = sell(open_drawer(cast.carla, 0), 100)
    reverse(movement=sale, by=Principal(user=cast.erika), at=NOON + timedelta(hours=1), reason="wrong")
    entry = AuditEntry.objects.get(action="movement.reversed")
    assert (entry.subject, entry.user, entry.detail) == (f"movement:{sale.pk}", cast.erika, {"reason": "wrong"})
