"""Bodies without Content-Length, over a socket: they are read completely or refused, and never read as empty."""

import json
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import RequestFactory

from cashdesk.enums import PlaceKind
from cashdesk.models import AuditEntry, Place, User
from cashdesk.web.body import (
    BATCH,
    FORM,
    ORDINARY,
    BodyBroken,
    LengthRequired,
    LengthUnclear,
    TooLarge,
    read_body,
    refuse_unclear_length,
)
from tests.factories import PASSWORD
from tests.stories import Cast, caller, make_cast
from tests.web.real_server import Answer, RealServer, chunked, head, serving

JSON = {"content_type": "application/json"}
SIGN_IN = json.dumps({"username": "carla", "password": PASSWORD}).encode()
CHUNKED = {"transfer_encoding": "chunked"}


def make_people() -> Cast:
    """Creates the cast with passwords that the server's real hasher can check."""
    cast = make_cast()
    User.objects.update(password=PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1000))
    return cast


def posted(server: RealServer, path: str, body: bytes, method: str = "POST", **headers: str) -> Answer:
    return server.send(head(method, path, **{**CHUNKED, **JSON, **headers}), chunked(body))


@pytest.mark.django_db(transaction=True)
def test_chunked_bodies_say_the_same_as_sized_ones(tmp_path: Path) -> None:
    cast = make_people()
    Place.objects.create(store=cast.store, kind=PlaceKind.REGISTER, number=3)
    token = {"authorization": f"Bearer {caller(cast.carla).secret}"}
    with serving(tmp_path, LOG_LEVEL="WARNING") as server:
        signed_in = posted(server, "/api/v1/auth/login", SIGN_IN)
        assert (signed_in.status, json.loads(signed_in.body)["token_type"]) == (200, "bearer")
        _a_reason_is_kept(server, token)
        _lengths_that_are_unclear_are_400(server)
        _chunks_that_cannot_be_read_are_400(server, token)
        _what_is_too_large_is_413_at_once(server, token)
        for method in ("PUT", "DELETE", "PATCH"):
            assert posted(server, "/api/v1/cash/open", b"{}", method, **token).status == 405
        _forms_of_pages_are_read(server)


def _a_reason_is_kept(server: RealServer, token: dict[str, str]) -> None:
    reason = json.dumps({"reason": "Gave change for the parking meter"}).encode()
    noted = posted(server, "/api/v1/registers/3/no-sale", reason, **token)
    assert noted.status in (200, 201), noted.body
    kept = AuditEntry.objects.filter(action="register.no_sale").latest("pk")
    assert "parking meter" in json.dumps(kept.detail)


def _lengths_that_are_unclear_are_400(server: RealServer) -> None:
    # Both lengths contradict each other: who reads which would decide what was said.
    both = head("POST", "/api/v1/auth/login", **CHUNKED, **JSON, content_length=str(len(SIGN_IN)))
    assert server.send(both, chunked(SIGN_IN)).status == 400
    for length in ("abc", "-1", "1_0", "+5", "1, 1", "9" * 40):
        unclear = server.send(head("POST", "/api/v1/auth/login", **JSON, content_length=length), SIGN_IN)
        assert (length, unclear.status) == (length, 400)
    assert server.send(head("POST", "/api/v1/auth/login", **JSON, transfer_encoding="gzip")).status in (411, 501)


def _chunks_that_cannot_be_read_are_400(server: RealServer, token: dict[str, str]) -> None:
    before = AuditEntry.objects.count()
    for chunks in (b"zz\r\n{}\r\n0\r\n\r\n", b"-2\r\n{}\r\n0\r\n\r\n", b"2\r\n{}0\r\n\r\n"):
        broken = server.send(head("POST", "/api/v1/registers/3/no-sale", **CHUNKED, **JSON, **token), chunks)
        assert (chunks, broken.status) == (chunks, 400)
    form = head("POST", "/sign-in", **CHUNKED, content_type="application/x-www-form-urlencoded")
    assert server.send(form, b"zz\r\nname=carla\r\n0\r\n\r\n").status == 400
    assert AuditEntry.objects.count() == before


