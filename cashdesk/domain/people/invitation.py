"""Invites people: the person exists at once, and chooses a password with a one-time link (`one_time_link`)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, Final

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.access_token import end_sign_ins
from cashdesk.domain.people.one_time_link import INVITED, IssuedLink, issue_link, lock_person_and_maker, may_let_in
from cashdesk.domain.people.person import add_person
from cashdesk.domain.store.changes_while_open import refuse_change_of_person
from cashdesk.enums import LinkPurpose, Role
from cashdesk.errors import Conflict, Forbidden
from cashdesk.models import Account, OneTimeLink, Store, User
from cashdesk.models.person import is_called

USERNAME_LENGTH_MAX: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """A person who was invited, and their link."""

    person: User
    issued: IssuedLink


@transaction.atomic
def invite_person(
    *,
    account: Account,
    role: Role,
    store: Store | None,
    name: str,
    by: Principal,
    at: datetime,
    username: str = "",
    email: str = "",
    **given: Any,
) -> Invited:
    """Adds a person without a password, and makes the link with which they choose one.

    Without `username` the person gets one from their name. Raises what `add_person` and `issue_link` raise.
    """
    person = add_person(
        account=account,
        role=role,
        store=store,
        name=name,
        username=username or free_username(name),
        email=email,
        by=by,
        at=at,
        **given,
    )
    return Invited(person=person, issued=_issue(person, by=by, at=at))


@transaction.atomic
def renew_invitation(*, person: User, by: Principal, at: datetime) -> Invited:
    """Makes a new link for a person who was invited. Older links end.

    Raises Conflict if the person already has a password, and what `issue_link` raises.
    """
    by = lock_person_and_maker(person, by=by)
    locked = _reread(person)
    _refuse_accepted(locked)
    return Invited(person=locked, issued=_issue(locked, by=by, at=at))


@transaction.atomic
def withdraw_invitation(*, person: User, by: Principal, at: datetime) -> None:
    """Ends the links of a person who was invited, and deactivates the person. Their e-mail address becomes free again.

    Raises Forbidden if the caller may not invite this person. Raises Conflict if the person already has a password, or
    has an open drawer.
    """
    by = lock_person_and_maker(person, by=by)
    locked = _reread(person)
    if not may_let_in(locked, by=by):
        raise Forbidden(_("Only a manager of the store or an admin can withdraw this invitation."))
    _refuse_accepted(locked)
    locked.is_active, locked.email = False, ""
    refuse_change_of_person(locked)
    locked.save(update_fields=["is_active", "email"])
    end_sign_ins(user=locked, at=at)
    audit.note(
        action="person.invitation_withdrawn",
        subject=f"user:{locked.pk}",
        by=by,
        at=at,
        store=locked.store,
        account=locked.account,
    )


def is_invited(person: User) -> bool:
    """Whether the person was invited, or was added without a password, and has not chosen one yet."""
    return person.is_active and not person.has_usable_password()


def has_no_password() -> Q:
    """Returns the query condition that a person has no password."""
    return Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)


def open_invitations(people: Collection[User], *, at: datetime) -> dict[int, OneTimeLink]:
    """Returns the link that still works, by the id of the person. Runs one query."""
    links = OneTimeLink.objects.filter(
        person__in=people,
        purpose=LinkPurpose.INVITATION,
        used_at__isnull=True,
        revoked_at__isnull=True,
        expires_at__gt=at,
    )
    return {link.person_id: link for link in links}


def free_username(name: str) -> str:
    """Returns a username for a name that nobody signs in with, such as `bruno.keller` or `bruno.keller2`."""
    base = slugify(name).replace("-", ".")[:USERNAME_LENGTH_MAX].strip("._") or "person"
    for number in count(1):
        username = base if number == 1 else f"{base}{number}"
        if not User.objects.filter(is_called(username)).exists():
            return username
    raise AssertionError


def _issue(person: User, *, by: Principal, at: datetime) -> IssuedLink:
    return issue_link(person=person, purpose=LinkPurpose.INVITATION, by=by, at=at, lifetime=INVITED)


def _reread(person: User) -> User:
    return User.objects.select_related("account", "store").get(pk=person.pk)


def _refuse_accepted(person: User) -> None:
    if not is_invited(person):
        raise Conflict(_("%(name)s is not invited any more.") % {"name": person})
