"""Which stores and registers may be opened and may trade now."""

from django.utils.translation import gettext as _

from cashdesk.enums import PlaceKind, Settling
from cashdesk.errors import Conflict
from cashdesk.models import Place, Store


def trades_under_settlement(store: Store | None) -> bool:
    """Whether registers of a store are settled: they must be, or the vault runs, without which no register can."""
    if store is None or store.requires_settlement:
        return store is not None
    return Place.objects.filter(store=store, kind=PlaceKind.VAULT).exclude(settling=Settling.NONE).exists()


def refuse_unsettled(*, register: Place, store: Store) -> None:
    """Where registers trade under settlement only, refuses what needs a trading register while it is idle or counted.

    Raises Conflict.
    """
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
    """Refuses to open a register whose settlement is being counted. Raises Conflict."""
    if register.settling == Settling.COUNTING:
        raise Conflict(
            _("Register %(register)s is being counted. Close its settlement first.") % {"register": register.number},
            code="register_is_counted",
        )


def refuse_switched_off(store: Store) -> None:
    """Refuses to open or trade in a store that is switched off. Raises Conflict."""
    if not store.is_active:
        raise switched_off(store)


def switched_off(store: Store) -> Conflict:
    """Returns the error for opening or trading in a store that is switched off."""
    told = _("Store %(store)s is switched off. You can only count and close open drawers there.")
    return Conflict(told % {"store": store.number}, code="store_switched_off")