def _what_is_too_large_is_413_at_once(server: RealServer, token: dict[str, str]) -> None:
    flood = b"[" + b" " * 200_000
    refused = posted(server, "/api/v1/auth/login", flood)
    assert (refused.status, refused.seconds < 5) == (413, True)
    assert posted(server, "/api/v1/payments/batch", flood + b"]", **token).status == 400
    assert posted(server, "/api/v1/payments/batch", flood + b"]").status == 401


def _forms_of_pages_are_read(server: RealServer) -> None:
    page = server.ask("GET", "/sign-in")
    cookie = page.headers["set-cookie"].partition(";")[0]
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.body)
    assert found
    fields = {"csrfmiddlewaretoken": found[1], "name": "carla", "password": PASSWORD}
    part = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    parts = "".join(part.format(name, value) for name, value in fields.items()) + "--x--\r\n"
    for body, content_type in (
        (urlencode(fields).encode(), "application/x-www-form-urlencoded"),
        (parts.encode(), "multipart/form-data; boundary=x"),
    ):
        answer = posted(server, "/sign-in", body, content_type=content_type, cookie=cookie)
        assert (answer.status, answer.headers.get("location")) == (302, "/desk")
        large = posted(server, "/sign-in", b"name=" + b"x" * 600_000, content_type=content_type, cookie=cookie)
        assert (large.status, large.headers["content-type"].startswith("text/html")) == (413, True)


def test_a_server_that_does_not_end_bodies_is_refused_a_chunked_one() -> None:
    request = RequestFactory().post("/api/v1/auth/login", HTTP_TRANSFER_ENCODING="chunked")
    request.META.pop("CONTENT_LENGTH", None)
    with pytest.raises(LengthRequired):
        read_body(request, limit=ORDINARY)
    assert LengthRequired.status_code == 411


@pytest.mark.parametrize("coding", ["identity", "gzip, chunked", "chunked, identity", "x"])
def test_a_body_in_another_coding_is_refused_and_not_taken_for_an_empty_one(coding: str) -> None:
    request = RequestFactory().post("/api/v1/registers/3/no-sale", HTTP_TRANSFER_ENCODING=coding)
    request.META.pop("CONTENT_LENGTH", None)
    request.META["wsgi.input_terminated"] = True
    with pytest.raises(LengthRequired):
        read_body(request, limit=ORDINARY)


@pytest.mark.parametrize("error", [OSError("Invalid chunk size"), ValueError("trailer")])
def test_a_body_that_breaks_off_is_refused(error: Exception) -> None:
    class Broken:
        def read(self, size: int) -> bytes:
            raise error

    request = RequestFactory().post("/", HTTP_TRANSFER_ENCODING=" Chunked ")
    request.META.pop("CONTENT_LENGTH", None)
    request.META |= {"wsgi.input_terminated": True, "wsgi.input": Broken()}
    with pytest.raises(BodyBroken):
        read_body(request, limit=ORDINARY)
    assert BodyBroken.status_code == 400


@pytest.mark.parametrize("length", ["abc", "-1", " 1", "1.5", "٣", "9" * 16])
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    request = RequestFactory().get("/", CONTENT_LENGTH=length)
    with pytest.raises(LengthUnclear):
        refuse_unclear_length(request)


def test_a_body_is_read_one_byte_past_its_limit_at_most() -> None:
    class Endless:
        taken = 0

        def read(self, size: int) -> bytes:
            self.taken += size
            return b"x" * size

    for limit in (ORDINARY, FORM, BATCH):
        request = RequestFactory().post("/", HTTP_TRANSFER_ENCODING="chunked")
        request.META.pop("CONTENT_LENGTH", None)
        request.META |= {"wsgi.input_terminated": True, "wsgi.input": Endless()}
        with pytest.raises(TooLarge):
            read_body(request, limit=limit)
        assert request.META["wsgi.input"].taken == limit.size + 1
