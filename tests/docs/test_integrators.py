"""The quick start for integrators: each command is sent as printed and gets the printed answer."""

import re
import shlex
from typing import Any

from django.http import HttpResponse
from django.test import Client

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.enums import Scope
from cashdesk.management.demo_world import PASSWORD
from tests.cashdesk.desk import NOON
from tests.docs.pages import PROJECT, section
from tests.docs.test_first_day import read
from tests.factories import StoreFactory, UserFactory

PAGE = PROJECT / "docs" / "integrators.md"
OF_CARLA = re.compile(r'("user_id": |"operator": ")3\b')
"""The id that Carla has in the demonstration world."""


def commands() -> list[tuple[list[str], str]]:
    """Returns the words and the printed answer of each command, in their order."""
    told = section(PAGE.read_text(), "Five requests")
    found = re.findall(r"```sh\n(curl .*?)\n```\n\n```json\n(.*?)\n```", told, flags=re.DOTALL)
    return [(shlex.split(line), answer) for line, answer in found]


def sent(client: Client, words: list[str], *, secret: str, carla: int) -> HttpResponse:
    """Sends a command as curl does, with the key and the ids of this world."""
    (path,) = [word.replace("$API", "/api/v1") for word in words if word.startswith("$API/")]
    lines = [words[at + 1] for at, word in enumerate(words) if word == "-H"]
    headers = {name: value.replace("$KEY", secret) for name, value in (line.split(": ", 1) for line in lines)}
    if "--json" not in words:
        return client.get(path, headers=headers)
    body = OF_CARLA.sub(lambda found: f"{found[1]}{carla}", words[words.index("--json") + 1])
    return client.post(path, body, content_type="application/json", headers=headers)


def test_five_requests_lead_from_a_key_to_a_closed_drawer(db: None) -> None:
    store = StoreFactory(number="1337", name="Berlin Mitte", registers=3)
    carla = UserFactory(
        store=store, username="carla", name="Carla Brandt", email="carla@demo.example", password=PASSWORD
    )
    _key, secret = issue_api_key(name="demo", scopes=list(Scope), by=SYSTEM, at=NOON, account=store.account)
    client, statuses = Client(), []
    told = commands()

    for words, answer in told:
        response = sent(client, words, secret=secret, carla=carla.pk)
        statuses.append(response.status_code)
        shown: Any = str(response.status_code) if "-w" in words else response.content.decode()
        assert read(shown) == read(answer), words

    assert statuses == [200, 200, 201, 200, 200]


def test_the_key_is_that_of_the_demonstration() -> None:
    (key,) = re.findall(r"^KEY=(\w+)$", PAGE.read_text(), flags=re.MULTILINE)
    sources = (PROJECT / "cashdesk" / "management").rglob("*.py")
    assert key.removeprefix("ck_demo_full_") in "".join(source.read_text() for source in sources)


def test_every_path_that_the_page_names_exists() -> None:
    for path in re.findall(r"`(?:GET|POST) (/[\w/-]+)`", PAGE.read_text()):
        for method in ("GET", "POST"):
            assert Client().generic(method, f"/api/v1{path}").status_code in (400, 401, 405), path
