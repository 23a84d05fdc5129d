"""Random weeks of a shop that settles its register and its vault, compared with a simple model."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cashdesk.domain.ledger.expected import balances_of_places
from cashdesk.domain.ledger.position import positions_of
from cashdesk.domain.ledger.proof import faults_of_store
from cashdesk.enums import MovementKind, PlaceKind
from cashdesk.errors import Conflict
from cashdesk.models import CashSession
from cashdesk.pair import Pair
from settlements.models import ClosingAmount, Settlement
from tests.lengths import length
from tests.settlements.desk import CARD, EUR, USD, Shop, figures, late
from tests.stories import make_cast

small = st.one_of(st.integers(min_value=1, max_value=20), st.integers(min_value=1, max_value=10**7))
found_cash = st.one_of(st.just(None), st.integers(min_value=0, max_value=20), st.integers(min_value=0, max_value=10**8))
"""None means that the count equals the expected amount."""

pairs = st.sampled_from([EUR, USD, CARD])
signs = st.sampled_from([1, -1])
steps = st.one_of(
    st.tuples(st.just("open"), found_cash, found_cash),
    st.tuples(st.just("count")),
    st.tuples(st.just("preview"), found_cash, found_cash),
    st.tuples(st.just("close"), found_cash, found_cash),
    st.tuples(st.just("force")),
    st.tuples(st.just("count_later"), found_cash, found_cash),
    st.tuples(st.just("close_vault"), found_cash, found_cash),
    st.tuples(st.just("pay"), small, pairs, signs),
    st.tuples(st.just("pay"), small, pairs, signs),
    st.tuples(st.just("move"), st.sampled_from(["DROP", "LOAN", "PAID_IN", "PAID_OUT"]), small),
    st.tuples(st.just("sign_on"), found_cash),
    st.tuples(st.just("sign_off"), found_cash),
    st.tuples(st.just("relieve"), found_cash, found_cash),
    st.tuples(st.just("leave"), found_cash),
    st.tuples(st.just("evening"), st.lists(st.tuples(found_cash, found_cash), max_size=4), found_cash),
    st.tuples(st.just("evening"), st.lists(st.tuples(found_cash, found_cash), max_size=4), found_cash),
    st.tuples(st.just("morning"), st.one_of(st.just(0), found_cash)),
    st.tuples(st.just("morning"), st.one_of(st.just(0), found_cash)),
)


@dataclass
class Paper:
    """The model: the cash in the drawer and in the vault, and the state of the register."""

    shop: Shop
    vault: Settlement
    register: Settlement | None = None
    session: CashSession | None = None
    drawer: Counter[Pair] = field(default_factory=Counter)
    safe: Counter[Pair] = field(default_factory=Counter)
    cleared: int = 0
    """The card money that left the drawer for clearing."""
    previews: int = 0
    is_counting: bool = False
    uncounted: Settlement | None = None
    """The settlement that was closed without a count, until somebody counts the drawer."""
    late: Counter[int] = field(default_factory=Counter)
    """Late cash in euros, by settlement."""
    last: Settlement | None = None
    frozen: dict[int, Any] = field(default_factory=dict)
    cards: int = 0
    """The amount on card slips since the opening of the register."""

    def told(self, place: Counter[Pair], euros: int | None, dollars: int | None) -> dict[Pair, int]:
        """Returns the counted amounts of both currencies."""
        return {pair: max(0, place[pair]) if found is None else found for pair, found in ((EUR, euros), (USD, dollars))}

    def freeze(self, settlement: Settlement) -> None:
        """Stores the columns of a closed settlement, which must never change."""
        self.frozen[settlement.pk] = as_kept(settlement)


def as_kept(settlement: Settlement) -> Any:
    """Returns every column of a settlement and of its closing amounts."""
    return (
        Settlement.objects.values().get(pk=settlement.pk),
        list(ClosingAmount.objects.filter(settlement=settlement).order_by("pk").values()),
    )


def do_open(paper: Paper, euros: int | None, dollars: int | None) -> None:
    told = paper.told(paper.drawer, euros, dollars)
    if paper.register is not None or paper.session is not None:
        with pytest.raises(Conflict):
            paper.shop.open(told)
        return
    paper.register = paper.last = paper.shop.open(told)
    for pair, amount in told.items():
        # An empty drawer gets its float from the vault. Otherwise the difference belongs to nobody.
        if not paper.drawer[pair]:
            paper.safe[pair] -= amount
        paper.drawer[pair] = amount
    paper.previews, paper.is_counting, paper.uncounted, paper.cards = 0, False, None, 0


def do_count(paper: Paper) -> None:
    if paper.register is None:
        return
    if paper.is_counting or paper.session is not None:
        with pytest.raises(Conflict):
            paper.shop.count(paper.register)
        return
    paper.shop.count(paper.register)
    paper.is_counting = True


def do_preview(paper: Paper, euros: int | None, dollars: int | None) -> None:
    if paper.register is None:
        return
    told = paper.told(paper.drawer, euros, dollars)
    if not paper.is_counting:
        with pytest.raises(Conflict):
            paper.shop.preview(paper.register, told)
        return
    done = paper.shop.preview(paper.register, told)
    paper.previews += 1
    unequal = {pair for pair, amount in told.items() if amount != paper.drawer[pair]}
    assert (set(done.unequal), done.attempt) == (unequal, paper.previews)
    assert done.settlement.is_closed == (not unequal or paper.previews == 3)
    if done.settlement.is_closed:
        _closed(paper, done.settlement, told)


def do_close(paper: Paper, euros: int | None, dollars: int | None) -> None:
    if paper.register is None or not paper.is_counting:
        return
    told = paper.told(paper.drawer, euros, dollars)
    _closed(paper, paper.shop.close(paper.register, told), told)


def _closed(paper: Paper, settlement: Settlement, told: dict[Pair, int]) -> None:
    """Checks the figures of the close against the model, and moves the cash from the drawer to the vault."""
    shown = figures(settlement)
    for pair, amount in told.items():
        assert shown.get(pair, (0, 0, 0)) == (paper.drawer[pair], amount, amount - paper.drawer[pair])
        paper.safe[pair] += amount
        paper.drawer[pair] = 0
    assert shown.get(CARD, (0, 0, 0)) == (paper.cards, paper.cards, 0)
    paper.freeze(settlement)
    take_to_clearing(paper)
    paper.register, paper.is_counting = None, False


def take_to_clearing(paper: Paper) -> None:
    """Takes the card money out of the drawer, as its last period does when it ends."""
    paper.cleared += paper.drawer[CARD]
    paper.drawer[CARD] = 0


def do_force(paper: Paper) -> None:
    if paper.register is None:
        return
    if paper.session is not None:
        with pytest.raises(Conflict):
            paper.shop.force(paper.register)
        return
    paper.uncounted = paper.shop.force(paper.register)
    shown = figures(paper.uncounted)
    for pair in (EUR, USD):
        assert shown.get(pair, (0, 0, 0))[0] == paper.drawer[pair]
    paper.freeze(paper.uncounted)
    take_to_clearing(paper)
    paper.register, paper.is_counting = None, False


def do_count_later(paper: Paper, euros: int | None, dollars: int | None) -> None:
    told = paper.told(paper.drawer, euros, dollars)
    if paper.uncounted is None:
        if paper.last is not None:
            with pytest.raises(Conflict):
                paper.shop.count_later(Settlement.objects.get(pk=paper.last.pk), told)
        return
    differences = paper.shop.count_later(paper.uncounted, told)
    for pair, amount in told.items():
        assert differences.get(pair, 0) == amount - paper.drawer[pair]
        paper.safe[pair] += amount
        paper.drawer[pair] = 0
    paper.uncounted = None


def do_close_vault(paper: Paper, euros: int | None, dollars: int | None) -> None:
    told = paper.told(paper.safe, euros, dollars)
    closed = paper.shop.close(paper.vault, told)
    shown = figures(closed)
    for pair, amount in told.items():
        assert shown.get(pair, (0, 0, 0)) == (paper.safe[pair], amount, amount - paper.safe[pair])
        paper.safe[pair] = amount
    paper.freeze(closed)
    paper.vault = Settlement.objects.get(place=closed.place, state="OPEN")


def do_pay(paper: Paper, amount: int, pair: Pair, sign: int) -> None:
    if paper.last is None and paper.session is None:
        return
    payment = paper.shop.pay(amount, pair, type="SALE" if sign > 0 else "REFUND")
    is_trading = paper.session is not None or (paper.register is not None and not paper.is_counting)
    assert payment.booked == ("on_time" if is_trading else "late")
    if is_trading:
        paper.drawer[pair] += sign * amount
        paper.cards += sign * amount if pair == CARD else 0
    elif payment.session is None and pair == EUR and paper.last is not None:
        paper.late[paper.last.pk] += sign * amount


def do_move(paper: Paper, kind: str, amount: int) -> None:
    if paper.session is None and (paper.register is None or paper.is_counting):
        with pytest.raises(Conflict):
            paper.shop.move(MovementKind(kind), amount)
        return
    paper.shop.move(MovementKind(kind), amount)
    sign = 1 if kind in ("LOAN", "PAID_IN") else -1
    paper.drawer[EUR] += sign * amount
    if kind in ("DROP", "LOAN"):
        paper.safe[EUR] -= sign * amount


def do_sign_on(paper: Paper, euros: int | None, *, by_bruno: bool = False) -> None:
    start = max(0, paper.drawer[EUR]) if euros is None else euros
    person = paper.shop.cast.bruno if by_bruno else paper.shop.cast.carla
    if paper.session is not None or paper.is_counting:
        with pytest.raises(Conflict):
            paper.shop.sign_on(person, start)
        return
    paper.session = paper.shop.sign_on(person, start)
    assert paper.session.opening_difference == (start - paper.drawer[EUR] if paper.drawer[EUR] else 0)
    if not paper.drawer[EUR]:
        paper.safe[EUR] -= start
    paper.drawer[EUR], paper.uncounted = start, None


def do_sign_off(paper: Paper, euros: int | None, *, hands_over: bool = False) -> None:
    if paper.session is None:
        return
    found = max(0, paper.drawer[EUR]) if euros is None else euros
    closed = paper.shop.sign_off(paper.session, found, hands_over=hands_over)
    assert (closed.expected_amount, closed.difference) == (paper.drawer[EUR], found - paper.drawer[EUR])
    paper.drawer[EUR] = found
    if paper.register is None:
        take_to_clearing(paper)
    if paper.register is None and not hands_over:
        paper.safe[EUR] += found
        paper.drawer[EUR] = 0
    paper.session = None


def do_leave(paper: Paper, euros: int | None) -> None:
    """Lets the cashier hand the drawer over, to the next cashier or to the settlement of the register."""
    do_sign_off(paper, euros, hands_over=True)


def do_relieve(paper: Paper, counted_out: int | None, counted_in: int | None) -> None:
    """Lets one cashier count out and the other count in, with a settlement or without one."""
    is_carla = paper.session is not None and paper.session.user == paper.shop.cast.carla
    do_leave(paper, counted_out)
    do_sign_on(paper, counted_in, by_bruno=is_carla)


def do_evening(paper: Paper, attempts: list[tuple[int | None, int | None]], euros: int | None) -> None:
    """Closes the session and counts the register in some attempts, until it closes or the attempts are used."""
    do_sign_off(paper, euros)
    do_count(paper)
    for euros_found, dollars in attempts:
        do_preview(paper, euros_found, dollars)
    do_pay(paper, 3, EUR, 1)


def do_morning(paper: Paper, euros: int | None) -> None:
    """Closes the rest, reports a late payment, and opens the register again, sometimes empty."""
    do_close(paper, euros, None)
    do_pay(paper, 7, EUR, 1)
    do_open(paper, euros, 0)


STEPS: dict[str, Callable[..., None]] = {
    name.removeprefix("do_"): act for name, act in list(globals().items()) if name.startswith("do_")
}


def check(paper: Paper) -> None:
    """Checks the books against the model after every step."""
    books = balances_of_places(store=paper.shop.cast.store)
    (position,) = positions_of([paper.shop.cast.store])
    assert {place.pk: dict(balances) for place, balances in position.balances} == books
    totals: Counter[Pair] = Counter()
    for balances in books.values():
        totals.update(balances)
    assert not any(totals.values()), "all places together sum to zero"
    vault, register = paper.shop.cast.place(PlaceKind.VAULT), paper.shop.register()
    for pair in (EUR, USD):
        assert books[register.pk].get(pair, 0) == paper.drawer[pair]
        assert books[vault.pk].get(pair, 0) == paper.safe[pair]
    assert books[register.pk].get(CARD, 0) == paper.drawer[CARD]
    assert books[paper.shop.cast.place(PlaceKind.CLEARING).pk].get(CARD, 0) == paper.cleared
    for pk, kept in paper.frozen.items():
        assert as_kept(Settlement.objects.get(pk=pk)) == kept
    for settlement in Settlement.objects.filter(type="CASHREGISTER"):
        assert late(settlement).get(EUR, 0) == paper.late[settlement.pk]


@pytest.mark.long
@settings(
    max_examples=length(short=4, long=100),
    derandomize=True,
    deadline=None,
    # A failing week is easy to read, and Hypothesis would need minutes to make it shorter.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(week=st.lists(steps, min_size=25, max_size=45))
def test_whatever_happens_in_a_week_the_paper_and_the_books_agree(db: None, week: list[tuple[Any, ...]]) -> None:
    with transaction.atomic():
        shop = Shop(cast=make_cast())
        paper = Paper(shop=shop, vault=shop.vault({EUR: 10**6, USD: 10**5}), safe=Counter({EUR: 10**6, USD: 10**5}))
        for name, *of in [("open", 20_00, 5_00), *week]:
            STEPS[name](paper, *of)
            check(paper)
        assert list(faults_of_store(shop.cast.store)) == []
        # The next week begins in a new shop.
        transaction.set_rollback(True)
