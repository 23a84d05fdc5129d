"""Lets time pass for sign-in attempts. Only the owner of the tables may change their rows."""

from datetime import timedelta

from django.db import connection
from django.db.models import F

from cashdesk.models import SignInAttempt
from tests import roles


def time_passes(time: timedelta) -> None:
    """Makes every counted attempt older by this time."""
    with roles.owning(connection):
        SignInAttempt.objects.update(at=F("at") - time)
