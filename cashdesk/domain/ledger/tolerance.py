"""A store's limits for differences: its tolerance, and the second limit above which an admin decides."""

from cashdesk.models import Store


def tolerance_of(*, store: Store, expected: int, currency: str) -> int:
    """Returns the largest difference within the store's tolerance, in minor units.

    It is the store's amount, or its percentage of the expected amount if that is less. The amount applies only to the
    store's own currency; for others only the percentage counts.
    """
    by_share = abs(expected) * store.tolerance_basis_points // 10_000
    if currency != store.currency:
        return by_share
    return min(store.tolerance_minor, by_share) if store.tolerance_basis_points else store.tolerance_minor


def exceeds_tolerance(*, store: Store, difference: int, expected: int, currency: str) -> bool:
    """Whether a difference is above the store's tolerance. Amounts are minor units of `currency`."""
    return abs(difference) > tolerance_of(store=store, expected=expected, currency=currency)


def is_above_second_limit(*, store: Store, difference: int, currency: str) -> bool:
    """Whether an admin must decide a difference. Amounts are minor units; the limit applies only to the store's own
    currency.
    """
    second = store.escalation_minor
    return second is not None and currency == store.currency and abs(difference) > second
