"""Signs people in by name and password. `sign_in_throttle` limits wrong attempts; `access_token` issues the tokens."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.hashers import check_password, make_password
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.access_token import issue_token
from cashdesk.domain.people.sign_in_throttle import Source, count_try
from cashdesk.domain.store.place import register_at
from cashdesk.domain.store.register_holder import refuse_register_of_another
from cashdesk.domain.store.store_reference import find_store
from cashdesk.errors import InvalidInput, NotSignedIn
from cashdesk.models import AccessToken, Place, Store, User
from cashdesk.models.person import SIGN_IN_NAMES, is_called

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
    """Checks the password and returns a new token with its secret, bound to `store` and `station` if given.

    Raises TooManyAttempts; NotSignedIn, the same for an unknown name and a wrong password; InvalidInput for a store or
    station that the person may not use.
    """
    kind, name = ("email", email) if email else ("username", username) if username else ("rut", rut)
    user = verify(identifier=name, password=password, source=source, at=at, user=_person_called(name, by=(kind,)))
    bound_store, register = _binding(user=user, store=store, station=station)
    return issue_token(user=user, at=at, lifetime=lifetime, store=bound_store, register=register)


def verify(*, identifier: str, password: str, source: Source, at: datetime, user: User | None) -> User:
    """Returns `user` if the password is theirs. `identifier` is the typed name.

    An unknown person takes as long as a known one. Raises TooManyAttempts or NotSignedIn.
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
    """Returns the person who signs in on a page with a username, e-mail address or tax id, and writes an audit entry.

    Raises TooManyAttempts or NotSignedIn, as `verify` does.
    """
    user = verify_called(name=name, password=password, source=source, at=at)
    audit.note(action="person.signed_in", subject=f"user:{user.pk}", by=Principal(user=user), at=at, store=user.store)
    return user


def verify_called(*, name: str, password: str, source: Source, at: datetime) -> User:
    """Returns the active person with this username, e-mail address or tax id if the password is right. Signs nobody in.

    Raises TooManyAttempts or NotSignedIn, as `verify` does.
    """
    return verify(identifier=name, password=password, source=source, at=at, user=_person_called(name))


def confirm_password(*, by: Principal, password: str, source: Source, at: datetime) -> None:
    """Checks the password of the signed-in person. The shifts API asks for it at start and end of a shift.

    Raises NotSignedIn if it is wrong, TooManyAttempts after too many attempts.
    """
    if by.user is None:
        raise NotSignedIn(_("Only a person can start or end a shift. Sign in and confirm with your password."))
    try:
        verify(identifier=by.user.username, password=password, source=source, at=at, user=by.user)
    except NotSignedIn:
        raise NotSignedIn(
            _("password: The password is wrong."), code="wrong_password", errors={"password": "The password is wrong."}
        ) from None


def _person_called(name: str, *, by: Iterable[str] = SIGN_IN_NAMES) -> User | None:
    """Returns the person with this name, if exactly one has it and may sign in.

    Old data may have a name twice, also on an inactive person. Such a name signs nobody in, because it is ambiguous.
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
