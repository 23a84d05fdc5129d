"""Decides who may see the e-mail addresses and tax ids of others."""

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role


def may_see_sign_in_names(by: Principal) -> bool:
    """Whether the caller may see other people's e-mail addresses and tax ids. Cashiers may not: both are sign-in names."""
    return by.has_role(Role.MANAGER)
