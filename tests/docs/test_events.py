"""The page of the contracts shows one event of each type, as it is published."""

import json
import re
from typing import Any
from uuid import UUID

import pytest

from cashdesk.api.event_bodies import EVENT
from cashdesk.domain.caller.event_types import EVENT_RULES
from cashdesk.enums import EventType
from tests.docs.pages import CONTRACTS, rows, section

PAGE = section(CONTRACTS.read_text(), "5. Ours")
TOLD = {
    event["type"]: event
    for block in re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL)
    for event in map(json.loads, block.strip().splitlines())
    if "timestamp" in event
}


def test_the_page_has_an_example_and_a_row_for_each_type() -> None:
    assert list(TOLD) == EventType.values
    table = rows(PAGE)
    assert {name: table[name].split("|")[2].strip(" `") for name in EventType.values} == {
        name: rule.scope for name, rule in EVENT_RULES.items()
    }


@pytest.mark.parametrize("type_", EventType)
def test_an_example_has_the_fields_of_its_type(type_: EventType) -> None:
    event = TOLD[type_]
    assert list(event) == ["id", "type", "timestamp", "store_id", "store", "station", "data"]
    assert UUID(event["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["timestamp"])
    assert list(event["data"]) == list(EVENT_RULES[type_].fields)


@pytest.mark.parametrize("type_", EventType)
def test_the_api_description_fits_the_example(type_: EventType) -> None:
    described: Any = EVENT.serializers[type_]  # type: ignore[call-overload, index]  # a dict here
    data = described.fields["data"]
    assert list(data.fields) == list(EVENT_RULES[type_].fields)
    for name, field in data.fields.items():
        value = TOLD[type_]["data"][name]
        if value is None:
            assert field.allow_null, name
        else:
            field.run_validation(value)
