"""Permissions of API calls. Each view declares the permissions of its actions; an action without a declaration is denied."""

from dataclasses import dataclass
from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The role that people need for a call, and the scope that programs need.

    A higher role is enough too. If `scope` is None, no program may make the call, unless `any_key` is set. Then every
    API key may make it, whatever its scopes. One of `other_scopes` is enough too; the domain decides which rows such a
    program may see.
    """

    role: Role = Role.CASHIER
    scope: Scope | None = None
    any_key: bool = False
    other_scopes: tuple[Scope, ...] = ()

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes of which a program needs one."""
        return (self.scope, *self.other_scopes) if self.scope is not None else ()


PUBLIC = Access()
"""Marks a call that needs no sign-in."""


class DeclaredAccess(BasePermission):
    """Allows a call if the view's `access` table allows its action. Denies an action that the table lacks."""

    message = "Your role or the scopes of your key do not allow this."

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the caller may make this call. The domain decides which objects they can reach."""
        declared = view.access.get(view.action)
        if declared is PUBLIC:
            return True
        principal = request.auth
        if view.action in (None, "metadata") and (isinstance(principal, Principal) or not request.authenticators):
            # The path does not support this method. DRF then answers 405, so no action runs. Where nobody can sign in,
            # a refusal would say 403 instead.
            return True
        if not isinstance(principal, Principal):
            return False
        if declared is None:
            return False
        if principal.is_program:
            return declared.any_key or any(principal.has_scope(scope) for scope in declared.scopes)
        return principal.has_role(declared.role)
