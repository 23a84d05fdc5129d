"""Compares the three sides of the ledger's answer with sums of the source, to the cent.

The sides are the answers at each close, the list of sessions, and the balances of the places in the database. This
module uses neither HTTP nor Django. It gets figures and returns the disagreements, so a test can give it a wrong
figure.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.real_retail.journal import Closing, DayKey
from tests.real_retail.plan import DayPlan

# (kind of place, payment method) and the cents that the place's book holds.
Books = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Answers:
    """The figures of the tested system, by store (and day)."""

    closed: Mapping[DayKey, Closing]
    listed: Mapping[str, Sequence[Closing]]
    books: Mapping[str, Books]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A figure that differs from the sum of the source, in cents unless it is a number of rows."""

    where: str
    figure: str
    source: int
    answered: int

    def __str__(self) -> str:
        return f"{self.where}: {self.figure} is {self.answered}, the source says {self.source}"


def mismatches(plans: Mapping[str, Sequence[DayPlan]], answers: Answers) -> list[Mismatch]:
    """Returns every disagreement of days and places, in the order of stores and days."""
    return [
        mismatch
        for store, days in plans.items()
        for mismatch in (
            *_of_days(store, days, answers),
            *_of_books(store, expected_books(days), answers.books.get(store, {})),
        )
    ]


def expected_books(days: Sequence[DayPlan]) -> Books:
    """Returns the expected balance of each place of a store after these days, starting from nothing.

    The float leaves the vault, and the counted cash returns to it, so the vault keeps the drops and the surplus of the
    day. A shortage moves from the register to over/short, and an overage comes from there. Card payments
    leave the register for clearing at each close.
    """
    cash_cents = sum(day.cash_cents for day in days)
    card_cents = sum(day.card_cents for day in days)
    return {
        ("REGISTER", "CASH"): 0,
        ("REGISTER", "CARD"): 0,
        ("CLEARING", "CARD"): card_cents,
        ("VAULT", "CASH"): sum(day.declared_cents + day.dropped_cents - day.float_cents for day in days),
        ("OVER_SHORT", "CASH"): -sum(day.difference_cents for day in days),
        ("CUSTOMERS", "CASH"): -cash_cents,
        ("CUSTOMERS", "CARD"): -card_cents,
    }


def _of_days(store: str, days: Sequence[DayPlan], answers: Answers) -> Iterator[Mismatch]:
    listed = {closing.session_id: closing for closing in answers.listed.get(store, ())}
    yield from _unequal(f"store {store}", "number of listed sessions", len(days), len(listed))
    for day in days:
        where = f"store {store} on {day.day}"
        closed = answers.closed.get((store, day.day))
        yield from _unequal(where, "number of closed sessions", 1, int(closed is not None))
        if closed is None:
            continue
        yield from _of_closing(f"{where}, at its close", day, closed)
        in_list = listed.get(closed.session_id)
        yield from _unequal(where, "number of times listed", 1, int(in_list is not None))
        if in_list is not None:
            yield from _of_closing(f"{where}, in the list", day, in_list)


def _of_closing(where: str, day: DayPlan, closing: Closing) -> Iterator[Mismatch]:
    yield from _unequal(where, "expected", day.expected_cents, closing.expected_cents)
    yield from _unequal(where, "declared", day.declared_cents, closing.declared_cents)
    yield from _unequal(where, "difference", day.difference_cents, closing.difference_cents)


def _of_books(store: str, expected: Books, booked: Books) -> Iterator[Mismatch]:
    for place, method in sorted(expected.keys() | booked.keys()):
        cents = booked.get((place, method), 0)
        yield from _unequal(f"store {store}", f"{place} {method}", expected.get((place, method), 0), cents)
    totals: Counter[str] = Counter()
    for (_, method), cents in booked.items():
        totals[method] += cents
    for method, cents in sorted(totals.items()):
        yield from _unequal(f"store {store}", f"{method} over all places", 0, cents)


def _unequal(where: str, figure: str, source: int, answered: int) -> Iterator[Mismatch]:
    if source != answered:
        yield Mismatch(where=where, figure=figure, source=source, answered=answered)
