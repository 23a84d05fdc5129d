"""Locks a settlement for an action, and refuses actions that its state does not allow."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.domain.store.register_holder import refuse_register_of_another
from cashdesk.enums import PlaceKind
from cashdesk.errors import Conflict
from cashdesk.models import Place
from settlements.domain.target import ComparedAmount, compare, counted_methods, targets_of
from settlements.domain.vault_access import refuse_settling_vault
from settlements.enums import Act, SettlementType
from settlements.models import Settlement


def locked_for_act(settlement: Settlement, *, by: Principal) -> Settlement:
    """Locks the place exclusively and the vault shared, and reads the settlement again under the lock.

    Raises Forbidden for a cashier at the vault or at somebody else's register.
    """
    if settlement.type == SettlementType.VAULT:
        refuse_settling_vault(by)
    refuse_register_of_another(register=settlement.place, by=by)
    vault = Place.objects.get(store=settlement.store_id, kind=PlaceKind.VAULT)
    shared = [vault] if settlement.place_id != vault.pk else []
    locked = lock_places(exclusive=[settlement.place], shared=shared)[settlement.place_id]
    found = Settlement.objects.select_related("store").get(pk=settlement.pk)
    found.place = locked
    return found


def compare_with_target(settlement: Settlement, counted: Sequence[CountedAmount]) -> tuple[ComparedAmount, ...]:
    """Compares a count with the settlement's current target."""
    return compare(targets=targets_of(settlement), counted=counted, by_hand=counted_methods(settlement))


def refuse_act(settlement: Settlement, act: Act) -> None:
    """Raises Conflict if the state does not allow the action. The message names the allowed actions."""
    allowed = settlement.allowed_acts
    if act in allowed:
        return
    # Callers of the API cannot use the action that only the back office offers.
    offered = _(" or ").join(_(other.label) for other in Act if other in allowed and other != Act.FORCE_CLOSE)
    told = (
        _("The %(type)s settlement is %(state)s and does not %(act)s; what it allows now is to %(offered)s.")
        if offered
        else _("The %(type)s settlement is %(state)s and does not %(act)s; it stays as it is.")
    )
    named = {"type": settlement.type, "state": settlement.state, "act": _(act.label), "offered": offered}
    raise Conflict(told % named, code="settlement_state")


def reason_detail(reason: str) -> dict[str, str]:
    """The reason for the audit entry. Only the back office asks for one."""
    return {"reason": reason} if reason else {}
