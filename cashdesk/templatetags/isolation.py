"""The template filter for text that people wrote, inside a sentence of ours or beside other text."""

from django.template import Library
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = Library()


@register.filter
def isolated(text: object) -> SafeString:
    """Isolates a name, a reason or a note from the text around it.

    Without it, a name in Arabic or Hebrew reorders the digits and signs beside it, and a Latin name does so on a page that
    is written from right to left. Not for attributes and titles, which take no elements.
    """
    return format_html("<bdi>{}</bdi>", text)
