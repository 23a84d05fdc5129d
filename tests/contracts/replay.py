"""Replays a conversation of a published page: requests kept in a file, and the answers that they must get.

A file holds the shop (`store`), and `steps`. Each step has the request (`method`, `path`, `headers`, `body`) and the
answer (`status`, `answer`, and `answer_headers` and `answer_cookies` where the page promises some). `as` names who
asks, by a bearer token; a step without it brings its own credentials. A file is compared as `answer_text`.

Each operation's first successful step becomes its example in the API description, or the one with `"example": true`.

In an answer every key is compared: one too many is a fault, and so is one too few. So is a number of another type (1 is
not 1.0, and neither is true). A value that cannot be known beforehand is written as a mask:

    <id>, <number>  a whole number     <uuid>     <time>  an instant in UTC     <millis>  one as milliseconds     <text>
    any text <token>     <instant>  an instant in UTC with three decimals

A list that ends with `<more>` has the rows before it among others.

A page with `"gateway": true` has the double of the payment gateway beside it, and `<signature>` is what the gateway
signs a notification with.

`<uuid:shift>` also names the value that it found. A later `<shift>` in a request, or `<uuid:shift>` in an answer, means
the same value.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import simplejson
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from cashdesk.domain.caller.event_sequence import sequence_events
from cashdesk.domain.store.business_day import business_date
from cashdesk.web.webhooks.fan_out import fan_out
from tests.midtrans.double import signature_of
from tests.stories import Cast, caller

PAGES = Path(__file__).parent / "pages"
MASKS = {
    "id": r"[1-9]\d*",
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z",
    "instant": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "millis": r"[1-9]\d{12}",
    "number": r"\d+",
    "text": r"[^\n]+",
    "token": r"\S{40,}",
}
MORE = "<more>"
WHOLE_NUMBERS = ("id", "millis", "number")


def queue_deliveries() -> None:
    """Does what the worker does before it sends: gives events their order, and makes their deliveries."""
    sequence_events()
    fan_out(at=timezone.now())


JOBS: Final[Mapping[str, Callable[[], None]]] = {"queue_deliveries": queue_deliveries}
"""Jobs that run between two requests: a step with `job` in place of a request."""
PLACEHOLDER = re.compile(r"<([a-z_0-9]+)(?::([a-z_0-9]+))?>")


class Mismatch(AssertionError):
    """An answer differs from the page. The message names the place."""


@dataclass(kw_only=True)
class Replayer:
    """Sends requests for the people of a shop. `known` holds the values of the names."""

    cast: Cast
    known: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("carla", "bruno", "erika", "anna", "otto"):
            person = getattr(self.cast, name)
            self.known |= {name: person.pk, f"{name}_uuid": str(person.uuid)}
        self.known["store"] = str(self.cast.store.uuid)
        self.known["store_id"] = self.cast.store.pk
        self.known["today"] = business_date(store=self.cast.store, at=timezone.now()).isoformat()

    def play(self, step: Mapping[str, Any]) -> None:
        """Sends one request and compares its answer. Raises Mismatch."""
        if "job" in step:
            JOBS[step["job"]]()
            return
        response = self._send(step)
        title = step.get("title", f"{step['method']} {step['path']}")
        if response.status_code != step["status"]:
            raise Mismatch(f"{title}: {response.status_code} instead of {step['status']}: {response.content[:500]!r}")
        for name, value in step.get("answer_headers", {}).items():
            self.compare(value, response.headers.get(name), where=f"{title}: header {name}")
        for name, value in step.get("answer_cookies", {}).items():
            self.compare(value, response.cookies[name].value, where=f"{title}: cookie {name}")
        if "answer_text" in step:
            self.compare(step["answer_text"], response.getvalue().decode("utf-8-sig"), where=title)
        for name in ("answer", "reads"):
            if name in step:
                self.compare(step[name], json.loads(response.content, parse_float=Decimal), where=title)

    def compare(self, wanted: Any, found: Any, *, where: str) -> None:
        """Compares an answer with the page, key by key. Raises Mismatch."""
        if isinstance(wanted, dict) and isinstance(found, dict):
            if wanted.keys() != found.keys():
                raise Mismatch(
                    f"{where}: too many {sorted(found.keys() - wanted.keys())}, too few {sorted(wanted.keys() - found.keys())}"
                )
            for name, value in wanted.items():
                self.compare(value, found[name], where=f"{where}.{name}")
        elif isinstance(wanted, list) and isinstance(found, list):
            self._compare_rows(wanted, found, where=where)
        elif isinstance(wanted, str) and PLACEHOLDER.search(wanted):
            self._unmask(wanted, found, where=where)
        elif type(wanted) is not type(found) or wanted != found:
            raise Mismatch(f"{where}: {found!r} instead of {wanted!r}")

    def _compare_rows(self, wanted: list[Any], found: list[Any], *, where: str) -> None:
        if wanted and wanted[-1] == MORE:
            for value in wanted[:-1]:
                if not any(self._fits(value, other) for other in found):
                    raise Mismatch(f"{where}: no row is {value!r}")
            return
        if len(wanted) != len(found):
            raise Mismatch(f"{where}: {len(found)} rows instead of {len(wanted)}: {found}")
        for number, (value, other) in enumerate(zip(wanted, found, strict=True)):
            self.compare(value, other, where=f"{where}.{number}")

    def _fits(self, wanted: Any, found: Any) -> bool:
        try:
            self.compare(wanted, found, where="row")
        except Mismatch:
            return False
        return True

    def _unmask(self, wanted: str, found: Any, *, where: str) -> None:
        whole = PLACEHOLDER.fullmatch(wanted)
        kind = (
            type(self.known[whole[1]])
            if whole and whole[1] in self.known
            else int
            if whole and whole[1] in WHOLE_NUMBERS
            else str
        )
        if type(found) is not kind:
            raise Mismatch(f"{where}: {found!r} instead of {wanted}")
        pattern, names, end = "", [], 0
        for mask in PLACEHOLDER.finditer(wanted):
            pattern += re.escape(wanted[end : mask.start()])
            end = mask.end()
            name = mask[2] or (mask[1] if mask[1] in self.known else "")
            if name in self.known:
                pattern += re.escape(str(self.known[name]))
            else:
                pattern += f"({MASKS[mask[1]]})"
                names.append((name, mask[1]))
        match = re.fullmatch(pattern + re.escape(wanted[end:]), str(found))
        if match is None:
            raise Mismatch(f"{where}: {found!r} instead of {wanted}")
        for (name, mask_kind), text in zip(names, match.groups(), strict=True):
            if name:
                self.known[name] = int(text) if mask_kind in WHOLE_NUMBERS else text

    def _send(self, step: Mapping[str, Any]) -> HttpResponse:
        headers = {name: str(self._filled(value)) for name, value in step.get("headers", {}).items()}
        if "as" in step:
            headers["Authorization"] = f"Bearer {caller(getattr(self.cast, step['as'])).secret}"
        if isinstance(step.get("body"), dict) and step["body"].get("signature_key") == "<signature>":
            told = {name: self._filled(value) for name, value in step["body"].items() if name != "signature_key"}
            self.known["signature"] = signature_of(told)
        body = self._filled(step["body"]) if "body" in step else ""
        content = body if isinstance(body, str) else simplejson.dumps(body, use_decimal=True)
        content_type = headers.pop("Content-Type", "application/json")
        # A new client each time: what a request needs, it brings along, as curl does.
        return Client().generic(
            step["method"], self._filled(step["path"]), content, content_type=content_type, headers=headers
        )

    def _filled(self, value: Any) -> Any:
        """Returns a part of a request, with each name replaced by its value."""
        if isinstance(value, dict):
            return {name: self._filled(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._filled(inner) for inner in value]
        if not isinstance(value, str):
            return value
        whole = PLACEHOLDER.fullmatch(value)
        if whole:
            return self.known[whole[1]]
        return PLACEHOLDER.sub(lambda mask: str(self.known[mask[1]]), value)


def page(path: Path) -> Any:
    """Returns a conversation. Its numbers are exact."""
    return json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
