"""Change orders: notes and coins ordered from the bank, and counted when they arrive."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount, stored_pieces, total_of
from cashdesk.domain.store.business_day import business_date
from cashdesk.domain.store.may_trade import refuse_switched_off
from cashdesk.domain.visibility import refuse_bound_key
from cashdesk.enums import CASH, MovementKind, Role, Scope
from cashdesk.errors import Conflict, InvalidInput
from cashdesk.models import Store
from cashdesk.money import bounded
from settlements.domain.deposit import lock_bank
from settlements.domain.store_movement import move_in_store
from settlements.domain.vault_access import refuse_moving_vault_money
from settlements.enums import ChangeOrderAct, ChangeOrderState
from settlements.models import ChangeOrder
from settlements.state_flow import FLOW


@transaction.atomic
def order_change(
    *,
    store: Store,
    ordered: CountedAmount,
    by: Principal,
    at: datetime,
    wanted_on: date | None = None,
    note: str = "",
) -> ChangeOrder:
    """Records an order for change and returns it. No money moves.

    Raises InvalidInput for 0, a method other than cash, pieces that do not add up, and a date in the past. Raises
    Forbidden for cashiers and for keys that are bound to a register, and Conflict if the store is switched off.
    """
    refuse_moving_vault_money(by)
    refuse_bound_key(by)
    refuse_switched_off(store)
    lock_bank(store)
    _refuse_amount(ordered, field="amount", nothing=_("Enter an amount above 0."))
    if wanted_on is not None and wanted_on < business_date(store=store, at=at):
        raise InvalidInput.of("wanted_on", _("This day is over. Enter today or a later day."))
    order = ChangeOrder.objects.create(
        store=store,
        currency=ordered.currency,
        amount=ordered.amount,
        pieces=stored_pieces(ordered.pieces),
        wanted_on=wanted_on,
        note=note,
        ordered_at=at,
        ordered_by=by.user,
    )
    _note(order, "change_order.ordered", by=by, at=at, detail={"amount": ordered.amount, "currency": ordered.currency})
    return order


@transaction.atomic
def receive_change(
    *, order: ChangeOrder, received: CountedAmount, by: Principal, at: datetime, note: str = ""
) -> ChangeOrder:
    """Books the received change into the vault as it was counted, and returns the order.

    A difference from the order is recorded but not booked over/short, because nobody had custody of that cash
    (docs/decisions/0017). Raises Conflict if the order has ended, InvalidInput for another currency or 0, and
    Forbidden for cashiers.
    """
    refuse_moving_vault_money(by)
    order = _locked(order, act=ChangeOrderAct.RECEIVE)
    nothing = _("Enter an amount above 0. If nothing comes, cancel the order.")
    _refuse_amount(received, field="received", nothing=nothing)
    if received.currency != order.currency:
        raise InvalidInput.of(
            "received", _("Count the order in %(currency)s, its own currency.") % {"currency": order.currency}
        )
    movement = move_in_store(
        store=order.store,
        kind=MovementKind.WITHDRAWAL,
        amount=received.amount,
        currency=received.currency,
        by=by,
        at=at,
        note=note,
    )
    order.state, order.movement = ChangeOrderState.ARRIVED, movement
    order.received, order.received_pieces = received.amount, stored_pieces(received.pieces)
    order.ended_at, order.ended_by = at, by.user
    order.save(update_fields=["state", "movement", "received", "received_pieces", "ended_at", "ended_by"])
    detail = {"received": received.amount, "difference": order.difference}
    _note(order, "change_order.arrived", by=by, at=at, detail=detail)
    return order


@transaction.atomic
def cancel_change(*, order: ChangeOrder, reason: str, by: Principal, at: datetime) -> ChangeOrder:
    """Cancels an order and returns it.

    Raises Conflict if the order has ended, InvalidInput without a reason, and Forbidden for cashiers.
    """
    refuse_moving_vault_money(by)
    order = _locked(order, act=ChangeOrderAct.CANCEL)
    if not reason:
        raise InvalidInput.of("reason", _("Enter a reason."))
    order.state, order.reason = ChangeOrderState.CANCELLED, reason
    order.ended_at, order.ended_by = at, by.user
    order.save(update_fields=["state", "reason", "ended_at", "ended_by"])
    _note(order, "change_order.cancelled", by=by, at=at, detail={"reason": reason})
    return order


def acts_open_to(order: ChangeOrder, *, by: Principal) -> tuple[ChangeOrderAct, ...]:
    """Returns the actions that `by` may take on an order now. Takes no lock: each action checks this again."""
    if not (by.has_role(Role.MANAGER) and by.has_scope(Scope.SETTLEMENTS_WRITE)):
        return ()
    return tuple(act for act in ChangeOrderAct if act in FLOW["change order"][order.state])


def _refuse_amount(told: CountedAmount, *, field: str, nothing: str) -> None:
    """Raises InvalidInput for `field` if the amount cannot be ordered or received.

    `nothing` is the message for an amount of 0.
    """
    if told.method != CASH:
        raise InvalidInput.of(field, _("Only cash can be ordered and received."))
    if told.amount <= 0:
        raise InvalidInput.of(field, nothing)
    bounded(told.amount, told.currency, field=field)
    if told.pieces and total_of(currency=told.currency, pieces=told.pieces, field=field) != told.amount:
        raise InvalidInput.of(field, _("Amount and pieces differ. Correct one of them."))


def _locked(order: ChangeOrder, *, act: ChangeOrderAct) -> ChangeOrder:
    lock_bank(order.store)
    order = ChangeOrder.objects.select_related("store").get(pk=order.pk)
    if act not in FLOW["change order"][order.state]:
        if order.state == ChangeOrderState.CANCELLED:
            raise Conflict(_("This order is already cancelled."), code="change_order_ended")
        raise Conflict(_("This order has already arrived."), code="change_order_ended")
    return order


def _note(order: ChangeOrder, action: str, *, by: Principal, at: datetime, detail: Mapping[str, object]) -> None:
    audit.note(action=action, subject=f"change_order:{order.pk}", by=by, at=at, store=order.store, detail=detail)
