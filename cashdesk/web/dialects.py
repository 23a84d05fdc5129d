"""The JSON parser and renderer of the APIs, and a `Dialect` for each published API: its format of errors and answers.

A dialect only formats answers. `cashdesk.web.errors` decides the status of an error.
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl

import simplejson
from django.utils.module_loading import import_string
from drf_spectacular.utils import OpenApiResponse
from rest_framework import exceptions, negotiation, parsers, renderers
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from cashdesk.contributions import contributions
from cashdesk.web.openapi import BARE_ERROR, COMMON_ERROR, ENVELOPE_ERROR, PROBLEM

DEPTH_MAX: Final = 20
WHOLE_DIGITS_READ: Final = 100
FORM_FIELDS_MAX: Final = 100
TOO_DEEP: Final = "The JSON is nested too deeply."
ERRORS_NAMED_MAX: Final = 20
"""An answer lists at most this many wrong fields, however many the request has."""
NAME_LENGTH_MAX: Final = 100
TEXT_LENGTH_MAX: Final = 500
MESSAGE_LENGTH_MAX: Final = 4_000
PROBLEM_PAGES: Final = "/api/v1/problems"
"""The path of the table of problems. Each code has a page below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An error that a dialect can write. If `message` is empty, the field errors become the message.

    `errors` maps field names to texts. If `is_as_sent` is set, the names are those in the request. Otherwise they are the
    domain's own names.
    """

    status: int
    code: str
    message: str
    errors: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""
    is_as_sent: bool = False

    def __post_init__(self) -> None:
        """Limits the number and length of the texts, because they may repeat input of the caller."""
        named = [item for item in self.errors.items() if item[0] != "body"]
        last = [self.errors["body"]] if "body" in self.errors else []
        if len(named) > ERRORS_NAMED_MAX:
            last.append(f"{len(named) - ERRORS_NAMED_MAX} more errors are not listed.")
        told = named[:ERRORS_NAMED_MAX] + ([("body", " ".join(last))] if last else [])
        bounded = {shortened(name, NAME_LENGTH_MAX): shortened(text, TEXT_LENGTH_MAX) for name, text in told}
        object.__setattr__(self, "errors", bounded)
        message = self.message or " ".join(f"{name}: {text}" for name, text in bounded.items())
        object.__setattr__(self, "message", shortened(message, MESSAGE_LENGTH_MAX))


class Dialect:
    """The base class of dialects. Each published API has a subclass."""

    media_type = "application/json"
    described_error: ClassVar[OpenApiResponse]
    """The error body in the API description."""

    @classmethod
    def error_body(cls, fault: Fault) -> dict[str, Any]:
        """Returns the body of an error."""
        raise NotImplementedError


class BareDialect(Dialect):
    """The dialect of cash sessions: bodies without an envelope, and errors as `{"detail": text}`."""

    described_error = BARE_ERROR

    @classmethod
    def error_body(cls, fault: Fault) -> dict[str, Any]:
        """Returns `{"detail"}`. The text names the field if there is one."""
        return {"detail": one_sentence(fault)}


class EnvelopeDialect(Dialect):
    """The dialect of shifts: `{message, data}`, and errors `{message, error?, data?: {errors: {field: text}}}`."""

    described_error = ENVELOPE_ERROR

    @classmethod
    def error_body(cls, fault: Fault) -> dict[str, Any]:
        """Returns the message, the code as `error`, and the fields in `data.errors`."""
        body: dict[str, Any] = {"message": one_sentence(fault), "error": fault.code}
        if fault.errors:
            body["data"] = {"errors": dict(fault.errors)}
        return body

    @staticmethod
    def body(message: str, data: Any) -> dict[str, Any]:
        """Puts an answer into the envelope."""
        return {"message": message, "data": data}


class CommonDialect(Dialect):
    """The dialect of the sign-in. Clients of cash sessions and of shifts sign in here, so errors suit both dialects."""

    described_error = COMMON_ERROR

    @classmethod
    def error_body(cls, fault: Fault) -> dict[str, Any]:
        """Returns the envelope's error with the bare dialect's `detail`."""
        return {**EnvelopeDialect.error_body(fault), **BareDialect.error_body(fault)}


class ProblemDialect(Dialect):
    """The dialect of our own APIs: RFC 9457 problem details."""

    media_type = "application/problem+json"
    described_error = PROBLEM

    @classmethod
    def error_body(cls, fault: Fault) -> dict[str, Any]:
        """Returns the problem with a stable type and code, JSON pointers to the fields, and the request id."""
        body: dict[str, Any] = {
            "type": type_of(fault.code),
            "title": title_of(fault.code),
            "status": fault.status,
            "detail": fault.message,
            "code": fault.code,
            "request_id": fault.request_id,
        }
        if fault.errors:
            body["errors"] = [{"pointer": pointer_of(name), "detail": text} for name, text in fault.errors.items()]
        return body


def type_of(code: str) -> str:
    """Returns the `type` of a problem: the path of the page that explains its code.

    It names no host, so that it is the same on every installation and behind every proxy (docs/decisions/0027).
    """
    return f"{PROBLEM_PAGES}/{code}"


def title_of(code: str) -> str:
    """Returns the title of a problem: `payment_differs` becomes `Payment differs`."""
    return code.replace("_", " ").capitalize()


def shortened(text: str, length: int) -> str:
    """Returns the text, cut with an ellipsis if it is too long."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def dialect_of(path: str) -> type[Dialect]:
    """Returns the dialect for a path.

    Each app declares dialects by path prefix. The longest prefix of the path decides, even if no view has this path.
    A path without a declared prefix gets ProblemDialect.
    """
    return next((dialect for prefix, dialect in _by_prefix() if f"{path}/".startswith(f"{prefix}/")), ProblemDialect)


