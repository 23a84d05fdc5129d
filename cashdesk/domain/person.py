"""Setting up people."""

from django.contrib.auth.hashers import make_password

from cashdesk.enums import Role
from cashdesk.models import Account, Place, Store, User


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
