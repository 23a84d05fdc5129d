"""Figures that describe a group of closes, each with its interval (docs/patterns.md, section 1)."""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import cosh, exp, log, sqrt
from statistics import NormalDist
from typing import Final, TypeVar

from reconciliations.patterns.close import Close

SHOWN_FROM: Final = 10
"""The fewest closes for which figures are shown."""

LIMITS_FROM: Final = 199
"""The fewest closes of others for the band of a strip."""

PRIOR_CLOSES: Final = 20
"""A small group is drawn to its store as if this many closes at the store's rate were added."""

STRENGTHS: Final = (1.0, 2.0, 4.0)
LOG_MAX: Final = 700.0
"""The largest exponent: above it a float overflows."""

_Z: Final = NormalDist().inv_cdf(0.975)
_GroupKey = TypeVar("_GroupKey", bound=Hashable)


def wilson(found: int, total: int) -> tuple[float, float]:
    """Returns the 95 % interval of the share `found / total`, after Wilson (1927)."""
    share = found / total
    shrink = 1 + _Z * _Z / total
    centre = (share + _Z * _Z / (2 * total)) / shrink
    half = _Z / shrink * sqrt(share * (1 - share) / total + _Z * _Z / (4 * total * total))
    return max(0.0, centre - half), min(1.0, centre + half)


def drawn_rate(found: int, total: int, *, found_in_store: int, total_in_store: int) -> float:
    """Returns the rate of a group, drawn to the rate of its store the more, the fewer closes it has."""
    return (found + PRIOR_CLOSES * found_in_store / total_in_store) / (total + PRIOR_CLOSES)


def median(values: Sequence[int]) -> int:
    """Returns the middle value, or the mean of the two middle values. Half a minor unit is dropped."""
    ordered = sorted(values)
    both = ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]
    return both // 2 if both >= 0 else -(-both // 2)


def cap_of(differences: Iterable[int]) -> int:
    """Returns the size that 95 of 100 differences do not exceed. Larger ones are counted apart."""
    sizes = sorted(abs(one) for one in differences)
    return sizes[-(-95 * len(sizes) // 100) - 1] if sizes else 0


def limits(others: Sequence[int]) -> tuple[int, int] | None:
    """Returns the band that 99 of 100 closes lie in, from closes of others, or None if there are too few of those."""
    rank = (len(others) + 1) // 200
    if rank < 1:
        return None
    ordered = sorted(others)
    return ordered[rank - 1], ordered[-rank]


def leans_short(differences: Sequence[int]) -> float:
    """Returns the evidence that a store is short more often than over: an e-value of sign flips."""
    unequal = [one for one in differences if one]
    if not unequal:
        return 1.0
    sizes = sorted(abs(one) for one in unequal)
    signed: list[float] = []
    for one in unequal:
        middle = (bisect_left(sizes, abs(one)) + bisect_right(sizes, abs(one))) / (2 * len(sizes))
        signed.append(middle if one < 0 else -middle)
    logs = [sum(strength * one - log(cosh(strength * one)) for one in signed) for strength in STRENGTHS]
    return sum(exp(min(one, LOG_MAX)) for one in logs) / len(logs)


@dataclass(frozen=True, slots=True, kw_only=True)
class CappedAmount:
    """The capped differences of a group over its sales. `roughness` is the weighted square of what is left over."""

    ratio: float
    roughness: float
    closes: int
    sales: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An estimate and its 95 % interval."""

    value: float
    low: float
    high: float


def capped_amount(closes: Sequence[Close], cap: int) -> CappedAmount:
    """Returns the capped amount of a group with at least one sale."""
    capped = [max(-cap, min(cap, one.difference)) for one in closes]
    sales = [one.sales for one in closes]
    ratio = sum(capped) / sum(sales)
    roughness = sum((amount - ratio * sold) ** 2 / sold for amount, sold in zip(capped, sales, strict=True))
    return CappedAmount(ratio=ratio, roughness=roughness, closes=len(capped), sales=sum(sales))


def per_thousand_sales(groups: Mapping[_GroupKey, CappedAmount]) -> dict[_GroupKey, Estimate]:
    """Returns the amount per 1,000 sales of each group of a store, in minor units, drawn to each other if alike.

    Empirical Bayes: the spread after DerSimonian and Laird, the shrinkage and its uncertainty after Morris (1983). Up to
    three groups are not drawn. A group has at least two closes.
    """
    degrees = sum(one.closes - 1 for one in groups.values())
    pooled = sum(one.roughness for one in groups.values()) / degrees if degrees else 0.0
    if not pooled:
        return {key: _estimate(one.ratio, 0.0) for key, one in groups.items()}
    variance = {key: max(pooled, one.roughness / (one.closes - 1)) / one.sales for key, one in groups.items()}
    spread = _spread(groups, variance)
    weight = {key: 1 / (one + spread) for key, one in variance.items()}
    whole = sum(weight.values())
    mean = sum(weight[key] * one.ratio for key, one in groups.items()) / whole
    number = len(groups)
    estimates = {}
    for key, one in groups.items():
        if number <= 3:
            estimates[key] = _estimate(one.ratio, 1.96 * sqrt(variance[key]))
            continue
        drawn = (number - 3) / (number - 1) * variance[key] / (variance[key] + spread)
        unsure = 2 / (number - 3) * (drawn * (one.ratio - mean)) ** 2
        half = 1.96 * sqrt((1 - drawn) * variance[key] + drawn * drawn / whole + unsure)
        estimates[key] = _estimate((1 - drawn) * one.ratio + drawn * mean, half)
    return estimates


def _spread(groups: Mapping[_GroupKey, CappedAmount], variance: Mapping[_GroupKey, float]) -> float:
    """Returns by how much the groups differ beyond chance: the variance between them."""
    weight = {key: 1 / one for key, one in variance.items()}
    whole = sum(weight.values())
    mean = sum(weight[key] * one.ratio for key, one in groups.items()) / whole
    heterogeneity = sum(weight[key] * (one.ratio - mean) ** 2 for key, one in groups.items())
    scale = whole - sum(one * one for one in weight.values()) / whole
    return max(0.0, (heterogeneity - (len(groups) - 1)) / scale) if scale > 0 else 0.0


def _estimate(ratio: float, half: float) -> Estimate:
    return Estimate(value=1000 * ratio, low=1000 * (ratio - half), high=1000 * (ratio + half))
