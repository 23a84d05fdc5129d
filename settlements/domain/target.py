"""The target of a settlement, and the comparison of a count with it, per currency and method."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.ledger.expected import Balances, moved
from cashdesk.enums import CASH
from cashdesk.models import PaymentMethod
from cashdesk.pair import Pair
from settlements.models import Settlement


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedAmount:
    """The comparison of one currency and method, in minor units.

    `is_assumed` means that nobody counted the amount, because its method is not counted by hand. The amount in the
    books is then used.
    """

    currency: str
    method: str
    target: int
    actual: int
    is_assumed: bool = False

    @property
    def pair(self) -> Pair:
        """Currency and method."""
        return Pair(self.currency, self.method)

    @property
    def difference(self) -> int:
        """Actual minus target."""
        return self.actual - self.target

    @property
    def is_cash(self) -> bool:
        """Whether the method is cash. Only cash returns from a register to the vault."""
        return self.method == CASH


def targets_of(settlement: Settlement, *, moves: Balances | None = None) -> dict[Pair, int]:
    """Returns the target per pair in minor units: the opening amount plus the sum of all movements of the period.

    `moves` is that sum, if the caller already has it. A caller that acts on the figures must hold the lock of the
    place.
    For cash, the target equals the place's book, because the opening made both equal. Other methods stay in the book
    across periods, so their target contains only the movements of this period.
    """
    targets = {amount.pair: amount.amount for amount in settlement.initial_amounts.all()}
    if moves is None:
        moves = moved(place=settlement.place, after=settlement.opened_after)
    for pair, amount in moves.items():
        if amount or pair in targets:
            targets[pair] = targets.get(pair, 0) + amount
    return targets


def counted_methods(settlement: Settlement) -> frozenset[str]:
    """Returns the account's methods that are counted by hand. Cash is always counted by hand."""
    methods = PaymentMethod.objects.filter(account=settlement.store.account_id, is_counted=True)
    return frozenset({CASH, *methods.values_list("code", flat=True)})


def compare(
    *, targets: Mapping[Pair, int], counted: Sequence[CountedAmount], by_hand: frozenset[str]
) -> tuple[ComparedAmount, ...]:
    """Compares counted amounts with the targets (docs/contracts.md, section 4).

    The actual amount of a pair that was not counted is 0 if its method is counted by hand, otherwise its target. A
    pair that is not in the books has the target 0.
    """
    found = {amount.pair: amount.amount for amount in counted}
    pairs = [*targets, *(pair for pair in found if pair not in targets)]
    compared = []
    for pair in pairs:
        target = targets.get(pair, 0)
        # A method that is not counted by hand gets the amount in the books. A negative amount is left out of the
        # opening amounts of the next settlement.
        is_assumed = pair not in found and pair.method not in by_hand
        actual = target if is_assumed else found.get(pair, 0)
        compared.append(
            ComparedAmount(
                currency=pair.currency, method=pair.method, target=target, actual=actual, is_assumed=is_assumed
            )
        )
    return tuple(compared)


def equality_of(
    compared: Iterable[ComparedAmount], *, counted: Sequence[CountedAmount]
) -> tuple[tuple[Pair, bool], ...]:
    """Returns every pair that was counted or is held, and whether it is equal.

    The counted pairs come first, in their order. Leaves out every amount (law 5): for a pair that nobody counted,
    the result shows only that the place holds it.
    """
    order = {amount.pair: number for number, amount in enumerate(counted)}
    found = [(amount.pair, not amount.difference) for amount in compared]
    return tuple(sorted(found, key=lambda result: (order.get(result[0], len(order)), result[0])))


def unequal_of(compared: Iterable[ComparedAmount]) -> tuple[Pair, ...]:
    """Returns the currencies and methods whose counted amount differs from the target.

    Leaves out the size of the difference, so that a preview cannot reveal the size (law 5).
    """
    return tuple(amount.pair for amount in compared if amount.difference)
