"""A gunicorn worker with an extra thread that only answers `/livez`.

If the database hangs, all other threads may wait for it. A `/livez` request in their queue would get no answer. A
supervisor would then restart the process without need.
"""

import selectors
import socket
import threading
import time
from concurrent import futures
from functools import partial
from typing import Any, Final

from django.utils.module_loading import import_string
from gunicorn.workers.gthread import DEFAULT_WORKER_DATA_TIMEOUT, ThreadWorker

LOG_SETUP_LINK: Final = "cashdesk.web.setup_address.log_setup_link_in_thread"
"""Imported by name, because gunicorn imports this module before Django is set up."""

HEALTH_CHECKS: Final = tuple(f"{method} /livez{end}".encode() for method in ("GET", "HEAD") for end in " ?")


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """The worker for `gunicorn --worker-class config.worker.Worker`. It accepts every setting of the gthread worker."""

    def init_process(self) -> None:
        """Creates the extra thread."""
        self._health_thread = futures.ThreadPoolExecutor(max_workers=1)
        super().init_process()

    def load_wsgi(self) -> None:
        """Loads the application. Then logs the setup link of an empty installation, in a thread: a database may hang."""
        super().load_wsgi()
        threading.Thread(target=import_string(LOG_SETUP_LINK), daemon=True).start()

    def enqueue_req(self, conn: Any) -> None:
        """Passes a connection to the extra thread if its request is for `/livez`, else to one of the other threads.

        If no data has arrived yet, it waits for data first.
        """
        begins = b"" if self.cfg.is_ssl else _beginning_of(conn.sock)
        if begins is None:
            self._await_data(conn)
        elif begins.startswith(HEALTH_CHECKS):
            answered = self._health_thread.submit(self.handle, conn)
            answered.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))
        else:
            super().enqueue_req(conn)

    def _await_data(self, conn: Any) -> None:
        """Waits for data on the connection without blocking a thread, as gthread does for its own pending connections."""
        conn.sock.setblocking(False)  # noqa: FBT003 (Python's signature)
        conn.timeout = time.monotonic() + DEFAULT_WORKER_DATA_TIMEOUT + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))


def _beginning_of(connected: socket.socket) -> bytes | None:
    """Returns the first bytes from the client without consuming them, or None if nothing has arrived yet."""
    try:
        return connected.recv(16, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    except OSError:
        return b""  # the thread that handles the connection will get the same error
