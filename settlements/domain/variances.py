"""What a settlement leaves for somebody to deal with: differences above the tolerance, or that nobody counted."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from cashdesk.domain.principal import Principal
from cashdesk.domain.variance import Cause, raise_difference, raise_uncounted
from cashdesk.enums import VarianceKind
from settlements.domain.target import Judged, Pair
from settlements.models import Settlement


def raise_closing(settlement: Settlement, *, judged: Iterable[Judged], by: Principal, at: datetime) -> None:
    """Raises each pair's difference as it was counted."""
    for pair in judged:
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
    """Raises what `found` at the opening differs from what the book still held: custody between two periods, or of the
    one person who had the drawer before and after.
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
    """Raises a close without a count."""
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
