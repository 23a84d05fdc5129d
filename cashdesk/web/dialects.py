"""The ways of speaking of the published APIs: how JSON is read and written, and what an error looks like in each.

A dialect shapes; it decides nothing. Which status a refusal has is one table in `cashdesk.web.errors`.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Final

import simplejson
from django.utils.module_loading import import_string
from rest_framework import exceptions, negotiation, parsers, renderers
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from cashdesk.contributions import contributions

DEPTH_MAX: Final = 20
WHOLE_DIGITS_READ: Final = 100
TOO_DEEP: Final = "The JSON is nested too deeply."
ERRORS_NAMED_MAX: Final = 20
"""A request can be wrong in as many fields as it has; an answer names so many of them."""
NAME_LENGTH_MAX: Final = 100
TEXT_LENGTH_MAX: Final = 500
MESSAGE_LENGTH_MAX: Final = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A refusal, ready to be shaped: `errors` names fields of the request, by the names that the caller used where
    `is_as_sent`, else by the domain's own. Without a message the errors stand for it.
    """

    status: int
    code: str
    message: str
    errors: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""
    is_as_sent: bool = False

    def __post_init__(self) -> None:
        """Bounds what is told: the names and texts may hold what the caller sent, at any length and in any number."""
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
    """The common part; each published API has one subclass."""

    media_type = "application/json"

    @classmethod
    def error_body(cls, fault: Fault) -> dict[str, Any]:
        """Returns the body of a refusal."""
        raise NotImplementedError


class BareDialect(Dialect):
    """Cash sessions: bare bodies, errors `{"detail": text}`."""

    @classmethod
    def error_body(cls, fault: Fault) -> dict[str, Any]:
        """Returns `{"detail"}`; the text names the field where there is one."""
        return {"detail": one_sentence(fault)}


class EnvelopeDialect(Dialect):
    """Shifts: `{message, data}`, errors `{message, error?, data?: {errors: {field: text}}}`."""

    @classmethod
    def error_body(cls, fault: Fault) -> dict[str, Any]:
        """Returns the message, the code under `error`, and the fields under `data.errors`."""
        body: dict[str, Any] = {"message": one_sentence(fault), "error": fault.code}
        if fault.errors:
            body["data"] = {"errors": dict(fault.errors)}
        return body

    @staticmethod
    def body(message: str, data: Any) -> dict[str, Any]:
        """Wraps an answer."""
        return {"message": message, "data": data}


class CommonDialect(Dialect):
    """Signing in, which the clients of every dialect do: a refusal carries the words of both older ones."""

    @classmethod
    def error_body(cls, fault: Fault) -> dict[str, Any]:
        """Returns the envelope's body with the bare one's `detail` beside it."""
        return {**EnvelopeDialect.error_body(fault), **BareDialect.error_body(fault)}


class ProblemDialect(Dialect):
    """Ours: RFC 9457 problem details."""

    media_type = "application/problem+json"

    @classmethod
    def error_body(cls, fault: Fault) -> dict[str, Any]:
        """Returns the problem with a stable type and code, JSON pointers to the fields, and the request's id."""
        body: dict[str, Any] = {
            "type": f"urn:cashdesk:problem:{fault.code}",
            "title": fault.code.replace("_", " ").capitalize(),
            "status": fault.status,
            "detail": fault.message,
            "code": fault.code,
            "request_id": fault.request_id,
        }
        if fault.errors:
            body["errors"] = [{"pointer": pointer_of(name), "detail": text} for name, text in fault.errors.items()]
        return body


def shortened(text: str, length: int) -> str:
    """Returns the text, cut off with a mark where it is longer."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def dialect_of(path: str) -> type[Dialect]:
    """Returns the dialect of the longest contributed prefix, so that an unknown path is refused as its neighbours are."""
    return next((dialect for prefix, dialect in _by_prefix() if f"{path}/".startswith(f"{prefix}/")), ProblemDialect)


@cache
def _by_prefix() -> tuple[tuple[str, type[Dialect]], ...]:
    found = {prefix: import_string(name) for one in contributions() for prefix, name in one.dialects.items()}
    return tuple(sorted(found.items(), key=lambda item: len(item[0]), reverse=True))


def pointer_of(name: str) -> str:
    """Turns `payments.3.amount` into the JSON pointer `/payments/3/amount`."""
    return "/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in name.split("."))


def camel_case(name: str) -> str:
    """Turns a declared name into its published one: `opened_by_name` into `openedByName`."""
    first, *others = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in others)


def one_sentence(fault: Fault) -> str:
    """One sentence that names the fields, for dialects with nowhere else to put them."""
    if not fault.errors:
        return fault.message
    return " ".join(text if text.startswith(name) else f"{name}: {text}" for name, text in fault.errors.items())


# --- JSON ----------------------------------------------------------------------------------------------------------------


class ExactJSONParser(parsers.BaseParser):
    """Reads JSON with every number exact: fractions become Decimal, never float."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Returns what the body says. Raises ParseError (400) for malformed JSON, depth, or a name given twice.

        NaN and the infinities, which JSON does not know but some programs write, are read as such, so that the field
        that holds one can be named when it is refused.
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


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("Infinity")  # an exponent beyond all bounds, such as 1e99999999999999999999


def _exact_whole(text: str) -> int | Decimal:
    # Python refuses to read integers of thousands of digits; none of ours has more than fifteen.
    return int(text) if len(text) <= WHOLE_DIGITS_READ else Decimal("Infinity")


def _refuse_depth(body: Any) -> None:
    """Refuses what is nested deeper than any body of ours, with a loop: what recursed over it later could not."""
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
    """Two amounts under one name leave open which was meant; most readers silently take the last."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name appears twice in one object.")
    return made


class ExactJSONRenderer(renderers.BaseRenderer):
    """Writes JSON with Decimal as a number, digit for digit."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """Returns the body; nothing for an answer without one."""
        if data is None:
            return b""
        return simplejson.dumps(
            data,
            use_decimal=True,
            ensure_ascii=False,
            separators=(",", ":"),
            default=_encode,
            # Half a surrogate pair, echoed from a refused body, is no Unicode: written as the escape that it came as.
        ).encode("utf-8", "backslashreplace")


def _encode(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    return JSONEncoder().default(value)


class AnyAcceptNegotiation(negotiation.DefaultContentNegotiation):
    """Answers in JSON whatever the Accept header asks for, as the originals do, instead of 406."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Returns the first renderer that fits, else the first."""
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except exceptions.NotAcceptable:
            return renderers[0], renderers[0].media_type
