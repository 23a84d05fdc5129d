"""The template tag for the language choice at the foot of a page."""

from typing import Any

from django import template

from cashdesk.enums import Language

register = template.Library()


@register.inclusion_tag("cashdesk/languages.html", takes_context=True)
def language_choice(context: dict[str, Any]) -> dict[str, Any]:
    """Offers every language by its own name. After the choice the person returns to the same page."""
    request = context["request"]
    return {"languages": Language.choices, "back": request.get_full_path(), "csrf_token": context.get("csrf_token")}
