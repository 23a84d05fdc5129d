"""The README's first day: each command is sent as printed and gets the printed answer."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.test import Client

from cashdesk.management.demo_world import PASSWORD
from tests.docs.pages import README, section
from tests.factories import StoreFactory, UserFactory

# What differs from day to day: ids, tokens and times.
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
TOKEN = re.compile(r"ct_[\w-]{43}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
NUMBERED = ("id", "user_id", "session", "operator")


@dataclass(frozen=True, kw_only=True)
class Command:
    """A curl command and the answer below it."""

    path: str
    body: str
    answer: Any

    def send(self, client: Client) -> Any:
        """Sends a command with the cookies of the day, as curl does with -b and -c."""
        return client.post(self.path, self.body, content_type="application/json")


def commands() -> Iterator[Command]:
    """Returns the commands of the first day, in their order."""
    told = section(README.read_text(), "A first day, by curl")
    for line, answer in re.findall(r"```sh\n(curl .*?)\n```\n\n```json\n(.*?)\n```", told, flags=re.DOTALL):
        words = shlex.split(line)
        (url,) = [word for word in words if word.startswith("$API/")]
        body = words[words.index("--json") + 1]
        yield Command(path=url.replace("$API", "/api/v1"), body=body, answer=read(answer))


def read(answer: str) -> Any:
    """Reads an answer with exact fractions. Masks the parts that differ from day to day."""
    return _marked("", json.loads(answer, parse_float=Decimal))


def _marked(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {inner: _marked(inner, told) for inner, told in value.items()}
    if isinstance(value, list):
        return [_marked(name, told) for told in value]
    for mark, pattern in (("a UUID", UUID), ("a token", TOKEN), ("an instant", INSTANT)):
        if isinstance(value, str) and pattern.fullmatch(value):
            return mark
    if name in NUMBERED and str(value).isdecimal():
        return f"a number as {type(value).__name__}"
    return value


def test_the_first_day_goes_as_the_readme_tells(db: None) -> None:
    store = StoreFactory(number="1337", name="Berlin Mitte", registers=3)
    UserFactory(store=store, username="carla", name="Carla Brandt", email="carla@demo.example", password=PASSWORD)
    client = Client()
    told = list(commands())
    assert [command.path.removeprefix("/api/v1") for command in told] == [
        "/auth/login",
        "/cash/open",
        "/payments",
        "/shifts/cash-transaction",
        "/cash/close",
        "/payments",
        "/cash/open",
    ]

    statuses = []
    for command in told:
        response = command.send(client)
        statuses.append(response.status_code)
        assert read(response.content.decode()) == command.answer, command.path

    assert statuses == [200, 200, 201, 201, 200, 201, 400]

    again = told[2].send(client)
    assert again.status_code == 200
    assert read(again.content.decode()) == told[2].answer
