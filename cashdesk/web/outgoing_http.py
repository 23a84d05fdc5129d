"""Sends HTTP requests to addresses that other people chose. All outgoing requests of Cashdesk go through `send`.

The rules:

- The connection goes to the very address that was checked. So it does not help an attacker if the name resolves to
  another address a moment later.
- Redirects are not followed, and proxies from the environment are not used: both would lead to an unchecked address.
- Connecting, waiting and the whole request have time limits. Only the beginning of the answer is read.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.web.public_addresses import addresses_of, is_public

URL_LENGTH_MAX: Final = 500
ANSWER_BYTES: Final = 4096
"""How much of an answer is read, unless the caller asks for more."""
ADDRESSES_TRIED: Final = 3
PORTS: Final = {"http": 80, "https": 443}


class NotSent(Exception):
    """Base class of both failures. The text is English, for logs and programs; `told` is for pages."""

    def __init__(self, text: str, **facts: object) -> None:
        super().__init__(text % facts)
        self.text, self.facts = text, facts

    def told(self) -> str:
        """Returns the text in the language of the page."""
        return _(self.text) % self.facts


class Unsendable(NotSent):
    """The URL may not be called. The text says why, in a sentence for the person who entered the URL."""


class NotAnswered(NotSent):
    """There was no answer. `code` is stable: `refused_address`, `no_such_host`, `not_connected`, `tls`, `timeout`,
    `broken_answer`. The text is a sentence for people.
    """

    def __init__(self, code: str, text: str, **facts: object) -> None:
        super().__init__(text, **facts)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Limits of a request: the addresses that it may go to, and the time that it may take."""

    allows_http: bool = False
    allows_private: bool = False
    connect_within: timedelta = timedelta(seconds=5)
    answer_within: timedelta = timedelta(seconds=15)
    """The longest silence while waiting for the answer or for more of it."""
    whole_within: timedelta = timedelta(seconds=20)
    """The longest time from the connection to the end of the answer, even if the other side keeps sending."""
    answer_bytes: int = ANSWER_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer: its status, its headers by lower-case name, and the beginning of its body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def checked_url(url: str, *, rules: Rules) -> SplitResult:
    """Returns the parts of a URL. Raises Unsendable if its text shows that it may not be called.

    The text does not show the addresses behind a name: `send` checks them at each request.
    """
    if len(url) > URL_LENGTH_MAX:
        raise Unsendable(noop("Use at most %(limit)s characters."), limit=URL_LENGTH_MAX)
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise Unsendable(
            noop("Use only printable ASCII characters, without spaces and backslashes. Encode all others.")
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Unsendable(noop("Enter a complete URL, such as https://example.com/webhooks.")) from None
    if parts.scheme not in PORTS or not host or port == 0:
        raise Unsendable(noop("Enter a complete URL, such as https://example.com/webhooks."))
    if parts.scheme == "http" and not rules.allows_http:
        raise Unsendable(noop("Use https. Over http, everybody on the way can read the content."))
    if parts.username is not None or parts.password is not None:
        raise Unsendable(noop("Leave out the user name and password. The signature shows who sends the request."))
    if parts.fragment or url.endswith("#"):
        raise Unsendable(noop("Leave out the part after #. No server receives it."))
    if not rules.allows_private and _is_written_private(host):
        raise Unsendable(noop("Use a public address. This one belongs to a private network or to this machine."))
    return parts


def _is_written_private(host: str) -> bool:
    """Whether a host is written as an address that is not public. `send` also checks where names lead."""
    try:
        return not is_public(ip_address(host))
    except ValueError:
        return False


def reachable_addresses(parts: SplitResult, *, rules: Rules) -> list[IPv4Address | IPv6Address]:
    """Returns the addresses of a URL. Raises NotAnswered if it has no address, or an address that is not public."""
    host = parts.hostname or ""
    try:
        found = addresses_of(host, parts.port or PORTS[parts.scheme])
    except (OSError, UnicodeError, ValueError):
        raise NotAnswered("no_such_host", noop("The host name %(host)s is not known."), host=host) from None
    if not rules.allows_private and not all(is_public(address) for address in found):
        # The address itself stays out of the text: it would tell strangers how this network looks.
        raise NotAnswered("refused_address", noop("%(host)s is at an address that is not public."), host=host)
    return found[:ADDRESSES_TRIED]


def send(
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str],
    rules: Rules = Rules(),
) -> Answer:
    """Sends one request and returns the answer, whatever its status. Raises Unsendable, or NotAnswered."""
    parts = checked_url(url, rules=rules)
    until = time.monotonic() + rules.whole_within.total_seconds()
    line = _connected(parts, reachable_addresses(parts, rules=rules), until=until, rules=rules)
    with line, _cut_at(until, line):
        try:
            secured = _secured(line, parts) if parts.scheme == "https" else line
            with secured:
                secured.settimeout(rules.answer_within.total_seconds())
                with closing(_begun_answer(secured, method, parts, body, headers)) as answer:
                    if time.monotonic() >= until:
                        # The cut looks like the end of the headers, so they may be incomplete.
                        raise NotAnswered("timeout", noop("The server did not answer in time."))
                    return _whole(answer, size=rules.answer_bytes)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _in_words(error, is_late=time.monotonic() >= until) from None


