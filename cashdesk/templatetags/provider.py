"""The button of the OpenID Connect provider on the sign-in page."""

from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.utils.http import urlencode

from cashdesk.enums import PasswordSignIn
from cashdesk.web.openid_provider import is_configured

register = template.Library()


@register.inclusion_tag("cashdesk/provider_button.html", takes_context=True)
def provider_button(context: Context) -> dict[str, Any]:
    """Shows the button if a provider is configured, and who may use a password."""
    wanted = context.get("next", "")
    return {
        "provider": settings.PROVIDER.name if is_configured() else "",
        "provider_query": f"?{urlencode({'next': wanted})}" if wanted else "",
        "is_password_for_few": settings.PROVIDER.passwords == PasswordSignIn.SUPERUSERS,
        "next": wanted,
        "draft_fields": context.get("draft_fields"),
        "csrf_token": context.get("csrf_token"),
    }
