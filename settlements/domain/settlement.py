"""Counts, closes and seals open settlements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain import ledger, place
from cashdesk.domain.count import CountedAmount
from cashdesk.domain.entry import Entry
from cashdesk.domain.expected import last_seal_of
from cashdesk.domain.handover import is_place_counted
from cashdesk.domain.holding import refuse_register_of_another
from cashdesk.domain.principal import Principal
from cashdesk.domain.seal import seal_period
from cashdesk.enums import CountMoment, MovementKind, PlaceKind, Role, Settling
from cashdesk.errors import Conflict, Forbidden, InvalidInput
from cashdesk.models import Place, User
from settlements.domain.booking import (
    keep_attempt,
    note,
    over_short,
    refuse_lone_count,
    refuse_open_session,
    refuse_pairs,
    transfer,
)
from settlements.domain.opening import open_locked
from settlements.domain.target import Judged, counted_methods, judge, targets_of, unequal_of
from settlements.domain.variances import raise_closing, raise_not_counted
from settlements.enums import ACTS, PREVIEWS_OF_A_REGISTER, Act, Closing, SettlementState, SettlementType
from settlements.models import ClosingAmount, Settlement


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The result of a preview: the settlement (closed or not) and the pairs that did not match.

    It never contains the size or direction of a difference (law 5).
    """

    settlement: Settlement
    attempt: int
    unequal: tuple[tuple[str, str], ...]


# --- Counting ------------------------------------------------------------------------------------------------------------


def change_settlement(
    *,
    settlement: Settlement,
    state: SettlementState,
    counted: Sequence[CountedAmount] | None,
    by: Principal,
    at: datetime,
) -> Settlement | Preview:
    """Handles the one PATCH of the API.

    COUNTING starts the count or, with amounts, previews them. CLOSED closes with amounts. Raises InvalidInput if
    amounts are missing, and Conflict for a transition that does not exist.
    """
    if state == SettlementState.OPEN:
        _refuse_act(settlement, Act.REOPEN)
    if state == SettlementState.COUNTING:
        if counted is None:
            return start_counting(settlement=settlement, by=by, at=at)
        return preview_settlement(settlement=settlement, counted=counted, by=by, at=at)
    if counted is None:
        _refuse_act(settlement, Act.CLOSE)
        raise InvalidInput.of("amounts", _("is required to close: what was counted, an empty list for nothing at all."))
    return close_settlement(settlement=settlement, counted=counted, by=by, at=at)


@transaction.atomic
def start_counting(*, settlement: Settlement, by: Principal, at: datetime) -> Settlement:
    """Stops trading at a register so that it can be counted, and returns the settlement.

    Raises Conflict while a cash session is open there, or in any state but OPEN.
    """
    settlement = _locked(settlement, by=by)
    _refuse_act(settlement, Act.START_COUNTING)
    refuse_open_session(settlement.place)
    settlement.state = SettlementState.COUNTING
    settlement.counted_at, settlement.counted_by, settlement.counted_by_name = at, by.user, by.name
    settlement.save(update_fields=["state", "counted_at", "counted_by", "counted_by_name"])
    place.hold_for_counting(settlement.place)
    note(settlement, "settlement.counting", by=by, at=at)
    return settlement


