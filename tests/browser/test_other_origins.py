"""A page of another origin works a cash session in a real browser, by token and by cookie, and gets nothing with CORS off."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page

from cashdesk.models import AccessToken, AuditEntry, CashSession
from tests.factories import PASSWORD
from tests.stories import Cast

pytestmark = pytest.mark.browser

CALL = """async ([url, method, body, headers, credentials]) => {
    const sent = {method, headers: {...headers}, credentials};
    if (body !== null) {
        sent.body = JSON.stringify(body);
        sent.headers["Content-Type"] = "application/json";
    }
    try {
        const answer = await fetch(url, sent);
        return {
            status: answer.status,
            body: await answer.json(),
            request: answer.headers.get("X-Request-ID"),
            replayed: answer.headers.get("Idempotent-Replayed"),
            link: answer.headers.get("Link"),
        };
    } catch (error) {
        return {status: 0, error: error.name};
    }
}"""

REFRESHING = """async ([api, paths]) => Promise.all(paths.map(async (path) => {
    const get = () => fetch(api + path, {credentials: "include"});
    const first = await get();
    if (first.status !== 401) return [first.status];
    const refreshed = await fetch(api + "/auth/refresh", {method: "POST", credentials: "include"});
    return [first.status, refreshed.status, (await get()).status];
}))"""
"""Sends GET requests at once. Each one that is 401 refreshes and is sent again, as the second original's front end does."""


class BlankPage(BaseHTTPRequestHandler):
    """Answers every path with a page that loads nothing."""

    def do_GET(self) -> None:
        page = b"<!doctype html><title>Till</title><link rel=icon href=data:,>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Logs nothing."""


@dataclass(frozen=True, kw_only=True)
class Till:
    """A page of another origin, and how it sends its requests."""

    page: Page
    api: str
    credentials: str = "omit"
    token: str = ""

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """Sends a request with `fetch`. The status is 0 if the page may not read the answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            named["Authorization"] = f"Bearer {self.token}"
        answer = self.page.evaluate(CALL, [f"{self.api}{path}", method, body, named, self.credentials])
        return dict(answer)

    def sign_in(self, **changes: Any) -> dict[str, Any]:
        return self.call("POST", "/auth/login", {"username": "carla", "password": PASSWORD, **changes})


@pytest.fixture
def other_port() -> Iterator[int]:
    """The port of a server with a blank page."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BlankPage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def page_at(chromium: Browser, other_port: int) -> Iterator[Any]:
    """Opens the blank page under a host name of this machine."""
    context = chromium.new_context()

    def opened(host: str) -> Page:
        page = context.new_page()
        page.goto(f"http://{host}:{other_port}/")
        return page

    yield opened
    context.close()


@pytest.fixture
def till(cast: Cast, page_at: Any, live_server: Any, other_port: int, settings: Any) -> Till:
    """A page at another port of the same host, which is allowed."""
    settings.CORS_ALLOWED_ORIGINS = [f"http://localhost:{other_port}"]
    return Till(page=page_at("localhost"), api=f"{live_server.url}/api/v1")


def work_a_session(till: Till) -> None:
    """Opens, looks, closes and lists. Reads headers and errors as well."""
    none_open = till.call("GET", "/cash/status")
    assert (none_open["status"], "No active cash session" in none_open["body"]["detail"]) == (404, True)
    first, again = (
        till.call("POST", "/cash/open", {"start_amount": 100}, idempotency_key="k", x_tenant_id="1")
        for _time in range(2)
    )
    assert (first["status"], first["replayed"], again["replayed"]) == (200, None, "true")
    assert first["body"] == again["body"]
    assert till.call("POST", "/cash/open/", {"start_amount": 100})["status"] == 409
    status = till.call("GET", "/cash/status/")
    assert (status["status"], status["body"]["status"]) == (200, "OPEN")
    assert status["request"]
    assert till.call("POST", "/cash/close", {"final_cash_declared": "x" * 70_000})["status"] == 413
    closed = till.call("POST", "/cash/close", {"final_cash_declared": 99})
    assert (closed["status"], closed["body"]["difference"]) == (200, -1)
    assert till.call("POST", "/cash/open", {"start_amount": 5, "force_close_previous": True})["status"] == 200
    listed = till.call("GET", "/cash/sessions?limit=1&_=1")
    assert (len(listed["body"]), 'rel="next"' in listed["link"]) == (1, True)


