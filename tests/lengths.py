"""The length of the longest proofs, most of them by random steps: short in the fast suite, long in `make test-long`."""

import os
from typing import Final

IS_LONG: Final = os.environ.get("CASHDESK_TEST_LONG", "") == "1"


def length(*, short: int, long: int) -> int:
    """Returns how many days, seeds or examples a test marked `long` tries in this run."""
    return long if IS_LONG else short
