"""The index of the settings."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role
from cashdesk.web.pages import page_for


@page_for(Role.MANAGER)
def settings_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Lists the parts of the settings. The entry for stores leads a manager to their store at once."""
    only = by.own_store if not by.has_role(Role.ADMIN) else None
    return render(request, "cashdesk/settings/index.html", {"only_store": only})
