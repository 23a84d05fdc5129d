"""One-time links, with which a person sets a first password or replaces a forgotten one.

Only digests are stored. A link works once, until it expires. A new link of the same purpose revokes the older one. A
new password, a deactivation and every other change that signs the person out revoke all of them (`end_sign_ins`). A
deactivation, a lower role and another store also revoke the links that this person made for others.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.people.access_token import digest_of, lock_sign_ins, random_secret
from cashdesk.domain.people.person import set_password
from cashdesk.domain.people.sign_in import may_use_password, person_called, refuse_password_of
from cashdesk.domain.people.sign_in_throttle import Source, count_request_for_link, count_try
from cashdesk.enums import LinkPurpose, Role
from cashdesk.errors import Conflict, Forbidden, NotFound
from cashdesk.models import OneTimeLink, User

ASKED_FOR: Final = timedelta(hours=1)
"""How long a link works that a person asked for by mail."""
HANDED_OVER: Final = timedelta(hours=24)
"""How long a link and a code work that a manager hands over."""
INVITED: Final = timedelta(days=7)
"""How long an invitation works."""
KEPT_FOR: Final = timedelta(days=30)
"""How long an expired link is kept."""
CODE_SIGNS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""The signs of a code: without 0, O, 1, I and L, which people mix up."""
CODE_LENGTH: Final = 8
LINK_ENDED: Final = noop("This link was used already, or its time is over. Ask for a new one.")
CODE_WRONG: Final = noop("The name or the code is wrong, or its time is over.")


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedLink:
    """A new link. `secret` is part of its address. `code` is "" if the caller wanted none. Neither is stored."""

    link: OneTimeLink
    secret: str
    code: str = ""


def may_let_in(person: User, *, by: Principal) -> bool:
    """Whether the caller may make a link with which this person chooses a password.

    Managers may do it for the cashiers of their store. Admins may do it for everybody of their account, superusers of
    the installation for everybody. Nobody may do it for themselves.
    """
    if by.is_system:
        return True
    return has_role_to_let_in(person, by=by) and by.people(with_inactive=True).filter(pk=person.pk).exists()


def has_role_to_let_in(person: User, *, by: Principal) -> bool:
    """Whether the caller's role may help this person. `may_let_in` also checks that the caller may see them."""
    if by.user is None or by.user.pk == person.pk or (person.is_superuser and not by.user.is_superuser):
        return False
    return by.has_role(Role.ADMIN) or (by.has_role(Role.MANAGER) and person.role == Role.CASHIER)


def lock_person_and_maker(person: User, *, by: Principal) -> Principal:
    """Locks the person of a link and the caller who makes it. Returns the caller as the database has them now.

    A caller may lose their role while the request waits. Then the check after the lock must see it: `change_person`
    revokes the links that it finds, and would not find one that is made after it.
    """
    if by.user is None:
        lock_sign_ins(person.pk)
        return by
    lock_sign_ins(person.pk, by.user.pk)
    return replace(by, user=User.objects.select_related("account", "store").get(pk=by.user.pk))


@transaction.atomic
def issue_link(
    *, person: User, purpose: LinkPurpose, by: Principal, at: datetime, lifetime: timedelta, with_code: bool = False
) -> IssuedLink:
    """Makes a one-time link for a person, and revokes their older links of the same purpose.

    `with_code` also makes a code that does the same as the link, for somebody who cannot open links at the till.

    Raises Forbidden unless `may_let_in`, Conflict if the person or their account is inactive, and PasswordSignInOff for a
    new password of a person who may only sign in at the provider.
    """
    by = lock_person_and_maker(person, by=by)
    person.refresh_from_db(fields=["is_active", "is_superuser", "account", "role"])
    if not may_let_in(person, by=by):
        raise Forbidden(_("Only a manager of the store or an admin can help this person."))
    if not person.may_sign_in:
        raise Conflict(_("%(name)s may not sign in. Activate the person first.") % {"name": person})
    if purpose == LinkPurpose.PASSWORD:
        refuse_password_of(person)
    _open_links(person).filter(purpose=purpose).update(revoked_at=at)
    secret, code = random_secret("cl"), _new_code() if with_code else ""
    link = OneTimeLink.objects.create(
        person=person,
        purpose=purpose,
        digest=digest_of(secret),
        code=make_password(code) if code else "",
        created_by=by.user,
        created_at=at,
        expires_at=at + lifetime,
    )
    _note("link_made", link, by=by, at=at)
    return IssuedLink(link=link, secret=secret, code=code)


