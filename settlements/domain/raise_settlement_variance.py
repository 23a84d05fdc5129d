"""Creates the variances of a settlement: differences above the tolerance, and closes without a count."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.raise_variance import Cause, raise_difference, raise_uncounted
from cashdesk.enums import VarianceKind
from cashdesk.pair import Pair
from settlements.domain.target import ComparedAmount
from settlements.models import Settlement


def raise_closing(settlement: Settlement, *, compared: Iterable[ComparedAmount], by: Principal, at: datetime) -> None:
    """Creates a variance for each difference of the closing count that exceeds the tolerance."""
    for pair in compared:
        raise_difference(
            kind=VarianceKind.SETTLEMENT,
            cause=_cause(settlement, person_id=settlement.counted_by_id),
            expected=pair.target,
            counted=pair.actual,
            currency=pair.currency,
            method=pair.method,
            by=by,
            at=at,
        )


def raise_opening(
    settlement: Settlement,
    *,
    found: Mapping[Pair, int],
    differences: Mapping[Pair, int],
    person_id: int | None,
    by: Principal,
    at: datetime,
) -> None:
    """Creates a variance for each opening difference that exceeds the tolerance.

    The variance belongs to custody between two periods, or to `person_id` if the same person had the drawer before and
    after.
    """
    for pair, difference in differences.items():
        counted = found.get(pair, 0)
        raise_difference(
            kind=VarianceKind.OPENING,
            cause=_cause(settlement, person_id=person_id),
            expected=counted - difference,
            counted=counted,
            currency=pair[0],
            method=pair[1],
            by=by,
            at=at,
        )


def raise_not_counted(settlement: Settlement, *, at: datetime) -> None:
    """Creates a variance for a close without a count."""
    raise_uncounted(
        cause=_cause(settlement, person_id=settlement.opened_by_id), currency=settlement.store.currency, at=at
    )


def _cause(settlement: Settlement, *, person_id: int | None) -> Cause:
    return Cause(
        store=settlement.store,
        subject=f"settlement:{settlement.pk}",
        business_date=settlement.business_date,
        place=settlement.place,
        person_id=person_id,
    )
