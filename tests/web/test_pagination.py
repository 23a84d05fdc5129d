"""Pages by cursor: each row appears once, in order, even while new rows arrive."""

import base64
import json
import re
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from cashdesk.models import CashSession
from cashdesk.web import pagination
from cashdesk.web.dialects import array_in_pieces
from tests.api.steps import closed, days, opened
from tests.cashdesk.desk import close_drawer, open_drawer
from tests.module_world import ModuleWorld
from tests.stories import Cast, caller, counted_queries, exact, make_cast


def next_path(answer: HttpResponse) -> str | None:
    """Returns the path of the Link header, below /api/v1."""
    if "Link" not in answer.headers:
        return None
    match = re.fullmatch(r'<http://testserver/api/v1(\S+)>; rel="next"', answer.headers["Link"])
    assert match is not None, answer.headers["Link"]
    return match[1]


@pytest.fixture(scope="module")
def _history(module_world: ModuleWorld) -> Cast:
    return module_world.make(traded)


@pytest.fixture
def cast(db: None, _history: Cast) -> Cast:
    """The cast after 101 closed sessions in the shop: 76 of Erika, then 25 of Carla."""
    return deepcopy(_history)


def traded() -> Cast:
    """Creates the cast and its sessions."""
    cast = make_cast()
    for user, number in ((cast.erika, 76), (cast.carla, 25)):
        for _ in range(number):
            close_drawer(open_drawer(user, 10_00, at=timezone.now()), 10_00, at=timezone.now())
    return cast


def of_carla(cast: Cast) -> list[int]:
    """Returns the ids of Carla's sessions, newest first."""
    return list(CashSession.objects.filter(user=cast.carla).order_by("-pk").values_list("pk", flat=True))


