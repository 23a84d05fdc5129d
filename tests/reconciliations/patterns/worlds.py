"""Made-up shops for the proof of the method: what goes wrong at a close, and who is planted among the honest.

Amounts are cents. Sales are 40 to 180 for each close, by register and weekday. One close in a hundred has a miscounted
float, which cancels at the next close of the register.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from reconciliations.patterns.close import Close, Group
from reconciliations.patterns.evidence import evidence_of_month
from reconciliations.patterns.review import Month, Outcome, Standing, family_of, review

Planted = Callable[[int, Close, random.Random], int]
"""Returns the difference of a planted person's close: (which of their closes, the close as it was, the chance)."""

MONTHS: Final = 12
BASE: Final = (60, 80, 100, 120)
CLOSES_A_MONTH: Final = 21


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What goes wrong in a shop. `rate` is the mean number of errors at a close with 80 sales."""

    rate: float = 0.55
    short: float = 0.5
    """The share of errors that leave money short."""
    noise: int = 0
    """Coins that are counted by weight: up to this many cents, both ways, at every close."""
    is_heavy: bool = False
    care: float = 0.0
    """By how much people differ in their rate of errors (coefficient of variation)."""
    busy: float = 1.0
    """How many more sales the first person has."""
    refunds: float = 1.0
    """How many more refunds the second person makes for each sale."""


ERRORS: Final = World()
DRIFT: Final = World(short=0.7)
HEAVY: Final = World(rate=0.9, is_heavy=True)
NOISY: Final = World(noise=40)
CARE: Final = World(short=0.7, care=0.5)
BUSY: Final = World(short=0.7, busy=2.2)


def months_of(
    world: World, *, people: int, seed: int, planted: Mapping[int, Planted] | None = None, months: int = MONTHS
) -> Iterator[list[Close]]:
    """Yields the closes of a store, month by month. People rotate over its registers and weekdays."""
    chance = random.Random(seed)
    registers = max(2, people // 4)
    rates = [_rate(world, chance) for _person in range(people)]
    done = [0] * people
    owed: dict[int, int] = {}
    for _month in range(months):
        closes = []
        for day in range(28):
            for person in range(people):
                if chance.random() >= CLOSES_A_MONTH / 28:
                    continue
                close = _close(world, person, day % 7, rates[person], registers=registers, owed=owed, chance=chance)
                if planted and person in planted:
                    close = replace(close, difference=planted[person](done[person], close, chance))
                done[person] += 1
                closes.append(close)
        yield closes


def _rate(world: World, chance: random.Random) -> float:
    if not world.care:
        return world.rate
    shape = 1 / world.care**2
    return world.rate * chance.gammavariate(shape, 1 / shape)


def _close(
    world: World,
    person: int,
    weekday: int,
    rate: float,
    *,
    registers: int,
    owed: dict[int, int],
    chance: random.Random,
) -> Close:
    register = chance.randrange(registers)
    busy = world.busy if person == 0 else 1.0
    sales = round(BASE[register % len(BASE)] * (1.5 if weekday == 5 else 1.0) * chance.uniform(0.8, 1.25) * busy)
    difference = owed.pop(register, 0) + chance.randint(-world.noise, world.noise)
    for _error in range(_poisson(rate * sales / 80, chance)):
        difference += _error_of(world, chance) * (-1 if chance.random() < world.short else 1)
    if chance.random() < 0.01:
        miscounted = chance.choice((-1000, 1000))
        difference += miscounted
        owed[register] = -miscounted
    return Close(
        difference=difference,
        sales=sales,
        cashier=person,
        register=register,
        weekday=weekday,
        no_sales=_poisson(sales / 60, chance),
        refunds=_poisson(sales / 50 * (world.refunds if person == 1 else 1.0), chance),
        paid_outs=_poisson(sales / 300, chance),
    )


def _error_of(world: World, chance: random.Random) -> int:
    if world.is_heavy:
        return min(round(10 * chance.paretovariate(1.2)), 100_000)
    kind = chance.random()
    if kind < 0.75:
        return chance.choice((1, 2, 5, 10, 20, 50, 100, 200))
    if kind < 0.93:
        return chance.choice((500, 500, 1000, 1000, 2000, 5000))
    return chance.choice((9, 18, 27, 36, 45, 90, 180, 270, 900))


def _poisson(mean: float, chance: random.Random) -> int:
    limit, product, number = 2.718281828459045**-mean, chance.random(), 0
    while product > limit:
        product *= chance.random()
        number += 1
    return number


def skims(share: float) -> Planted:
    """Takes this share of the turnover at every close, with 18.00 for each sale."""
    return lambda _number, close, _chance: close.difference - round(share * close.sales * 1800)


def takes(amount: int, *, one_in: int) -> Planted:
    """Takes an amount at some closes."""
    return lambda _number, close, chance: close.difference - (amount if chance.random() * one_in < 1 else 0)


def once(amount: int, *, at: int) -> Planted:
    """Takes an amount once."""
    return lambda number, close, _chance: close.difference - (amount if number == at else 0)


def reviewed(months: Iterator[list[Close]], *, people: int, by: Group = Group.CASHIER) -> dict[int, Standing]:
    """Returns the review of a year, looked at every month."""
    family = 7 if by == Group.WEEKDAY else family_of(people)
    return review(
        Month(month=date(2026, number, 1), family=family, evidence=evidence_of_month(closes, by))
        for number, closes in enumerate(months, start=1)
    )


def marked(standings: Mapping[int, Standing], *outcomes: Outcome) -> set[int]:
    """Returns the groups with one of these outcomes; with any mark by default."""
    wanted = outcomes or (Outcome.SHORT, Outcome.UNEVEN)
    return {label for label, one in standings.items() if one.outcome in wanted or (not outcomes and one.acts)}
