"""Outgoing requests: which addresses are refused, and that names, redirects and slow answers cannot avoid the rules."""

import socket
import time
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

import pytest

from cashdesk.web import outgoing_http, public_addresses
from cashdesk.web.outgoing_http import NotAnswered, Rules, Unsendable, checked_url, reachable_addresses, send
from tests.webhooks.receiver import CERTIFICATE, Receiver, Reply, receiving

TO_A_TEST = Rules(allows_http=True, allows_private=True)
IN_A_HURRY = Rules(
    allows_http=True,
    allows_private=True,
    connect_within=timedelta(milliseconds=500),
    answer_within=timedelta(milliseconds=300),
    whole_within=timedelta(milliseconds=600),
)


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The addresses of names. A lookup of any other name fails."""
    names: dict[str, list[str]] = {}

    def look_up(host: str, port: int) -> list[Any]:
        if host not in names:
            raise OSError("unknown")
        return [ip_address(text) for text in names[host]]

    monkeypatch.setattr(outgoing_http, "addresses_of", look_up)
    return names


def sent(url: str, rules: Rules = TO_A_TEST) -> outgoing_http.Answer:
    """Sends a request of the tests."""
    return send("POST", url, body=b"{}", headers={"Content-Type": "application/json"}, rules=rules)


def code_of(url: str, rules: Rules = TO_A_TEST) -> str:
    """Returns the code of the error that a request ends with."""
    with pytest.raises(NotAnswered) as refused:
        sent(url, rules)
    return refused.value.code


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.0.1",
        "168.63.129.16", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1",
        "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:5ef5:79fb::1", "2001:10::1", "2001:db8::1",
        "2002:7f00:1::", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused(resolved: dict[str, list[str]], address: str) -> None:
    resolved["hooks.example"] = [address]
    assert code_of("https://hooks.example/", Rules()) == "refused_address"


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)  # fmt: skip
def test_a_public_address_is_allowed(resolved: dict[str, list[str]], address: str) -> None:
    resolved["hooks.example"] = [address]
    found = reachable_addresses(checked_url("https://hooks.example", rules=Rules()), rules=Rules())
    assert found == [ip_address(address)]


def test_one_private_address_among_many_refuses_the_name(resolved: dict[str, list[str]]) -> None:
    resolved["hooks.example"] = ["8.8.8.8", "2606:4700::1111", "8.8.4.4", "1.1.1.1", "10.0.0.7"]
    with pytest.raises(NotAnswered) as refused:
        sent("https://hooks.example/", Rules())
    assert "10.0.0.7" not in str(refused.value)


@pytest.mark.parametrize("host", ["localhost", "0x7f.1", "2130706433", "127.1", "017700000001"])
def test_every_spelling_of_this_machine_is_refused(host: str) -> None:
    assert code_of(f"https://{host}/", Rules()) == "refused_address"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://hooks.example/", "https"),
        ("ftp://hooks.example/", "complete URL"),
        ("file:///etc/passwd", "complete URL"),
        ("gopher://hooks.example/", "complete URL"),
        ("//hooks.example/", "complete URL"),
        ("hooks.example", "complete URL"),
        ("https://", "complete URL"),
        ("https:///path", "complete URL"),
        ("https://hooks.example:0/", "complete URL"),
        ("https://hooks.example:66000/", "complete URL"),
        ("https://hooks.example:x/", "complete URL"),
        ("https://[::1", "complete URL"),
        ("https://user@hooks.example/", "user name"),
        ("https://user:pass@hooks.example/", "user name"),
        ("https://@hooks.example/", "user name"),
        ("https://127.0.0.1/", "public address"),
        ("https://[::1]/", "public address"),
        ("https://[::ffff:127.0.0.1]:8443/", "public address"),
        ("https://169.254.169.254/latest/meta-data", "public address"),
        ("https://hooks.example/#part", "after #"),
        ("https://hooks.example/#", "after #"),
        ("https://hooks.example/a b", "ASCII"),
        ("https://hooks.example/\r\nHost: other", "ASCII"),
        ("https://hooks.example\\@127.0.0.1/", "ASCII"),
        ("https://hööks.example/", "ASCII"),
        ("https://hooks.example/" + "x" * 500, "500 characters"),
    ],
)
def test_a_url_that_may_not_be_called_is_refused_with_the_reason(url: str, words: str) -> None:
    with pytest.raises(Unsendable, match=words):
        sent(url, Rules())


def test_a_name_is_resolved_once_and_called_at_the_checked_address(
    receiver: Receiver, resolved: dict[str, list[str]]
) -> None:
    lookups = []
    resolved["hooks.example"] = ["127.0.0.1"]
    look_up = socket.getaddrinfo

    def note(host: Any, *rest: Any, **more: Any) -> Any:
        lookups.append(host)
        return look_up(host, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", note)
        answer = sent(f"http://hooks.example:{receiver.port}/in?a=1&b=%20")
    assert answer.status == 204
    (request,) = receiver.received
    assert request.path == "/in?a=1&b=%20"
    assert request.headers["host"] == f"hooks.example:{receiver.port}"
    assert set(lookups) == {"127.0.0.1"}, "the name itself is not looked up again"


def test_the_next_address_is_tried_if_the_first_refuses(receiver: Receiver, resolved: dict[str, list[str]]) -> None:
    resolved["hooks.example"] = ["127.0.0.2", "127.0.0.1"]
    assert sent(f"http://hooks.example:{receiver.port}/").status == 204


def test_a_lookup_reports_each_address_once() -> None:
    assert public_addresses.addresses_of("127.0.0.1", 443) == [ip_address("127.0.0.1")]


def test_a_redirect_is_an_answer_and_is_not_followed(receiver: Receiver) -> None:
    receiver.replies = [Reply(status=307, headers={"Location": f"{receiver.url}/elsewhere"})]
    assert sent(receiver.url).status == 307
    assert len(receiver.received) == 1


def test_a_proxy_of_the_environment_is_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert sent(receiver.url).status == 204


def test_only_the_beginning_of_a_long_answer_is_read(receiver: Receiver) -> None:
    receiver.replies = [Reply(status=200, body=b"x" * 3_000_000)]
    assert len(sent(receiver.url).body) == outgoing_http.ANSWER_BYTES


def test_a_status_counts_even_if_the_body_breaks_off(receiver: Receiver) -> None:
    receiver.replies = [Reply(status=200, headers={"Content-Length": "100"}, body=b"half")]
    answer = sent(receiver.url)
    assert (answer.status, answer.body) == (200, b"half")


def drip(handler: Any) -> None:
    """Sends one header character at a time, faster than any time limit between two of them."""
    receiver: Receiver = handler.server.receiver
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not receiver.ended.wait(0.05):
            handler.wfile.write(b"x")
    except OSError:
        return


def stay_silent(handler: Any) -> None:
    """Answers nothing until the test ends."""
    handler.server.receiver.ended.wait(10)


def talk_nonsense(handler: Any) -> None:
    """Answers in no protocol."""
    handler.wfile.write(b"220 mail.example ESMTP\r\n")


@pytest.mark.parametrize(
    ("reply", "code"), [(drip, "timeout"), (stay_silent, "timeout"), (talk_nonsense, "broken_answer")]
)
def test_a_server_that_does_not_answer_is_given_up_in_time(receiver: Receiver, reply: Any, code: str) -> None:
    receiver.replies = [Reply(raw=reply)]
    begun = time.monotonic()
    assert code_of(receiver.url, IN_A_HURRY) == code
    assert time.monotonic() - begun < 3


def test_a_port_without_a_server_is_not_connected() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert code_of(f"http://127.0.0.1:{port}/") == "not_connected"


def test_an_unknown_name_is_no_such_host(resolved: dict[str, list[str]]) -> None:
    assert code_of("https://nowhere.example/") == "no_such_host"
    assert code_of(f"https://{'x' * 64}.example/") == "no_such_host"


def test_tls_asks_for_a_certificate_of_the_name_in_the_url(
    resolved: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved |= {"hooks.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]}
    with receiving(secured=True) as receiver:
        assert code_of(f"https://hooks.example:{receiver.port}/") == "tls", "nobody trusts this certificate"
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        outgoing_http._tls.cache_clear()
        try:
            assert sent(f"https://hooks.example:{receiver.port}/").status == 204
            assert code_of(f"https://other.example:{receiver.port}/") == "tls"
        finally:
            outgoing_http._tls.cache_clear()
    with receiving() as receiver:
        assert code_of(f"https://hooks.example:{receiver.port}/", IN_A_HURRY) in ("tls", "timeout")
