"""The comparison of one month: exact evidence from all ways of dealing out the names (docs/patterns.md, section 2)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import exp, log
from typing import Final

from reconciliations.patterns.close import Close, Group, label_of
from reconciliations.patterns.figures import STRENGTHS

GENTLE: Final = (0.5, 1.0, 2.0)
"""The strengths for a direction, which is yes or no."""

SIMILAR_SALES: Final = 2
"""Closes are comparable if their numbers of sales are within this factor."""


class Question(StrEnum):
    """The question that evidence about a group answers: is it short, or uneven, and in which direction?"""

    SHORT = "short"
    UNEVEN = "uneven"
    ANY_SHORT = "any_short"
    """The direction of all closes that were not exact."""
    LARGE_SHORT = "large_short"
    """The direction of those whose size is in the largest fifth of the store's month."""
    NO_SALES = "no_sales"
    REFUNDS = "refunds"
    PAID_OUTS = "paid_outs"


DIRECTIONS: Final = (Question.ANY_SHORT, Question.LARGE_SHORT)
ACTS: Final = (Question.NO_SALES, Question.REFUNDS, Question.PAID_OUTS)

Logs = tuple[float, float, float]
NOTHING: Final[Logs] = (0.0, 0.0, 0.0)


def plus(one: Logs, other: Logs) -> Logs:
    """Adds two rows of logs."""
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def minus(one: Logs, other: Logs) -> Logs:
    """Subtracts a row of logs from another."""
    return one[0] - other[0], one[1] - other[1], one[2] - other[2]


@dataclass(slots=True)
class Evidence:
    """The evidence about one group: the logs of its e-values by question, one for each strength."""

    closes: int = 0
    compared: int = 0
    """Closes in cells where at least two groups meet."""
    peers: set[int] = field(default_factory=set)
    logs: dict[Question, Logs] = field(default_factory=dict)
    parts: dict[Question, dict[int, Logs]] = field(default_factory=dict)
    """The share of each cashier in `logs`. Empty if the group is a cashier."""

    def add(self, question: Question, logs: Logs, *, cashier: int | None) -> None:
        """Adds the logs of one cell. `cashier` is whose cell it is, for a register or a weekday."""
        self.logs[question] = plus(self.logs.get(question, NOTHING), logs)
        if cashier is not None:
            parts = self.parts.setdefault(question, {})
            parts[cashier] = plus(parts.get(cashier, NOTHING), logs)


def evidence_of_month(closes: Sequence[Close], by: Group) -> dict[int, Evidence]:
    """Returns the evidence of one month of one store about each group that closed."""
    found: dict[int, Evidence] = defaultdict(Evidence)
    for one in closes:
        found[label_of(one, by)].closes += 1
    # Acts are compared between people only: registers and weekdays differ in what people do there.
    scored = {
        question: values for question, values in scores(closes).items() if by == Group.CASHIER or question not in ACTS
    }
    for cell in cells(closes, by):
        labels = [label_of(closes[at], by) for at in cell]
        present = set(labels)
        if len(present) < 2:
            continue
        for label, number in Counter(labels).items():
            found[label].compared += number
            found[label].peers |= present - {label}
        for question, values in scored.items():
            _add(found, closes, cell, question, [values[at] for at in cell], by=by)
    for question, cell in direction_cells(closes, by):
        _add(found, closes, cell, question, [1.0 if closes[at].difference < 0 else 0.0 for at in cell], by=by)
    return dict(found)


def _add(
    found: Mapping[int, Evidence],
    closes: Sequence[Close],
    cell: Sequence[int],
    question: Question,
    values: Sequence[float],
    *,
    by: Group,
) -> None:
    """Adds the evidence of one cell. A cell whose scores are all alike tells nothing."""
    if min(values) == max(values):
        return
    labels = [label_of(closes[at], by) for at in cell]
    rows = [log_evidence(values, labels, one) for one in (GENTLE if question in DIRECTIONS else STRENGTHS)]
    cashier = None if by == Group.CASHIER else closes[cell[0]].cashier
    for label in rows[0]:
        found[label].add(question, (rows[0][label], rows[1][label], rows[2][label]), cashier=cashier)


def scores(closes: Sequence[Close]) -> dict[Question, list[float]]:
    """Returns a score from 0 to 1 for each close and question, from the values of the month and never from the names."""
    level = _ranks([one.difference for one in closes])
    per_sale = {
        Question.NO_SALES: [one.no_sales / one.sales for one in closes],
        Question.REFUNDS: [one.refunds / one.sales for one in closes],
        Question.PAID_OUTS: [one.paid_outs / one.sales for one in closes],
    }
    ranked = {
        Question.SHORT: [-one for one in level],
        Question.UNEVEN: _ranks([abs(one.difference) for one in closes]),
        **{question: _ranks(values) for question, values in per_sale.items()},
    }
    return {question: [max(0.0, one) ** 2 for one in values] for question, values in ranked.items()}


def _ranks(values: Sequence[float]) -> list[float]:
    """Returns the rank of each value, scaled to -1 ... 1. Equal values share the rank in their middle."""
    counted = Counter(values)
    rank, below = {}, 0
    for value in sorted(counted):
        rank[value] = (2 * below + counted[value]) / len(values) - 1
        below += counted[value]
    return [rank[value] for value in values]


def cells(closes: Sequence[Close], by: Group) -> Iterator[list[int]]:
    """Yields the positions of comparable closes: alike in everything but `by`, with a similar number of sales."""
    alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
    others = [one for one in Group if one != by]
    for at, close in enumerate(closes):
        alike[tuple(label_of(close, other) for other in others)].append(at)
    for members in alike.values():
        members.sort(key=lambda at: (closes[at].sales, at))
        cell = [members[0]]
        for at in members[1:]:
            if closes[at].sales > SIMILAR_SALES * closes[cell[0]].sales:
                yield cell
                cell = []
            cell.append(at)
        yield cell


def direction_cells(closes: Sequence[Close], by: Group) -> Iterator[tuple[Question, list[int]]]:
    """Yields the positions of closes that were not exact, by register; by cashier if registers or weekdays are compared."""
    if not closes:
        return
    sizes = sorted(abs(one.difference) for one in closes)
    large = max(1, sizes[-(-80 * len(sizes) // 100) - 1])
    for question, least in ((Question.ANY_SHORT, 1), (Question.LARGE_SHORT, large)):
        groups: dict[int, list[int]] = defaultdict(list)
        for at, one in enumerate(closes):
            if abs(one.difference) >= least:
                groups[one.register if by == Group.CASHIER else one.cashier].append(at)
        for members in groups.values():
            yield question, members


def log_evidence(values: Sequence[float], labels: Sequence[int], strength: float) -> dict[int, float]:
    """Returns the log of the e-value of each label in one cell, or nothing if there is a single label.

    The e-value is the weight of the scores that a label got, over the mean weight of as many scores, in all ways of
    dealing them. The mean is exact: an elementary symmetric polynomial over the number of its terms.
    """
    number = Counter(labels)
    if len(number) < 2:
        return {}
    own: dict[int, float] = defaultdict(float)
    most = max(number.values())
    mean = [1.0] + [0.0] * most
    for dealt, (value, label) in enumerate(zip(values, labels, strict=True), start=1):
        own[label] += value
        weight = exp(strength * value)
        for chosen in range(min(dealt, most), 0, -1):
            mean[chosen] = (mean[chosen] * (dealt - chosen) + weight * mean[chosen - 1] * chosen) / dealt
    return {label: strength * own[label] - log(mean[chosen]) for label, chosen in number.items()}
