"""The error bodies of the settlements API."""

import pytest

from cashdesk.web.dialects import Fault
from settlements.dialect import SettlementDialect


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "E06001"),
        (413, "E06001"),
        (401, "E06401"),
        (403, "E06403"),
        (404, "E06404"),
        (409, "E06409"),
        (415, "E06415"),
        (422, "E06422"),
        (429, "E06429"),
        (500, "E06500"),
    ],
)
def test_settlements_have_a_code_for_every_refusal(status: int, code: str) -> None:
    fault = Fault(status=status, code="x", message="No.")
    assert SettlementDialect.error_body(fault) == {"apiResponseStatus": {"responseCode": code, "message": "No."}}


def test_settlements_name_fields_as_published_and_unknown_ones_as_sent() -> None:
    errors = {"initial_cash.0": "is wrong."}
    own = SettlementDialect.error_body(Fault(status=400, code="x", message="", errors=errors))
    sent = SettlementDialect.error_body(Fault(status=400, code="x", message="", errors=errors, is_as_sent=True))
    assert (list(own["errors"]), list(sent["errors"])) == (["initialCash.0"], ["initial_cash.0"])
