"""Issues access tokens at the sign-in, finds the caller of each request by its token, and revokes tokens.

A family is all tokens of one sign-in: the first ones, and those that replaced them at each refresh.
"""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import (
    BooleanField,
    CharField,
    Exists,
    ExpressionWrapper,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal, Standing, works_in
from cashdesk.domain.people.sign_in_throttle import NOWHERE, Source
from cashdesk.enums import PlaceKind, Role, SessionStatus, TokenKind
from cashdesk.models import AccessToken, BrowserSession, CashSession, OneTimeLink, Place, Store, TrustedTill, User
from cashdesk.prepared_query import Parameter, PreparedQuery

PREFIX_LENGTH: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The tokens of a person who signed in. The two secrets are not stored.

    `refresh_secret` is exchanged once for the next tokens (`refresh_token.refresh_sign_in`).
    """

    token: AccessToken
    secret: str
    refresh_secret: str


def issue_tokens(
    *,
    user: User,
    at: datetime,
    lifetime: timedelta,
    renewable_for: timedelta,
    store: Store | None = None,
    register: Place | None = None,
    source: Source = NOWHERE,
) -> SignedIn:
    """Issues an access token and a refresh token to a person who signs in."""
    refresh_secret = random_secret("cr")
    token, secret = issue_token(
        user=user,
        at=at,
        lifetime=lifetime,
        store=store,
        register=register,
        source=source,
        refresh_digest=digest_of(refresh_secret),
        renewable_until=at + renewable_for,
    )
    return SignedIn(token=token, secret=secret, refresh_secret=refresh_secret)


def issue_token(
    *,
    user: User,
    at: datetime,
    lifetime: timedelta,
    store: Store | None = None,
    register: Place | None = None,
    source: Source = NOWHERE,
    refresh_digest: str | None = None,
    renewable_until: datetime | None = None,
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
        family=uuid.uuid4() if refresh_digest else None,
        refresh_digest=refresh_digest,
        renewable_until=renewable_until,
        address=source.address,
        user_agent=source.user_agent,
    )
    audit.note(
        action="person.signed_in",
        subject=f"user:{user.pk}",
        by=Principal(user=user, token=token),
        at=at,
        store=store or user.store,
    )
    return token, secret


def authenticate(*, secret: str, at: datetime, with_standing: bool = False) -> Principal | None:
    """Returns the caller to whom a secret belongs, or None. Runs one query, which reads the person's drawer too if asked.

    Returns None in these cases:

    - the secret is unknown, expired or revoked,
    - the person or the account is inactive,
    - the person no longer works in the store or at the register of the token.

    Writes nothing, so that it works with a read-only database. Call `token_last_use.note_use` after the request.
    """
    token = (TOKEN_AND_DRAWER if with_standing else TOKEN_OF_SECRET).first(digest=digest_of(secret))
    if token is None or token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= at):
        return None
    if not may_use(token):
        return None
    return Principal(user=token.user, token=token, standing=_standing_of(token) if with_standing else None)


def _standing_of(token: AccessToken) -> Standing | None:
    """Returns what TOKEN_AND_DRAWER read about the drawer of the token's owner, or None for an API key."""
    if token.user is None:
        return None
    session: CashSession | None = getattr(token, "open_session", None)
    if session is not None:
        session.user = token.user
    return Standing(session=session, customers_id=token.customers_id)  # type: ignore[attr-defined]  # added too


def tokens() -> "QuerySet[AccessToken]":
    """Returns the query for all tokens except those of inactive accounts, with the data that `authenticate` checks."""
    found = AccessToken.objects.select_related("user__store", "user__register", "store", "register")
    active = Q(account__isnull=True) | Q(account__is_active=True)
    return found.annotate(is_register_of_another=_is_register_of_another()).filter(active)


def _is_register_of_another() -> "ExpressionWrapper[Any]":
    """Returns the query condition that the token's register is assigned to another person.

    The condition is false while the token's owner has an open session at the register.
    """
    others = User.objects.filter(register=OuterRef("register"), is_active=True).exclude(pk=OuterRef("user"))
    running = CashSession.objects.filter(
        register=OuterRef("register"), user=OuterRef("user"), status=SessionStatus.OPEN
    )
    return ExpressionWrapper(Exists(others) & ~Exists(running), output_field=BooleanField())


TOKEN_OF_SECRET: Final = PreparedQuery(
    # Digests are unique, so the rows need no order.
    lambda: tokens().filter(digest=Parameter("digest", CharField())).order_by()
)
"""The token with a digest, as `authenticate` reads it."""


def with_drawer(found: "QuerySet[AccessToken]") -> "QuerySet[AccessToken]":
    """Adds the open session of each token's owner, and the id of the customers of that session's store."""
    customers = Place.objects.filter(store=OuterRef("open_session__store"), kind=PlaceKind.CUSTOMERS).order_by()
    is_open = Q(user__sessions__status=SessionStatus.OPEN)
    drawer = ("open_session__register", "open_session__store")
    return found.annotate(
        open_session=FilteredRelation("user__sessions", condition=is_open),
        customers_id=Subquery(customers.values("pk")[:1]),
    ).select_related("user__store", "user__register", "store", "register", *drawer)


TOKEN_AND_DRAWER: Final = PreparedQuery(
    lambda: with_drawer(tokens()).filter(digest=Parameter("digest", CharField())).order_by()
)


def may_use(token: AccessToken) -> bool:
    """Whether a token's owner may still work, in the store and at the register of the token. True for API keys.

    `token` comes from `tokens()`.
    """
    return token.user is None or (token.user.is_active and _is_where_they_work(token, token.user))


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


@transaction.atomic
def revoke(*, token: AccessToken, by: Principal, at: datetime, reason: str = "") -> None:
    """Revokes a token or API key at once, and the whole family of a sign-in. A second call changes nothing.

    The audit trail shows `reason`.
    """
    if token.user_id is not None:
        lock_sign_ins(token.user_id)
    if end_family(token, at=at):
        detail = {"reason": reason} if reason else None
        audit.note(action="token.revoked", subject=f"token:{token.pk}", by=by, at=at, store=token.store, detail=detail)


def end_sign_in(*, secret: str, at: datetime) -> None:
    """Revokes the family of a person's token, also of an expired one. Ignores an unknown secret and the key of a program."""
    token = AccessToken.objects.select_related("user", "store").filter(digest=digest_of(secret)).first()
    if token is not None and token.user is not None:
        revoke(token=token, by=Principal(user=token.user, token=token), at=at)


def end_family(token: AccessToken, *, at: datetime) -> int:
    """Revokes a token and all tokens of its family. Returns the number of tokens that were not revoked before.

    For a person's token, call `lock_sign_ins` first. The caller writes the audit entry.
    """
    family = Q(pk=token.pk) if token.family is None else Q(family=token.family)
    return AccessToken.objects.filter(family, revoked_at__isnull=True).update(revoked_at=at)


def lock_sign_ins(*user_ids: int) -> None:
    """Locks the tokens and links of people until the commit, so that issuing and ending them takes turns.

    Without the lock, a sign-out at the same moment as a refresh does not see the new tokens, and they stay valid.
    Several people are locked in the order of their ids, so that two callers never wait for each other.
    """
    list(User.objects.select_for_update(no_key=True).filter(pk__in=user_ids).order_by("pk").values_list("pk"))


def end_sign_ins(*, user: User, at: datetime) -> int:
    """Ends every token and browser session of a person. Returns the number of tokens that were still valid.

    Also revokes their one-time links, because somebody else may hold one. API keys do not end, because they belong to
    the account (docs/decisions/0019). The caller writes the audit entry.
    """
    User.objects.filter(pk=user.pk).update(access_version=F("access_version") + 1)
    user.refresh_from_db(fields=["access_version"])
    running = AccessToken.objects.filter(user=user, revoked_at__isnull=True)
    in_force = running.exclude(expires_at__lte=at).count()
    running.update(revoked_at=at)
    # `access_version` has ended them already. Without their rows, nobody sees them in the list of their sign-ins.
    BrowserSession.objects.filter(user=user).delete()
    TrustedTill.objects.filter(trusted_by=user).delete()
    revoke_links(user=user, at=at)
    return in_force


def revoke_links(*, user: User, at: datetime) -> None:
    """Revokes the open one-time links of a person (`one_time_link`)."""
    OneTimeLink.objects.filter(person=user, used_at__isnull=True, revoked_at__isnull=True).update(revoked_at=at)


def revoke_links_made_by(user: User, *, at: datetime) -> None:
    """Revokes the open one-time links that a person made for others. The person has seen them, and could use them."""
    OneTimeLink.objects.filter(created_by=user, used_at__isnull=True, revoked_at__isnull=True).update(revoked_at=at)


def random_secret(kind: str) -> str:
    """Returns a new random secret. It begins with `kind`, so that people recognise the kind of secret."""
    return f"{kind}_{secrets.token_urlsafe(32)}"


def digest_of(secret: str) -> str:
    """Returns the SHA-256 of a secret. Only this digest is stored."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
