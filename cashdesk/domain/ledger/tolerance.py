"""Compares a difference with the store's two limits: the tolerance, and the second limit.

A difference above the tolerance becomes a variance. An admin must decide a variance above the second limit.
"""

from cashdesk.models import Store


def tolerance_of(*, store: Store, expected: int, currency: str) -> int:
    """Returns the largest difference, in minor units, that is within the store's tolerance.

    A store has a fixed amount and optionally a percentage of the expected amount. The smaller one applies. The fixed
    amount is only for the store's own currency; another currency has only the percentage.
    """
    by_share = abs(expected) * store.tolerance_basis_points // 10_000
    if currency != store.currency:
        return by_share
    return min(store.tolerance_minor, by_share) if store.tolerance_basis_points else store.tolerance_minor


def exceeds_tolerance(*, store: Store, difference: int, expected: int, currency: str) -> bool:
    """Whether a difference is above the store's tolerance. Amounts are minor units of `currency`."""
    return abs(difference) > tolerance_of(store=store, expected=expected, currency=currency)


def is_above_second_limit(*, store: Store, difference: int, currency: str) -> bool:
    """Whether a difference (minor units) is above the second limit, so that an admin must decide it.

    The limit applies only to the store's own currency.
    """
    second = store.escalation_minor
    return second is not None and currency == store.currency and abs(difference) > second
