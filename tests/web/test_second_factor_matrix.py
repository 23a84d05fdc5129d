"""A session that waits for a code gets the same answer as a visitor, from every path of the installation."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver

from cashdesk.models import User
from tests.factories import PASSWORD
from tests.second_factor import adds_app
from tests.stories import Cast
from tests.web.test_permissions import SAMPLES

OF_THE_STEPS = {"sign-in", "sign-in/code", "sign-in/second-factor", "admin/login/", "sign-out"}
SAME_FOR_ALL = {"api/v1/schema"}  # large, and public
VARYING = re.compile(
    r'name="csrfmiddlewaretoken" value="[^"]*"|[Rr]equest id is [\w-]+|"request_id":"[^"]*"|<code>[0-9a-f-]{36}</code>'
)


def paths(patterns: Any = None, prefix: str = "") -> Iterator[str]:
    """Yields every path of the installation, with samples for its parameters."""
    for pattern in get_resolver("config.urls").url_patterns if patterns is None else patterns:
        text = str(pattern.pattern).removeprefix("^").removesuffix(r"\Z").removesuffix("$")
        path = prefix + re.sub(r"<(?:(\w+):)?\w+>", lambda found: SAMPLES[found[1] or "str"], text)
        if isinstance(pattern, URLResolver):
            yield from paths(pattern.url_patterns, path)
        elif "(?" not in path:
            yield path


PATHS = sorted(set(paths()) - OF_THE_STEPS - SAME_FOR_ALL)


def waiting(user: User) -> Client:
    """A browser whose person entered the password and no code."""
    client = Client()
    assert client.post("/sign-in", {"name": user.username, "password": PASSWORD}).status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)
    return client


def answer_of(client: Client, method: str, path: str) -> tuple[Any, ...]:
    body = {"content_type": "application/json"} if path.startswith("api/") else {}
    sent = client.get(f"/{path}") if method == "GET" else client.post(f"/{path}", {}, **body)
    return sent.status_code, sent.headers.get("Location", ""), VARYING.sub("", sent.content.decode())


def test_the_walk_finds_pages_admin_and_apis() -> None:
    assert {"desk", "vault", "password", "account/second-factor/new", "admin/", "api/v1/payments"} <= set(PATHS)
    assert len(PATHS) > 250


_to_visitors: dict[tuple[str, str], tuple[Any, ...]] = {}


def answer_to_a_visitor(method: str, path: str) -> tuple[Any, ...]:
    if (method, path) not in _to_visitors:
        _to_visitors[method, path] = answer_of(Client(), method, path)
    return _to_visitors[method, path]


@pytest.mark.parametrize(
    # The same paths for everybody would take half a minute.
    ("name", "required", "every"),
    [("erika", "off", 1), ("anna", "managers", 8), ("root", "off", 8)],
)
def test_until_the_code_nothing_answers(cast: Cast, settings: Any, name: str, required: str, every: int) -> None:
    User.objects.create_superuser("root", "root@example.com", "Root", PASSWORD)
    user = User.objects.get(username=name)
    if required == "off":
        adds_app(user)
    settings.SECOND_FACTOR_REQUIRED = required
    client = waiting(user)
    different = [
        (method, path)
        for path in PATHS[::every]
        for method in ("GET", "POST")
        if answer_of(client, method, path) != answer_to_a_visitor(method, path)
    ]
    assert different == []
