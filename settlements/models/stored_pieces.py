"""Notes and coins as deposits and change orders store them: a JSON object of pieces by worth, such as {"1000": 5}."""

from collections.abc import Mapping


def by_worth(stored: Mapping[str, int]) -> dict[int, int]:
    """Returns stored pieces by worth in minor units, largest first."""
    return dict(sorted(((int(worth), number) for worth, number in stored.items()), reverse=True))
