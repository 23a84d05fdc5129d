"""Setup links: the server prints one while no account exists, so that only its operator can set up the first store.

The secret is random and only its digest is stored. A link works until it expires or the installation is set up.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.utils.translation import gettext as _

from cashdesk.domain.people.access_token import digest_of, random_secret
from cashdesk.errors import Conflict
from cashdesk.models import Account, SetupLink

WORKS_FOR: Final = timedelta(hours=24)
"""How long a setup link works."""

ONE_START: Final = timedelta(minutes=1)
"""Processes that start within this time belong to one start of the server, and print one link."""

_LOCK: Final = 5_001_133_720_265
"""The number of the PostgreSQL advisory lock that one transaction at a time holds while it sets up the installation."""


class AlreadySetUp(Conflict):
    """An account exists, so nobody can set up the installation again."""


def is_empty() -> bool:
    """Whether the installation has no account yet."""
    return not Account.objects.exists()


def lock_setup() -> None:
    """Makes other transactions that set up the installation wait. Raises AlreadySetUp if an account exists.

    SQLite needs no lock, because only one write transaction runs at a time.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s::bigint)", [_LOCK])
    if not is_empty():
        raise AlreadySetUp(_("This installation is already set up. Sign in."))


@transaction.atomic
def issue_setup_link(*, at: datetime) -> str:
    """Makes a setup link and returns its secret. Older links go on working until they expire.

    Raises AlreadySetUp if an account exists.
    """
    lock_setup()
    SetupLink.objects.filter(expires_at__lte=at).delete()
    secret = random_secret("cs")
    SetupLink.objects.create(digest=digest_of(secret), created_at=at, expires_at=at + WORKS_FOR)
    return secret


@transaction.atomic
def issue_setup_link_of_start(*, at: datetime) -> str:
    """Makes a setup link at the start of the server and returns its secret.

    Returns "" if an account exists, or if another process of the same start has just made a link.
    """
    if not is_empty():
        return ""
    lock_setup()
    if SetupLink.objects.filter(created_at__gt=at - ONE_START).exists():
        return ""
    return issue_setup_link(at=at)


def works(digest: str, *, at: datetime) -> bool:
    """Whether the setup link with this digest exists and has not expired."""
    return SetupLink.objects.filter(digest=digest, expires_at__gt=at).exists()