def test_a_page_at_another_port_works_a_session_with_a_token(till: Till) -> None:
    assert till.call("GET", "/cash/status")["status"] == 401
    assert till.sign_in(password="wrong")["status"] == 401
    token = till.sign_in()["body"]["access_token"]
    work_a_session(Till(page=till.page, api=till.api, token=token))
    assert till.call("GET", "/cash/status")["status"] == 401  # nothing was sent but the token


def test_a_page_at_another_port_works_a_session_with_the_cookie(till: Till) -> None:
    with_cookie = Till(page=till.page, api=till.api, credentials="include")
    assert with_cookie.sign_in()["status"] == 200
    work_a_session(with_cookie)
    assert with_cookie.call("POST", "/auth/logout")["status"] == 200
    assert with_cookie.call("GET", "/cash/status")["status"] == 401


@pytest.mark.parametrize("calls", [1, 15])
def test_calls_whose_token_expired_refresh_at_once_and_succeed(till: Till, calls: int) -> None:
    """A browser has six connections to a server. So some of fifteen calls refresh after others have already continued."""
    with_cookie = Till(page=till.page, api=till.api, credentials="include")
    paths = ["/auth/me", "/shifts/active", "/payment-methods", "/auth/validate", "/users/sellers"] * 3
    for _round in range(3):
        assert with_cookie.sign_in()["status"] == 200
        AccessToken.objects.filter(revoked_at=None).update(expires_at=timezone.now())
        found = till.page.evaluate(REFRESHING, [till.api, paths[:calls]])
        # A call that is sent after the first refresh does not fail at all.
        assert [statuses for statuses in found if statuses not in ([401, 200, 200], [200])] == []
        assert with_cookie.call("GET", "/auth/me")["status"] == 200
    assert not AuditEntry.objects.filter(action="token.reused").exists()


@pytest.mark.parametrize("credentials", ["omit", "include"])
def test_with_cors_off_it_gets_nothing(till: Till, settings: Any, credentials: str) -> None:
    by = Till(page=till.page, api=till.api, credentials=credentials)
    token = by.sign_in()["body"]["access_token"]
    settings.CORS_ALLOWED_ORIGINS = []
    for shut_out in (by, Till(page=till.page, api=till.api, credentials=credentials, token=token)):
        assert shut_out.sign_in()["status"] == 0
        assert shut_out.call("POST", "/cash/open", {"start_amount": 1})["status"] == 0
        assert shut_out.call("GET", "/cash/status")["status"] == 0
    assert not CashSession.objects.exists()


def test_another_site_works_with_a_token_and_with_a_cookie_only_if_that_is_set(
    cast: Cast, page_at: Any, live_server: Any, other_port: int, settings: Any
) -> None:
    """For a browser, 127.0.0.1 and localhost are different sites."""
    settings.CORS_ALLOWED_ORIGINS = [f"http://127.0.0.1:{other_port}"]
    page = page_at("127.0.0.1")
    with_cookie = Till(page=page, api=f"{live_server.url}/api/v1", credentials="include")
    token = with_cookie.sign_in()["body"]["access_token"]
    assert with_cookie.call("GET", "/auth/me")["status"] == 401
    work_a_session(Till(page=page, api=with_cookie.api, token=token))
    settings.ACCESS_TOKEN_SAMESITE = "None"
    assert with_cookie.sign_in()["status"] == 200
    assert with_cookie.call("GET", "/auth/me")["status"] == 200
