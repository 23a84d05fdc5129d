"""Figures about the closes of a group: what the tables of the page show."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from reconciliations.patterns.close import Close
from reconciliations.patterns.figures import (
    SHOWN_FROM,
    Estimate,
    cap_of,
    capped_amount,
    drawn_rate,
    median,
    per_thousand_sales,
    wilson,
)

_GroupKey = TypeVar("_GroupKey", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures of a group of at least ten closes. Amounts are in minor units, shares are parts of 1."""

    closes: int
    exact: int
    short: int
    over: int
    above: int
    """Shortages above the store's tolerance."""
    exact_interval: tuple[float, float]
    above_interval: tuple[float, float]
    above_drawn: float
    """The share of these shortages, drawn to that of the store."""
    middle: int
    amount: Estimate
    """The capped amount per 1,000 sales."""
    cap: int
    beyond: int
    """Closes with a difference larger than the cap, and their sum. They are not part of `amount`."""
    beyond_amount: int

    @property
    def unequal(self) -> int:
        """Closes that were not exact."""
        return self.closes - self.exact

    @property
    def exact_share(self) -> float:
        """The share of exact closes."""
        return self.exact / self.closes

    @property
    def above_share(self) -> float:
        """The share of closes with a shortage above the tolerance."""
        return self.above / self.closes


@dataclass(slots=True, kw_only=True)
class Counted:
    """A close, and whether it was short above the store's tolerance."""

    close: Close
    is_above: bool


def summaries(closes: Sequence[Counted], key: Callable[[Close], _GroupKey]) -> dict[_GroupKey, Summary | int]:
    """Returns the figures of each group of one store, or only the number of its closes if there are fewer than ten."""
    groups: dict[_GroupKey, list[Counted]] = defaultdict(list)
    for one in closes:
        groups[key(one.close)].append(one)
    cap = cap_of(one.close.difference for one in closes)
    large = {group: members for group, members in groups.items() if len(members) >= SHOWN_FROM}
    amounts = per_thousand_sales(
        {group: capped_amount([one.close for one in members], cap) for group, members in large.items()}
    )
    above = sum(1 for one in closes if one.is_above)
    return {
        group: _summary(members, cap=cap, amount=amounts[group], above_in_store=(above, len(closes)))
        if group in amounts
        else len(members)
        for group, members in groups.items()
    }


def _summary(members: Sequence[Counted], *, cap: int, amount: Estimate, above_in_store: tuple[int, int]) -> Summary:
    differences = [one.close.difference for one in members]
    number = len(members)
    exact = differences.count(0)
    above = sum(1 for one in members if one.is_above)
    beyond = [one for one in differences if abs(one) > cap]
    return Summary(
        closes=number,
        exact=exact,
        short=sum(1 for one in differences if one < 0),
        over=sum(1 for one in differences if one > 0),
        above=above,
        exact_interval=wilson(exact, number),
        above_interval=wilson(above, number),
        above_drawn=drawn_rate(above, number, found_in_store=above_in_store[0], total_in_store=above_in_store[1]),
        middle=median(differences),
        amount=amount,
        cap=cap,
        beyond=len(beyond),
        beyond_amount=sum(beyond),
    )


def exact_by(closes: Sequence[Counted], hours: Sequence[int]) -> Mapping[int, tuple[int, int]]:
    """Returns how many closes were exact, and how many there were, by the hour of closing. Only a description."""
    counted: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for one, hour in zip(closes, hours, strict=True):
        exact, number = counted[hour]
        counted[hour] = exact + (one.close.difference == 0), number + 1
    return dict(counted)
