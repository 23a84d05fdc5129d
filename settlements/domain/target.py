"""What a settlement should hold, and how what was counted compares with it, per currency and method."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cashdesk.domain.count import CountedAmount
from cashdesk.domain.expected import Balances, moved
from cashdesk.enums import CASH
from cashdesk.models import PaymentMethod
from settlements.models import Settlement

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A pair of currency and method: what should be there, what was found, minor units, and whether nobody had to count
    it, so that it is taken as the books say.
    """

    currency: str
    method: str
    target: int
    actual: int
    is_assumed: bool = False

    @property
    def difference(self) -> int:
        """Actual minus target."""
        return self.actual - self.target

    @property
    def is_cash(self) -> bool:
        """Whether it is what goes back into the vault."""
        return self.method == CASH


def targets_of(settlement: Settlement, *, moves: Balances | None = None) -> dict[Pair, int]:
    """Returns the target per pair, minor units: what it was opened with, and the one sum over what moved since (`moves`,
    where the caller has that sum already).

    The caller holds the place's lock where it decides on the figures. Cash follows the place's book, since the opening
    brought the book to the amount; of other methods, which stay in the books for good, it is this period's part.
    """
    targets = {(amount.currency, amount.method): amount.amount for amount in settlement.initial_amounts.all()}
    if moves is None:
        moves = moved(place=settlement.place, after=settlement.opened_after)
    for pair, amount in moves.items():
        if amount or pair in targets:
            targets[pair] = targets.get(pair, 0) + amount
    return targets


def counted_methods(settlement: Settlement) -> frozenset[str]:
    """Returns the methods of the account that are counted by hand; cash always is."""
    methods = PaymentMethod.objects.filter(account=settlement.store.account_id, is_counted=True)
    return frozenset({CASH, *methods.values_list("code", flat=True)})


def judge(
    *, targets: Mapping[Pair, int], counted: Sequence[CountedAmount], by_hand: frozenset[str]
) -> tuple[Judged, ...]:
    """Compares what was counted with the targets. What was not named counts as 0 where its method is counted by hand, and
    as equal where it is not; what the books do not know is compared with 0 (docs/contracts.md, section 4).
    """
    found = {amount.pair: amount.amount for amount in counted}
    pairs = [*targets, *(pair for pair in found if pair not in targets)]
    judged = []
    for currency, method in pairs:
        target = targets.get((currency, method), 0)
        # Nobody had to count it: taken as the books say. Below zero it is nothing that could be counted or opened with.
        is_assumed = (currency, method) not in found and method not in by_hand
        actual = target if is_assumed else found.get((currency, method), 0)
        judged.append(Judged(currency=currency, method=method, target=target, actual=actual, is_assumed=is_assumed))
    return tuple(judged)


def unequal_of(judged: Iterable[Judged]) -> tuple[Pair, ...]:
    """Returns the pairs that were not what they should be, without by how much."""
    return tuple((pair.currency, pair.method) for pair in judged if pair.difference)
