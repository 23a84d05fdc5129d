"""The template tag that warns admins if Cashdesk has switched off a webhook endpoint."""

from typing import Any

from django.template import Context, Library

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import OffReason, Role
from cashdesk.models import User, WebhookEndpoint

register = Library()

NAMED_MAX = 5


@register.inclusion_tag("admin/cashdesk/webhooks_off.html", takes_context=True)
def webhooks_off(context: Context) -> dict[str, Any]:
    """Shows the admins of an account which of its endpoints Cashdesk itself has switched off."""
    user = context["request"].user
    if not isinstance(user, User) or not user.has_role(Role.ADMIN):
        return {"endpoints": []}
    off = WebhookEndpoint.objects.filter(
        is_active=False, removed_at__isnull=True, off_reason__in=(OffReason.GONE, OffReason.FAILING)
    )
    by = Principal(user=user)
    own = off if user.is_superuser else off.filter(account=by.account_id)
    return {"endpoints": own.order_by("-off_since")[:NAMED_MAX]}
