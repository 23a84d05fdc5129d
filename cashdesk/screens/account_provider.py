"""The page on which people connect their account at the OpenID Connect provider, and disconnect it."""

from typing import cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.provider_connection import connection_of, disconnect_account, may_disconnect
from cashdesk.enums import Role
from cashdesk.forms.own_confirmation import Faults, confirmation_faults
from cashdesk.forms.pages import path_to, see, see_path
from cashdesk.models import User
from cashdesk.screens.provider_sign_in import to_provider_to_connect
from cashdesk.web.openid_provider import is_configured
from cashdesk.web.pages import page_for


@sensitive_post_parameters("code", "password")
@page_for(Role.CASHIER, takes_posts=True)
def provider_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Connects the person to their account at the provider, or disconnects it, after the password and the code.

    The password keeps somebody at an open browser from connecting their own account, which would outlast the session.
    """
    if not is_configured():
        raise Http404
    user = cast(User, by.user)
    is_connected = connection_of(user) is not None
    if is_connected and not may_disconnect(user):
        return see("account")
    if request.method != "POST":
        return _form(request, user, is_connected=is_connected, faults=Faults())
    if request.POST.get("act") != ("disconnect" if is_connected else "connect"):
        # Done in another window meanwhile.
        return see("account")
    if faults := confirmation_faults(request, user):
        return _form(request, user, is_connected=is_connected, faults=faults)
    if not is_connected:
        return to_provider_to_connect(request, user)
    disconnect_account(user=user, at=timezone.now())
    return see_path(f"{path_to('account')}?disconnected")


def _form(request: HttpRequest, user: User, *, is_connected: bool, faults: Faults) -> HttpResponse:
    policy = settings.PROVIDER
    context = {
        "is_connected": is_connected,
        "provider": policy.name,
        "groups_decide": bool(policy.role_groups or policy.store_groups or policy.store_pattern),
        "asks_password": user.has_usable_password(),
        "asks_code": user.second_factor_since is not None,
        "faults": faults,
    }
    answer = render(request, "cashdesk/account_provider.html", context, status=faults.status if faults else 200)
    if faults.wait_seconds:
        answer.headers["Retry-After"] = str(faults.wait_seconds)
    return answer
