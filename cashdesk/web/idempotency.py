"""Idempotency keys: the same request sent twice has one effect and gets the first answer again (law 7)."""

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
"""The hidden field that carries the idempotency key of a form."""

WITNESS_PROOF: Final = "witness_password"
"""The field with the witness's password. The password is never stored, and is not part of the fingerprint."""

NOT_SAID: Final = frozenset({"csrfmiddlewaretoken", WITNESS_PROOF})
"""Fields that are not part of a form's fingerprint. The CSRF token changes each time a page is shown."""

KEPT_FOR: Final = timedelta(hours=24)
NOT_KEPT: Final = frozenset({400, 401, 403, 413, 415, 429})
"""Statuses whose answers are not stored: the request was unreadable, or the caller was not allowed to make it.

Such a request had no effect, so the corrected request may use the same key.
"""


def key_of(request: Request) -> str:
    """Returns the idempotency key of a POST or PATCH, or "". Raises InvalidInput if it is too long or not printable."""
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
    *, request: Request, key: str, by: Principal, at: datetime, answer: Callable[[], tuple[Response, bool]]
) -> HttpResponse | Response:
    """Returns the stored answer for the key. If there is none, calls `answer` and stores the new answer.

    The effect and the answer are stored in one transaction. If the process dies before the commit, neither is stored, and
    a retry runs the request again. `answer` must not raise. It returns a rendered Response, and whether that may be
    stored. A 5xx answer rolls the effect back and is not stored. Raises KeyReused if the key was used for a different
    request, and StillRunning on PostgreSQL while the first request with this key runs.
    """
    owner = _owner(by)
    fingerprint = _fingerprint(request, by=by)
    with transaction.atomic():
        _take_turn(owner, key)
        kept = IdempotentAnswer.objects.filter(principal=owner, key=key).first()
        if kept is not None and at - kept.created_at < KEPT_FOR:
            return _again(kept, fingerprint=fingerprint)
        if kept is not None:
            kept.delete()
        with transaction.atomic():
            response, may_be_kept = answer()
            if response.status_code >= 500:
                transaction.set_rollback(True)
        if may_be_kept and response.status_code < 500 and response.status_code not in NOT_KEPT:
            answer_to_keep(request=request, key=key, by=by, at=at, response=response).save(force_insert=True)
        return response


def answer_to_keep(
    *, request: Request, key: str, by: Principal, at: datetime, response: HttpResponse
) -> IdempotentAnswer:
    """Returns the row that keeps a rendered answer for the key. It is not stored yet."""
    return IdempotentAnswer(
        principal=_owner(by),
        key=key,
        fingerprint=_fingerprint(request, by=by),
        status_code=response.status_code,
        content_type=response.headers.get("Content-Type", ""),
        body=response.content,
        created_at=at,
    )


def kept_answer(*, request: Request, key: str, by: Principal, at: datetime) -> HttpResponse | None:
    """Returns the stored answer for the key, or None. Raises KeyReused if the key was used for a different request.

    For calls that ask another server before their transaction. If the answer is stored, they must not ask that server
    again.
    """
    kept = IdempotentAnswer.objects.filter(principal=_owner(by), key=key).first()
    if kept is None or at - kept.created_at >= KEPT_FOR:
        return None
    return _again(kept, fingerprint=_fingerprint(request, by=by))


def new_form_key() -> str:
    """Returns a new idempotency key for a form. It is signed with the time, so that `act_once` can check its age."""
    return _form_signer().sign(uuid.uuid4().hex)


def act_once(*, request: HttpRequest, by: Principal, at: datetime, act: Callable[[], str]) -> str:
    """Runs `act` once for a sent form and returns the path that `act` returns.

    A second click, a reload or a simultaneous request changes nothing and gets the same path. If `act` raises, nothing
    is stored, and the corrected form may use the same key. A key expires together with its stored answer, so `act` can
    never run twice for one key.

    Raises KeyReused if the key is not signed by us, is too old, or was used for a form with other input.
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
    """Locks the key until the transaction ends, so that only one request per key runs at a time.

    SQLite needs no lock, because its write transaction already makes the second request wait. On PostgreSQL this raises
    StillRunning if another request holds the lock, or waits if `waits` is set.
    """
    if connection.vendor != "postgresql":
        return
    number = IdempotentAnswer(principal=owner, key=key).lock_number
    with connection.cursor() as cursor:
        if waits:
            cursor.execute("SELECT pg_advisory_xact_lock(%s::bigint)", [number])
            return
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s::bigint)", [number])
        (is_ours,) = cursor.fetchone()
    if not is_ours:
        raise StillRunning("The first request with this idempotency key is still running. Try again in a moment.")


def _again(kept: IdempotentAnswer, *, fingerprint: str) -> HttpResponse:
    if kept.fingerprint != fingerprint:
        raise KeyReused("The idempotency key was used for another request: give every new request a new key.")
    response = HttpResponse(bytes(kept.body), status=kept.status_code, content_type=kept.content_type)
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _fingerprint(request: Request, *, by: Principal) -> str:
    # `get_full_path` still has the trailing slash that ApiPathMiddleware removes from `path_info`.
    digest = hashlib.sha256(f"{request.method} {request.get_full_path_info()}\n".encode("utf-8", "surrogatepass"))
    if by.store is not None:
        digest.update(f"store {by.store.pk}\n".encode())
    digest.update(request._request.body)
    return digest.hexdigest()


def _fingerprint_of_form(request: HttpRequest) -> str:
    said = sorted((name, request.POST.getlist(name)) for name in request.POST if name not in NOT_SAID)
    return hashlib.sha256(f"{request.get_full_path()}\n{urlencode(said, doseq=True)}".encode()).hexdigest()
