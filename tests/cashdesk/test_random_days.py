"""Random days of a shop with two registers, compared with a simple model."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.ledger.expected import balances_of_places, late_cash_of
from cashdesk.domain.ledger.ledger import reverse
from cashdesk.domain.ledger.position import positions_of
from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.domain.ledger.seal import faults_of
from cashdesk.domain.session.closing import force_close_session
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.domain.session.handover import handover_before, handovers_waiting
from cashdesk.domain.visibility import with_shown_result
from cashdesk.enums import CASH, MovementKind, PlaceKind, SessionStatus, VarianceKind
from cashdesk.errors import Conflict, DomainError
from cashdesk.models import CashSession, Movement, Seal, Variance
from cashdesk.pair import Pair
from tests.cashdesk.desk import NOON, close_drawer, move, open_drawer, pay
from tests.lengths import length
from tests.stories import Cast, make_cast

amounts = st.one_of(st.integers(min_value=1, max_value=20), st.integers(min_value=1, max_value=10**7))
counts = st.one_of(st.just(None), st.integers(min_value=0, max_value=20), st.integers(min_value=0, max_value=10**8))
"""None means that the count equals the expected amount."""

registers = st.integers(min_value=1, max_value=2)
methods = st.sampled_from([CASH, "CARD"])
steps = st.one_of(
    st.tuples(st.just("open"), registers, counts),
    st.tuples(st.just("force_open"), registers, counts),
    st.tuples(st.just("close"), registers, counts),
    st.tuples(st.just("hand_over"), registers, counts),
    st.tuples(st.just("take_over"), registers, counts),
    st.tuples(st.just("relieve"), registers, counts, counts),
    st.tuples(st.just("relieve"), registers, counts, counts),
    st.tuples(st.just("force_close"), registers),
    st.tuples(st.just("count_afterwards"), registers, counts),
    st.tuples(st.just("sell"), registers, amounts, methods),
    st.tuples(st.just("refund"), registers, amounts, methods),
    st.tuples(st.just("paid_in"), registers, amounts),
    st.tuples(st.just("paid_out"), registers, amounts),
    st.tuples(st.just("drop"), registers, amounts),
    st.tuples(st.just("loan"), registers, amounts),
    st.tuples(st.just("late_sale"), registers, amounts),
    st.tuples(st.just("late_refund"), registers, amounts),
    st.tuples(st.just("reverse"), st.integers(min_value=0, max_value=50)),
)
"""A day is a list of these steps. An impossible step (a sale without an open drawer) is refused or skipped."""


@dataclass
class Paper:
    """The model: the cash in each drawer, and the late money of each closed session."""

    cast: Cast
    vault: int = 0
    over_short: int = 0
    cash: dict[int, int] = field(default_factory=lambda: {1: 0, 2: 0})
    card: dict[int, int] = field(default_factory=lambda: {1: 0, 2: 0})
    clearing: int = 0
    running: dict[int, CashSession | None] = field(default_factory=lambda: {1: None, 2: None})
    last: dict[int, CashSession | None] = field(default_factory=lambda: {1: None, 2: None})
    waits_for_count: dict[int, bool] = field(default_factory=lambda: {1: False, 2: False})
    gaps: list[tuple[int, int]] = field(default_factory=list)
    """The differences of countings-in and counts afterwards, as (session, amount)."""
    own_gaps: list[int] = field(default_factory=list)
    """The sessions whose cashier had the same drawer before."""
    late: dict[int, int] = field(default_factory=dict)
    frozen: dict[int, dict[str, Any]] = field(default_factory=dict)
    reversed_ids: set[int] = field(default_factory=set)

    def cashier(self, register: int) -> Any:
        """Returns the cashier of a register: Carla at 1, Bruno at 2. Erika relieves them."""
        return self.cast.carla if register == 1 else self.cast.bruno

    def left_by(self, register: int) -> CashSession | None:
        """Returns the session whose handed-over cash waits in the drawer. An empty drawer does not wait."""
        left = self.last[register]
        waits = left is not None and self.waits_for_count[register] and self.frozen[left.pk]["is_handed_over"]
        return left if waits and self.cash[register] else None

    def freeze(self, session: CashSession) -> None:
        """Stores the columns of a closed session, which must never change. Its card money is in clearing from now on."""
        number = session.register.number
        self.clearing, self.card[number] = self.clearing + self.card[number], 0
        self.frozen[session.pk] = dict(CashSession.objects.values().get(pk=session.pk))
        self.late.setdefault(session.pk, 0)


# --- The steps: each does one thing in the shop and in the model ----------------------------------------------------------


def do_open(paper: Paper, register: int, count: int | None) -> None:
    user = paper.cashier(register)
    before, held = paper.running[register], paper.cash[register]
    start = max(0, held) if count is None else count
    if before is not None:
        with pytest.raises(Conflict):
            open_drawer(user, start, station=register)
        return
    left = paper.left_by(register)
    _opened(paper, register, open_drawer(user, start, station=register), left=left, held=held, start=start)


def do_force_open(paper: Paper, register: int, count: int | None) -> None:
    before, held = paper.running[register], paper.cash[register]
    start = max(0, held) if count is None else count
    if before is not None and before.user == paper.cast.erika:
        with pytest.raises(Conflict):
            open_drawer(paper.cashier(register), start, station=register, force_close_previous=True)
        return
    left = paper.left_by(register)
    session = open_drawer(paper.cashier(register), start, station=register, force_close_previous=True)
    if before is not None:
        before.refresh_from_db()
        assert (before.status, before.declared_amount) == (SessionStatus.CLOSED_SYSTEM, 0)
        assert before.expected_amount == held
        paper.freeze(before)
    _opened(paper, register, session, left=left, held=held, start=start)


def do_take_over(paper: Paper, register: int, count: int | None) -> None:
    """Lets Erika open the register if nobody has it and she has no other drawer."""
    erika, held = paper.cast.erika, paper.cash[register]
    start = max(0, held) if count is None else count
    if paper.running[register] is not None or erika in [one.user for one in paper.running.values() if one]:
        with pytest.raises(Conflict):
            open_drawer(erika, start, station=register)
        return
    left = paper.left_by(register)
    _opened(paper, register, open_drawer(erika, start, station=register), left=left, held=held, start=start)


def do_relieve(paper: Paper, register: int, counted_out: int | None, counted_in: int | None) -> None:
    """Lets one cashier count out and another count in."""
    leaving = paper.running[register]
    do_hand_over(paper, register, counted_out)
    takes = do_open if leaving is not None and leaving.user == paper.cast.erika else do_take_over
    takes(paper, register, counted_in)


def _opened(
    paper: Paper, register: int, session: CashSession, *, left: CashSession | None, held: int, start: int
) -> None:
    gap = start - held if held else 0
    assert session.start_amount == start
    assert session.opening_difference == gap
    assert handover_before(session) == left
    paper.vault -= 0 if held else start
    paper.over_short -= gap
    if gap:
        paper.gaps.append((session.pk, gap))
        before = paper.last[register]
        paper.own_gaps += [session.pk] if before is not None and before.user == session.user else []
    paper.running[register] = paper.last[register] = session
    paper.cash[register] = start
    paper.waits_for_count[register] = False


def do_close(paper: Paper, register: int, count: int | None) -> None:
    session, held = paper.running[register], paper.cash[register]
    if session is None:
        return
    declared = max(0, held) if count is None else count
    closed = close_drawer(session, declared)
    assert (closed.expected_amount, closed.declared_amount, closed.difference) == (held, declared, declared - held)
    paper.running[register], paper.cash[register] = None, 0
    paper.vault += declared
    paper.over_short -= declared - held
    paper.freeze(closed)


def do_hand_over(paper: Paper, register: int, count: int | None) -> None:
    """Hands the drawer over. The counted cash stays in it, and the difference belongs to the session."""
    session, held = paper.running[register], paper.cash[register]
    if session is None:
        return
    declared = max(0, held) if count is None else count
    closed = close_drawer(session, declared, hands_over=True)
    assert (closed.expected_amount, closed.declared_amount, closed.difference) == (held, declared, declared - held)
    paper.running[register], paper.cash[register] = None, declared
    paper.over_short -= declared - held
    paper.waits_for_count[register] = True
    paper.freeze(closed)


def do_force_close(paper: Paper, register: int) -> None:
    session = paper.running[register]
    if session is None:
        return
    closed = force_close_session(session=session, by=SYSTEM, at=NOON, reason="power cut")
    assert closed.expected_amount == paper.cash[register]
    paper.running[register] = None
    paper.waits_for_count[register] = True
    paper.freeze(closed)


def do_count_afterwards(paper: Paper, register: int, count: int | None) -> None:
    session = paper.last[register]
    if session is None:
        return
    found = CountedAmount(currency="EUR", amount=max(0, paper.cash[register]) if count is None else count)
    by = Principal(user=paper.cast.anna)
    if not paper.waits_for_count[register]:
        with pytest.raises(Conflict):
            count_afterwards(session=session, counted=found, by=by, at=NOON)
        return
    count_afterwards(session=session, counted=found, by=by, at=NOON)
    gap = found.amount - paper.cash[register]
    paper.vault += found.amount
    paper.over_short -= gap
    if gap and paper.frozen[session.pk]["is_handed_over"]:
        paper.gaps.append((session.pk, gap))
    paper.cash[register], paper.waits_for_count[register] = 0, False


def do_pay(paper: Paper, register: int, amount: int, method: str, *, sign: int) -> None:
    session = paper.running[register]
    if session is None:
        return
    assert pay(session, amount, method=method, type="SALE" if sign > 0 else "REFUND").booked == "on_time"
    drawer = paper.cash if method == CASH else paper.card
    drawer[register] += sign * amount


def do_move(paper: Paper, register: int, amount: int, *, kind: MovementKind, sign: int) -> None:
    session = paper.running[register]
    if session is None:
        return
    move(session, kind, amount)
    paper.cash[register] += sign * amount
    paper.vault -= sign * amount if kind in ("DROP", "LOAN") else 0


def do_late(paper: Paper, register: int, amount: int, *, sign: int) -> None:
    closed = [pk for pk in paper.frozen if CashSession.objects.get(pk=pk).register.number == register]
    if not closed:
        return
    session = CashSession.objects.select_related("user").get(pk=closed[-1])
    assert pay(session, amount, type="SALE" if sign > 0 else "REFUND").booked == "late"
    paper.late[session.pk] += sign * amount
    paper.over_short += sign * amount


def do_reverse(paper: Paper, position: int) -> None:
    movements = list(Movement.objects.select_related("source", "destination", "session").order_by("pk"))
    if not movements:
        return
    movement = movements[position % len(movements)]
    is_possible = movement.kind not in ("FLOAT", "RETURN", "OVER_SHORT", "CLEARING") and movement.reverses_id is None
    if not is_possible or movement.pk in paper.reversed_ids:
        with pytest.raises(DomainError):
            reverse(movement=movement, by=SYSTEM, at=NOON, reason="wrong")
        return
    reverse(movement=movement, by=SYSTEM, at=NOON, reason="wrong")
    paper.reversed_ids.add(movement.pk)
    assert movement.session is not None
    into_the_drawer = PlaceKind.REGISTER if not movement.is_late else PlaceKind.OVER_SHORT
    sign = -1 if movement.destination.kind == into_the_drawer else 1
    register = CashSession.objects.select_related("register").get(pk=movement.session_id).register.number
    paper.vault -= sign * movement.amount if movement.kind in ("DROP", "LOAN") else 0
    if movement.session_id in paper.frozen:
        paper.over_short += sign * movement.amount if movement.method == CASH else 0
        paper.late[movement.session_id] += sign * movement.amount if movement.method == CASH else 0
    else:
        drawer = paper.cash if movement.method == CASH else paper.card
        drawer[register] += sign * movement.amount


STEPS: dict[str, Callable[..., None]] = {
    "open": do_open,
    "force_open": do_force_open,
    "close": do_close,
    "hand_over": do_hand_over,
    "take_over": do_take_over,
    "relieve": do_relieve,
    "force_close": do_force_close,
    "count_afterwards": do_count_afterwards,
    "sell": lambda paper, *of: do_pay(paper, *of, sign=1),
    "refund": lambda paper, *of: do_pay(paper, *of, sign=-1),
    "paid_in": lambda paper, *of: do_move(paper, *of, kind=MovementKind.PAID_IN, sign=1),
    "paid_out": lambda paper, *of: do_move(paper, *of, kind=MovementKind.PAID_OUT, sign=-1),
    "drop": lambda paper, *of: do_move(paper, *of, kind=MovementKind.DROP, sign=-1),
    "loan": lambda paper, *of: do_move(paper, *of, kind=MovementKind.LOAN, sign=1),
    "late_sale": lambda paper, *of: do_late(paper, *of, sign=1),
    "late_refund": lambda paper, *of: do_late(paper, *of, sign=-1),
    "reverse": do_reverse,
}


def check(paper: Paper) -> None:
    """Checks the books against the model after every step."""
    totals: dict[tuple[str, str], int] = {}
    books = balances_of_places(store=paper.cast.store)
    (position,) = positions_of([paper.cast.store])
    assert {place.pk: dict(balances) for place, balances in position.balances} == books
    for balances in books.values():
        for pair, amount in balances.items():
            totals[pair] = totals.get(pair, 0) + amount
    assert not any(totals.values()), "all places together sum to zero"
    assert books[paper.cast.place(PlaceKind.VAULT).pk].get(Pair("EUR", CASH), 0) == paper.vault
    assert books[paper.cast.place(PlaceKind.OVER_SHORT).pk].get(Pair("EUR", CASH), 0) == paper.over_short
    assert books[paper.cast.place(PlaceKind.CLEARING).pk].get(Pair("EUR", "CARD"), 0) == paper.clearing
    assert handovers_waiting(store=paper.cast.store) == [left for left in map(paper.left_by, (1, 2)) if left]
    check_blindness(paper)
    for number in (1, 2):
        held = books[paper.cast.place(PlaceKind.REGISTER, number).pk]
        assert held.get(Pair("EUR", CASH), 0) == paper.cash[number]
        assert held.get(Pair("EUR", "CARD"), 0) == paper.card[number]
    assert {row["id"]: row for row in CashSession.objects.exclude(status="OPEN").values()} == paper.frozen
    for pk, late in paper.late.items():
        assert late_cash_of(CashSession.objects.get(pk=pk)) == late
    for place in {seal.place for seal in Seal.objects.select_related("place")}:
        assert faults_of(place) == []


def check_blindness(paper: Paper) -> None:
    """Checks law 5: a cashier cannot see the result of a drawer that is open or waits for its count."""
    last = {session.pk: number for number, session in paper.last.items() if session is not None}
    for shown in with_shown_result(CashSession.objects.filter(pk__in=last), by=Principal(user=paper.cast.carla)):
        number, seen = last[shown.pk], vars(shown)
        waits, is_open = paper.waits_for_count[number], paper.running[number] is not None
        assert (seen["awaits_count"], seen["shows_result"]) == (waits, not is_open and not waits)


@pytest.mark.long
@settings(
    max_examples=length(short=4, long=100),
    derandomize=True,
    deadline=None,
    # A failing day is easy to read, and Hypothesis would need minutes to make it shorter.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(morning=st.tuples(counts, counts), day=st.lists(steps, min_size=20, max_size=35))
def test_whatever_happens_in_a_day_the_paper_and_the_books_agree(
    db: None, morning: tuple[int | None, int | None], day: list[tuple[Any, ...]]
) -> None:
    with transaction.atomic():
        paper = Paper(cast=make_cast())
        for name, *of in [("open", 1, morning[0]), ("open", 2, morning[1]), *day]:
            STEPS[name](paper, *of)
            check(paper)
        assert list(faults_of_store(paper.cast.store)) == []
        custody = Variance.objects.filter(kind=VarianceKind.OPENING).order_by("pk")
        assert list(custody.values_list("session", "difference")) == paper.gaps
        assert list(custody.filter(person__isnull=False).values_list("session", flat=True)) == paper.own_gaps
        # The next day begins in a new shop.
        transaction.set_rollback(True)
