"""A double of the Core API of Midtrans: charge, status and cancel, as https://docs.midtrans.com tells them.

It keeps transactions by `order_id`. A test tells it what happens next, such as an answer that gets lost on the way.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

SERVER_KEY: Final = "SB-Mid-server-of-the-tests"
AUTHORIZATION: Final = "Basic " + base64.b64encode(f"{SERVER_KEY}:".encode()).decode()
EXPIRES: Final = "2099-07-06 17:38:49"


@dataclass(kw_only=True)
class Double:
    """A running double. Each request uses up the next of `happens`."""

    url: str = ""
    transactions: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    happens: list[str] = field(default_factory=list)
    on_request: Callable[[], None] = lambda: None
    first_answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    forgets_keys: bool = False
    """Whether the five minutes of an idempotency key are over."""

    def charged(self) -> list[str]:
        """Returns the order ids of the charges that were sent, in their order."""
        return [body["transaction_details"]["order_id"] for _verb, path, body in self.requests if path == "/v2/charge"]

    def pays(self, reference: str, status: str = "settlement") -> None:
        """Lets the customer pay, or ends the charge in another state."""
        self.transactions[reference]["transaction_status"] = status

    def answer(self, verb: str, path: str, body: Any, headers: Mapping[str, str]) -> tuple[int, Any]:
        """Returns the HTTP status and the body."""
        if headers.get("authorization") != AUTHORIZATION:
            return 401, {"status_code": "401", "status_message": "Transaction cannot be authorized"}
        key = headers.get("idempotency-key", "")
        if verb == "POST" and key in self.first_answers and not self.forgets_keys:
            return self.first_answers[key]
        status, told = self._charge(body) if path == "/v2/charge" else self._of(path)
        if verb == "POST" and key and told["status_code"].startswith("2"):
            self.first_answers[key] = (status, dict(told))
        return status, told

    def _charge(self, body: Any) -> tuple[int, Any]:
        details = body["transaction_details"]
        reference, amount = details["order_id"], details["gross_amount"]
        if reference in self.transactions:
            return 406, {"status_code": "406", "status_message": "The order ID has been utilized previously."}
        self.transactions[reference] = {
            "transaction_id": hashlib.sha256(reference.encode()).hexdigest()[:36],
            "order_id": reference,
            "merchant_id": "G490526303",
            "gross_amount": f"{amount}.00",
            "currency": "IDR",
            "payment_type": body["payment_type"],
            "transaction_time": "2021-07-06 17:23:49",
            "transaction_status": "pending",
            "fraud_status": "accept",
        }
        told = {
            "status_code": "201",
            "status_message": "QRIS transaction is created",
            **self.transactions[reference],
            "actions": [
                {"name": "generate-qr-code", "method": "GET", "url": f"{self.url}/v2/qris/{reference}/qr-code"}
            ],
            "qr_string": f"00020101{reference}",
            "acquirer": "gopay",
            "expiry_time": EXPIRES,
        }
        return 200, told

    def _of(self, path: str) -> tuple[int, Any]:
        _empty, _version, reference, act = path.split("/")
        found = self.transactions.get(reference)
        if found is None:
            return 404, {"status_code": "404", "status_message": "Transaction doesn't exist."}
        if act == "cancel":
            if found["transaction_status"] != "pending":
                return 412, {"status_code": "412", "status_message": "Merchant cannot modify the status"}
            found["transaction_status"] = "cancel"
        codes = {"pending": "201", "settlement": "200", "cancel": "200", "deny": "202", "expire": "407"}
        return 200, {"status_code": codes[found["transaction_status"]], "status_message": "Success", **found}


def notification(reference: str, amount: str = "75000.00", status: str = "settlement", **fields: str) -> dict[str, Any]:
    """Returns a signed notification. A field that is given replaces the usual one before it is signed."""
    told = {
        "transaction_time": "2021-07-06 17:23:49",
        "transaction_status": status,
        "transaction_id": "57d5293c-e65f-4a29-95e4-5959c3fa335b",
        "status_message": "midtrans payment notification",
        "status_code": {"pending": "201", "deny": "202", "expire": "202"}.get(status, "200"),
        "payment_type": "qris",
        "order_id": reference,
        "merchant_id": "G490526303",
        "gross_amount": amount,
        "fraud_status": "accept",
        "currency": "IDR",
        "acquirer": "gopay",
        **fields,
    }
    return {"signature_key": signature_of(told), **told}


def signature_of(told: Mapping[str, Any]) -> str:
    """Returns the signature of a notification."""
    signed = f"{told['order_id']}{told['status_code']}{told['gross_amount']}{SERVER_KEY}"
    return hashlib.sha512(signed.encode()).hexdigest()


@contextmanager
def running() -> Iterator[Double]:
    """Starts a double on a free port, and stops it at the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    double = Double(url=f"http://127.0.0.1:{server.server_address[1]}")
    server.double = double  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._handle(None)

    def do_POST(self) -> None:
        self._handle(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _handle(self, body: Any) -> None:
        double: Double = self.server.double  # type: ignore[attr-defined]
        headers = {name.lower(): text for name, text in self.headers.items()}
        double.requests.append((self.command, self.path, body))
        double.headers.append(headers)
        double.on_request()
        happens = double.happens.pop(0) if double.happens else ""
        if happens == "unreachable":
            self.connection.close()
            return
        if happens.isdecimal():
            self._send(int(happens), {"status_code": happens, "status_message": "Refused by the test"})
            return
        if happens == "nonsense":
            self._send(200, ["?"])
            return
        status, told = double.answer(self.command, self.path, body, headers)
        if happens == "lost answer":
            self.connection.close()
            return
        self._send(status, told)

    def _send(self, status: int, told: Any) -> None:
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            return  # the test closed the connection

    def log_message(self, *args: Any) -> None:
        """Writes nothing."""
