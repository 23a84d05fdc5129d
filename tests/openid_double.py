"""A double of an OpenID Connect provider that signs whatever a test wants, also what no real provider would sign.

`tests/clients/test_openid_provider.py` has a real one.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID = "cashdesk"
CLIENT_SECRET = "s3cret of the double, which is long enough to be a key"


@dataclass(kw_only=True)
class Double:
    """A running double. `changes` are changes of the claims; `sign` makes the token of its claims."""

    issuer: str = ""
    nonce: str = ""
    changes: dict[str, Any] = field(default_factory=dict)
    published: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}, private=True))
    signs: Callable[["Double", dict[str, Any]], str] | None = None
    asked: list[str] = field(default_factory=list)

    def presses(self, address: str) -> dict[str, str]:
        """Signs in at the authorization endpoint. Returns the parameters with which the browser comes back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.nonce = asked["nonce"]
        return {"state": asked["state"], "code": "a-code"}

    def answer(self, path: str) -> Any:
        """Returns the body of an answer."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            endpoints = {f"{name}_endpoint": f"{self.issuer}/{name}" for name in ("authorization", "token", "userinfo")}
            return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks", **endpoints, **self.published}
        if path == "/jwks":
            return {"keys": [self.key.as_dict(private=False)]}
        if path == "/userinfo":
            return {"sub": "double-1", **self.userinfo}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "sub": "double-1", "iat": now, "exp": now + 300}
        claims |= {"nonce": self.nonce, **self.changes}
        claims = {name: value for name, value in claims.items() if value is not None}
        signs = self.signs or signed
        return {"access_token": "at", "token_type": "Bearer", "id_token": signs(self, claims)}


def signed(double: Double, claims: dict[str, Any]) -> str:
    """Signs as the provider does."""
    return jwt.encode({"alg": "RS256", "kid": double.key.kid}, claims, double.key)


def unsigned(_double: Double, claims: dict[str, Any]) -> str:
    """Signs nothing, with the algorithm `none`."""
    return f"{_encoded({'alg': 'none'})}.{_encoded(claims)}."


def signed_with_the_secret(_double: Double, claims: dict[str, Any]) -> str:
    """Signs with the client secret, which the client knows too."""
    text = f"{_encoded({'alg': 'HS256'})}.{_encoded(claims)}"
    digest = hmac.new(CLIENT_SECRET.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def signed_by_another(double: Double, claims: dict[str, Any]) -> str:
    """Signs with another key, under the id of the right one."""
    other = RSAKey.generate_key(2048, {"kid": double.key.kid}, private=True)
    return jwt.encode({"alg": "RS256", "kid": double.key.kid}, claims, other)


def _encoded(data: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


@contextmanager
def running() -> Iterator[Double]:
    """Runs a double."""
    double = Double()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.dumps(double.answer(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        double.issuer = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield double
        finally:
            server.shutdown()
            thread.join()
