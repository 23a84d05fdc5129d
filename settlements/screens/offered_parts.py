"""The pairs of currency and method that a count of a settlement offers, and the input of an earlier attempt."""

from collections.abc import Iterable

from cashdesk.enums import CASH
from cashdesk.formats import style
from cashdesk.forms.count_parts import prefix_of
from cashdesk.forms.count_sheet import CountSheet
from cashdesk.models import PaymentMethod
from cashdesk.pair import Pair
from settlements.enums import SettlementType
from settlements.models import Settlement, SettlementCount


def offered_by(settlement: Settlement, *, methods: Iterable[PaymentMethod]) -> list[Pair]:
    """Returns the pairs of currency and method that a settlement's count offers.

    The pairs never depend on the movements, because that would reveal which pairs moved (law 5). A vault offers only
    cash and the pairs of its opening.
    """
    currency = settlement.store.currency
    opened_with = [line.pair for line in settlement.initial_amounts.all()]
    by_hand = [method.code for method in methods if method.is_counted and method.is_active and method.code != CASH]
    if settlement.type == SettlementType.VAULT:
        by_hand = []
    return list(dict.fromkeys([Pair(currency, CASH), *opened_with, *(Pair(currency, code) for code in by_hand)]))


def typed_again(attempt: SettlementCount) -> tuple[list[Pair], dict[str, str]]:
    """Returns the pairs of an attempt, and its input by field name.

    Includes the pairs that were not equal, because the preview already showed them to the person.
    """
    typed: dict[str, str] = {}
    lines = list(attempt.count.amounts.all())
    for line in lines:
        pair = line.pair
        sheet = CountSheet(line.currency, prefix=prefix_of(pair))
        pieces = {piece.denomination: piece.pieces for piece in line.pieces.all()}
        if pieces:
            typed |= {row.field: str(pieces[row.worth]) for row in sheet.rows if row.worth in pieces}
        else:
            typed[sheet.amount_field] = style().digits(line.amount, line.currency)
    unequal = [Pair(currency, method) for currency, method in attempt.unequal]
    return list(dict.fromkeys([*(line.pair for line in lines), *unequal])), typed
