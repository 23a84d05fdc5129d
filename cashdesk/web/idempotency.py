"""The same request sent twice has one effect and gets the first answer again (law 7)."""

import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from django.core.signing import BadSignature, TimestampSigner
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.domain.caller.principal import Principal
from cashdesk.errors import InvalidInput, KeyReused, StillRunning
from cashdesk.models import IdempotentAnswer

HEADERS: Final = ("HTTP_IDEMPOTENCY_KEY", "HTTP_X_IDEMPOTENCY_KEY")
KEY_LENGTH_MAX: Final = 255
FORM_KEY: Final = "once"
"""The hidden field in which a form of a page carries its key."""

WITNESS_PROOF: Final = "witness_password"
"""The field in which somebody who is not signed in confirms a form. Nothing of it is kept, not even in a digest."""

NOT_SAID: Final = frozenset({"csrfmiddlewaretoken", WITNESS_PROOF})
"""Fields that are no part of what a form says: a page that is shown again has another CSRF token."""

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
        raise InvalidInput.of(
            "Idempotency-Key",
            f"Use at most {KEY_LENGTH_MAX} printable characters.",
        )
    return str(key)


def answer_once(
    *, request: Request, key: str, by: Principal, at: datetime, answer: Callable[[], Response]
) -> HttpResponse | Response:
    """Returns the kept answer of the key, or calls `answer` and keeps what it says, in one transaction with its effect.

    A process that is killed in between leaves neither the effect nor an answer, so the retry simply does it.
    `answer` returns a rendered Response and raises nothing; a 5xx undoes the effect and keeps nothing.
    Raises KeyReused for another request under the same key, StillRunning while the first one runs.
    """
    owner = _owner(by)
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


def new_form_key() -> str:
    """Returns the one-time key of a form that a page shows: signed with the time, so that `act_once` knows its age."""
    return _form_signer().sign(uuid.uuid4().hex)


def act_once(*, request: HttpRequest, by: Principal, at: datetime, act: Callable[[], str]) -> str:
    """Returns the path to which a form leads that was sent by POST: `act` does what it says and returns the path, once.

    Sent again, by a second click, a reload or at the same moment, it changes nothing and leads to the same path. Where
    `act` raises nothing is kept, so the corrected form may go again under its key. A key is taken for as long as answers
    are kept, so none can outlive its answer and act a second time.
    Raises KeyReused for a key that is none, too old, or was used for a form that said something else.
    """
    key = request.POST.get(FORM_KEY, "")
    try:
        _form_signer().unsign(key, max_age=KEPT_FOR)
    except BadSignature:
        raise KeyReused(_("This page is out of date. Check it and send it again.")) from None
    owner, fingerprint = f"page:{_owner(by)}", _fingerprint_of_form(request)
    with transaction.atomic():
        _take_turn(owner, key, waits=True)
        kept = IdempotentAnswer.objects.filter(principal=owner, key=key).first()
        if kept is not None and kept.fingerprint != fingerprint:
            raise KeyReused(
                _(
                    "This page was already sent and saved. Your later changes were not saved. Check them and "
                    "send the page again."
                )
            )
        if kept is not None:
            return bytes(kept.body).decode()
        leads_to = act()
        IdempotentAnswer.objects.create(
            principal=owner,
            key=key,
            fingerprint=fingerprint,
            status_code=HTTPStatus.SEE_OTHER,
            content_type="text/plain",
            body=leads_to.encode(),
            created_at=at,
        )
    return leads_to


def _owner(by: Principal) -> str:
    return f"key:{by.token.pk}" if by.is_program and by.token else f"user:{by.user.pk}" if by.user else "system"


def _form_signer() -> TimestampSigner:
    return TimestampSigner(salt="cashdesk.form")


def _take_turn(owner: str, key: str, *, waits: bool = False) -> None:
    """Lets one request per key run. On SQLite the write transaction has done so already: the second waits and then finds
    the kept answer. On PostgreSQL the second is told that the first still runs, unless it `waits`.
    """
    if connection.vendor != "postgresql":
        return
    number = int.from_bytes(hashlib.sha256(f"{owner}\n{key}".encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        if waits:
            cursor.execute("SELECT pg_advisory_xact_lock(%s::bigint)", [number])
            return
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s::bigint)", [number])
        (is_ours,) = cursor.fetchone()
    if not is_ours:
        raise StillRunning("The first request with this idempotency key is still running. Try again in a moment.")


def _again(kept: IdempotentAnswer) -> HttpResponse:
    response = HttpResponse(bytes(kept.body), status=kept.status_code, content_type=kept.content_type)
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _fingerprint(request: Request) -> str:
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode("utf-8", "surrogatepass"))
    digest.update(request._request.body)
    return digest.hexdigest()


def _fingerprint_of_form(request: HttpRequest) -> str:
    said = sorted((name, request.POST.getlist(name)) for name in request.POST if name not in NOT_SAID)
    return hashlib.sha256(f"{request.get_full_path()}\n{urlencode(said, doseq=True)}".encode()).hexdigest()
