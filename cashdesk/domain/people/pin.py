"""PINs: people choose one, and sign in to the desk of a trusted till with it (docs/decisions/0042-pin.md)."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.access_token import lock_sign_ins
from cashdesk.domain.people.trusted_till import people_at
from cashdesk.errors import Conflict, InvalidInput, NotSignedIn, PinLocked
from cashdesk.models import TrustedTill, User, WrongPin

LENGTH_MIN: Final = 4
LENGTH_MAX: Final = 8
PER_DEVICE: Final = 5
"""The most wrong PINs of a person on one device, until they sign in with the password. A right PIN forgives these."""
PER_PERSON: Final = 15
"""The most wrong PINs of a person on all devices, until they sign in with the password. A right PIN forgives none."""
KEYPAD_LINES: Final = ("2580", "0852", "1470", "0741", "3690", "0963")
DATES: Final = {
    4: ("%d%m", "%m%d"),
    6: ("%d%m%y", "%m%d%y", "%y%m%d"),
    8: ("%d%m%Y", "%m%d%Y", "%Y%m%d"),
}
"""The ways to write a date, by the number of digits."""
YEARS: Final = range(1900, 2100)


def may_have_pin(user: User) -> bool:
    """Whether a person may choose a PIN: their store uses PINs, and they are no superuser of the installation."""
    return user.store is not None and user.store.pin_sign_in and not user.is_superuser


@transaction.atomic
def set_pin(*, user: User, pin: str, at: datetime) -> None:
    """Sets the person's own PIN. The caller has checked their password.

    Raises InvalidInput for a PIN that is easy to guess. Raises Conflict if their store uses no PINs.
    """
    if not may_have_pin(user):
        raise Conflict(_("Your store does not use PINs."))
    refuse_easy_pin(pin, user=user)
    user.pin = make_password(pin)
    user.save(update_fields=["pin"])
    WrongPin.objects.filter(person=user).delete()
    _note("pin_set", user, at=at)


@transaction.atomic
def remove_pin(*, user: User, at: datetime) -> None:
    """Removes the person's own PIN, if they have one."""
    if user.pin:
        user.pin = ""
        user.save(update_fields=["pin"])
        _note("pin_removed", user, at=at)


def sign_in_by_pin(*, till: TrustedTill, person: str, pin: str, at: datetime) -> User:
    """Checks the PIN of a person on a trusted till and returns the person. `person` is their UUID as text.

    Raises PinLocked after too many wrong PINs; the person then needs their password. Raises NotSignedIn for a wrong PIN,
    and for somebody who may not sign in with a PIN on this till.
    """
    user = next((one for one in people_at(till) if str(one.uuid) == person), None)
    if user is None:
        raise NotSignedIn(_("Choose your name."))
    tried = _count_try(user, till=till, at=at)
    if not check_password(pin, user.pin):
        raise NotSignedIn(_("The PIN is wrong."))
    # They still count for the person. Otherwise a guesser could go on after each right PIN.
    WrongPin.objects.filter(pk=tried.pk).delete()
    WrongPin.objects.filter(person=user, device=till.device).update(device="")
    _note("signed_in", user, at=at, by="pin")
    return user


def refuse_easy_pin(pin: str, *, user: User) -> None:
    """Raises InvalidInput unless the PIN has 4 to 8 digits and is not easy to guess.

    Easy are: two different digits or fewer, a row such as 1234, a repeated half, a line of the keypad, a date, a year, and
    digits of the person's own code or tax id.
    """
    if not (pin.isascii() and pin.isdigit() and LENGTH_MIN <= len(pin) <= LENGTH_MAX):
        raise InvalidInput.of("pin", _("Enter 4 to 8 digits."))
    if _is_easy(pin) or _is_of(user, pin):
        raise InvalidInput.of("pin", _("This PIN is easy to guess. Choose digits without a pattern, and no date."))


def _count_try(user: User, *, till: TrustedTill, at: datetime) -> WrongPin:
    """Counts a try before its PIN is checked, so that all of several simultaneous tries count."""
    with transaction.atomic():
        lock_sign_ins(user.pk)
        devices = list(WrongPin.objects.filter(person=user).values_list("device", flat=True)[:PER_PERSON])
        if len(devices) >= PER_PERSON or devices.count(till.device) >= PER_DEVICE:
            raise PinLocked(_("Too many wrong PINs. Sign in with your password."))
        return WrongPin.objects.create(person=user, device=till.device, at=at)


def _is_easy(pin: str) -> bool:
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    is_row = steps <= {1} or steps <= {9}
    half = len(pin) // 2
    is_doubled = len(pin) % 2 == 0 and pin[:half] == pin[half:]
    is_year = len(pin) == LENGTH_MIN and int(pin) in YEARS
    return len(set(pin)) <= 2 or is_row or is_doubled or is_year or pin in KEYPAD_LINES or _is_date(pin)


def _is_date(pin: str) -> bool:
    return any(_fits(pin, written) for written in DATES.get(len(pin), ()))


def _fits(pin: str, written: str) -> bool:
    # Without a year of its own the PIN gets a leap year, so that 29 February is a date too.
    pin, written = (pin, written) if "y" in written.lower() else (f"{pin}2000", f"{written}%Y")
    try:
        datetime.strptime(pin, written).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def _is_of(user: User, pin: str) -> bool:
    known = (user.operator_uid, user.rut, user.username)
    return any(pin in "".join(sign for sign in text if sign.isdigit()) for text in known)


def _note(act: str, user: User, *, at: datetime, **detail: str) -> None:
    audit.note(
        action=f"person.{act}",
        subject=f"user:{user.pk}",
        by=Principal(user=user),
        at=at,
        store=user.store,
        detail=detail,
    )
