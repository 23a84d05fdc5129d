"""Issues API keys for programs, and replaces them. `access_token.revoke` ends a key at once."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.access_token import PREFIX_LENGTH, digest_of, random_secret
from cashdesk.domain.store.place import register_at
from cashdesk.enums import PlaceKind, Role, Scope, TokenKind
from cashdesk.errors import Conflict, Forbidden, InvalidInput
from cashdesk.models import AccessToken, Account, AuditEntry, Place, Store, User, Vendor

OVERLAP_MAX: Final = timedelta(days=30)
NAME_MAX: Final = 200
REQUESTS_MAX: Final = 1_000_000


@transaction.atomic
def issue_api_key(
    *,
    name: str,
    scopes: Iterable[str],
    by: Principal,
    at: datetime,
    account: Account,
    vendor: Vendor | None = None,
    store: Store | None = None,
    register: Place | None = None,
    expires_at: datetime | None = None,
    requests_per_minute: int | None = None,
    secret: str = "",
) -> tuple[AccessToken, str]:
    """Issues an API key. Returns the key and its secret, which is shown once and never stored.

    Only demonstration data give a `secret`, because their keys are public. Without `secret` it is random.

    Raises Forbidden if the caller is not an admin of the account. Raises InvalidInput, naming the field, for a wrong
    name, expiry or limit of requests, and for missing or unknown scopes. Also raises InvalidInput if vendor, store and
    register do not belong together.
    """
    refuse_others(account_id=account.pk, by=by)
    _refuse_wrong_terms(name=name, expires_at=expires_at, at=at)
    refuse_wrong_limit(requests_per_minute)
    _refuse_wrong_binding(account=account, vendor=vendor, store=store, register=register)
    return _make(
        like=AccessToken(
            name=name,
            account=account,
            vendor=vendor,
            store=store,
            register=register,
            scopes=_known(scopes),
            expires_at=expires_at,
            requests_per_minute=requests_per_minute,
        ),
        by=by,
        at=at,
        secret=secret,
    )


@transaction.atomic
def rotate_api_key(*, token: AccessToken, overlap: timedelta, by: Principal, at: datetime) -> tuple[AccessToken, str]:
    """Issues a new API key that replaces `token`, with the same name, scopes, places, limit and lifetime.

    Returns the new key and its secret, which is shown once and never stored. The old key still works during `overlap`,
    but not after its own expiry.

    Raises Forbidden if the caller is not an admin of the account. Raises InvalidInput if the overlap is too long or if
    `token` is not an API key. Raises Conflict if the key is expired, revoked or already replaced.
    """
    refuse_others(account_id=token.account_id, by=by)
    if not timedelta(0) <= overlap <= OVERLAP_MAX:
        raise InvalidInput.of(
            "overlap", _("Choose a time from 0 minutes to %(days)s days.") % {"days": OVERLAP_MAX.days}
        )
    old = AccessToken.objects.select_for_update(no_key=True).get(pk=token.pk)
    _refuse_rotation(old, at=at)
    lifetime = old.expires_at - old.created_at if old.expires_at else None
    new, secret = _make(
        like=AccessToken(
            name=old.name,
            account_id=old.account_id,
            vendor_id=old.vendor_id,
            store_id=old.store_id,
            register_id=old.register_id,
            scopes=old.scopes,
            requests_per_minute=old.requests_per_minute,
            expires_at=at + lifetime if lifetime else None,
            replaces=old,
        ),
        by=by,
        at=at,
    )
    old.expires_at = min(at + overlap, old.expires_at or at + overlap)
    old.save(update_fields=["expires_at"])
    audit.note(
        action="api_key.rotated",
        subject=f"token:{old.pk}",
        by=by,
        at=at,
        store=old.store,
        account=old.account,
        detail={"replaced_by": new.pk, "works_until": old.expires_at.isoformat()},
    )
    return new, secret


def is_rotatable(token: AccessToken, *, at: datetime) -> bool:
    """Whether `token` is a valid API key that was not replaced yet.

    For display only: `rotate_api_key` checks again under its lock.
    """
    try:
        _refuse_rotation(token, at=at)
    except (Conflict, InvalidInput):
        return False
    return True


def register_of_key(*, store: Store | None, station: int | None) -> Place | None:
    """Returns the register for a new API key, or None without a station.

    Raises InvalidInput for a station without a store, and for an unknown station.
    """
    if station is None:
        return None
    if store is None:
        raise InvalidInput.of("station", _("Choose the store of the register, too."))
    return register_at(store=store, station=station)


def _make(*, like: AccessToken, by: Principal, at: datetime, secret: str = "") -> tuple[AccessToken, str]:
    secret = secret or random_secret("ck")
    like.kind, like.created_at = TokenKind.API_KEY, at
    like.prefix, like.digest = secret[:PREFIX_LENGTH], digest_of(secret)
    like.save(force_insert=True)
    audit.note(
        action="api_key.issued",
        subject=f"token:{like.pk}",
        by=by,
        at=at,
        store=like.store,
        account=like.account,
        detail={"name": like.name, "scopes": like.scopes}
        | ({"replaces": like.replaces_id} if like.replaces_id else {}),
    )
    return like, secret


def _known(scopes: Iterable[str]) -> list[str]:
    wanted = {str(scope) for scope in scopes}
    unknown = sorted(wanted - set(Scope.values))
    if unknown or not wanted:
        wrong = _("Choose at least one scope.")
        if unknown:
            wrong = _("There is no scope %(names)s.") % {"names": ", ".join(unknown)}
        known = _("The scopes are %(names)s.") % {"names": ", ".join(Scope.values)}
        raise InvalidInput.of("scopes", f"{wrong} {known}")
    return sorted(wanted)


def refuse_others(*, account_id: int | None, by: Principal) -> None:
    """Raises Forbidden unless the caller is an admin of the account, a superuser, or the system."""
    is_of_all = by.is_system or (by.user is not None and by.user.is_superuser)
    if not by.has_role(Role.ADMIN) or not (is_of_all or (account_id is not None and account_id == by.account_id)):
        raise Forbidden(_("Only an admin of the account can issue and rotate its API keys."))


def _refuse_wrong_terms(*, name: str, expires_at: datetime | None, at: datetime) -> None:
    if not name.strip() or len(name) > NAME_MAX:
        raise InvalidInput.of("name", _("Enter what uses the key, in 1 to %(limit)s characters.") % {"limit": NAME_MAX})
    if expires_at is not None and expires_at <= at:
        raise InvalidInput.of("expires_at", _("Choose a time in the future."))


def refuse_wrong_limit(requests_per_minute: int | None) -> None:
    """Raises InvalidInput if the number of requests per minute is out of bounds."""
    if requests_per_minute is not None and not 0 <= requests_per_minute <= REQUESTS_MAX:
        raise InvalidInput.of(
            "requests_per_minute", _("Enter a number from 0 to %(limit)s. 0 means no limit.") % {"limit": REQUESTS_MAX}
        )


def _refuse_wrong_binding(
    *, account: Account, vendor: Vendor | None, store: Store | None, register: Place | None
) -> None:
    if vendor is not None and vendor.account_id != account.pk:
        raise InvalidInput.of("vendor", _("Choose a vendor of the account."))
    if store is not None and store.account_id != account.pk:
        raise InvalidInput.of("store", _("Choose a store of the account."))
    if store is not None and vendor is not None and store.vendor_id != vendor.pk:
        raise InvalidInput.of("store", _("Choose a store of the vendor."))
    if register is not None and (store is None or register.store_id != store.pk or register.kind != PlaceKind.REGISTER):
        raise InvalidInput.of("register", _("Choose a register of the store that the key is bound to."))


def refuse_ended(token: AccessToken, *, at: datetime) -> None:
    """Raises Conflict if the API key has ended, and InvalidInput if it is a person's token."""
    if token.kind != TokenKind.API_KEY:
        raise InvalidInput.of("token", _("This token belongs to a person. Choose an API key."))
    if token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= at):
        raise Conflict(_("This key has ended. Issue a new one."), code="key_ended")


