"""The second factor: a code from an app, which managers and higher roles enter after their password.

The codes are those of RFC 6238, checked by django-otp. docs/decisions/0039-second-factor.md has the reasons.
"""

import base64
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.access_token import end_sign_ins, lock_sign_ins
from cashdesk.enums import Role, SecondFactorRequired
from cashdesk.errors import (
    CodeNeeded,
    Conflict,
    Forbidden,
    InvalidInput,
    SecondFactorNeeded,
    TooManyAttempts,
    WrongCode,
)
from cashdesk.models import Authenticator, RecoveryCodes, User
from cashdesk.models.code_device import KeyLost, digest_of_code

RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 10
APP_CODE: Final = re.compile(r"[0-9]{6}", re.ASCII)
SPACERS: Final = re.compile(r"[\s-]+")


@dataclass(frozen=True, kw_only=True)
class Enrolment:
    """The data for the app: the key to type, in groups of four, and the address in the QR code."""

    key: str
    uri: str


def may_have_second_factor(user: User) -> bool:
    """Whether a person may add a second factor: managers, admins and superusers."""
    return user.has_role(Role.MANAGER)


def must_have_second_factor(user: User) -> bool:
    """Whether the setting SECOND_FACTOR_REQUIRED demands a second factor of this person."""
    required = settings.SECOND_FACTOR_REQUIRED
    if required == SecondFactorRequired.MANAGERS:
        return user.has_role(Role.MANAGER)
    return bool(required == SecondFactorRequired.ADMINS and user.has_role(Role.ADMIN))


def needs_verification(user: User) -> bool:
    """Whether a password alone does not sign this person in: they have a second factor, or they must add one."""
    return user.second_factor_since is not None or must_have_second_factor(user)


def enrolment_of(user: User, key: str) -> Enrolment:
    """Returns the data for the app, for a new key (`new_key`)."""
    device = Authenticator(user=user, key=key)
    text = base64.b32encode(device.bin_key).decode()
    groups = " ".join(text[at : at + 4] for at in range(0, len(text), 4))
    return Enrolment(key=groups, uri=device.config_url)


def add_second_factor(*, user: User, key: str, code: str, by: Principal, at: datetime) -> tuple[str, ...]:
    """Adds the app that holds `key`, and returns the recovery codes, which are not stored.

    `code` proves that the app holds the key. All other sign-ins of the person end, because nobody entered a code there.
    Raises WrongCode. Raises Conflict if the person has a second factor, and Forbidden if they may not have one.
    """
    if not may_have_second_factor(user) or by.user is None or by.user.pk != user.pk:
        raise Forbidden(_("Only managers and admins can add a second factor, each for themselves."))
    with transaction.atomic():
        locked = _locked(user)
        if locked.second_factor_since is not None:
            raise Conflict(_("You have a second factor already. Remove it first."))
        Authenticator.objects.filter(user=user).delete()
        device = Authenticator.objects.create(user=user, name="app", key=key)
        if not _is_right(device, code):
            raise WrongCode(_("This code is wrong. Enter the code that the app shows now."))
        user.second_factor_since = at
        user.save(update_fields=["second_factor_since"])
        codes = _renewed_codes(user)
        ended = end_sign_ins(user=user, at=at)
        _note("second_factor_added", user, by=by, at=at, tokens_ended=ended)
    return codes


def confirm_code(*, user: User, code: str, at: datetime) -> str:
    """Checks a code of a person's app, or a recovery code. Returns which it was: `app` or `recovery`.

    Each code works once. Raises WrongCode, and TooManyAttempts while further tries must wait. Call it outside of a
    transaction, because a wrong try must be counted.
    """
    text = SPACERS.sub("", code).lower()
    kind = "app" if APP_CODE.fullmatch(text) else "recovery"
    model = Authenticator if kind == "app" else RecoveryCodes
    with transaction.atomic():
        lock_sign_ins(user.pk)
        device = model.objects.filter(user=user, confirmed=True).first()
        is_allowed, told = device.verify_is_allowed() if device else (True, None)
        is_right = device is not None and is_allowed and _is_right(device, text)
        if is_allowed and not is_right:
            _note("code_refused", user, by=Principal(user=user), at=at, kind=kind)
    if told is not None:
        # The library reads its own clock.
        wait = told["locked_until"] - timezone.now()
        raise TooManyAttempts(
            _("Too many wrong codes. Wait a while, then try again."),
            retry_after_seconds=max(1, ceil(wait.total_seconds())),
        )
    if not is_right:
        raise WrongCode(_("This code is wrong, or it was used already. Enter the code that the app shows now."))
    if kind == "recovery":
        _note("recovery_code_used", user, by=Principal(user=user), at=at, left=recovery_codes_left(user))
    return kind


