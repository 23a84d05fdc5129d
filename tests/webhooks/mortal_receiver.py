"""A receiver in a process of its own, to be killed. It writes down each request before it answers.

Usage: `python -m tests.webhooks.mortal_receiver PORT FILE`.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Appends the path, the station and the id of each event to the file, as one line."""

    notes: int

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        line = f"{self.path} {message['station']} {message['id']}\n"
        os.write(self.notes, line.encode())  # one write, so that no line is half there
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Writes nothing."""


if __name__ == "__main__":
    Handler.notes = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