def _connected(
    parts: SplitResult, addresses: list[IPv4Address | IPv6Address], *, until: float, rules: Rules
) -> socket.socket:
    """Connects to the first address that answers. Raises NotAnswered."""
    port = parts.port or PORTS[parts.scheme]
    failure = NotAnswered("not_connected", noop("The server cannot be reached."))
    for address in addresses:
        left = min(until - time.monotonic(), rules.connect_within.total_seconds())
        if left <= 0:
            break
        try:
            return socket.create_connection((str(address), port), timeout=left)
        except TimeoutError:
            failure = NotAnswered("timeout", noop("The server did not accept the connection in time."))
        except OSError:
            failure = NotAnswered("not_connected", noop("The server did not accept the connection."))
    raise failure


def _secured(line: socket.socket, parts: SplitResult) -> ssl.SSLSocket:
    """Starts TLS. The certificate must be valid for the name in the URL. Raises OSError."""
    return _tls().wrap_socket(line, server_hostname=parts.hostname)


@cache
def _tls() -> ssl.SSLContext:
    # Cached, because reading all certificates of the system takes some 20 ms.
    return ssl.create_default_context()


def _begun_answer(
    line: socket.socket, method: str, parts: SplitResult, body: bytes, headers: Mapping[str, str]
) -> http.client.HTTPResponse:
    """Sends the request, and returns the answer as soon as its headers have arrived."""
    connection = http.client.HTTPConnection(parts.netloc)
    connection.sock = line  # with a socket, it neither resolves the name again nor connects again
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request(method, target, body=body, headers={**headers, "Host": parts.netloc, "Connection": "close"})
    return connection.getresponse()


def _whole(answer: http.client.HTTPResponse, *, size: int) -> Answer:
    return Answer(
        status=answer.status,
        headers={name.lower(): text for name, text in answer.getheaders()},
        body=_beginning_of(answer, size),
    )


def _beginning_of(answer: http.client.HTTPResponse, size: int) -> bytes:
    """Returns up to `size` bytes of the body, or less if the connection breaks: the status was already received."""
    found = b""
    try:
        while len(found) < size and (more := answer.read1(size - len(found))):
            found += more
    except (OSError, http.client.HTTPException, ValueError):
        return found
    return found


@contextmanager
def _cut_at(until: float, line: socket.socket) -> Iterator[None]:
    """Ends the connection at `until`. Other time limits never end if the server sends a byte now and then."""
    # TLS takes over the file descriptor of `line`. A duplicate still ends the connection.
    handle = line.dup()
    timer = threading.Timer(max(until - time.monotonic(), 0), _shut, [handle])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        handle.close()


def _shut(handle: socket.socket) -> None:
    try:
        handle.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side has closed it already


def _in_words(error: Exception, *, is_late: bool) -> NotAnswered:
    if is_late or isinstance(error, TimeoutError):
        return NotAnswered("timeout", noop("The server did not answer in time."))
    if isinstance(error, ssl.SSLCertVerificationError):
        return NotAnswered(
            "tls", noop("The certificate of the server is not valid: %(reason)s."), reason=error.verify_message
        )
    if isinstance(error, ssl.SSLError):
        return NotAnswered("tls", noop("The server does not speak TLS 1.2 or newer."))
    return NotAnswered(
        "broken_answer", noop("The connection ended before there was an answer, or the answer is not HTTP.")
    )
