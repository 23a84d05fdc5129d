"""The description of the API that integrators read."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from cashdesk.contributions import contributions
from cashdesk.web.permissions import PUBLIC
from tests.contracts.examples import all_examples, file_of, view_of, written
from tests.described import Operation, description, operations, resolved, validator_of

every_operation = pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.name)


def successes(operation: Operation) -> dict[str, Any]:
    """Returns the answers of an operation that are no errors."""
    return {status: answer for status, answer in operation.described["responses"].items() if status < "300"}


def test_it_is_openapi_3_1_with_licence_server_and_introduction() -> None:
    document = description()
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["license"] == {"name": "MIT License", "identifier": "MIT"}
    assert document["servers"]
    assert all(
        f"## {heading}" in document["info"]["description"]
        for heading in ("Signing in", "Units", "Errors", "Idempotency", "Paging", "Limits", "Versions")
    )


def test_there_are_operations_to_look_at() -> None:
    assert len(operations()) > 50


@every_operation
def test_an_operation_has_a_summary_a_description_and_a_tag_with_a_text(operation: Operation) -> None:
    texts = {tag["name"]: tag["description"] for tag in description()["tags"]}
    assert 5 < len(operation.described["summary"]) <= 120
    assert not operation.described["summary"].endswith(".")
    assert operation.described["description"].strip()
    assert operation.described["tags"]
    assert all(texts[tag] for tag in operation.described["tags"])


@every_operation
def test_credentials_are_alternatives(operation: Operation) -> None:
    view = view_of(operation)
    ways = operation.described["security"]
    assert all(len(way) == 1 for way in ways)
    names = [name for way in ways for name in way]
    access = view.cls.access[view.actions[operation.method]]
    if access is PUBLIC:
        assert names == []
    elif access.scope is None:
        assert names == ["bearer", "cookie", "browserSession"]
    else:
        assert names == ["bearer", "apiKey", "cookie", "browserSession"]


@every_operation
def test_every_refusal_that_can_occur_is_described_in_the_dialect_of_the_path(operation: Operation) -> None:
    dialect = view_of(operation).cls.dialect
    refused = {status for status in operation.described["responses"] if status >= "400"}
    wanted = {"400", "503"}
    if operation.described["security"]:
        wanted |= {"401", "403"}
    if operation.method != "get":
        wanted |= {"403", "413"}
    if "requestBody" in operation.described:
        wanted |= {"415"}
    if "{" in operation.path:
        wanted |= {"404"}
    if any(one["name"] == "Idempotency-Key" for one in operation.described.get("parameters", ())):
        wanted |= {"409", "422"}
    assert wanted <= refused
    for status in refused:
        answer = resolved(operation.described["responses"][status])
        assert list(answer["content"]) == [dialect.media_type]
        assert len(answer["description"]) > 10


@every_operation
def test_answers_have_their_headers(operation: Operation) -> None:
    for status, described in operation.described["responses"].items():
        headers = resolved(described).get("headers", {})
        assert "X-Request-ID" in headers
        assert ("Retry-After" in headers) is (status in ("429", "503"))
        assert ("WWW-Authenticate" in headers) is (status == "401")
    names = {one["name"] for one in operation.described.get("parameters", ())}
    for answer in successes(operation).values():
        assert ("Link" in answer["headers"]) is not names.isdisjoint({"cursor", "after"})
        assert ("Idempotent-Replayed" in answer["headers"]) is ("Idempotency-Key" in names)


@every_operation
def test_an_operation_has_an_example_that_fits_its_schemas(operation: Operation) -> None:
    answers = [answer["content"] for answer in successes(operation).values() if "content" in answer]
    examples = [media for content in answers for media in content.values() if "example" in media]
    assert examples or not answers, f"{operation.name} has no example: write a conversation into tests/contracts/pages"
    if "requestBody" in operation.described:
        bodies = list(operation.described["requestBody"]["content"].values())
        assert all("example" in media for media in bodies)
        examples += bodies
    for media in examples:
        assert [error.message for error in validator_of(media["schema"]).iter_errors(media["example"])] == []
    for one in operation.described.get("parameters", ()):
        if "example" in one:
            assert [error.message for error in validator_of(one["schema"]).iter_errors(one["example"])] == []
        assert "example" in one or not (one["in"] == "path" and one["required"])


def test_examples_are_those_of_the_conversations() -> None:
    examples = all_examples()
    stale = [app for app, found in examples.items() if file_of(app).read_text(encoding="utf-8") != written(found)]
    assert stale == [], "run: python -m tests.contracts"


def test_every_object_is_closed() -> None:
    """An object lists all its fields, unless its schema says that it is a map."""
    schemas = description()["components"]["schemas"]
    open_ones = [
        name
        for name, schema in schemas.items()
        if schema.get("type") == "object" and schema.get("additionalProperties") is not False
    ]
    assert open_ones == ["NotificationRequest"]  # the gateway decides what it sends


def test_operation_ids_are_stable() -> None:
    """Generated clients name their functions after the operation ids. Add new ids, but never rename one."""
    kept = json.loads((Path(__file__).parent / "operation_ids.json").read_text())
    assert sorted(operation.described["operationId"] for operation in operations()) == kept


def test_every_app_with_an_api_has_texts_for_its_tags() -> None:
    assert {tag for one in contributions() for tag in one.api_tags} == {tag["name"] for tag in description()["tags"]}


@pytest.mark.django_db
@pytest.mark.parametrize(("accept", "starts"), [("application/json", b"{"), ("application/yaml", b"openapi: 3.1")])
def test_it_is_published_as_json_and_yaml(accept: str, starts: bytes) -> None:
    answer = Client().get("/api/v1/schema", headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.content.startswith(starts)


@pytest.mark.django_db
def test_a_process_builds_the_published_description_once(monkeypatch: pytest.MonkeyPatch) -> None:
    Client().get("/api/v1/schema", headers={"Accept": "application/json"})
    monkeypatch.setattr(SchemaGenerator, "get_schema", None)
    answer = Client().get("/api/v1/schema", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("application/json")
