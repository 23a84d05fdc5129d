"""Makes the examples of the API description out of the conversations: `python -m tests.contracts`.

The conversations are replayed (test_pages.py), so an example is a request that was answered like that. Names and masks
become readable values. Each app keeps the examples of its own operations in `api/examples.json`.
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl

import simplejson
from django.urls import resolve

from tests.contracts.replay import MORE, PAGES, PLACEHOLDER, WHOLE_NUMBERS, page
from tests.described import Operation, operation_at

PROJECT: Final = Path(__file__).resolve().parents[2]
NAMESPACE: Final = uuid.UUID("6f1d3f0c-5d0b-4c55-9a86-0f6c2f0f2b1d")
DAY: Final = "2026-03-02"
NUMBERS: Final = {"carla": 7, "bruno": 8, "erika": 9, "anna": 10, "otto": 11, "store_id": 3}
TEXTS: Final = {
    "today": DAY,
    "time": f"{DAY}T09:30:00Z",
    "instant": f"{DAY}T09:30:00.000Z",
    "text": "text",
    "signature": "9d3f" * 32,
    "token": "cdt_3sJ0rVq8Xn2mB7yLwT5kHd9ZcF1aGe4R6uPiQoSxKvM",
    "secret": "cdt_3sJ0rVq8Xn2mB7yLwT5kHd9ZcF1aGe4R6uPiQoSxKvM",
}
LATER: Final = re.compile("end|clos|expire", re.IGNORECASE)
"""Fields whose instant is after the others."""
MILLIS: Final = 1772443800000


class Filler:
    """Replaces the names and masks of one conversation by values. The same name always gets the same value."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.kinds: dict[str, str] = {}

    def filled(self, value: Any, *, where: str = "") -> Any:
        """Returns a part of a request or an answer without masks."""
        if isinstance(value, dict):
            return {name: self.filled(inner, where=f"{where}.{name}") for name, inner in value.items()}
        if isinstance(value, list):
            rows = [inner for inner in value if inner != MORE]
            return [self.filled(inner, where=f"{where}.{number}") for number, inner in enumerate(rows)]
        if not isinstance(value, str):
            return value
        whole = PLACEHOLDER.fullmatch(value)
        if whole:
            return self._value(whole, where=where)
        value = value.replace("http://testserver", "https://cashdesk.example")
        return PLACEHOLDER.sub(lambda mask: str(self._value(mask, where=where)), value)

    def _value(self, mask: re.Match[str], *, where: str) -> Any:
        kind, name = mask[1], mask[2] or mask[1]
        if mask[2]:
            self.kinds[name] = kind
        kind = self.kinds.get(name, kind)
        if name in NUMBERS:
            return NUMBERS[name]
        if kind in WHOLE_NUMBERS:
            return MILLIS if kind == "millis" else 40 + len(name) % 10
        if kind in TEXTS:
            return TEXTS[kind].replace("T09:30", "T18:05") if LATER.search(where) else TEXTS[kind]
        # A name that nothing in an answer has given stands for a person or a store, whose ids are UUIDs.
        return str(uuid.uuid5(NAMESPACE, name if name != "uuid" else f"{self.subject}{where}"))


def all_examples() -> dict[str, dict[str, Any]]:
    """Returns the examples of each app: {app: {operation id: example}}.

    The first successful step is the example of its operation, unless another one is marked with `"example": true`.
    """
    found: dict[str, dict[str, Any]] = {}
    chosen: set[str] = set()
    for path in sorted(PAGES.rglob("*.json")):
        filler = Filler(path.stem)
        for step in (one for one in page(path)["steps"] if "path" in one):
            operation = operation_at(step["method"], step["path"].partition("?")[0])
            example = _example(step, filler, operation) if operation else None
            if operation is None or example is None:
                continue
            name, is_chosen = operation.described["operationId"], step.get("example", False)
            known = found.setdefault(_app_of(operation), {})
            if name not in known or (is_chosen and name not in chosen):
                known[name] = example
                chosen |= {name} if is_chosen else set()
    return {app: dict(sorted(examples.items())) for app, examples in found.items()}


def _example(step: Mapping[str, Any], filler: Filler, operation: Operation) -> dict[str, Any] | None:
    """Returns the example that a step gives, or None for a refusal and for an answer that the page leaves out."""
    answer = filler.filled(step.get("answer"))  # also for a refusal, because an answer gives names their kinds
    is_told = "answer" in step or "answer_text" in step or step["status"] == HTTPStatus.NO_CONTENT
    if step["status"] >= HTTPStatus.MULTIPLE_CHOICES or not is_told:
        return None
    path, _mark, query = step["path"].partition("?")
    cookies = step.get("headers", {}).get("Cookie", "")
    example: dict[str, Any] = {
        "parameters": dict(_parameters(filler.filled(path), filler.filled(query), filler.filled(cookies), operation))
    }
    if "body" in step:
        body = filler.filled(step["body"])
        is_form = step.get("headers", {}).get("Content-Type", "").endswith("urlencoded")
        example["body"] = dict(parse_qsl(body)) if is_form else body
    return example | {"status": step["status"], "answer": step.get("answer_text", answer)}


def _parameters(path: str, query: str, cookies: str, operation: Operation) -> Iterator[tuple[str, str | list[str]]]:
    for described, given in zip(operation.path.split("/"), path.split("/"), strict=False):
        if described.startswith("{"):
            yield described.strip("{}"), given
    for name, values in parse_qs(query).items():
        yield name, values if len(values) > 1 else values[0]
    sent = dict(cookie.partition("=")[::2] for cookie in cookies.split("; "))
    for one in operation.described.get("parameters", ()):
        if one["in"] == "cookie" and one["name"] in sent:
            yield one["name"], sent[one["name"]]


def view_of(operation: Operation) -> Any:
    """Returns the view function of an operation."""
    kinds = {one["name"]: one["schema"].get("format") for one in operation.described.get("parameters", ())}
    return resolve(
        re.sub(r"\{([^}]*)\}", lambda named: str(NAMESPACE) if kinds.get(named[1]) == "uuid" else "1", operation.path)
    ).func


def _app_of(operation: Operation) -> str:
    return str(view_of(operation).cls.__module__).partition(".")[0]


def file_of(app: str) -> Path:
    """Returns the file that keeps the examples of an app."""
    return PROJECT / app / "api" / "examples.json"


def written(examples: Mapping[str, Any]) -> str:
    """Returns the examples as the text of a file."""
    return simplejson.dumps(examples, use_decimal=True, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Writes the files."""
    for app, examples in all_examples().items():
        file_of(app).write_text(written(examples), encoding="utf-8")
        print(f"{file_of(app).relative_to(PROJECT)}: {len(examples)} examples")
