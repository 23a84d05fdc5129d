"""Signs people in with a name and a password.

`sign_in_throttle` limits wrong passwords, and `access_token` issues the tokens.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.access_token import SignedIn, issue_tokens, lock_sign_ins
from cashdesk.domain.people.second_factor import confirm_code, demand_code, needs_verification
from cashdesk.domain.people.sign_in_throttle import Source, count_try
from cashdesk.domain.store.place import register_at
from cashdesk.domain.store.register_holder import refuse_register_of_another
from cashdesk.domain.store.store_reference import find_store
from cashdesk.enums import PasswordSignIn
from cashdesk.errors import InvalidInput, NotSignedIn, PasswordSignInOff, WrongPassword
from cashdesk.models import Place, Store, User
from cashdesk.models.person import SIGN_IN_NAMES, is_called

WRONG_CREDENTIALS: Final = noop("The name or the password is wrong.")


def sign_in(
    *,
    password: str,
    at: datetime,
    source: Source,
    lifetime: timedelta,
    renewable_for: timedelta,
    email: str = "",
    username: str = "",
    rut: str = "",
    name: str = "",
    otp: str = "",
    store: str = "",
    station: int | None = None,
) -> SignedIn:
    """Checks the password of a person and issues an access token and a refresh token.

    The person is found by one of `email`, `username` and `rut`, or by `name`, which is any of the three. `otp` is the code
    of the second factor. The tokens are bound to `store` and `station` if they are given.

    Raises NotSignedIn for an unknown name and for a wrong password, with the same error. Raises TooManyAttempts after too
    many attempts. After a right password, also raises the errors of `demand_code`. Raises InvalidInput for an unknown store
    or station, and Forbidden for a register that the person may not use.
    """
    if name:
        user = verify_called(name=name, password=password, source=source, at=at)
    else:
        kind, name = ("email", email) if email else ("username", username) if username else ("rut", rut)
        user = verify(identifier=name, password=password, source=source, at=at, user=person_called(name, by=(kind,)))
    refuse_password_of(user)
    demand_code(user=user, otp=otp, at=at)
    bound_store, register = _binding(user=user, store=store, station=station)
    with transaction.atomic():
        # All sign-ins may have ended while the password was checked, for example by a new password. Then this one fails.
        lock_sign_ins(user.pk)
        if not User.objects.filter(pk=user.pk, access_version=user.access_version).exists():
            raise NotSignedIn(_(WRONG_CREDENTIALS))
        return issue_tokens(
            user=user,
            at=at,
            lifetime=lifetime,
            renewable_for=renewable_for,
            store=bound_store,
            register=register,
            source=source,
        )


def verify(*, identifier: str, password: str, source: Source, at: datetime, user: User | None) -> User:
    """Checks the password of `user` and returns `user`. `identifier` is the typed name.

    `user` is None for an unknown name. An unknown name takes as long as a known name. Raises NotSignedIn for an unknown
    name or a wrong password, and TooManyAttempts after too many attempts.
    """
    counted = count_try(name=identifier, user=user, source=source, at=at)
    if user is None:
        make_password(password)  # takes as long as a check, so that the time does not reveal whether the name is known
        raise NotSignedIn(_(WRONG_CREDENTIALS))
    if not check_password(password, user.password):
        raise NotSignedIn(_(WRONG_CREDENTIALS))
    counted.forgive()
    return user


def recognise(*, name: str, password: str, source: Source, at: datetime) -> User:
    """Checks name and password at a sign-in on a page, and returns the person.

    Writes an audit entry, unless the person must also enter a code (`recognise_code`). The name is a username, e-mail
    address or tax id. Raises NotSignedIn or TooManyAttempts, as `verify` does.
    """
    user = verify_called(name=name, password=password, source=source, at=at)
    refuse_password_of(user)
    if not needs_verification(user):
        note_sign_in(user, at=at)
    return user


def may_use_password(user: User) -> bool:
    """Whether the setting PASSWORD_SIGN_IN lets this person sign in with a password. Others sign in at the provider."""
    return user.is_superuser or bool(settings.PROVIDER.passwords != PasswordSignIn.SUPERUSERS)


def refuse_password_of(user: User) -> None:
    """Raises PasswordSignInOff if the setting PASSWORD_SIGN_IN sends this person to the provider."""
    if not may_use_password(user):
        raise PasswordSignInOff(
            _("Sign in with %(provider)s. Passwords are switched off here.") % {"provider": settings.PROVIDER.name}
        )


def recognise_code(*, user: User, code: str, at: datetime) -> str:
    """Checks the code after the password at a sign-in on a page, and writes an audit entry. Returns the kind of code.

    Raises WrongCode or TooManyAttempts, as `confirm_code` does.
    """
    kind = confirm_code(user=user, code=code, at=at)
    note_sign_in(user, at=at, second_factor=kind)
    return kind


def note_sign_in(user: User, *, at: datetime, **detail: str) -> None:
    """Writes the audit entry of a sign-in on a page."""
    audit.note(
        action="person.signed_in",
        subject=f"user:{user.pk}",
        by=Principal(user=user),
        at=at,
        store=user.store,
        detail=detail,
    )


def verify_called(*, name: str, password: str, source: Source, at: datetime) -> User:
    """Checks name and password and returns the person, without signing them in.

    The name is a username, e-mail address or tax id. Raises NotSignedIn or TooManyAttempts, as `verify` does.
    """
    return verify(identifier=name, password=password, source=source, at=at, user=person_called(name))


def confirm_password(*, by: Principal, password: str, source: Source, at: datetime) -> None:
    """Checks the password of the signed-in person. The shifts API asks for it at the start and end of a shift.

    Raises WrongPassword for a wrong password, NotSignedIn for a program, and TooManyAttempts after too many attempts.
    """
    if by.user is None:
        raise NotSignedIn(_("Only a person can start or end a shift. Sign in and confirm with your password."))
    try:
        verify(identifier=by.user.username, password=password, source=source, at=at, user=by.user)
    except NotSignedIn:
        raise WrongPassword(
            _("password: The password is wrong."), errors={"password": "The password is wrong."}
        ) from None


def person_called(name: str, *, by: Iterable[str] = SIGN_IN_NAMES) -> User | None:
    """Returns the person with this name if they may sign in, else None.

    In old data several people may have the same name, and some of them may be inactive. Nobody can sign in with such a
    name, because it is ambiguous.
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
        raise InvalidInput.of("store", _("Choose a store that you work in."))
    if station is None:
        return found, None
    register = register_at(store=found, station=station)
    refuse_register_of_another(register=register, by=Principal(user=user))
    return found, register
