"""Trusted tills: the devices on which people of a store may sign in with a PIN (docs/decisions/0042-pin.md)."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from cashdesk.domain.people.access_token import digest_of, lock_sign_ins
from cashdesk.domain.people.second_factor import is_missing_second_factor
from cashdesk.models import TrustedTill, User, WrongPin

TRUSTED_FOR: Final = timedelta(hours=12)
"""How long a device is trusted after a sign-in with a password."""


@transaction.atomic
def note_full_sign_in(*, user: User, device: str, at: datetime) -> None:
    """Trusts the device of a person who signed in with password and second factor. Forgives their wrong PINs.

    `device` is the id in the device cookie. Writes nothing for people without a PIN in stores without PINs.
    """
    if user.pin:
        WrongPin.objects.filter(person=user).delete()
    if not device or user.store is None or not user.store.pin_sign_in:
        return
    # The person's sign-ins may have ended while the password was checked. Then they vouch for no device any more.
    lock_sign_ins(user.pk)
    if not User.objects.filter(pk=user.pk, access_version=user.access_version).exists():
        return
    till = TrustedTill(device=digest_of(device), store=user.store, trusted_by=user, trusted_until=at + TRUSTED_FOR)
    TrustedTill.objects.bulk_create(
        [till],
        update_conflicts=True,
        unique_fields=["device"],
        update_fields=["store", "trusted_by", "trusted_until"],
    )


def trusted_till(*, device: str, at: datetime) -> TrustedTill | None:
    """Returns the trusted till of a device, or None if it is not trusted or its store uses no PINs. Runs one query."""
    found = TrustedTill.objects.select_related("store").filter(
        device=digest_of(device),
        trusted_until__gt=at,
        store__pin_sign_in=True,
        store__is_active=True,
        store__account__is_active=True,
    )
    return found.first()


def people_at(till: TrustedTill) -> list[User]:
    """Returns the people who may sign in with a PIN on this till, by name. Runs one query."""
    people = User.objects.select_related("store").filter(_has_pin(), store=till.store).order_by("name", "pk")
    return [person for person in people if not is_missing_second_factor(person)]


def forget_expired_tills(*, at: datetime) -> int:
    """Deletes the tills that are no longer trusted. Returns their number."""
    deleted, _by_model = TrustedTill.objects.filter(trusted_until__lte=at).delete()
    return deleted


def _has_pin() -> Q:
    # A superuser sees every account, so no PIN is enough for them, not even at the desk.
    return Q(is_active=True, is_superuser=False) & ~Q(pin="")