@transaction.atomic
def preview_settlement(
    *,
    settlement: Settlement,
    counted: Sequence[CountedAmount],
    by: Principal,
    at: datetime,
    reason: str = "",
    after_previews: int | None = None,
    witness: User | None = None,
    refuses_unwitnessed: bool = False,
) -> Preview:
    """Compares a count with the target and returns the unequal pairs, without the size of their differences.

    A register has three attempts: an attempt without difference closes the settlement, and so does the third, with
    its amounts. A vault can be previewed any number of times. `after_previews` is the number of previews that the
    caller knows, so that a form sent twice is one attempt. `witness` and `refuses_unwitnessed` work as for a session
    (docs/decisions/0016).

    Raises InvalidInput for a pair named twice, and Conflict.
    """
    refuse_pairs(counted, field="amounts")
    settlement = _locked(settlement, by=by)
    _refuse_act(settlement, Act.PREVIEW)
    if after_previews not in (None, settlement.preview_count):
        raise Conflict(
            _("It was previewed meanwhile: this would be preview %(number)s.")
            % {"number": settlement.preview_count + 1},
            code="previewed_meanwhile",
        )
    refuse_lone_count(settlement, counted=counted, witness=witness, by=by, refuses_unwitnessed=refuses_unwitnessed)
    judged = _judged(settlement, counted)
    unequal = unequal_of(judged)
    attempt = settlement.preview_count + 1
    is_last = attempt >= PREVIEWS_OF_A_REGISTER
    closes = settlement.type == SettlementType.CASHREGISTER and (not unequal or is_last)
    moment = CountMoment.CLOSING if closes else CountMoment.PREVIEW
    keep_attempt(settlement, moment=moment, counted=counted, judged=judged, by=by, at=at, witness=witness)
    settlement.preview_count = attempt
    if settlement.type == SettlementType.VAULT:
        settlement.last_count_at, settlement.last_count_by_name = at, by.name
    settlement.save(update_fields=["preview_count", "last_count_at", "last_count_by_name"])
    detail = {"attempt": attempt, "is_equal": not unequal, **_reasoned(reason)}
    note(settlement, "settlement.previewed", by=by, at=at, detail=detail)
    if closes:
        closing = Closing.ATTEMPTS_USED if unequal else Closing.MATCHED
        settlement = _close(settlement, judged=judged, closing=closing, by=by, at=at, reason=reason)
    return Preview(settlement=settlement, attempt=attempt, unequal=unequal)


# --- Closing -------------------------------------------------------------------------------------------------------------


@transaction.atomic
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
    InvalidInput for a pair named twice, and Conflict. Of two simultaneous closes one succeeds and the other changes
    nothing.
    """
    refuse_pairs(counted, field="amounts")
    settlement = _locked(settlement, by=by)
    _refuse_act(settlement, Act.CLOSE)
    refuse_lone_count(settlement, counted=counted, witness=witness, by=by, refuses_unwitnessed=refuses_unwitnessed)
    judged, moment = _judged(settlement, counted), CountMoment.CLOSING
    keep_attempt(settlement, moment=moment, counted=counted, judged=judged, by=by, at=at, witness=witness)
    return _close(settlement, judged=judged, closing=Closing.DECLARED, by=by, at=at, reason=reason)


@transaction.atomic
def force_close_settlement(*, settlement: Settlement, by: Principal, at: datetime, reason: str) -> Settlement:
    """Closes a register's settlement without a count.

    Nothing is booked. The cash stays in the register's book and the next opening shows it. Raises Forbidden for a
    cashier, and Conflict if a cash session is open there or the settlement is closed.
    """
    if not by.has_role(Role.MANAGER):
        raise Forbidden(_("Only a manager closes a settlement without a count."))
    settlement = _locked(settlement, by=by)
    _refuse_act(settlement, Act.FORCE_CLOSE)
    refuse_open_session(settlement.place)
    judged = _judged(settlement, ())
    return _close(settlement, judged=judged, closing=Closing.FORCED, by=by, at=at, reason=reason)


@transaction.atomic
def count_settlement_afterwards(
    *, settlement: Settlement, counted: Sequence[CountedAmount], by: Principal, at: datetime, reason: str = ""
) -> tuple[Judged, ...]:
    """Counts the drawer of a settlement that was closed without a count, and returns the comparison with its target.

    The sealed settlement does not change. The differences are booked now, the cash returns to the vault, and the
    register gets another seal. Raises Forbidden for a cashier. Raises Conflict for a settlement that was counted, or
    if somebody has opened or counted the drawer since.
    """
    if not by.has_role(Role.MANAGER):
        raise Forbidden(_("Only a manager counts a settlement afterwards."))
    refuse_pairs(counted, field="amounts")
    settlement = _locked(settlement, by=by)
    if settlement.closing != Closing.FORCED:
        raise Conflict(
            _("Only a settlement that was closed without a count is counted afterwards."), code="already_counted"
        )
    if settlement.place.settling != Settling.NONE or is_place_counted(settlement.place, since=settlement.closed_at):
        raise Conflict(
            _("The drawer was opened or counted since; what it held is in that count."), code="already_counted"
        )
    targets = {(line.currency, line.method): line.target for line in settlement.closing_amounts.all()}
    judged = judge(targets=targets, counted=counted, by_hand=counted_methods(settlement))
    keep_attempt(settlement, moment=CountMoment.AFTERWARDS, counted=counted, judged=judged, by=by, at=at)
    _book(settlement, judged=judged, by=by, at=at)
    seal_period(place=settlement.place, last_seal=last_seal_of(settlement.place), at=at)
    place.moved_on(settlement.place)
    raise_closing(settlement, judged=judged, by=by, at=at)
    note(settlement, "settlement.counted_afterwards", by=by, at=at, detail={**_figures(judged), **_reasoned(reason)})
    return judged


def _close(
    settlement: Settlement,
    *,
    judged: tuple[Judged, ...],
    closing: Closing,
    by: Principal,
    at: datetime,
    reason: str = "",
) -> Settlement:
    """Ends every settlement.

    The place is already locked, so every earlier posting is included. Order: book differences and returns, freeze
    the figures, seal the period, and open the next settlement of a vault.
    """
    is_counted = closing != Closing.FORCED
    if is_counted:
        _book(settlement, judged=judged, by=by, at=at)
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
        for pair in judged
    )
    settlement.seal = seal_period(place=settlement.place, last_seal=last_seal_of(settlement.place), at=at)
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
    if is_counted:
        raise_closing(settlement, judged=judged, by=by, at=at)
    else:
        raise_not_counted(settlement, at=at)
    action = "settlement.closed" if is_counted else "settlement.forced_closed"
    note(settlement, action, by=by, at=at, detail={**(_figures(judged) if is_counted else {}), **_reasoned(reason)})
    if settlement.type == SettlementType.CASHREGISTER:
        place.release(settlement.place)
    else:
        open_locked(
            place_=settlement.place,
            type_=SettlementType.VAULT,
            store=settlement.store,
            initial=[
                CountedAmount(currency=pair.currency, method=pair.method, amount=pair.actual)
                for pair in judged
                if pair.actual >= 0
            ],
            differences={},
            z=settlement.seal.number,
            by=by,
            at=at,
            is_counted=False,
        )
    return settlement


def _book(settlement: Settlement, *, judged: Iterable[Judged], by: Principal, at: datetime) -> None:
    """Books every difference over/short and returns a register's cash to the vault."""
    ends = place.places_of(settlement.store)
    entries: list[Entry] = []
    for pair in judged:
        if pair.difference:
            entries += over_short(
                settlement.place,
                ends,
                currency=pair.currency,
                method=pair.method,
                difference=pair.difference,
                at=at,
            )
        if settlement.type == SettlementType.CASHREGISTER and pair.is_cash and pair.actual:
            vault = ends[PlaceKind.VAULT]
            entries.append(
                transfer(
                    MovementKind.RETURN, settlement.place, vault, currency=pair.currency, amount=pair.actual, at=at
                )
            )
    ledger.record(store=settlement.store, entries=entries, by=by, at=at)


