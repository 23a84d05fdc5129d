"""The JSON format and the error format of each dialect."""

import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.urls import URLResolver, get_resolver
from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import ParseError

from cashdesk.web.dialects import (
    BareDialect,
    CommonDialect,
    EnvelopeDialect,
    ExactJSONParser,
    ExactJSONRenderer,
    Fault,
    ProblemDialect,
    dialect_of,
    pointer_of,
)
from reconciliations.dialect import ReconciliationDialect
from settlements.dialect import SettlementDialect

FAULT = Fault(
    status=400, code="invalid", message="amount: is strange.", errors={"amount": "is strange."}, request_id="r-1"
)


def read(text: str | bytes) -> Any:
    return ExactJSONParser().parse(io.BytesIO(text.encode() if isinstance(text, str) else text))


def written(value: Any) -> str:
    return ExactJSONRenderer().render(value).decode()


@pytest.mark.parametrize(
    "text", ["0.1", "0.30000000000000004", "1e3", "1E-2", "123456789012345678.123456789", "-0.0", "5.10"]
)
def test_a_fraction_is_read_digit_for_digit(text: str) -> None:
    found = read(f'{{"a": {text}}}')["a"]
    assert isinstance(found, Decimal)
    assert found.as_tuple() == Decimal(text).as_tuple()


@pytest.mark.parametrize("text", ["0", "-5", "999999999999999", "1000000000000000000"])
def test_a_whole_number_stays_one(text: str) -> None:
    assert (type(read(text)), str(read(text))) == (int, text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        '{"b": {"a": 1, "a": 1}}',
        "{",
        "",
        "[1,]",
        "{a: 1}",
        "'a'",
        b"\xff",
        b"\xc3\x28",
        "[" * 200_000,
        "[" * 60 + "]" * 60,
        '{"a":' * 60 + "1" + "}" * 60,
    ],
)
def test_what_is_not_json_is_refused(text: Any) -> None:
    with pytest.raises(ParseError):
        read(text)


def test_no_message_of_the_parser_tells_what_it_is_written_in() -> None:
    for text in ("9" * 100_000 + "x", "1e999999999999999999999x", "{"):
        with pytest.raises(ParseError) as refused:
            read(text)
        for word in ("class", "sys.", "codec", "Decimal", "python"):
            assert word not in str(refused.value)


@pytest.mark.parametrize("text", ["0.1", "0.2", "1250.5", "-0.2", "9999999999999.99", "0.001"])
def test_a_decimal_is_written_as_a_number(text: str) -> None:
    assert written({"a": Decimal(text)}) == f'{{"a":{text}}}'


def test_what_is_written_is_compact_and_readable() -> None:
    at = parse_datetime("2024-03-03T14:30:00Z")
    value = {
        "name": "Zoë 現金",
        "id": UUID("222e4567-e89b-12d3-a456-426614174200"),
        "at": at,
        "none": None,
        "yes": True,
        "rows": [],
    }
    assert (
        written(value)
        == '{"name":"Zoë 現金","id":"222e4567-e89b-12d3-a456-426614174200","at":"2024-03-03T14:30:00Z","none":null,"yes":true,"rows":[]}'
    )
    assert written(None) == ""


def test_half_a_surrogate_pair_is_written_as_json_that_can_be_read() -> None:
    assert written({"\ud800": "\udfff"}) == '{"\\ud800":"\\udfff"}'


def test_each_dialect_shapes_the_same_fault() -> None:
    assert BareDialect.error_body(FAULT) == {"detail": "amount: is strange."}
    assert EnvelopeDialect.error_body(FAULT) == {
        "message": "amount: is strange.",
        "error": "invalid",
        "data": {"errors": {"amount": "is strange."}},
    }
    assert CommonDialect.error_body(FAULT) == {**EnvelopeDialect.error_body(FAULT), "detail": "amount: is strange."}
    assert ProblemDialect.error_body(FAULT) == {
        "type": "/api/v1/problems/invalid",
        "title": "Invalid",
        "status": 400,
        "detail": "amount: is strange.",
        "code": "invalid",
        "request_id": "r-1",
        "errors": [{"pointer": "/amount", "detail": "is strange."}],
    }


@pytest.mark.parametrize(
    ("name", "pointer"),
    [("amount", "/amount"), ("payments.3.amount", "/payments/3/amount"), ("a/b", "/a~1b"), ("a~b", "/a~0b")],
)
def test_a_name_becomes_a_pointer(name: str, pointer: str) -> None:
    assert pointer_of(name) == pointer


@pytest.mark.parametrize(
    ("path", "dialect"),
    [
        ("/api/v1/cash/open", BareDialect), ("/api/v1/cash", BareDialect), ("/api/v1/cashbookentries", SettlementDialect), ("/api/v1/cashbookx", ProblemDialect), ("/api/v1/cash-management/x", ReconciliationDialect), ("/api/v1/adapters/xmart/cash-management", ReconciliationDialect), ("/api/v1/adapters", ProblemDialect), ("/api/v1/shifts", EnvelopeDialect),
        ("/api/v1/shifts/x/y", EnvelopeDialect), ("/api/v1/shiftsx", ProblemDialect), ("/api/v1/orders/1/pay", EnvelopeDialect), ("/api/v1/auth/login", CommonDialect),
        ("/api/v1/payments", ProblemDialect), ("/api/v1/payment-methods", EnvelopeDialect), ("/api/v1", ProblemDialect), ("/", ProblemDialect),
    ],
)  # fmt: skip
def test_a_path_speaks_as_its_neighbours_do(path: str, dialect: type) -> None:
    assert dialect_of(path) is dialect


def routes(patterns: list[Any], prefix: str = "/") -> Iterator[tuple[str, Any]]:
    """Yields the path of every route, with its parameters as they are written, and its view."""
    for one in patterns:
        route = f"{prefix}{one.pattern}".replace("^", "").replace("$", "")
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, route)
        else:
            yield route, one.callback


def test_every_route_has_the_dialect_of_its_prefix() -> None:
    spoken = {
        route: view.cls.dialect
        for route, view in routes(get_resolver().url_patterns)
        if route.startswith("/api/v1") and hasattr(getattr(view, "cls", None), "dialect")
    }
    assert len(spoken) > 40
    assert {dialect_of(route) for route in spoken} == {*spoken.values()}
    assert {route: dialect for route, dialect in spoken.items() if dialect_of(route) is not dialect} == {}
