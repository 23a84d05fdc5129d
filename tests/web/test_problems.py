"""The pages of the error codes: each code that can be answered has one, for people and for programs."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from rest_framework.exceptions import APIException

from cashdesk.errors import DomainError
from cashdesk.web.errors import STATUS_OF
from cashdesk.web.problems import Problem, problems
from tests.docs.pages import PROJECT
from tests.stories import Cast, caller, exact
from tests.test_architecture import APPS, python_files

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ANSWERED_OTHERWISE = {"authentication_failed", "not_authenticated", "throttled"}
"""Codes of the framework that `web.errors` replaces, or that nothing raises."""


def below(kind: type[Any]) -> Iterator[type[Any]]:
    """Yields a class and all its subclasses, except those of tests."""
    if not kind.__module__.startswith("tests."):
        yield kind
    for one in kind.__subclasses__():
        yield from below(one)


ERRORS = list(below(DomainError))
NAMES_OF_ERRORS = {kind.__name__ for kind in ERRORS} | {"Fault"}


def status_of(kind: type[DomainError]) -> int:
    """Returns the status of a class of errors."""
    return next(status for base, status in STATUS_OF if issubclass(kind, base))


def literal_codes(path: Path) -> Iterator[tuple[str, str]]:
    """Yields (error class, code) of each call of an error class that names a code, and of `code, message = ...`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            for keyword in node.keywords:
                if keyword.arg == "code" and name in NAMES_OF_ERRORS and isinstance(keyword.value, ast.Constant):
                    yield name, keyword.value.value
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            names = [getattr(target, "id", "") for target in node.targets[0].elts]
            if "code" in names and isinstance(node.value, ast.Tuple):
                code = node.value.elts[names.index("code")]
                if isinstance(code, ast.Constant):
                    yield "Fault", code.value


CODES_IN_SOURCE = sorted({found for path in python_files(*APPS) for found in literal_codes(path)})


def test_the_walk_finds_the_codes() -> None:
    assert {
        ("Conflict", "payment_differs"),
        ("Fault", "busy"),
        ("Fault", "read_only"),
        ("NotFound", "nothing_runs"),
    } <= set(CODES_IN_SOURCE)
    assert len(ERRORS) > 12


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_each_error_of_the_domain_has_words(kind: type[DomainError]) -> None:
    assert kind.code in problems(), f"explain {kind.code} in a tuple of problems (Contributions.problems)"
    assert status_of(kind) in problems()[kind.code].statuses


@pytest.mark.parametrize(("name", "code"), CODES_IN_SOURCE, ids=lambda text: text)
def test_each_code_in_the_source_has_words(name: str, code: str) -> None:
    assert code in problems(), f"explain {code} in a tuple of problems (Contributions.problems)"
    for kind in ERRORS:
        if kind.__name__ == name:
            assert status_of(kind) in problems()[code].statuses


@pytest.mark.parametrize("kind", list(below(APIException)), ids=lambda kind: kind.__name__)
def test_each_error_of_the_framework_has_words(kind: type[APIException]) -> None:
    if kind.default_code not in ANSWERED_OTHERWISE:
        assert kind.default_code in problems()


def test_no_code_is_explained_that_nothing_answers() -> None:
    answered = {code for _name, code in CODES_IN_SOURCE} | {kind.code for kind in ERRORS}
    answered |= {str(kind.default_code) for kind in below(APIException)}
    assert sorted(set(problems()) - answered) == []


@pytest.mark.parametrize("problem", problems().values(), ids=lambda problem: problem.code)
def test_the_words_of_a_code_are_whole_sentences(problem: Problem) -> None:
    for text in (problem.means, problem.occurs, problem.remedy):
        assert text[0].isupper()
        assert text.endswith(".")
        assert 10 < len(text) < 260
    assert all(400 <= status < 600 for status in problem.statuses)
    assert problem.example.request.partition(" ")[2].startswith("/api/v1/")
    assert problem.example_body().get("code", problem.code) == problem.code


def test_the_type_of_a_problem_leads_to_its_page(cast: Cast) -> None:
    refused = exact(caller(cast.carla).get("/variances"))

    page = Client().get(refused["type"])

    assert refused["type"] == "/api/v1/problems/permission_denied"
    assert page.status_code == 200
    told = exact(page)
    assert (told["code"], told["title"], told["type"]) == (refused["code"], refused["title"], refused["type"])
    assert told["example"]["body"] | {"request_id": ""} == refused | {"request_id": ""}


def test_the_table_lists_every_code() -> None:
    told = exact(Client().get("/api/v1/problems"))["problems"]
    assert [problem["code"] for problem in told] == sorted(problems())
    assert all(set(problem) == {"type", "code", "title", "statuses", "means", "occurs", "remedy"} for problem in told)


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "application/problem+json", "text/csv"])
def test_a_program_gets_json(accept: str) -> None:
    for path in ("/api/v1/problems", "/api/v1/problems/busy", "/api/v1/problems/busy/"):
        answer = Client().get(path, headers={"accept": accept} if accept else {})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")


def test_a_browser_gets_a_page() -> None:
    table = Client().get("/api/v1/problems", headers={"accept": BROWSER})
    page = Client().get("/api/v1/problems/busy", headers={"accept": BROWSER, "accept-language": "de"})
    for answer in (table, page):
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "Accept" in answer.headers["Vary"]
        assert answer.headers["Content-Security-Policy"]
    assert 'href="/api/v1/problems/busy"' in table.content.decode()
    said = page.content.decode()
    assert '<html lang="en" dir="ltr">' in said
    assert "What to do" in said
    assert problems()["busy"].remedy in said
    assert "&quot;code&quot;: &quot;busy&quot;" in said


@pytest.mark.django_db
@pytest.mark.parametrize("credential", [{"authorization": "Bearer ended"}, {"x-api-key": "ended"}])
def test_no_sign_in_is_needed_and_a_wrong_one_does_no_harm(
    credential: dict[str, str], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        assert Client().get("/api/v1/problems/not_signed_in", headers=credential).status_code == 200


def test_an_unknown_code_is_404() -> None:
    for accept in ("application/json", BROWSER):
        answer = Client().get("/api/v1/problems/colour", headers={"accept": accept})
        assert (answer.status_code, exact(answer)["code"]) == (404, "not_found")


def test_caches_may_keep_the_words_but_no_refusal() -> None:
    assert Client().get("/api/v1/problems/busy").headers["Cache-Control"] == "public, max-age=3600"
    assert Client().get("/api/v1/problems/colour").headers["Cache-Control"] == "no-store"


def test_the_contracts_tell_where_the_codes_are() -> None:
    assert "`/api/v1/problems/<code>`" in (PROJECT / "docs" / "contracts.md").read_text()
