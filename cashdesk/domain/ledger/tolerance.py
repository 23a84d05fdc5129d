"""Compares a difference with the two limits of a place or its store: the tolerance, and the second limit.

A difference above the tolerance becomes a variance. An admin must decide a variance above the second limit.
"""

from cashdesk.domain.store.place_limits import limit_of
from cashdesk.models import Place, Store


def tolerance_of(*, store: Store, place: Place | None, expected: int, currency: str) -> int:
    """Returns the largest difference, in minor units, that is within the tolerance of a place.

    A place or its store has a fixed amount, and optionally a percentage of the expected amount, too. The smaller one
    applies. The fixed amount is only for the store's own currency; another currency has only the percentage. Without a
    place, as for a declaration about the whole store, the store's limits apply. A place whose percentage is 0 has only
    the amount.
    """
    share = limit_of("tolerance_basis_points", place=place, store=store) or 0
    by_share = abs(expected) * share // 10_000
    if currency != store.currency:
        return by_share
    fixed = limit_of("tolerance_minor", place=place, store=store) or 0
    return min(fixed, by_share) if share else fixed


def exceeds_tolerance(*, store: Store, difference: int, expected: int, currency: str) -> bool:
    """Whether a difference of a whole store is above its tolerance. Amounts are minor units of `currency`."""
    return abs(difference) > tolerance_of(store=store, place=None, expected=expected, currency=currency)


def is_above_second_limit(*, store: Store, place: Place | None, difference: int, currency: str) -> bool:
    """Whether a difference (minor units) is above the second limit, so that an admin must decide it.

    The limit applies only to the store's own currency.
    """
    second = limit_of("escalation_minor", place=place, store=store)
    return second is not None and currency == store.currency and abs(difference) > second
