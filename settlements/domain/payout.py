"""Records the payouts of acquirers, which clear card money and other non-cash (docs/decisions/0046)."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger import ledger
from cashdesk.domain.ledger.entry import Entry
from cashdesk.domain.ledger.movement_event import record_moved
from cashdesk.domain.store.business_day import business_date
from cashdesk.domain.store.place import places_of
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.domain.visibility import refuse_bound_key
from cashdesk.enums import CASH, MovementKind, PlaceKind, method_code
from cashdesk.errors import InvalidInput
from cashdesk.models import Movement, Store
from cashdesk.money import bounded
from settlements.domain.vault_access import refuse_moving_vault_money
from settlements.models import Payout


@transaction.atomic
def record_payout(
    *,
    store: Store,
    method: str,
    currency: str,
    amount: int,
    by: Principal,
    at: datetime,
    fee: int = 0,
    reference: str = "",
    paid_on: date | None = None,
) -> Payout:
    """Books what an acquirer paid out, and the fee that it kept, in minor units. Returns the payout.

    The amount goes from clearing to the bank, the fee from clearing to the outside. It may be more than clearing holds: card
    money that arrived late is not in clearing, but the acquirer pays it. Raises InvalidInput for cash, an amount below 1,
    a negative fee and a date in the future. Raises Forbidden for cashiers and for keys of a register.
    """
    refuse_moving_vault_money(by)
    refuse_bound_key(by)
    method = method_code(method)
    if method == CASH:
        raise InvalidInput.of("method", _("Nobody pays out cash. Choose another payment method."))
    if amount < 1:
        raise InvalidInput.of("amount", _("Enter an amount above 0."))
    if fee < 0:
        raise InvalidInput.of("fee", _("must not be negative."), on_pages=_("Enter a fee of 0 or more."))
    if paid_on is not None and paid_on > business_date(store=store, at=at):
        raise InvalidInput.of("paid_on", _("Enter a date that is not in the future."))
    bounded(amount, currency, field="amount")
    bounded(fee, currency, field="fee")
    places = places_of(store)
    lock_places(exclusive=[places[PlaceKind.CLEARING]])

    def entry(kind: MovementKind, to: PlaceKind, value: int) -> Entry:
        return Entry(
            source=places[PlaceKind.CLEARING],
            destination=places[to],
            amount=value,
            currency=currency,
            method=method,
            kind=kind,
            occurred_at=at,
            note=reference,
        )

    entries = [entry(MovementKind.PAYOUT, PlaceKind.BANK, amount)]
    if fee:
        entries.append(entry(MovementKind.FEE, PlaceKind.OUTSIDE, fee))
    uuids = ledger.record(store=store, entries=entries, by=by, at=at)
    record_moved(entries[0], uuid=uuids[0], store=store, by=by, at=at)
    booked = {movement.uuid: movement for movement in Movement.objects.filter(uuid__in=uuids)}
    payout = Payout.objects.create(
        store=store,
        movement=booked[uuids[0]],
        fee_movement=booked[uuids[1]] if fee else None,
        reference=reference,
        paid_on=paid_on,
        recorded_at=at,
        recorded_by=by.user,
    )
    detail = {"amount": amount, "fee": fee, "currency": currency, "method": method}
    audit.note(action="payout.recorded", subject=f"payout:{payout.pk}", by=by, at=at, store=store, detail=detail)
    return payout


@transaction.atomic
def reverse_payout(*, payout: Payout, by: Principal, at: datetime, reason: str) -> Movement:
    """Takes a payout back together with its fee. Returns the reversal of the payout's movement.

    Raises Conflict if it is already reversed, and InvalidInput for a missing or too long reason.
    """
    refuse_moving_vault_money(by)
    lock_places(exclusive=[places_of(payout.store)[PlaceKind.CLEARING]])
    ends = ("store", "source", "destination", "session", "late_for")
    pks = [payout.movement_id, *([payout.fee_movement_id] if payout.fee_movement_id is not None else [])]
    booked = {movement.pk: movement for movement in Movement.objects.filter(pk__in=pks).select_related(*ends)}
    reversal = ledger.reverse(movement=booked[payout.movement_id], by=by, at=at, reason=reason)
    if payout.fee_movement_id is not None:
        fee = booked[payout.fee_movement_id]
        ledger.reverse(movement=fee, by=by, at=at, reason=reason, kinds=(MovementKind.FEE,))
    return reversal
