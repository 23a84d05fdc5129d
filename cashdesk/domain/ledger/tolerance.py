"""Which differences a store lets pass, and which ones an admin must decide."""

from cashdesk.models import Store


def tolerance_of(*, store: Store, expected: int, currency: str) -> int:
    """Returns the largest difference that the store lets pass, minor units: its amount, or its share of what was expected
    where that is less. The amount is one of the store's own currency; of another only the share lets anything pass.
    """
    by_share = abs(expected) * store.tolerance_basis_points // 10_000
    if currency != store.currency:
        return by_share
    return min(store.tolerance_minor, by_share) if store.tolerance_basis_points else store.tolerance_minor


def exceeds_tolerance(*, store: Store, difference: int, expected: int, currency: str) -> bool:
    """Whether a difference is larger than the store lets pass; amounts are minor units of `currency`."""
    return abs(difference) > tolerance_of(store=store, expected=expected, currency=currency)


def is_above_second_limit(*, store: Store, difference: int, currency: str) -> bool:
    """Whether an admin decides a difference; amounts are minor units of `currency`. The limit is one of the store's own."""
    second = store.escalation_minor
    return second is not None and currency == store.currency and abs(difference) > second
