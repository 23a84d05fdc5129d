"""Replays a day of an original's front end: its requests in order, as a browser sends them, and what it reads from answers.

A file holds the shop (`store`), the front end (`origin`, `credentials`, `headers` of every request) and `steps`. A step
is like that of a conversation (`replay.py`), with these differences:

- The browser keeps cookies with their paths and ends, and sends them if `credentials` is true.
- Each request that is not simple is preceded by its preflight. Each answer must let a page of `origin` read it.
- `reads` names what the front end reads, and nothing else. A missing key is a fault, a further one is not. A list compares
  row by row.
- `cookies: "before"` sends the cookies that the browser had before the last answer: the request was on its way already.
- `forgets` names headers of `headers` that this request lacks, such as `Authorization` before signing in.
- `hours` lets time pass: tokens and cookies get older.
- A step with `as` is a request of another system, not of the front end.

Masks beside those of conversations: `<number>`, `<bool>`, `<string>` (may be empty), `<money>` (a number, or text that
is one, as `parseFloat` takes it).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any, Final

import simplejson
from django.db.models import F
from django.http import HttpResponse
from django.test import Client

from cashdesk.models import AccessToken
from tests.contracts.replay import Mismatch, Replayer

HOST: Final = "localhost:8000"
SIMPLE_TYPES: Final = ("", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
SIMPLE_HEADERS: Final = ("accept", "accept-language", "content-language", "content-type", "origin")


@dataclass(frozen=True, kw_only=True)
class Cookie:
    """A cookie of the browser. `ends_in` are the hours of its life from the first step on."""

    value: str
    path: str
    ends_in: float


@dataclass(kw_only=True)
class FrontEnd(Replayer):
    """A front end in a browser, on a page of another origin than the server."""

    origin: str
    credentials: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    hours: float = 0
    jar: dict[str, Cookie] = field(default_factory=dict)
    jar_before: dict[str, Cookie] = field(default_factory=dict)

    def play(self, step: Mapping[str, Any]) -> None:
        """Plays one step. Raises Mismatch."""
        if "hours" in step:
            self._wait(step["hours"])
        else:
            super().play(step)

    def compare(self, wanted: Any, found: Any, *, where: str) -> None:
        """Compares as for a conversation, but accepts additional keys in the answer."""
        if isinstance(wanted, dict) and isinstance(found, dict):
            if missing := sorted(wanted.keys() - found.keys()):
                raise Mismatch(f"{where}: too few {missing}")
            found = {name: found[name] for name in wanted}
        if isinstance(wanted, str) and wanted in TYPES:
            if not TYPES[wanted](found):
                raise Mismatch(f"{where}: {found!r} instead of {wanted}")
            return
        super().compare(wanted, found, where=where)

    def _send(self, step: Mapping[str, Any]) -> HttpResponse:
        if "as" in step:
            return super()._send(step)
        path = self._filled(step["path"])
        headers = {name: str(self._filled(value)) for name, value in self._headers_of(step).items()}
        content = simplejson.dumps(self._filled(step["body"]), use_decimal=True) if "body" in step else ""
        content_type = headers.pop("Content-Type", "application/json" if "body" in step else "")
        self._ask_first(step["method"], path, headers, content_type)
        cookies = self._cookies_for(path, self.jar_before if step.get("cookies") == "before" else self.jar)
        if cookies:
            headers["Cookie"] = cookies
        answer = Client(headers={"Host": HOST}).generic(
            step["method"], path, content, content_type=content_type, headers=headers
        )
        self._check_cors(answer, where=f"{step['method']} {path}")
        if self.credentials:
            self._keep_cookies(answer)
        return answer

    def _headers_of(self, step: Mapping[str, Any]) -> dict[str, Any]:
        every = {"Origin": self.origin, **self.headers, **step.get("headers", {})}
        if "forgets" in step:
            every = {name: value for name, value in every.items() if name not in step["forgets"]}
        return every

    def _ask_first(self, method: str, path: str, headers: Mapping[str, str], content_type: str) -> None:
        """Sends the preflight of a request that is not simple, without cookies, as browsers do."""
        named = sorted(name.lower() for name in headers if name.lower() not in SIMPLE_HEADERS)
        if content_type not in SIMPLE_TYPES:
            named.append("content-type")
        if method in ("GET", "HEAD", "POST") and not named:
            return
        where = f"preflight of {method} {path}"
        asked = {"Origin": self.origin, "Access-Control-Request-Method": method}
        if named:
            asked["Access-Control-Request-Headers"] = ",".join(named)
        answer = Client(headers={"Host": HOST}).options(path, headers=asked)
        if answer.status_code != HTTPStatus.OK:
            raise Mismatch(f"{where}: {answer.status_code}")
        self._check_cors(answer, where=where)
        allowed = {name.strip().lower() for name in answer.headers["Access-Control-Allow-Headers"].split(",")}
        methods = {name.strip() for name in answer.headers["Access-Control-Allow-Methods"].split(",")}
        if method not in methods or not set(named) <= allowed:
            raise Mismatch(f"{where}: allows {sorted(methods)} with {sorted(allowed)}")

    def _check_cors(self, answer: HttpResponse, *, where: str) -> None:
        if answer.headers.get("Access-Control-Allow-Origin") != self.origin:
            raise Mismatch(f"{where}: the page may not read this answer")
        if self.credentials and answer.headers.get("Access-Control-Allow-Credentials") != "true":
            raise Mismatch(f"{where}: the page may not send cookies")

    def _cookies_for(self, path: str, jar: Mapping[str, Cookie]) -> str:
        path = path.split("?", maxsplit=1)[0]
        return "; ".join(
            f"{name}={cookie.value}"
            for name, cookie in jar.items()
            if self.credentials
            and cookie.ends_in > self.hours
            and (path == cookie.path or path.startswith(cookie.path.rstrip("/") + "/"))
        )

    def _keep_cookies(self, answer: HttpResponse) -> None:
        self.jar_before = dict(self.jar)
        for name, morsel in answer.cookies.items():
            if morsel["secure"]:
                raise Mismatch(f"{name}: Secure, but the address begins with http://")
            age = morsel["max-age"]
            ends_in = self.hours + (float(age) / 3600 if age != "" else float("inf"))
            self.jar[name] = Cookie(value=morsel.value, path=morsel["path"], ends_in=ends_in)

    def _wait(self, hours: float) -> None:
        """Makes the tokens older. Cookies compare their end with `hours`."""
        self.hours += hours
        passed = timedelta(hours=hours)
        times = ("created_at", "expires_at", "renewable_until")
        AccessToken.objects.update(**{name: F(name) - passed for name in times})


def _is_number(found: Any) -> bool:
    return isinstance(found, int | Decimal) and not isinstance(found, bool)


def _is_money(found: Any) -> bool:
    if _is_number(found):
        return True
    try:
        return isinstance(found, str) and Decimal(found).is_finite()
    except InvalidOperation:
        return False


TYPES: Final = {
    "<number>": _is_number,
    "<money>": _is_money,
    "<bool>": lambda found: isinstance(found, bool),
    "<string>": lambda found: isinstance(found, str),
}
