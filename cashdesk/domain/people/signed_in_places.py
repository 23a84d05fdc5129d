"""Finds the browsers and API tokens with which a person is signed in, and ends them."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.access_token import end_family, end_sign_ins, lock_sign_ins
from cashdesk.enums import TokenKind
from cashdesk.errors import NotFound
from cashdesk.models import AccessToken, BrowserSession, User


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInPlaces:
    """The browsers and the API sign-ins of a person, the most recently used first."""

    browsers: tuple[BrowserSession, ...]
    tokens: tuple[AccessToken, ...]


def places_of(user: User, *, at: datetime) -> SignedInPlaces:
    """Returns the present sign-ins of a person. Runs two queries.

    Each sign-in by the API is one token: the newest of its family.
    """
    browsers = BrowserSession.objects.filter(user=user, expire_date__gt=at).order_by("-last_seen_at", "pk")
    return SignedInPlaces(
        browsers=tuple(browsers.defer("session_data")),
        tokens=tuple(_tokens(user, at=at).select_related("store", "register").order_by("-created_at", "-pk")),
    )


@transaction.atomic
def end_browser(*, user: User, session_key: str, at: datetime) -> None:
    """Ends one of the person's own browser sessions, by the key of its row. Raises NotFound if they have no such session."""
    deleted, _by_model = BrowserSession.objects.filter(user=user, pk=session_key).delete()
    if not deleted:
        raise NotFound("You are no longer signed in there.")
    _note("session_ended", user, at=at)


@transaction.atomic
def end_token(*, user: User, token_id: int, at: datetime) -> None:
    """Ends one of the person's own sign-ins by the API. Raises NotFound if they have no such sign-in."""
    lock_sign_ins(user.pk)
    token = _tokens(user, at=at).filter(pk=token_id).first()
    if token is None:
        raise NotFound("You are no longer signed in there.")
    end_family(token, at=at)
    _note("session_ended", user, at=at, token=token.pk)


@transaction.atomic
def sign_out_everywhere(*, user: User, at: datetime) -> None:
    """Ends every browser session and every token of the person, including the one of this request."""
    ended = end_sign_ins(user=user, at=at)
    _note("signed_out_everywhere", user, at=at, tokens_ended=ended)


def _tokens(user: User, *, at: datetime) -> QuerySet[AccessToken]:
    """Returns the newest token of each sign-in that works or can be renewed."""
    works = Q(expires_at__isnull=True) | Q(expires_at__gt=at)
    can_be_renewed = Q(refresh_digest__isnull=False, renewable_until__gt=at)
    return AccessToken.objects.filter(
        works | can_be_renewed,
        user=user,
        kind=TokenKind.SIGN_IN,
        revoked_at__isnull=True,
        replaced_by__isnull=True,
    )


def _note(act: str, user: User, *, at: datetime, **detail: int) -> None:
    audit.note(
        action=f"person.{act}",
        subject=f"user:{user.pk}",
        by=Principal(user=user),
        at=at,
        store=user.store,
        detail=detail,
    )
