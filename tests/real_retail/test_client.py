"""Tests the client against a server on a real socket that loses connections and refuses requests."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.real_retail.client import TRIES, Client, WrongAnswer


class Till(ThreadingHTTPServer):
    """A server that loses the first ``losing`` requests without an answer, answers the others, and keeps all requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.losing = 0
        self.status = 200
        self.seen: list[tuple[str | None, bytes]] = []


class Answering(BaseHTTPRequestHandler):
    server: Till
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.headers["Idempotency-Key"], body))
        if len(self.server.seen) <= self.server.losing:
            self.close_connection = True
            return
        answer = b'{"difference": -0.10}'
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Logs nothing."""


@pytest.fixture
def till() -> Iterator[Till]:
    with Till() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def client(till: Till) -> Iterator[Client]:
    with closing(Client(port=till.server_address[1], token="secret")) as speaking:
        yield speaking


def test_money_goes_out_and_comes_back_exactly(till: Till, client: Client) -> None:
    answer = client.post("/cash/open", {"start_amount": Decimal("150.10")}, key="open-1")

    assert till.seen == [("open-1", b'{"start_amount": 150.10}')]
    assert answer.body == {"difference": Decimal("-0.10")}


def test_a_lost_connection_is_tried_again_with_the_same_key(till: Till, client: Client) -> None:
    till.losing = TRIES - 1

    answer = client.post("/cash/close", {"final_cash_declared": 1}, key="close-1")

    assert answer.status == 200
    assert [key for key, _ in till.seen] == ["close-1"] * TRIES
    assert client.requests == TRIES


def test_a_server_that_is_gone_is_not_tried_for_ever(till: Till, client: Client) -> None:
    till.losing = TRIES

    with pytest.raises(ConnectionError):
        client.post("/cash/close", {}, key="close-1")

    assert len(till.seen) == TRIES


def test_a_refusal_is_told_with_its_request(till: Till, client: Client) -> None:
    till.status = 409

    with pytest.raises(WrongAnswer) as refused:
        client.post("/cash/open", {"start_amount": 1}, key="open-1")

    assert all(told in str(refused.value) for told in ("/cash/open", "open-1", "409", json.dumps({"start_amount": 1})))
    assert "secret" not in str(refused.value)
