"""Only managers settle the vault and move its money."""

from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import PlaceKind, Role
from cashdesk.errors import Forbidden
from cashdesk.models import Place


def refuse_cashier_at_vault(place: Place, *, by: Principal) -> None:
    """Raises Forbidden for a cashier if the place is a vault."""
    if place.kind == PlaceKind.VAULT:
        refuse_settling_vault(by)


def refuse_settling_vault(by: Principal) -> None:
    """Raises Forbidden unless the caller may settle the vault (a manager or above)."""
    if not by.has_role(Role.MANAGER):
        raise Forbidden(_("Only a manager can open, count or close the safe, or book its money."))


def refuse_moving_vault_money(by: Principal) -> None:
    """Raises Forbidden unless the caller may move or order the vault's money (a manager or above)."""
    if not by.has_role(Role.MANAGER):
        raise Forbidden(_("Only a manager can book this movement or order."))
