"""The same request sent twice has one effect and gets the first answer again (law 7)."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.domain.principal import Principal
from cashdesk.errors import InvalidInput, KeyReused, StillRunning
from cashdesk.models import IdempotentAnswer

HEADERS: Final = ("HTTP_IDEMPOTENCY_KEY", "HTTP_X_IDEMPOTENCY_KEY")
KEY_LENGTH_MAX: Final = 255
KEPT_FOR: Final = timedelta(hours=24)
NOT_KEPT: Final = frozenset({400, 401, 403, 413, 415, 429})
"""Refusals before anything was looked at: of a request that cannot be read, or of a caller who may not. Nothing was done
under the key, so the corrected request, or the same one after signing in again, may still use it."""


def key_of(request: Request) -> str:
    """Returns the key of a POST or PATCH, empty where none came. Raises InvalidInput for one that is too long or strange."""
    if request.method not in ("POST", "PATCH"):
        return ""
    key = next((request.META[name] for name in HEADERS if request.META.get(name)), "")
    if len(key) > KEY_LENGTH_MAX or not key.isprintable():
        raise InvalidInput.of("Idempotency-Key", f"must be at most {KEY_LENGTH_MAX} printable characters.")
    return str(key)


def answer_once(
    *, request: Request, key: str, by: Principal, at: datetime, answer: Callable[[], Response]
) -> HttpResponse | Response:
    """Returns the kept answer of the key, or calls `answer` and keeps what it says, in one transaction with its effect.

    A process that is killed in between leaves neither the effect nor an answer, so the retry simply does it.
    `answer` returns a rendered Response and raises nothing; a 5xx undoes the effect and keeps nothing.
    Raises KeyReused for another request under the same key, StillRunning while the first one runs.
    """
    owner = f"key:{by.token.pk}" if by.is_program and by.token else f"user:{by.user.pk}" if by.user else "system"
    fingerprint = _fingerprint(request)
    with transaction.atomic():
        _take_turn(owner, key)
        kept = IdempotentAnswer.objects.filter(principal=owner, key=key).first()
        if kept is not None and at - kept.created_at < KEPT_FOR:
            if kept.fingerprint != fingerprint:
                raise KeyReused("The idempotency key was used for another request: give every new request a new key.")
            return _again(kept)
        if kept is not None:
            kept.delete()
        with transaction.atomic():
            response = answer()
            if response.status_code >= 500:
                transaction.set_rollback(True)
        if response.status_code < 500 and response.status_code not in NOT_KEPT:
            IdempotentAnswer.objects.create(
                principal=owner,
                key=key,
                fingerprint=fingerprint,
                status_code=response.status_code,
                content_type=response.headers.get("Content-Type", ""),
                body=response.content,
                created_at=at,
            )
        return response


def _take_turn(owner: str, key: str) -> None:
    """Lets one request per key run. On SQLite the write transaction has done so already: the second waits and then finds
    the kept answer. On PostgreSQL the second is told that the first still runs.
    """
    if connection.vendor != "postgresql":
        return
    number = int.from_bytes(hashlib.sha256(f"{owner}\n{key}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s::bigint)", [number])
        (is_ours,) = cursor.fetchone()
    if not is_ours:
        raise StillRunning("The first request with this idempotency key is still running: ask again in a moment.")


def _again(kept: IdempotentAnswer) -> HttpResponse:
    response = HttpResponse(bytes(kept.body), status=kept.status_code, content_type=kept.content_type)
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _fingerprint(request: Request) -> str:
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode("utf-8", "surrogatepass"))
    digest.update(request._request.body)
    return digest.hexdigest()
