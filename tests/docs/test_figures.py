"""The figures on the pages are equal to the figures in the source."""

import pytest

from cashdesk.api.reports import DAYS_MAX, ROWS_MAX
from cashdesk.denominations import cash_unit_of
from cashdesk.domain.payment.recording import BATCH_SIZE_MAX, TRIES_MAX
from cashdesk.domain.people.sign_in_throttle import (
    ADDRESS_WINDOW,
    FREE,
    PER_ADDRESS,
    PER_KNOWN_SOURCE,
    PER_NAME,
    PER_SOURCE,
)
from cashdesk.enums import TryBy
from cashdesk.money import DIGITS_MAX
from cashdesk.queries import PEOPLE_MAX, WORKPLACES_MAX
from cashdesk.web.idempotency import KEPT_FOR, KEY_LENGTH_MAX, NOT_KEPT
from cashdesk.web.pagination import CHUNK_ROWS, HISTORY_MAX, LIMIT_DEFAULT, LIMIT_MAX
from tests.docs.pages import CONTRACTS, DECISIONS, README

NOT_KEPT_TOLD = ", ".join(str(status) for status in sorted(NOT_KEPT)[:-1]) + f" and {max(NOT_KEPT)}"
WORDS = {5: "five", 15: "fifteen", 100: "1 rupiah, which is 100 minor units"}


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("contracts.md", f"after {FREE} wrong tries for a name"),
        ("contracts.md", f"{PER_SOURCE[TryBy.STRANGER]} an hour from one address, {PER_NAME[TryBy.STRANGER]} from all"),
        ("contracts.md", f"{PER_ADDRESS} within {ADDRESS_WINDOW.total_seconds() / 60:.0f} minutes"),
        ("0019", f"{PER_ADDRESS} tries within {ADDRESS_WINDOW.total_seconds() / 60:.0f} minutes"),
        ("0019", f"{PER_KNOWN_SOURCE} an hour for each device"),
        *(("0019", f"{PER_SOURCE[by]} an hour | {PER_NAME[by]} an hour") for by in TryBy),
        ("contracts.md", f"at most {KEY_LENGTH_MAX} printable characters"),
        ("contracts.md", f"For {KEPT_FOR.total_seconds() / 3600:.0f} hours"),
        ("contracts.md", f"but for {NOT_KEPT_TOLD}"),
        ("contracts.md", f"`limit` (at most {LIMIT_MAX})"),
        ("contracts.md", f"`limit` {LIMIT_DEFAULT} (at most {LIMIT_MAX})"),
        ("contracts.md", f"complete history, up to {HISTORY_MAX:,} rows"),
        ("contracts.md", f"in pieces of {CHUNK_ROWS} rows"),
        ("contracts.md", f"bare array by name, at most {PEOPLE_MAX:,}"),
        ("contracts.md", f"by number, at most {WORKPLACES_MAX:,}"),
        ("contracts.md", f"at most {DAYS_MAX} days"),
        ("contracts.md", f"more than {ROWS_MAX:,} rows"),
        ("contracts.md", f"takes up to {BATCH_SIZE_MAX:,}"),
        ("contracts.md", f"more than {DIGITS_MAX} digits"),
        ("README.md", f"or up to {BATCH_SIZE_MAX:,} together"),
        ("0003", f"at most {WORDS[DIGITS_MAX]} digits"),
        ("0003", WORDS[cash_unit_of("IDR", 2)]),
        ("0006", f"after {WORDS[TRIES_MAX]} times it gives up"),
        ("0007", f"For {KEPT_FOR.total_seconds() / 3600:.0f} hours"),
        ("0007", f"Not kept are {NOT_KEPT_TOLD}"),
    ],
)
def test_a_page_states_the_figure_of_the_source(page: str, told: str) -> None:
    pages = [README, CONTRACTS, *DECISIONS.glob("*.md")]
    (path,) = [path for path in pages if path.name.startswith(page)]

    # Where a line is broken is of no account.
    assert told in " ".join(path.read_text().split())
