"""A server that receives requests: it keeps each one, and answers as the test says."""

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

CERTIFICATE: Final = Path(__file__).parent / "hooks_example.pem"


@dataclass(frozen=True, kw_only=True)
class Received:
    """A request as it arrived. Header names are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Reply:
    """The answer of the receiver. `raw` replaces the whole answer, if the receiver is to send something odd."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: Callable[[Any], None] | None = None


@dataclass(kw_only=True)
class Receiver:
    """A running receiver. Each request gets the next of `replies`. When they are used up, every request gets `otherwise`."""

    port: int
    received: list[Received] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    otherwise: Reply = field(default_factory=Reply)
    ended: threading.Event = field(default_factory=threading.Event)
    """Set at the end of the test, so that a reply that keeps a client waiting ends too."""

    @property
    def url(self) -> str:
        """The address over http."""
        return f"http://127.0.0.1:{self.port}/hooks"


@contextmanager
def receiving(*, secured: bool = False) -> Iterator[Receiver]:
    """Starts a receiver on a free port, with TLS if `secured`, and stops it at the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    if secured:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver = Receiver(port=server.server_address[1])
    server.receiver = receiver  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        headers = {name.lower(): text for name, text in self.headers.items()}
        receiver.received.append(Received(path=self.path, headers=headers, body=body))
        reply = receiver.replies.pop(0) if receiver.replies else receiver.otherwise
        self.close_connection = True
        if reply.raw is not None:
            reply.raw(self)
            return
        self.send_response(reply.status)
        for name, text in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *args: Any) -> None:
        """Writes nothing."""
