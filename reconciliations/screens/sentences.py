"""Fills translated sentences with parts that have elements of their own, such as amounts."""

from collections.abc import Mapping

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe


def sentence(text: str, named: Mapping[str, object]) -> SafeString:
    """Returns a sentence as HTML. Parts that are not HTML, such as names, are escaped."""
    parts = {
        name: conditional_escape(str(part)) if not isinstance(part, str) else conditional_escape(part)
        for name, part in named.items()
    }
    return mark_safe(conditional_escape(text) % parts)  # noqa: S308 (text and parts are escaped)
