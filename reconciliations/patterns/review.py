"""The review of a year: evidence is added month by month, and a mark stays for the year (docs/patterns.md, section 3)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from math import exp
from typing import Final

from reconciliations.patterns.evidence import ACTS, NOTHING, Evidence, Logs, Question, minus, plus
from reconciliations.patterns.figures import LOG_MAX

ALPHA: Final = 0.05
"""The chance that a review year without any cause marks anybody wrongly."""

COMPARED_FROM: Final = 20
"""The fewest comparable closes for a comparison."""

PEERS_FROM: Final = 2
"""The fewest others whom a person has comparable closes with."""

FAMILY_MIN: Final = 10
DIRECTION_FROM: Final = 1 / ALPHA
LEANS_FROM: Final = 1 / ALPHA
"""The evidence from which a store counts as short more often than over."""


class Outcome(StrEnum):
    """What a review found about the differences of a group."""

    TOO_FEW = "too_few"
    NOTHING = "nothing"
    UNEVEN = "uneven"
    SHORT = "short"


@dataclass(slots=True)
class Standing:
    """What a review knows about one group so far."""

    closes: int = 0
    compared: int = 0
    peers: set[int] = field(default_factory=set)
    logs: dict[Question, Logs] = field(default_factory=dict)
    parts: dict[Question, dict[int, Logs]] = field(default_factory=dict)
    marks: dict[Question, date] = field(default_factory=dict)
    """The first month in which a question was answered with yes."""

    def e_value(self, question: Question) -> float:
        """Returns the evidence: on average at most 1 if there is nothing, whenever somebody looks.

        For a register or a weekday, it is the least that remains when the closes of any one cashier are left out.
        """
        logs = self.logs.get(question)
        if logs is None:
            return 1.0
        rest = [minus(logs, part) for part in self.parts.get(question, {}).values()] or [logs]
        return min(sum(exp(min(one, LOG_MAX)) for one in row) / len(row) for row in rest)

    def direction(self) -> float:
        """Returns the evidence that differences are short more often than those of others, whatever their number."""
        return (self.e_value(Question.ANY_SHORT) + self.e_value(Question.LARGE_SHORT)) / 2

    @property
    def may_compare(self) -> bool:
        """Whether there are enough comparable closes, with enough others."""
        return self.compared >= COMPARED_FROM and len(self.peers) >= PEERS_FROM

    @property
    def outcome(self) -> Outcome:
        """What is said about the differences. A direction says more than a size."""
        if Question.SHORT in self.marks:
            return Outcome.SHORT
        if Question.UNEVEN in self.marks:
            return Outcome.UNEVEN
        return Outcome.NOTHING if self.may_compare else Outcome.TOO_FEW

    @property
    def acts(self) -> list[Question]:
        """The acts that were more frequent than at comparable closes of others."""
        return [one for one in ACTS if one in self.marks]


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The evidence of one month, with the size of the family at its end."""

    month: date
    family: int
    evidence: Mapping[int, Evidence]


def review(months: Iterable[Month]) -> dict[int, Standing]:
    """Adds up the months of one review year, oldest first, and returns the standing of each group."""
    standings: dict[int, Standing] = defaultdict(Standing)
    for month in months:
        for label, one in month.evidence.items():
            _add(standings[label], one)
        for standing in standings.values():
            _mark(standing, month)
    return dict(standings)


def family_of(number: int) -> int:
    """Returns the number of groups that count for the threshold: small shops are judged as if they had ten."""
    return max(FAMILY_MIN, number)


def _add(standing: Standing, one: Evidence) -> None:
    standing.closes += one.closes
    standing.compared += one.compared
    standing.peers |= one.peers
    for question, logs in one.logs.items():
        standing.logs[question] = plus(standing.logs.get(question, NOTHING), logs)
    for question, parts in one.parts.items():
        into = standing.parts.setdefault(question, {})
        for cashier, logs in parts.items():
            into[cashier] = plus(into.get(cashier, NOTHING), logs)


def _mark(standing: Standing, month: Month) -> None:
    """Marks what reaches its threshold at the end of a month.

    The differences and the acts have a chance of `ALPHA` each, shared by their questions.
    """
    if not standing.may_compare:
        return
    for questions in ((Question.SHORT, Question.UNEVEN), ACTS):
        threshold = len(questions) * month.family / ALPHA
        for question in questions:
            if question in standing.marks or standing.e_value(question) < threshold:
                continue
            if question != Question.SHORT or standing.direction() >= DIRECTION_FROM:
                standing.marks[question] = month.month