def ask_for_link(*, name: str, source: Source, at: datetime) -> IssuedLink | None:
    """Makes a link for the person with this name who forgot their password, to be sent by mail.

    Returns None for an unknown name, for a person without an e-mail address, for a person who signs in at the provider
    only, and after too many requests for one person. The caller answers the same in all cases. Raises TooManyAttempts
    after too many requests from one address.
    """
    person = person_called(name)
    if not count_request_for_link(name=name, user=person, source=source, at=at) or person is None:
        return None
    if not person.email or not may_use_password(person):
        return None
    return issue_link(person=person, purpose=LinkPurpose.PASSWORD, by=SYSTEM, at=at, lifetime=ASKED_FOR)


def find_link(*, secret: str, at: datetime) -> OneTimeLink:
    """Returns a link that still works, without using it. Raises the same NotFound for every other secret.

    Raises PasswordSignInOff if the person may only sign in at the provider.
    """
    link = (
        OneTimeLink.objects.select_related("person__account", "person__store").filter(digest=digest_of(secret)).first()
    )
    if link is None or not _works(link, at=at):
        raise NotFound(_(LINK_ENDED))
    refuse_password_of(link.person)
    return link


def find_link_by_code(*, name: str, code: str, source: Source, at: datetime) -> OneTimeLink:
    """Returns the link of a code that a manager handed over. The name is a username, e-mail address or tax id.

    Wrong codes count like wrong passwords. An unknown name takes as long as a wrong code.

    Raises NotFound for a wrong name or code, and TooManyAttempts after too many of them. Raises PasswordSignInOff if the
    person may only sign in at the provider.
    """
    person = person_called(name)
    counted = count_try(name=name, user=person, source=source, at=at)
    typed = "".join(sign for sign in code.upper() if sign.isalnum())[:20]
    found = None
    if person is not None:
        links = _open_links(person).select_related("person__account", "person__store").exclude(code="")
        found = links.order_by("-pk").first()
    if found is None:
        make_password(typed)
        raise NotFound(_(CODE_WRONG))
    if not check_password(typed, found.code) or not _works(found, at=at):
        raise NotFound(_(CODE_WRONG))
    counted.forgive()
    refuse_password_of(found.person)
    return found


def use_link(*, link: OneTimeLink, password: str, at: datetime) -> User:
    """Uses a link, sets the password and signs the person out everywhere. Returns the person.

    `password` was checked by the password rules before. Of two simultaneous uses, one finds the link used and changes
    nothing. Raises NotFound for a link that no longer works.
    """
    with transaction.atomic():
        lock_sign_ins(link.person_id)
        now = OneTimeLink.objects.select_related("person__account", "person__store").get(pk=link.pk)
        if not _works(now, at=at):
            raise NotFound(_(LINK_ENDED))
        OneTimeLink.objects.filter(pk=now.pk).update(used_at=at)
        person = now.person
        person.pin = ""  # whoever knew the old password could choose a PIN
        set_password(user=person, password=password, by=Principal(user=person), at=at)
        _note("link_used", now, by=Principal(user=person), at=at)
    return person


def delete_old_links(*, at: datetime) -> int:
    """Deletes the links that expired KEPT_FOR ago. Returns their number."""
    deleted, _by_model = OneTimeLink.objects.filter(expires_at__lte=at - KEPT_FOR).delete()
    return deleted


def shown_code(code: str) -> str:
    """Writes a code in two groups, such as `K7QP-M9XD`."""
    half = CODE_LENGTH // 2
    return f"{code[:half]}-{code[half:]}"


def _works(link: OneTimeLink, *, at: datetime) -> bool:
    is_open = link.used_at is None and link.revoked_at is None and link.expires_at > at
    return is_open and link.person.may_sign_in


def _open_links(person: User) -> QuerySet[OneTimeLink]:
    return OneTimeLink.objects.filter(person=person, used_at__isnull=True, revoked_at__isnull=True)


def _new_code() -> str:
    return "".join(secrets.choice(CODE_SIGNS) for _sign in range(CODE_LENGTH))


def _note(act: str, link: OneTimeLink, *, by: Principal, at: datetime) -> None:
    audit.note(
        action=f"person.{act}",
        subject=f"user:{link.person_id}",
        by=by,
        at=at,
        store=link.person.store,
        account=link.person.account,
        detail={"purpose": link.purpose, "expires_at": link.expires_at.isoformat()},
    )
