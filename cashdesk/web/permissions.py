"""Who may call what: declared on each view, denied where nothing is declared."""

from dataclasses import dataclass
from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a call asks for: the least role of a person, and the scope of a program (None: programs may not)."""

    role: Role = Role.CASHIER
    scope: Scope | None = None


PUBLIC = Access()
"""Marks a call that needs nobody to be signed in."""


class DeclaredAccess(BasePermission):
    """Allows what the view's `access` table says for the action. An action that is not in it is denied to everyone."""

    message = "Your role or the scopes of your key do not allow this."

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the caller may make this call at all; whose objects it reaches is decided in the domain."""
        declared = view.access.get(view.action)
        if declared is PUBLIC:
            return True
        principal = request.auth
        if not isinstance(principal, Principal):
            return False
        if view.action in (None, "metadata"):
            # The path does not take this method: whoever is signed in is told so (405), and nothing is called.
            return True
        if declared is None:
            return False
        if principal.is_program:
            return declared.scope is not None and principal.has_scope(declared.scope)
        return principal.has_role(declared.role)
