"""An authenticator app for tests."""

import time

from django.utils import timezone
from django_otp.oath import totp

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.second_factor import add_second_factor
from cashdesk.models import Authenticator, User
from cashdesk.models.code_device import new_key


def code_for(key: str, *, steps: int = 0) -> str:
    """Returns the code that an app with this key shows now, or some steps of 30 seconds later."""
    return f"{totp(Authenticator(key=key).bin_key, t0=-30 * steps):06d}"


def adds_app(user: User) -> tuple[str, ...]:
    """Adds a second factor, whose first code is already forgotten. Returns the recovery codes."""
    key = new_key()
    by, at = Principal(user=user), timezone.now()
    codes = add_second_factor(user=user, key=key, code=code_for(key), by=by, at=at)
    time_passes(user)
    return codes


def fresh_code(user: User) -> str:
    """Returns the code that the person's app shows now, as if none had been used yet."""
    time_passes(user)
    return code_for(Authenticator.objects.get(user=user).key)


def wrong_code(user: User) -> str:
    """Returns six digits that are right neither now nor a minute from now."""
    key = Authenticator.objects.get(user=user).key
    right = {code_for(key, steps=steps) for steps in range(-3, 4)}
    return next(code for number in range(10) if (code := f"{number:06d}") not in right)


def time_passes(user: User) -> None:
    """Forgets the last code that was used, as time does."""
    Authenticator.objects.filter(user=user).update(last_t=int(time.time()) // 30 - 10)
