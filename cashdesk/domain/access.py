"""Signing in, and the tokens with which people and programs speak."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.hashers import check_password, make_password
from django.db.models import CharField, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.domain import audit
from cashdesk.domain.holding import refuse_register_of_another
from cashdesk.domain.place import register_at
from cashdesk.domain.principal import Principal, works_in
from cashdesk.domain.throttle import Source, count_try
from cashdesk.enums import Role, SessionStatus, TokenKind
from cashdesk.errors import InvalidInput, NotSignedIn
from cashdesk.models import AccessToken, AuditEntry, CashSession, Place, Store, User
from cashdesk.models.person import SIGN_IN_NAMES, is_called

PREFIX_LENGTH: Final = 12
WRONG_CREDENTIALS: Final = noop("The name or the password is wrong.")


def sign_in(
    *,
    password: str,
    at: datetime,
    source: Source,
    lifetime: timedelta,
    email: str = "",
    username: str = "",
    rut: str = "",
    store: str = "",
    station: int | None = None,
) -> tuple[AccessToken, str]:
    """Checks who it is and returns a new token with its secret, bound to the store and station if they are named.

    Raises TooManyAttempts, NotSignedIn (the same for an unknown name and a wrong password), InvalidInput for a store or
    station that the person may not use.
    """
    kind, name = ("email", email) if email else ("username", username) if username else ("rut", rut)
    user = verify(identifier=name, password=password, source=source, at=at, user=_person_called(name, by=(kind,)))
    bound_store, register = _binding(user=user, store=store, station=station)
    return issue_token(user=user, at=at, lifetime=lifetime, store=bound_store, register=register)


def verify(*, identifier: str, password: str, source: Source, at: datetime, user: User | None) -> User:
    """Returns `user` if the password is theirs. `identifier` is what was typed.

    Takes as long for a person who does not exist as for one who does. Raises TooManyAttempts or NotSignedIn.
    """
    counted = count_try(name=identifier, user=user, source=source, at=at)
    if user is None:
        make_password(password)  # spends the time that checking would, so an unknown name answers no sooner
        raise NotSignedIn(_(WRONG_CREDENTIALS))
    if not check_password(password, user.password):
        raise NotSignedIn(_(WRONG_CREDENTIALS))
    counted.forgive()
    return user


def recognise(*, name: str, password: str, source: Source, at: datetime) -> User:
    """Returns the person who signs in on a page with a username, an e-mail address or a tax id, whichever it is.

    Raises TooManyAttempts or NotSignedIn, as `verify` does.
    """
    user = verify_called(name=name, password=password, source=source, at=at)
    audit.note(action="person.signed_in", subject=f"user:{user.pk}", by=Principal(user=user), at=at, store=user.store)
    return user


def verify_called(*, name: str, password: str, source: Source, at: datetime) -> User:
    """Returns the active person of this username, e-mail address or tax id whose password it is; nobody is signed in by it.

    Raises TooManyAttempts or NotSignedIn, as `verify` does.
    """
    return verify(identifier=name, password=password, source=source, at=at, user=_person_called(name))


def confirm_password(*, by: Principal, password: str, source: Source, at: datetime) -> None:
    """Checks that the person who is signed in is still the one at the till (the shifts API asks at start and end).

    Raises NotSignedIn when it is wrong, TooManyAttempts after too many.
    """
    if by.user is None:
        raise NotSignedIn(_("A shift is started and ended by a person, who signs in and confirms with their password."))
    try:
        verify(identifier=by.user.username, password=password, source=source, at=at, user=by.user)
    except NotSignedIn:
        raise NotSignedIn(_("password: is wrong."), code="wrong_password", errors={"password": "is wrong."}) from None


def _person_called(name: str, *, by: Iterable[str] = SIGN_IN_NAMES) -> User | None:
    """Returns the person with this name, if exactly one has it and may sign in.

    Data older than the law may have a name twice, also one of somebody who left: it signs nobody in, since it might be
    somebody else.
    """
    if not name:
        return None
    people = list(User.objects.select_related("store", "register", "account").filter(is_called(name, by=by))[:2])
    return people[0] if len(people) == 1 and people[0].may_sign_in else None


def _binding(*, user: User, store: str, station: int | None) -> tuple[Store | None, Place | None]:
    if not store and station is None:
        return None, None
    found = find_store(reference=store, by=Principal(user=user)) if store else user.store
    if found is None:
        raise InvalidInput.of("store", _("is not a store that you work in."))
    if station is None:
        return found, None
    register = register_at(store=found, station=station)
    refuse_register_of_another(register=register, by=Principal(user=user))
    return found, register


def find_store(*, reference: str, by: Principal) -> Store | None:
    """Returns the store with this number or UUID among those that `by` may know of; else None."""
    return by.stores().filter(store_reference(reference)).first()


def store_for(*, reference: str, by: Principal) -> Store:
    """Returns the store that is named, or the caller's own: the token's, else the person's. Raises InvalidInput."""
    found = find_store(reference=reference, by=by) if reference else by.own_store
    if found is None:
        raise InvalidInput.of("store", _("is not a store that you work in.") if reference else _("is required."))
    return found


