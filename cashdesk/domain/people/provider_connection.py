"""Connects a person who signs in with a password to their account at the OpenID Connect provider, and disconnects it."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.access_token import lock_sign_ins
from cashdesk.domain.people.provider_account import Presented, ProviderRefusal, link
from cashdesk.domain.people.sign_in import may_use_password
from cashdesk.errors import Conflict
from cashdesk.models import Identity, User


def connection_of(user: User) -> Identity | None:
    """Returns the person's account at the configured provider, or None."""
    return Identity.objects.filter(user=user, issuer=settings.PROVIDER.issuer).first()


def may_disconnect(user: User) -> bool:
    """Whether the person can still sign in without the provider."""
    return user.has_usable_password() and may_use_password(user)


@transaction.atomic
def connect_account(*, user: User, presented: Presented, at: datetime) -> None:
    """Connects the person to the account that the provider has confirmed. Connecting it again changes nothing.

    Raises ProviderRefusal: `taken` if somebody else has the account, `connected` if the person has another account of
    this provider, `again` if two requests meet.
    """
    lock_sign_ins(user.pk)
    known = Identity.objects.filter(issuer=presented.issuer, subject=presented.subject).first()
    if known is not None and known.user_id != user.pk:
        raise ProviderRefusal("Somebody else here has this account.", reason="taken")
    if known is not None:
        return
    if Identity.objects.filter(issuer=presented.issuer, user=user).exists():
        raise ProviderRefusal("This person has another account of the provider.", reason="connected")
    link(user, presented, at=at, how="own", by=Principal(user=user))


@transaction.atomic
def disconnect_account(*, user: User, at: datetime) -> None:
    """Disconnects the person's account at the configured provider. A second call changes nothing.

    Raises Conflict if the person could not sign in without the provider.
    """
    lock_sign_ins(user.pk)
    if not may_disconnect(user):
        told = _("You sign in only with %(provider)s, so you cannot disconnect it.")
        raise Conflict(told % {"provider": settings.PROVIDER.name})
    deleted, _by_model = Identity.objects.filter(user=user, issuer=settings.PROVIDER.issuer).delete()
    if deleted:
        audit.note(
            action="person.identity_unlinked",
            subject=f"user:{user.pk}",
            by=Principal(user=user),
            at=at,
            store=user.store,
            account=user.account,
            detail={"issuer": settings.PROVIDER.issuer},
        )
