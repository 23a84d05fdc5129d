"""Every list refuses, in the same way, a range that ends before it begins."""

import pytest

from cashdesk.domain.store.date_range import refuse_backwards
from cashdesk.errors import InvalidInput
from tests.stories import Cast, caller

EARLY, LATE = "2026-03-01", "2026-03-02"
MILLIS = "1772323200000", "1772323200001"
RANGES = [
    ("/cash/sessions", "from", "to", EARLY, LATE),
    ("/cash/sessions", "from", "to", f"{EARLY}T08:00:00Z", f"{EARLY}T08:00:01Z"),
    ("/cash/sessions", "from", "to", f"{EARLY}T08:00:00%2B05:00", f"{EARLY}T08:00:00Z"),
    ("/cash-management/reconciliations?storeId={store}", "from", "to", EARLY, LATE),
    ("/adapters/xmart/cash-management/reconciliations?storeId={store}", "from", "to", EARLY, LATE),
    ("/variances", "from", "to", EARLY, LATE),
    ("/reports/shift-summary", "start_date", "end_date", EARLY, LATE),
    ("/reports/shift-summary?export=csv", "start_date", "end_date", EARLY, LATE),
    ("/exports/movements?file=csv", "from", "to", EARLY, LATE),
    *(
        ("/settlements", f"{name}TimeFrom", f"{name}TimeTo", *MILLIS)
        for name in ("opened", "counted", "closed", "lastCount")
    ),
]


@pytest.mark.parametrize(("path", "first", "last", "early", "late"), RANGES)
def test_a_range_that_runs_backwards_is_refused(
    cast: Cast, path: str, first: str, last: str, early: str, late: str
) -> None:
    erika = caller(cast.erika)
    path = path.format(store=cast.store.uuid)
    path += "&" if "?" in path else "?"
    refused = erika.get(f"{path}{first}={late}&{last}={early}")
    assert refused.status_code == 400, refused.content
    text = refused.content.decode()
    assert f"{last}: Choose a date on or after" in text or f'"{last}":"Choose a date on or after' in text
    for query in (f"{first}={early}&{last}={late}", f"{first}={early}&{last}={early}"):
        assert erika.get(f"{path}{query}").status_code == 200
    if "shift-summary" not in path and "exports" not in path:
        for query in (f"{first}={late}", f"{last}={early}"):
            assert erika.get(f"{path}{query}").status_code == 200


@pytest.mark.parametrize(
    ("first", "last", "is_backwards"),
    [
        ("2026-03-05", "2026-03-03T23:59:59Z", True),
        ("2026-03-05", "2026-03-04T10:00:00Z", False),  # in Auckland it is the 5th
        ("2026-03-05", "2026-03-05T10:00:00Z", False),
        ("2026-03-05T10:00:00Z", "2026-03-05", False),
        ("2026-03-05T10:00:00Z", "2026-03-03", False),  # a store in Honolulu that changes its day at 23:00
        ("2026-03-05T10:00:00Z", "2026-03-02", True),
    ],
)
def test_a_day_and_an_instant_are_compared_as_far_as_they_can_be(
    cast: Cast, first: str, last: str, is_backwards: bool
) -> None:
    answer = caller(cast.erika).get(f"/cash/sessions?from={first}&to={last}")
    assert answer.status_code == (400 if is_backwards else 200)


def test_a_range_without_an_end_is_no_range() -> None:
    for first, last in ((None, 1), (1, None), (None, None), (1, 1)):
        refuse_backwards(first, last, field="to")
    with pytest.raises(InvalidInput) as refused:
        refuse_backwards(2, 1, field="to")
    assert set(refused.value.errors) == {"to"}