# --- Common --------------------------------------------------------------------------------------------------------------


def _locked(settlement: Settlement, *, by: Principal) -> Settlement:
    """Locks the place exclusively and the vault shared, and reads the settlement again under the lock.

    Raises Forbidden for a cashier at the vault or at somebody else's register.
    """
    if settlement.type == SettlementType.VAULT and not by.has_role(Role.MANAGER):
        raise Forbidden(_("The vault is a manager's to settle."))
    refuse_register_of_another(register=settlement.place, by=by)
    vault = Place.objects.get(store=settlement.store_id, kind=PlaceKind.VAULT)
    shared = [vault] if settlement.place_id != vault.pk else []
    locked = place.lock(exclusive=[settlement.place], shared=shared)[settlement.place_id]
    found = Settlement.objects.select_related("store").get(pk=settlement.pk)
    found.place = locked
    return found


def _judged(settlement: Settlement, counted: Sequence[CountedAmount]) -> tuple[Judged, ...]:
    return judge(targets=targets_of(settlement), counted=counted, by_hand=counted_methods(settlement))


def _refuse_act(settlement: Settlement, act: Act) -> None:
    """Raises Conflict if the state does not allow the action. The message names the allowed actions."""
    allowed = ACTS[settlement.type][settlement.state]
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


def _reasoned(reason: str) -> dict[str, str]:
    """The reason for the audit entry. Only the back office asks for one."""
    return {"reason": reason} if reason else {}


def _figures(judged: Iterable[Judged]) -> dict[str, Any]:
    return {"amounts": [[pair.currency, pair.method, pair.target, pair.actual] for pair in judged]}
