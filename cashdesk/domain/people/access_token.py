"""Issues access tokens at the sign-in, finds the caller of each request by its token, and revokes tokens."""

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal, works_in
from cashdesk.enums import Role, SessionStatus, TokenKind
from cashdesk.models import AccessToken, CashSession, Place, Store, User

PREFIX_LENGTH: Final = 12


def issue_token(
    *, user: User, at: datetime, lifetime: timedelta, store: Store | None = None, register: Place | None = None
) -> tuple[AccessToken, str]:
    """Issues a token to a person. Returns the token and its secret, which is not stored."""
    secret = random_secret("ct")
    token = AccessToken.objects.create(
        kind=TokenKind.SIGN_IN,
        prefix=secret[:PREFIX_LENGTH],
        digest=digest_of(secret),
        account=user.account,
        user=user,
        store=store,
        register=register,
        created_at=at,
        expires_at=at + lifetime,
    )
    audit.note(
        action="person.signed_in",
        subject=f"user:{user.pk}",
        by=Principal(user=user, token=token),
        at=at,
        store=store or user.store,
    )
    return token, secret


def authenticate(*, secret: str, at: datetime) -> Principal | None:
    """Returns the caller to whom a secret belongs, or None. Runs one query.

    Returns None in these cases:

    - the secret is unknown, expired or revoked,
    - the person or the account is inactive,
    - the person no longer works in the store or at the register of the token.

    Writes nothing, so that it works with a read-only database. Call `token_last_use.note_use` after the request.
    """
    token = _tokens().filter(digest=digest_of(secret)).first()
    if token is None or token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= at):
        return None
    if token.user is not None and not (token.user.is_active and _is_where_they_work(token, token.user)):
        return None
    return Principal(user=token.user, token=token)


@cache
def _tokens() -> "QuerySet[AccessToken]":
    """Returns the query for all tokens except those of inactive accounts, with the data that `authenticate` checks.

    Building the query takes longer than running it, so the query is cached. The rows are not cached.
    """
    tokens = AccessToken.objects.select_related("user__store", "user__register", "store", "register")
    active = Q(account__isnull=True) | Q(account__is_active=True)
    return tokens.annotate(is_register_of_another=_is_register_of_another()).filter(active)


def _is_register_of_another() -> Q:
    """Returns the query condition that the token's register is assigned to another person.

    The condition is false while the token's owner has an open session at the register.
    """
    others = User.objects.filter(register=OuterRef("register"), is_active=True).exclude(pk=OuterRef("user"))
    running = CashSession.objects.filter(
        register=OuterRef("register"), user=OuterRef("user"), status=SessionStatus.OPEN
    )
    return Exists(others) & ~Exists(running)


def _is_where_they_work(token: AccessToken, user: User) -> bool:
    """Whether the owner of a token still works in the store and at the register of the token.

    A store or register that the token does not name is not checked.
    """
    store = token.store
    if store is not None and not works_in(user, store):
        return False
    register = token.register
    if register is None:
        return True
    if store is None and user.role != Role.ADMIN and register.store_id != user.store_id:
        return False
    return user.has_role(Role.MANAGER) or not getattr(token, "is_register_of_another", False)


def revoke(*, token: AccessToken, by: Principal, at: datetime) -> None:
    """Revokes a token or API key at once. A second call changes nothing."""
    if AccessToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=at):
        audit.note(action="token.revoked", subject=f"token:{token.pk}", by=by, at=at, store=token.store)


def end_sign_ins(*, user: User, at: datetime) -> int:
    """Ends every token and browser session of a person. Returns the number of tokens that were still valid.

    The caller writes the audit entry. API keys do not end, because they belong to the account (docs/decisions/0019).
    """
    User.objects.filter(pk=user.pk).update(access_version=F("access_version") + 1)
    user.refresh_from_db(fields=["access_version"])
    tokens = AccessToken.objects.filter(user=user, revoked_at__isnull=True)
    in_force = tokens.exclude(expires_at__lte=at).count()
    tokens.update(revoked_at=at)
    return in_force


def random_secret(kind: str) -> str:
    """Returns a new random secret. It begins with `kind`, so that people recognise the kind of secret."""
    return f"{kind}_{secrets.token_urlsafe(32)}"


def digest_of(secret: str) -> str:
    """Returns the SHA-256 of a secret. Only this digest is stored."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
