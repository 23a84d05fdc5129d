"""The three sides of the ledger's answer, held against sums of the source, to the cent.

What the API answered when a day was closed; what its list of sessions says afterwards; and what the places of each
store hold in the database. This module knows neither HTTP nor Django: it is given figures and returns the
disagreements, so a test can hand it a wrong figure and see it found.
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
    """What the system under test says, by store (and day)."""

    closed: Mapping[DayKey, Closing]
    listed: Mapping[str, Sequence[Closing]]
    books: Mapping[str, Books]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One figure that is not what the source adds up to; cents, unless it counts something."""

    where: str
    figure: str
    source: int
    answered: int

    def __str__(self) -> str:
        return f"{self.where}: {self.figure} is {self.answered}, the source says {self.source}"


def mismatches(plans: Mapping[str, Sequence[DayPlan]], answers: Answers) -> list[Mismatch]:
    """Every disagreement over every store-day and every place, in the order of the stores and days."""
    return [
        mismatch
        for store, days in plans.items()
        for mismatch in (
            *_of_days(store, days, answers),
            *_of_books(store, expected_books(days), answers.books.get(store, {})),
        )
    ]


def expected_books(days: Sequence[DayPlan]) -> Books:
    """What each place of a store must hold after these days, having begun with nothing.

    A float leaves the vault and the counted cash returns to it, so it keeps the drops and the day's surplus. What was
    counted short went from the register to over/short, and what was over came from there. Cards stay booked at the
    register, where nothing drops or returns them.
    """
    cash_cents = sum(day.cash_cents for day in days)
    card_cents = sum(day.card_cents for day in days)
    return {
        ("REGISTER", "CASH"): 0,
        ("REGISTER", "CARD"): card_cents,
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