def demand_code(*, user: User, otp: str, at: datetime) -> None:
    """Checks the code at a sign-in by the API. People without a second factor need none.

    Raises CodeNeeded without a code, WrongCode, TooManyAttempts, and SecondFactorNeeded if the person must add one
    first.
    """
    if user.second_factor_since is None:
        if must_have_second_factor(user):
            raise SecondFactorNeeded(_("Add a second factor first: sign in on the pages of Cashdesk."))
        return
    if not otp:
        words = _("Send the code of your authenticator app too.")
        raise CodeNeeded(f"otp: {words}", errors={"otp": words})
    try:
        confirm_code(user=user, code=otp, at=at)
    except WrongCode as error:
        raise WrongCode(f"otp: {error.message}", errors={"otp": error.message}) from None


def is_missing_second_factor(user: User) -> bool:
    """Whether the person must have a second factor and has none."""
    return user.second_factor_since is None and must_have_second_factor(user)


def renew_recovery_codes(*, user: User, by: Principal, at: datetime) -> tuple[str, ...]:
    """Replaces the recovery codes of a person and returns the new ones, which are not stored. The old ones end."""
    with transaction.atomic():
        if _locked(user).second_factor_since is None:
            raise Conflict(_("You have no second factor."))
        codes = _renewed_codes(user)
        _note("recovery_codes_renewed", user, by=by, at=at)
    return codes


def recovery_codes_left(user: User) -> int:
    """Returns the number of recovery codes that a person has not used."""
    device = RecoveryCodes.objects.filter(user=user).first()
    return device.token_set.count() if device else 0


def remove_second_factor(*, user: User, by: Principal, at: datetime) -> None:
    """Removes a person's second factor and signs them out everywhere.

    The caller has already checked the password and the code of a person who removes their own. Raises Forbidden unless
    the caller is the person, an admin of their account, a superuser, or the system. Only superusers and the system
    remove that of a superuser.
    """
    is_own = by.user is not None and by.user.pk == user.pk
    is_of_all = by.is_system or (by.user is not None and by.user.is_superuser)
    is_admin = by.has_role(Role.ADMIN) and not user.is_superuser and by.account_id == user.account_id
    if by.is_program or not (is_own or is_of_all or is_admin):
        raise Forbidden(_("Only an admin of the account can remove the second factor of somebody else."))
    with transaction.atomic():
        if _locked(user).second_factor_since is None:
            raise Conflict(_("There is no second factor to remove."))
        if is_own and must_have_second_factor(user):
            raise Conflict(_("This installation demands a second factor of you."))
        Authenticator.objects.filter(user=user).delete()
        RecoveryCodes.objects.filter(user=user).delete()
        user.second_factor_since = None
        user.save(update_fields=["second_factor_since"])
        ended = end_sign_ins(user=user, at=at)
        _note("second_factor_removed", user, by=by, at=at, tokens_ended=ended)


def has_wrong_codes(user: User) -> bool:
    """Whether a person entered wrong codes since the last right one."""
    return any(
        model.objects.filter(user=user, throttling_failure_count__gt=0).exists()
        for model in (Authenticator, RecoveryCodes)
    )


def forgive_wrong_codes(user: User) -> None:
    """Forgets the wrong codes of a person, so that they can try again at once."""
    for model in (Authenticator, RecoveryCodes):
        for device in model.objects.filter(user=user):
            device.throttle_reset()


def _locked(user: User) -> User:
    """Locks the person's sign-ins and returns the row as it is now."""
    lock_sign_ins(user.pk)
    return User.objects.get(pk=user.pk)


def _is_right(device: Authenticator | RecoveryCodes, code: str) -> bool:
    text = SPACERS.sub("", code).lower()
    if isinstance(device, Authenticator) and not APP_CODE.fullmatch(text):
        return False
    try:
        return bool(device.verify_token(text))
    except KeyLost:
        raise InvalidInput.of(
            "code",
            _("The server no longer knows the key of your app. Use a recovery code, or ask an admin for help."),
        ) from None


def _renewed_codes(user: User) -> tuple[str, ...]:
    RecoveryCodes.objects.filter(user=user).delete()
    device = RecoveryCodes.objects.create(user=user, name="recovery")
    texts = [
        base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower() for _number in range(RECOVERY_CODES)
    ]
    for text in texts:
        device.token_set.create(token=digest_of_code(text))
    return tuple("-".join(text[at : at + 4] for at in range(0, len(text), 4)) for text in texts)


def _note(act: str, user: User, *, by: Principal, at: datetime, **detail: object) -> None:
    audit.note(
        action=f"person.{act}",
        subject=f"user:{user.pk}",
        by=by,
        at=at,
        store=user.store,
        account=user.account,
        detail=detail,
    )
