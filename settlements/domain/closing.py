"""Closes a settlement, with a count or without, and seals its period."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller.event import events_together
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.ledger import ledger
from cashdesk.domain.ledger.clearing import clear_register
from cashdesk.domain.ledger.entry import Entry, entries_of_difference
from cashdesk.domain.ledger.expected import book_of, last_seal_of
from cashdesk.domain.ledger.seal import seal_period
from cashdesk.domain.store.place import places_of
from cashdesk.domain.store.settlement_hold import release_place
from cashdesk.enums import CASH, CountMoment, MovementKind, PlaceKind, Role
from cashdesk.errors import Forbidden
from cashdesk.models import Seal, User
from settlements.domain.allowed_acts import compare_with_target, locked_for_act, reason_detail, refuse_act
from settlements.domain.count_attempts import (
    keep_attempt,
    note,
    refuse_lone_count,
    refuse_open_session,
    refuse_pairs,
)
from settlements.domain.opening import open_locked
from settlements.domain.raise_settlement_variance import raise_closing, raise_not_counted
from settlements.domain.settlement_event import record_closed
from settlements.domain.target import ComparedAmount
from settlements.enums import Act, Closing, SettlementState, SettlementType
from settlements.models import ClosingAmount, Settlement


@transaction.atomic
@events_together()
def close_settlement(
    *,
    settlement: Settlement,
    counted: Sequence[CountedAmount],
    by: Principal,
    at: datetime,
    reason: str = "",
    witness: User | None = None,
    refuses_unwitnessed: bool = False,
) -> Settlement:
    """Closes a settlement with the counted amounts and returns it. A vault's next settlement opens with these amounts.

    Differences are booked over/short, a register's cash returns to the vault, and the period is sealed. Raises
    InvalidInput if a pair of currency and method occurs twice. Raises Conflict if the state does not allow a close. If
    two people close at the same time, one call succeeds; the other raises Conflict and changes nothing.
    """
    refuse_pairs(counted, field="amounts")
    settlement = locked_for_act(settlement, by=by)
    refuse_act(settlement, Act.CLOSE)
    refuse_lone_count(settlement, counted=counted, witness=witness, by=by, refuses_unwitnessed=refuses_unwitnessed)
    compared, moment = compare_with_target(settlement, counted), CountMoment.CLOSING
    keep_attempt(settlement, moment=moment, counted=counted, compared=compared, by=by, at=at, witness=witness)
    return close_with(settlement, compared=compared, closing=Closing.DECLARED, by=by, at=at, reason=reason)


@transaction.atomic
@events_together()
def force_close_settlement(*, settlement: Settlement, by: Principal, at: datetime, reason: str) -> Settlement:
    """Closes a register's settlement without a count.

    Nothing is booked. The cash stays in the register's book, and the next opening shows the difference. Raises
    Forbidden for a cashier. Raises Conflict if a cash session is open there, if the settlement is closed, or at a
    vault.
    """
    if not by.has_role(Role.MANAGER):
        raise Forbidden(_("Only a manager can close a settlement without a count."))
    settlement = locked_for_act(settlement, by=by)
    refuse_act(settlement, Act.FORCE_CLOSE)
    refuse_open_session(settlement.place)
    compared = compare_with_target(settlement, ())
    return close_with(settlement, compared=compared, closing=Closing.FORCED, by=by, at=at, reason=reason)


def close_with(
    settlement: Settlement,
    *,
    compared: tuple[ComparedAmount, ...],
    closing: Closing,
    by: Principal,
    at: datetime,
    reason: str = "",
) -> Settlement:
    """Closes a settlement and returns it. Every way to close a settlement calls this function.

    The caller must lock the place before it calculates `compared`, so that `compared` includes every earlier posting.
    The steps are, in this order: book differences and returns, freeze the figures, book a register's other money to
    clearing, seal the period, and open the next settlement of a vault.
    """
    is_counted = closing != Closing.FORCED
    if is_counted:
        book_result(settlement, compared=compared, by=by, at=at)
    ClosingAmount.objects.bulk_create(
        ClosingAmount(
            settlement=settlement,
            currency=pair.currency,
            method=pair.method,
            target=pair.target,
            actual=pair.actual,
            difference=pair.difference,
            is_assumed=pair.is_assumed,
        )
        for pair in compared
    )
    settlement.seal = clear_and_seal(settlement, by=by, at=at)
    settlement.state, settlement.closing = SettlementState.CLOSED, closing
    settlement.closed_at, settlement.closed_by, settlement.closed_by_name = at, by.user, by.name
    if settlement.type == SettlementType.VAULT:
        settlement.counted_at, settlement.counted_by, settlement.counted_by_name = at, by.user, by.name
        if settlement.last_count_at is None:
            settlement.last_count_at, settlement.last_count_by_name = at, by.name
    settlement.save(
        update_fields=[
            "state", "closing", "seal", "closed_at", "closed_by", "closed_by_name", "counted_at", "counted_by",
            "counted_by_name", "last_count_at", "last_count_by_name",
        ]
    )  # fmt: skip
    record_closed(settlement, compared=compared, is_counted=is_counted, at=at)
    if is_counted:
        raise_closing(settlement, compared=compared, by=by, at=at)
    else:
        raise_not_counted(settlement, at=at)
    action = "settlement.closed" if is_counted else "settlement.forced_closed"
    note(
        settlement,
        action,
        by=by,
        at=at,
        detail={**(figures_detail(compared) if is_counted else {}), **reason_detail(reason)},
    )
    if settlement.type == SettlementType.CASHREGISTER:
        release_place(settlement.place)
    else:
        _open_next_vault(settlement, compared=compared, z=settlement.seal.number, by=by, at=at)
    return settlement


def _open_next_vault(
    settlement: Settlement, *, compared: Iterable[ComparedAmount], z: int, by: Principal, at: datetime
) -> None:
    """Opens the next settlement of a vault with the counted amounts."""
    open_locked(
        place_=settlement.place,
        type_=SettlementType.VAULT,
        store=settlement.store,
        initial=[
            CountedAmount(currency=pair.currency, method=pair.method, amount=pair.actual)
            for pair in compared
            if pair.actual >= 0
        ],
        differences={},
        z=z,
        by=by,
        at=at,
        is_counted=False,
    )


def book_result(settlement: Settlement, *, compared: Iterable[ComparedAmount], by: Principal, at: datetime) -> None:
    """Books every difference over/short and returns a register's cash to the vault."""
    places = places_of(settlement.store)
    entries: list[Entry] = []
    for amount in compared:
        if amount.difference:
            entries += entries_of_difference(
                place=settlement.place,
                over_short=places[PlaceKind.OVER_SHORT],
                difference=amount.difference,
                currency=amount.currency,
                method=amount.method,
                at=at,
            )
        if settlement.type == SettlementType.CASHREGISTER and amount.is_cash and amount.actual:
            entries.append(
                Entry(
                    source=settlement.place, destination=places[PlaceKind.VAULT], amount=amount.actual,
                    currency=amount.currency, method=CASH, kind=MovementKind.RETURN, occurred_at=at,
                )
            )  # fmt: skip
    ledger.record(store=settlement.store, entries=entries, by=by, at=at)


def clear_and_seal(settlement: Settlement, *, by: Principal, at: datetime) -> Seal:
    """Books everything but cash from a register to clearing, then seals its period. A vault keeps what it holds."""
    if settlement.type == SettlementType.VAULT:
        return seal_period(place=settlement.place, last_seal=last_seal_of(settlement.place), at=at)
    book = book_of(settlement.place)
    clear_register(register=settlement.place, balances=book.balances, store=settlement.store, by=by, at=at)
    return seal_period(place=settlement.place, last_seal=book.last_seal, at=at)


def figures_detail(compared: Iterable[ComparedAmount]) -> dict[str, Any]:
    """Returns the targets and counted amounts for an audit entry."""
    return {"amounts": [[pair.currency, pair.method, pair.target, pair.actual] for pair in compared]}
