"""Setting up people."""

from contextlib import suppress
from datetime import datetime
from itertools import count
from uuid import uuid4

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from cashdesk.domain import audit
from cashdesk.domain.access import revoke
from cashdesk.domain.principal import Principal
from cashdesk.enums import Language, Role
from cashdesk.models import AccessToken, Account, Place, Store, User


def create_person(
    *,
    account: Account,
    username: str,
    email: str,
    name: str,
    role: Role,
    store: Store | None = None,
    password: str | None = None,
    rut: str = "",
    register: Place | None = None,
    is_owner: bool = False,
    operator_code: str = "",
) -> User:
    """Creates a person; without a password they cannot sign in until one is set.

    The user id is their operator code unless one is given. Where that id is the code of somebody else, they get a code
    like it, such as `218-2`. Raises ValidationError when the username, email, tax id or code is somebody else's.
    """
    user = User(
        account=account,
        store=store,
        username=username,
        email=email.lower(),
        name=name,
        role=role,
        rut=rut,
        register=register,
        is_owner=is_owner,
        operator_code=operator_code,
        password=make_password(password),
    )
    user.full_clean()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        user.full_clean()  # Names the field, where somebody took the name at the same moment.
        if operator_code:
            raise
        user.pk = None
        _save_with_free_code(user)
    return user


@transaction.atomic
def _save_with_free_code(user: User) -> None:
    """Saves a new person whose id is the operator code of somebody else: with that id and a number as their code."""
    user.operator_code = uuid4().hex  # The id is known only once the row is there.
    user.save(force_insert=True)
    for number in count(2):
        user.operator_code = f"{user.pk}-{number}"
        with suppress(ValidationError):
            user.full_clean()
            break
    user.save(update_fields=["operator_code"])


@transaction.atomic
def set_password(*, user: User, password: str, by: Principal, at: datetime) -> None:
    """Gives a person a new password, and ends every token that the old one had opened."""
    user.password = make_password(password)
    user.save(update_fields=["password"])
    for token in AccessToken.objects.filter(user=user, revoked_at__isnull=True):
        revoke(token=token, by=by, at=at)
    audit.note(
        action="person.password_set", subject=f"user:{user.pk}", by=by, at=at, store=user.store, account=user.account
    )


@transaction.atomic
def choose_language(*, user: User, language: Language, by: Principal, at: datetime) -> None:
    """Has the pages speak a language to a person, whatever their store's is."""
    user.language = language
    user.save(update_fields=["language"])
    audit.note(
        action="person.language_chosen",
        subject=f"user:{user.pk}",
        by=by,
        at=at,
        store=user.store,
        account=user.account,
        detail={"language": language},
    )
