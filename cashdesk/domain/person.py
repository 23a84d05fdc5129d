"""Setting up people."""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction

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
) -> User:
    """Creates a person; without a password they cannot sign in until one is set.

    Raises ValidationError when the username, email or tax id is taken, in whatever capitals.
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
        password=make_password(password),
    )
    user.full_clean()
    user.save()
    return user


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
