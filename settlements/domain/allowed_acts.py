"""Locks a settlement for an action, and refuses actions that its state does not allow."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

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

_STARTS_COUNTING: Final[Mapping[Act, str]] = MappingProxyType(
    {
        Act.PREVIEW: "The %(type)s settlement is %(state)s and does not preview (state COUNTING with amounts); "
        "what it allows now is to start counting (state COUNTING).",
        Act.CLOSE: "The %(type)s settlement is %(state)s and does not close (state CLOSED with amounts); "
        "what it allows now is to start counting (state COUNTING).",
        Act.REOPEN: "The %(type)s settlement is %(state)s and does not open again (state OPEN); "
        "what it allows now is to start counting (state COUNTING).",
    }
)
_IS_COUNTED: Final[Mapping[Act, str]] = MappingProxyType(
    {
        Act.START_COUNTING: "The %(type)s settlement is %(state)s and does not start counting (state COUNTING); "
        "what it allows now is to preview (state COUNTING with amounts) or close (state CLOSED with amounts).",
        Act.FORCE_CLOSE: "The %(type)s settlement is %(state)s and does not close without a count; "
        "what it allows now is to preview (state COUNTING with amounts) or close (state CLOSED with amounts).",
        Act.REOPEN: "The %(type)s settlement is %(state)s and does not open again (state OPEN); "
        "what it allows now is to preview (state COUNTING with amounts) or close (state CLOSED with amounts).",
    }
)
_IS_CLOSED: Final[Mapping[Act, str]] = MappingProxyType(
    {
        Act.START_COUNTING: "The %(type)s settlement is %(state)s and does not start counting (state COUNTING); "
        "it stays as it is.",
        Act.PREVIEW: "The %(type)s settlement is %(state)s and does not preview (state COUNTING with amounts); "
        "it stays as it is.",
        Act.CLOSE: "The %(type)s settlement is %(state)s and does not close (state CLOSED with amounts); "
        "it stays as it is.",
        Act.FORCE_CLOSE: "The %(type)s settlement is %(state)s and does not close without a count; it stays as it is.",
        Act.REOPEN: "The %(type)s settlement is %(state)s and does not open again (state OPEN); it stays as it is.",
    }
)


def locked_for_act(settlement: Settlement, *, by: Principal) -> Settlement:
    """Locks the place of a settlement, and returns the settlement as it is under the lock.

    Takes the exclusive lock of the place. For a register, also takes the shared lock of the vault.
    Raises Forbidden for a cashier at the vault or at another person's register.
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
    """Raises Conflict if the state does not allow the action.

    Published conversations contain these messages word for word (tests/contracts/pages), so do not change them.
    """
    allowed = settlement.allowed_acts
    if act in allowed:
        return
    told = _STARTS_COUNTING if Act.START_COUNTING in allowed else _IS_COUNTED if allowed else _IS_CLOSED
    raise Conflict(told[act] % {"type": settlement.type, "state": settlement.state}, code="settlement_state")


def reason_detail(reason: str) -> dict[str, str]:
    """Returns the reason as detail for an audit entry, or an empty dict. Only the back office asks for a reason."""
    return {"reason": reason} if reason else {}