def _refuse_rotation(token: AccessToken, *, at: datetime) -> None:
    refuse_ended(token, at=at)
    if hasattr(token, "replaced_by"):
        raise Conflict(_("This key was already rotated. Rotate the key that replaced it."), code="key_replaced")


def keys_seen(by: Principal) -> Q:
    """Returns the query condition that the caller may see an API key.

    Admins see the keys of their account, managers those that are bound to their store.
    """
    is_key = Q(kind=TokenKind.API_KEY)
    if by.is_system or (by.user is not None and by.user.is_superuser):
        return is_key
    if by.has_role(Role.ADMIN):
        return is_key & Q(account_id=by.account_id)
    return is_key & Q(store__in=by.stores())


def keys_issued_by(user: User, *, at: datetime) -> list[AccessToken]:
    """Returns the valid API keys that a person has issued."""
    keys = AccessToken.objects.filter(kind=TokenKind.API_KEY, revoked_at__isnull=True).exclude(expires_at__lte=at)
    if user.account_id is not None:
        keys = keys.filter(account_id=user.account_id)
    made = AuditEntry.objects.filter(
        action="api_key.issued", user=user, subject=Concat(Value("token:"), Cast(OuterRef("pk"), CharField()))
    )
    return list(keys.filter(Exists(made)).order_by("pk"))