def store_reference(reference: str, *, path: str = "") -> Q:
    """Builds the condition that the store, or the one at the end of `path`, has this number or UUID."""
    prefix = f"{path}__" if path else ""
    # No store has a number with a NUL, which PostgreSQL would not even look for.
    reference = reference.replace("\0", "\ufffd")
    compact = reference.replace("-", "").lower()
    is_uuid = len(compact) == 32 and all(character in "0123456789abcdef" for character in compact)
    return Q(**{f"{prefix}uuid": compact}) if is_uuid else Q(**{f"{prefix}number": reference})


def issue_token(
    *, user: User, at: datetime, lifetime: timedelta, store: Store | None = None, register: Place | None = None
) -> tuple[AccessToken, str]:
    """Gives a person a token. Returns it with the secret, which is nowhere else."""
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
    """Returns who a secret speaks for, in one query; None when it is unknown, expired, revoked, or its owner inactive, and
    when it is bound to a store or register where its owner does not work any more.

    It writes nothing, so that it works on a database that takes no writes; `last_use.note_use` is called after the answer.
    """
    token = (
        AccessToken.objects.select_related("user__store", "user__register", "store", "register")
        .annotate(is_register_of_another=_is_register_of_another())
        .filter(Q(account__isnull=True) | Q(account__is_active=True), digest=digest_of(secret))
        .first()
    )
    if token is None or token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= at):
        return None
    if token.user is not None and not (token.user.is_active and _is_where_they_work(token, token.user)):
        return None
    return Principal(user=token.user, token=token)


def _is_register_of_another() -> Q:
    """Builds the condition that the register of a token is assigned to another person, and its owner has no drawer there."""
    others = User.objects.filter(register=OuterRef("register"), is_active=True).exclude(pk=OuterRef("user"))
    running = CashSession.objects.filter(
        register=OuterRef("register"), user=OuterRef("user"), status=SessionStatus.OPEN
    )
    return Exists(others) & ~Exists(running)


def _is_where_they_work(token: AccessToken, user: User) -> bool:
    """Whether a person's token is bound to nothing, or to a store and register where they still work."""
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
    """Ends a token or key at once. Again: no change."""
    if AccessToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=at):
        audit.note(action="token.revoked", subject=f"token:{token.pk}", by=by, at=at, store=token.store)


def end_sign_ins(*, user: User, at: datetime) -> int:
    """Ends every token and browser session of a person. Returns how many tokens were still in force.

    The caller notes why in the audit trail. API keys are no sign-ins: they belong to the account (docs/decisions/0019).
    """
    User.objects.filter(pk=user.pk).update(access_version=F("access_version") + 1)
    user.refresh_from_db(fields=["access_version"])
    tokens = AccessToken.objects.filter(user=user, revoked_at__isnull=True)
    in_force = tokens.exclude(expires_at__lte=at).count()
    tokens.update(revoked_at=at)
    return in_force


def keys_issued_by(user: User, *, at: datetime) -> list[AccessToken]:
    """Returns the API keys that the person made and that still work."""
    keys = AccessToken.objects.filter(kind=TokenKind.API_KEY, revoked_at__isnull=True).exclude(expires_at__lte=at)
    if user.account_id is not None:
        keys = keys.filter(account_id=user.account_id)
    made = AuditEntry.objects.filter(
        action="api_key.issued", user=user, subject=Concat(Value("token:"), Cast(OuterRef("pk"), CharField()))
    )
    return list(keys.filter(Exists(made)).order_by("pk"))


def random_secret(kind: str) -> str:
    """Draws a secret; `kind` is the letters that it begins with, by which people recognise it."""
    return f"{kind}_{secrets.token_urlsafe(32)}"


def digest_of(secret: str) -> str:
    """Returns what is kept of a secret: its SHA-256."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