@pytest.mark.parametrize("limit", [1, 7, 24, 25, 26])
def test_a_walk_gives_each_once_newest_first(cast: Cast, limit: int) -> None:
    carla = caller(cast.carla)
    wanted = of_carla(cast)
    assert len(wanted) == 25
    seen: list[int] = []
    pages = 0
    path: str | None = f"/cash/sessions?limit={limit}"
    while path is not None:
        answer = carla.get(path)
        seen += [row["id"] for row in exact(answer)]
        path = next_path(answer)
        pages += 1
    assert seen == wanted
    assert pages == -(-25 // limit)


def test_new_ones_that_arrive_during_the_walk_move_nothing(cast: Cast) -> None:
    carla = caller(cast.carla)
    wanted = of_carla(cast)
    seen: list[int] = []
    path: str | None = "/cash/sessions?limit=4"
    while path is not None:
        answer = carla.get(path)
        seen += [row["id"] for row in exact(answer)]
        path = next_path(answer)
        days(carla, 1)
    assert seen == wanted
    assert len(exact(carla.get("/cash/sessions"))) == 25 + 7


def test_a_page_of_a_hundred_links_on(cast: Cast) -> None:
    erika = caller(cast.erika)
    answer = erika.get("/cash/sessions?limit=100")
    assert len(exact(answer)) == 100
    path = next_path(answer)
    assert path is not None
    rest = erika.get(path)
    assert len(exact(rest)) == 1
    assert "Link" not in rest.headers
    assert "Link" not in erika.get("/cash/sessions?limit=101").headers
    assert "Link" not in erika.get("/cash/sessions?limit=1000").headers


def test_sessions_of_the_same_instant_are_told_apart(cast: Cast) -> None:
    carla = caller(cast.carla)
    for person in (cast.carla, cast.bruno, cast.erika):
        opened(caller(person))
    erika = caller(cast.erika)
    first = CashSession.objects.filter(status="OPEN").earliest("pk")
    # No two sessions can be made to begin at one instant here, so the cursor is made to stand beside one.
    at = first.opened_at.isoformat()
    cursor = base64.urlsafe_b64encode(f"{at}|{first.pk + 1}".encode()).decode().rstrip("=")
    assert [row["id"] for row in exact(erika.get(f"/cash/sessions?status=OPEN&cursor={cursor}"))] == [first.pk]
    cursor = base64.urlsafe_b64encode(f"{at}|{first.pk}".encode()).decode().rstrip("=")
    assert exact(erika.get(f"/cash/sessions?status=OPEN&cursor={cursor}")) == []
    assert closed(carla)["id"] == first.pk


def test_the_link_keeps_the_filters_and_the_trailing_slash_is_no_matter(cast: Cast) -> None:
    carla = caller(cast.carla)
    path = next_path(carla.get("/cash/sessions/?status=CLOSED&limit=1&store=1337"))
    assert path is not None
    assert path.startswith("/cash/sessions?")
    assert {"status=CLOSED", "limit=1", "store=1337"} < set(path.split("?")[1].split("&"))


def test_a_cursor_of_somebody_else_opens_nothing(cast: Cast) -> None:
    path = next_path(caller(cast.carla).get("/cash/sessions?limit=1"))
    assert path is not None
    assert exact(caller(cast.otto).get(path)) == []
    assert exact(caller(cast.bruno).get(path)) == []


@pytest.mark.parametrize(
    "inner",
    ["", "x", "|", "2026-01-01|1", "2026-01-01T00:00:00|1", "2026-01-01T00:00:00+00:00|x", "2026-01-01T00:00:00+00:00|0", "2026-01-01T00:00:00+00:00|-1",
     f"2026-01-01T00:00:00+00:00|{2**63}", "2026-01-01T00:00:00+00:00|1|2", "0001-01-01T00:00:00+14:00|1", "9999-12-31T23:59:59-14:00|1", "\x00", "now|1",
     "2026-01-01T00:00:00+00:00|" + "9" * 5000],
)  # fmt: skip
def test_a_forged_cursor_is_400_by_name(cast: Cast, inner: str) -> None:
    cursor = base64.urlsafe_b64encode(inner.encode()).decode().rstrip("=")
    refused = caller(cast.carla).get(f"/cash/sessions?cursor={cursor}")
    assert refused.status_code == 400
    assert "cursor" in exact(refused)["detail"]


@pytest.mark.parametrize("depth", [1, 20])
def test_a_page_costs_the_same_at_any_depth(cast: Cast, depth: int) -> None:
    carla = caller(cast.carla)
    path: str | None = "/cash/sessions?limit=1"
    for _ in range(depth):
        assert path is not None
        path = next_path(carla.get(path))
    assert path is not None
    with counted_queries() as queries:
        assert len(exact(carla.get(path))) == 1
    assert len(queries) == 2


# --- the complete history --------------------------------------------------------------------------------------------------


def rows_of(answer: HttpResponse) -> list[Any]:
    """Returns the rows of an answer, also of one that is sent in pieces."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return list(json.loads(content, parse_float=Decimal))


def in_chunks(monkeypatch: pytest.MonkeyPatch, chunk: int, most: int = 10_000) -> None:
    """Sets how many rows a chunk and an answer have."""
    monkeypatch.setattr(pagination, "CHUNK_ROWS", chunk)
    monkeypatch.setattr(pagination, "HISTORY_MAX", most)


def test_without_a_limit_the_history_is_complete(cast: Cast) -> None:
    answer = caller(cast.erika).get("/cash/sessions")
    assert not answer.streaming
    assert len(exact(answer)) == 101
    assert "Link" not in answer.headers


@pytest.mark.parametrize("chunk", [1, 10, 24, 25, 26])
def test_in_chunks_the_history_is_the_same(cast: Cast, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    carla = caller(cast.carla)
    whole = carla.get("/cash/sessions")
    in_chunks(monkeypatch, chunk)
    answer = carla.get("/cash/sessions")
    assert answer.streaming == (chunk < 25)
    assert rows_of(answer) == exact(whole)
    assert "Link" not in answer.headers
    for name in ("Content-Type", "Cache-Control", "Vary"):
        assert answer.headers[name] == whole.headers[name]


@pytest.mark.parametrize("most", [10, 24, 25, 26])
@pytest.mark.parametrize("chunk", [5, 7])
def test_beyond_the_most_rows_the_history_links_on(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, chunk: int, most: int
) -> None:
    in_chunks(monkeypatch, chunk, most)
    carla = caller(cast.carla)
    sizes, seen, path = [], [], "/cash/sessions?status=CLOSED"
    while path:
        answer = carla.get(path)
        rows = rows_of(answer)
        sizes.append(len(rows))
        seen += [row["id"] for row in rows]
        path = next_path(answer) or ""
        days(carla, 1)
    assert seen == of_carla(cast)[-25:]
    assert sizes == [most] * (25 // most) + [25 % most] * (25 % most > 0)


def test_each_chunk_costs_one_statement(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    carla = caller(cast.carla)
    carla.get("/cash/sessions")  # notes the token's last use
    cost = {}
    for chunk in (25, 13, 9):
        in_chunks(monkeypatch, chunk)
        with counted_queries() as queries:
            assert len(rows_of(carla.get("/cash/sessions"))) == 25
        cost[chunk] = len(queries)
    # The token and the first chunk; then the end of the answer and the other chunks.
    assert cost == {25: 2, 13: 4, 9: 5}


def test_the_header_of_a_history_in_chunks_reads_one_chunk(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    in_chunks(monkeypatch, 5, 10)
    carla = caller(cast.carla)
    carla.get("/cash/status")  # notes the use of the token
    with counted_queries() as queries:
        answer = carla.send("HEAD", "/cash/sessions")
        assert (answer.status_code, b"".join(answer.streaming_content)) == (200, b"")
    assert len(queries) == 3  # the token, the chunk and the end of the answer
    assert next_path(answer) is not None


@pytest.mark.parametrize("chunk", [5, 24, 25])
def test_the_header_of_a_history_has_the_headers_of_its_get(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    """With several chunks there is no Content-Length, because the total length is unknown until all of them are read."""
    in_chunks(monkeypatch, chunk)
    carla = caller(cast.carla)
    asked, got = carla.send("HEAD", "/cash/sessions"), carla.get("/cash/sessions")
    assert ("Content-Length" in asked.headers) == (chunk == 25)
    for name in ("Content-Length", "Content-Type", "Cache-Control", "Vary", "Link"):
        assert asked.headers.get(name) == got.headers.get(name)


@pytest.mark.parametrize("chunks", [[], [[]], [[1]], [[1, 2], [3]], [[], [1], [], [2]]])
def test_an_array_in_pieces_is_the_array(chunks: list[list[int]]) -> None:
    pieces = list(array_in_pieces(chunks))
    assert json.loads(b"".join(pieces)) == [number for chunk in chunks for number in chunk]
    with pytest.raises(json.JSONDecodeError):
        json.loads(b"".join(pieces[:-1]))
