"""A receiver in a process of its own, to be killed. It writes down each request before it answers.

Usage: `python -m tests.webhooks.mortal_receiver PORT FILE`.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Handler(BaseHTTPRequestHandler):
    """Appends the path, the station and the id of each event to the file, as one line."""

    notes: int

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if not body or len(body) < length:
            raise ConnectionAbortedError
        message = json.loads(body)
        line = f"{self.path} {message['station']} {message['id']}\n"
        os.write(self.notes, line.encode())  # one write, so that no line is half there
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Writes nothing."""


class Server(ThreadingHTTPServer):
    """Says nothing of a worker that was killed while it sent: nobody waits for the answer."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    Handler.notes = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
