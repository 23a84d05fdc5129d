"""Checks whether a store or a register may be opened, and whether it may trade now."""

from django.utils.translation import gettext as _

from cashdesk.enums import PlaceKind, Settling
from cashdesk.errors import Conflict
from cashdesk.models import Place, Store


def trades_under_settlement(store: Store | None) -> bool:
    """Whether the registers of a store trade under settlements.

    They do if the store requires settlements, or if its vault has an open settlement.
    """
    if store is None or store.requires_settlement:
        return store is not None
    return Place.objects.filter(store=store, kind=PlaceKind.VAULT).exclude(settling=Settling.NONE).exists()


def refuse_unsettled(*, register: Place, store: Store) -> None:
    """Raises Conflict if the store requires settlements and the register's settlement is missing or being counted."""
    if store.requires_settlement and register.settling != Settling.OPEN:
        told = (
            _("Register %(register)s is being counted. In store %(store)s a register needs an open settlement.")
            if register.settling == Settling.COUNTING
            else _("Register %(register)s has no open settlement. In store %(store)s a register needs one.")
        )
        raise Conflict(
            told % {"register": register.number, "store": store.number},
            code="settlement_required",
        )


def refuse_counted(register: Place) -> None:
    """Raises Conflict if the register's settlement is being counted."""
    if register.settling == Settling.COUNTING:
        raise Conflict(
            _("Register %(register)s is being counted. Close its settlement first.") % {"register": register.number},
            code="register_is_counted",
        )


def refuse_switched_off(store: Store) -> None:
    """Raises Conflict if the store is inactive."""
    if not store.is_active:
        raise switched_off(store)


def refuse_register_switched_off(register: Place) -> None:
    """Raises Conflict if the register is switched off."""
    if not register.is_active:
        told = _("Register %(register)s is switched off. Choose another register.")
        raise Conflict(told % {"register": register.number}, code="register_switched_off")


def switched_off(store: Store) -> Conflict:
    """Returns the error for opening or trading in an inactive store."""
    told = _("Store %(store)s is switched off. You can only count and close open drawers there.")
    return Conflict(told % {"store": store.number}, code="store_switched_off")
