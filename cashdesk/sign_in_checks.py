"""Checks the settings of the second factor, also at the start."""

from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

REQUIRED: Final = ("off", "managers", "admins")
"""The values of SECOND_FACTOR_REQUIRED, as in cashdesk.enums, which settings cannot import."""


def second_factor_faults(required: str) -> list[str]:
    """Returns a sentence if SECOND_FACTOR_REQUIRED has an unknown value. A typing error must not switch it off."""
    if required in REQUIRED:
        return []
    return [f"SECOND_FACTOR_REQUIRED is {required!r}: it takes {', '.join(REQUIRED[:-1])} or {REQUIRED[-1]}."]


@register(Tags.security)
def check_second_factor(**_options: Any) -> list[CheckMessage]:
    """Reports an unknown value of SECOND_FACTOR_REQUIRED."""
    return [Error(fault, id="cashdesk.E041") for fault in second_factor_faults(settings.SECOND_FACTOR_REQUIRED)]