@cache
def _by_prefix() -> tuple[tuple[str, type[Dialect]], ...]:
    found = {prefix: import_string(name) for one in contributions() for prefix, name in one.dialects.items()}
    return tuple(sorted(found.items(), key=lambda item: len(item[0]), reverse=True))


def pointer_of(name: str) -> str:
    """Turns `payments.3.amount` into the JSON pointer `/payments/3/amount`."""
    return "/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in name.split("."))


def camel_case(name: str) -> str:
    """Turns a declared name into the published one: `opened_by_name` into `openedByName`."""
    first, *others = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in others)


def one_sentence(fault: Fault) -> str:
    """Returns the field errors as one text with the field names, or the message if there are no field errors."""
    if not fault.errors:
        return fault.message
    return " ".join(text if text.startswith(name) else f"{name}: {text}" for name, text in fault.errors.items())


# --- JSON ----------------------------------------------------------------------------------------------------------------


class ExactJSONParser(parsers.BaseParser):
    """Parses JSON with exact numbers: fractions become Decimal, never float."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Returns the parsed body. Raises ParseError (400) for JSON that is malformed, too deep, or repeats a name.

        NaN and Infinity are not JSON, but some programs write them. The parser accepts them. The check of the field then
        refuses them with an error that names the field.
        """
        try:
            body = json.loads(
                stream.read().decode("utf-8-sig"),
                parse_float=_exact,
                parse_int=_exact_whole,
                parse_constant=Decimal,
                object_pairs_hook=_object_without_repeats,
            )
        except RecursionError:
            raise exceptions.ParseError(TOO_DEEP) from None
        except ValueError as error:
            raise exceptions.ParseError(f"The body is not valid JSON: {str(error)[:200]}") from error
        _refuse_depth(body)
        return body


class SmallFormParser(parsers.BaseParser):
    """Parses a short form, such as the one of an OAuth2 sign-in, with the rules of the JSON parser."""

    media_type = "application/x-www-form-urlencoded"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Returns the fields as a dict of texts. Raises ParseError (400) for a form that cannot be read.

        A form cannot be read if it has too many fields, is not UTF-8, or has a field twice.
        """
        try:
            pairs = parse_qsl(
                stream.read().decode(),
                keep_blank_values=True,
                strict_parsing=True,
                errors="strict",
                max_num_fields=FORM_FIELDS_MAX,
            )
            return _object_without_repeats(pairs)
        except ValueError as error:
            raise exceptions.ParseError("The body is not a valid form. Send each field once, as name=value.") from error


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("Infinity")  # an exponent beyond all bounds, such as 1e99999999999999999999


def _exact_whole(text: str) -> int | Decimal:
    # int() refuses text of thousands of digits. A valid number has at most 15 digits, so a longer one becomes Infinity.
    return int(text) if len(text) <= WHOLE_DIGITS_READ else Decimal("Infinity")


def _refuse_depth(body: Any) -> None:
    """Raises ParseError for JSON that is nested too deeply. Uses a loop, because deep recursion could fail."""
    level = [body]
    for _depth in range(DEPTH_MAX):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise exceptions.ParseError(TOO_DEEP)


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Builds the object. Raises ValueError for a repeated name, because it is unclear which of the two values counts."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name appears twice in one object.")
    return made


class ExactJSONRenderer(renderers.BaseRenderer):
    """Writes JSON with Decimals as exact numbers."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """Returns the encoded body, which is empty if there is no data."""
        if data is None:
            return b""
        return simplejson.dumps(
            data,
            use_decimal=True,
            ensure_ascii=False,
            separators=(",", ":"),
            default=_encode,
            # An error may repeat a lone surrogate character from the request. UTF-8 cannot encode it, so it is escaped.
        ).encode("utf-8", "backslashreplace")


def array_in_pieces(chunks: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Writes a JSON array piece by piece, with one chunk of its items in memory.

    The closing bracket comes last, so that an answer that breaks off is not valid JSON.
    """
    between = b"["
    for chunk in chunks:
        if chunk:
            yield between + ExactJSONRenderer().render(chunk)[1:-1]
            between = b","
    yield b"]" if between == b"," else b"[]"


def _encode(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    return JSONEncoder().default(value)


class AnyAcceptNegotiation(negotiation.DefaultContentNegotiation):
    """Always answers in JSON, even if the Accept header asks for another type.

    The original APIs do the same, and never answer 406.
    """

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Returns the first renderer that the Accept header allows, else the first renderer of the view."""
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except exceptions.NotAcceptable:
            return renderers[0], renderers[0].media_type
