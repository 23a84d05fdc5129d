"""Renews a sign-in: exchanges its refresh token for new tokens, once (docs/decisions/0029-refresh-tokens.md)."""

import base64
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from django.db import transaction
from django.db.models import Count, Min
from django.utils.crypto import salted_hmac

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.access_token import (
    PREFIX_LENGTH,
    SignedIn,
    digest_of,
    end_family,
    lock_sign_ins,
    may_use,
    tokens,
)
from cashdesk.domain.people.sign_in_throttle import Source, count_wrong_refresh
from cashdesk.enums import TokenKind
from cashdesk.errors import NotSignedIn, TooManyAttempts
from cashdesk.models import AccessToken

PER_FAMILY: Final = 30
"""The most refreshes of one sign-in within FAMILY_WINDOW. It stops a client that refreshes in a loop."""
FAMILY_WINDOW: Final = timedelta(minutes=1)


def refresh_sign_in(
    *, secret: str, access_secret: str, source: Source, lifetime: timedelta, grace: timedelta, at: datetime
) -> SignedIn:
    """Replaces the tokens of a sign-in by new ones. `secret` is the secret of the refresh token.

    The new access token lives for `lifetime`, but never longer than the sign-in can be renewed. A repeated or
    simultaneous refresh gets the same tokens again during `grace`, if it also sends the old access token
    (`access_secret`). Any other use of an old refresh token ends the whole family, because two clients have the token,
    and one of them stole it.

    Raises NotSignedIn if the token is unknown, used, expired or revoked. Raises TooManyAttempts after too many wrong
    tokens from one address, and after too many refreshes of one sign-in.
    """
    with transaction.atomic():
        renewed = _renewed(secret, access_secret, lifetime=lifetime, grace=grace, at=at)
    if renewed is None:
        # After the commit, because the end of a family must not be rolled back.
        if secret:
            count_wrong_refresh(source=source, at=at)
        raise NotSignedIn("Your sign-in has ended. Sign in again.")
    return renewed


def forget_ended(*, at: datetime) -> int:
    """Deletes the digests of expired refresh tokens, and returns their number. The rows stay: the books refer to them."""
    return AccessToken.objects.filter(refresh_digest__isnull=False, renewable_until__lte=at).update(refresh_digest=None)


def _renewed(
    secret: str, access_secret: str, *, lifetime: timedelta, grace: timedelta, at: datetime
) -> SignedIn | None:
    """Returns the new tokens, or None. Ends the family if its token was used before."""
    found = _token_of(secret)
    if found is None or found.user_id is None:
        return None
    lock_sign_ins(found.user_id)
    old = _token_of(secret)
    if old is None or not may_use(old) or old.renewable_until is None or old.renewable_until <= at:
        return None
    if hasattr(old, "replaced_by"):
        again = _same_answer(old, secret, access_secret, grace=grace, at=at)
        if again is None:
            _end_reused(old, at=at)
        return again
    if old.revoked_at is not None:
        return None
    _refuse_loop(old, at=at)
    return _successor(old, secret, lifetime=lifetime, grace=grace, at=at)


def _token_of(secret: str) -> AccessToken | None:
    return tokens().select_related("replaced_by").filter(refresh_digest=digest_of(secret)).first()


def _same_answer(
    old: AccessToken, secret: str, access_secret: str, *, grace: timedelta, at: datetime
) -> SignedIn | None:
    """Returns the tokens that replaced `old`, for a client that repeats its refresh. None for any other use.

    Several calls of one client can refresh in a row. Then returns the newest tokens, not the first successors.
    """
    # The age is negative if a simultaneous refresh read the clock earlier. So a grace of 0 is checked by itself.
    if not grace or at - old.replaced_by.created_at >= grace:
        return None
    # A client that sends another access token got the answer. It has no reason to send the old refresh token.
    if digest_of(access_secret) != old.digest:
        return None
    newest = old
    while hasattr(newest, "replaced_by"):
        newest = newest.replaced_by
        access_secret, secret = _next_secrets(secret)
    has_other_key = (digest_of(access_secret), digest_of(secret)) != (newest.digest, newest.refresh_digest)
    if newest.revoked_at is not None or has_other_key:
        return None
    newest.user, newest.store, newest.register = old.user, old.store, old.register  # the same ones, already read
    return SignedIn(token=newest, secret=access_secret, refresh_secret=secret)


def _successor(old: AccessToken, secret: str, *, lifetime: timedelta, grace: timedelta, at: datetime) -> SignedIn:
    """Creates the next tokens of the family and ends the old ones."""
    access_secret, refresh_secret = _next_secrets(secret)
    until = old.renewable_until or at
    new = AccessToken.objects.create(
        kind=TokenKind.SIGN_IN,
        prefix=access_secret[:PREFIX_LENGTH],
        digest=digest_of(access_secret),
        account_id=old.account_id,
        user=old.user,
        store=old.store,
        register=old.register,
        replaces=old,
        family=old.family,
        refresh_digest=digest_of(refresh_secret),
        renewable_until=until,
        address=old.address,
        user_agent=old.user_agent,
        created_at=at,
        expires_at=min(at + lifetime, until),
    )
    works_until = _still_works_until(old, grace=grace)
    if works_until is not None and works_until > at:
        AccessToken.objects.filter(pk=old.pk).update(expires_at=works_until)
    else:
        AccessToken.objects.filter(pk=old.pk).update(revoked_at=at)
    return SignedIn(token=new, secret=access_secret, refresh_secret=refresh_secret)


def _still_works_until(old: AccessToken, *, grace: timedelta) -> datetime | None:
    """Returns until when the old access token still works, or None if it ends with the refresh.

    A client whose token expired may send several calls at once, and refresh once for each of them. Then the second
    refresh replaces the access token that the repeated first call is using. So an access token that comes from a
    refresh works for `grace` at least.
    """
    if old.replaces_id is None or old.expires_at is None:
        return None
    return min(old.expires_at, old.created_at + grace)


def _next_secrets(secret: str) -> tuple[str, str]:
    """Calculates the secrets of the next access token and refresh token from the last refresh token.

    So a repeated refresh gets the same answer although no secret is stored. Only the server can calculate them, because
    they also depend on its key.
    """
    return f"ct_{_derived(secret, use='access')}", f"cr_{_derived(secret, use='refresh')}"


def _derived(secret: str, *, use: str) -> str:
    digest = salted_hmac(f"cashdesk.refresh_token.{use}", secret, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _end_reused(old: AccessToken, *, at: datetime) -> None:
    """Ends the family of a refresh token that was used again, and notes it in the audit trail, once."""
    ended = end_family(old, at=at)
    if ended:
        audit.note(
            action="token.reused",
            subject=f"token:{old.pk}",
            by=Principal(user=old.user, token=old),
            at=at,
            store=old.store or (old.user.store if old.user else None),
            detail={"tokens_ended": ended},
        )


def _refuse_loop(old: AccessToken, *, at: datetime) -> None:
    """Raises TooManyAttempts after too many refreshes of one sign-in."""
    recent = AccessToken.objects.filter(
        family=old.family, replaces__isnull=False, created_at__gt=at - FAMILY_WINDOW
    ).aggregate(count=Count("pk"), first=Min("created_at"))
    if recent["count"] >= PER_FAMILY:
        wait = recent["first"] + FAMILY_WINDOW - at
        raise TooManyAttempts(
            "This sign-in was renewed too often. Wait a while, then try again.",
            retry_after_seconds=max(1, ceil(wait.total_seconds())),
        )
