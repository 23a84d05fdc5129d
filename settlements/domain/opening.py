"""Opens settlements: stores the counted amounts, and books the differences between them and the place's book."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cashdesk.domain.caller.event import events_together
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount, keep_count
from cashdesk.domain.ledger import ledger
from cashdesk.domain.ledger.entry import Entry, entries_of_difference
from cashdesk.domain.ledger.expected import Book, book_of, last_movement_of
from cashdesk.domain.session.handover import custody_of
from cashdesk.domain.session.register_to_open import register_for
from cashdesk.domain.store.business_day import business_date
from cashdesk.domain.store.may_trade import refuse_register_switched_off
from cashdesk.domain.store.place import places_of
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.domain.store.register_holder import refuse_register_of_another
from cashdesk.domain.store.settlement_hold import hold_place
from cashdesk.domain.store.workplace import lock_workplace
from cashdesk.enums import CASH, CountMoment, MovementKind, PlaceKind
from cashdesk.errors import Conflict, InvalidInput
from cashdesk.formats import style
from cashdesk.models import Place, Store
from cashdesk.pair import Pair
from settlements.domain.count_attempts import note, refuse_open_session, refuse_pairs
from settlements.domain.raise_settlement_variance import raise_opening
from settlements.domain.settlement_event import record_opened
from settlements.domain.vault_access import refuse_settling_vault
from settlements.enums import SettlementState, SettlementType
from settlements.models import InitialAmount, Settlement, SettlementCount


def open_settlement(
    *,
    type: SettlementType,  # noqa: A002 (the published name)
    store: Store,
    initial: Sequence[CountedAmount],
    by: Principal,
    at: datetime,
    station: int | None = None,
) -> Settlement:
    """Opens the settlement of a vault or a register with the counted amounts (minor units).

    A register's cash comes from the vault (FLOAT), which must have an open settlement. If the register's book still
    holds cash, no float moves: amount minus book is the opening difference. The first settlement of a vault books its
    cash as opening balance (docs/decisions/0013).
    Raises Forbidden for a cashier at the vault or at another person's register. Raises InvalidInput for a wrong
    station, a pair that occurs twice, and an amount of another method than cash at a register. Raises Conflict if a
    settlement or session is already open there, if the vault has no open settlement, or if the store is switched off.
    """
    refuse_pairs(initial, field="initial_cash")
    if type == SettlementType.VAULT:
        refuse_settling_vault(by)
        if station not in (None, 0):
            raise InvalidInput.of("station", _("Use station 0 for the vault."))
        return _open_vault(store=store, initial=initial, by=by, at=at)
    if station == 0:
        on_pages = _("Choose a register. Number 0 is the safe.")
        raise InvalidInput.of("station", _("is 1 or more for a register; 0 is the vault."), on_pages=on_pages)
    for number, amount in enumerate(initial):
        if amount.method != CASH and amount.amount:
            raise InvalidInput.of(
                f"initial_cash.{number}.method",
                _("must be CASH: a register is opened with cash."),
                on_pages=_("Enter cash only. A register opens without other methods."),
            )
    return _open_register(store=store, initial=initial, by=by, at=at, station=station)


@transaction.atomic
@events_together()
def _open_vault(*, store: Store, initial: Sequence[CountedAmount], by: Principal, at: datetime) -> Settlement:
    lock_workplace(store=store, user=by.user)
    places = places_of(store)
    vault = lock_places(exclusive=[places[PlaceKind.VAULT]])[places[PlaceKind.VAULT].pk]
    _refuse_running(vault)
    book = book_of(vault)
    gaps = _gaps(initial=initial, book=book)
    entries: list[Entry] = []
    for (currency, method), gap in gaps.items():
        if gap > 0:
            # Money that nobody booked before the first count of the vault is its opening balance, not an overage.
            entries.append(
                Entry(
                    source=places[PlaceKind.OPENING], destination=vault, amount=gap, currency=currency, method=method,
                    kind=MovementKind.OPENING_BALANCE, occurred_at=at,
                )
            )  # fmt: skip
        else:
            entries += entries_of_difference(
                place=vault,
                over_short=places[PlaceKind.OVER_SHORT],
                difference=gap,
                currency=currency,
                method=method,
                at=at,
            )
    ledger.record(store=store, entries=entries, by=by, at=at)
    shortages = {pair: gap for pair, gap in gaps.items() if gap < 0}
    return open_locked(
        place_=vault,
        type_=SettlementType.VAULT,
        store=store,
        initial=initial,
        differences=shortages,
        z=book.last_seal.number if book.last_seal else 0,
        by=by,
        at=at,
    )


@transaction.atomic
@events_together()
def _open_register(
    *, store: Store, initial: Sequence[CountedAmount], by: Principal, at: datetime, station: int | None
) -> Settlement:
    lock_workplace(store=store, user=by.user)
    chosen = register_for(user=by.user, store=store, by=by, station=station, settling=True)
    places = places_of(store)
    vault = places[PlaceKind.VAULT]
    register = lock_places(exclusive=[chosen], shared=[vault])[chosen.pk]
    if register.transitions != chosen.transitions:
        # Another person may have been assigned to the register meanwhile.
        refuse_register_of_another(register=register, by=by)
    refuse_register_switched_off(register)
    _refuse_running(register)
    refuse_open_session(register)
    if not Settlement.objects.filter(place=vault, state=SettlementState.OPEN).exists():
        raise Conflict(
            _("The safe of store %(store)s is not open. A manager must open it before anybody can open a register.")
            % {"store": store.number},
            code="vault_not_open",
        )
    book = book_of(register)
    gaps = _gaps(initial=initial, book=book)
    entries: list[Entry] = []
    differences: dict[Pair, int] = {}
    for pair, gap in gaps.items():
        currency, method = pair
        if book.amount(currency=currency, method=method):
            differences[pair] = gap
            over_short = places[PlaceKind.OVER_SHORT]
            entries += entries_of_difference(
                place=register, over_short=over_short, difference=gap, currency=currency, method=method, at=at
            )
        else:
            entries.append(
                Entry(
                    source=vault, destination=register, amount=gap, currency=currency, method=CASH,
                    kind=MovementKind.FLOAT, occurred_at=at,
                )
            )  # fmt: skip
    ledger.record(store=store, entries=entries, by=by, at=at)
    is_theirs = bool(differences) and by.user is not None and custody_of(register).answers_for_gap(by.user.pk)
    return open_locked(
        place_=register,
        type_=SettlementType.CASHREGISTER,
        store=store,
        initial=initial,
        differences=differences,
        z=book.last_seal.number if book.last_seal else 0,
        by=by,
        at=at,
        person_id=by.user.pk if by.user is not None and is_theirs else None,
    )


def open_locked(
    *,
    place_: Place,
    type_: SettlementType,
    store: Store,
    initial: Sequence[CountedAmount],
    differences: Mapping[Pair, int],
    z: int,
    by: Principal,
    at: datetime,
    is_counted: bool = True,
    person_id: int | None = None,
) -> Settlement:
    """Creates the settlement of a locked place. The book of the place must already equal the opening amounts.

    `person_id` is set if the same person had the drawer before and has it now. The differences then belong to that
    person.
    """
    settlement = Settlement.objects.create(
        store=store,
        place=place_,
        type=type_,
        business_date=business_date(store=store, at=at),
        opened_after=last_movement_of(place_),
        opened_after_z=z,
        opened_at=at,
        opened_by=by.user,
        opened_by_name=by.name,
    )
    pairs = {amount.pair: amount.amount for amount in initial} | {
        pair: 0 for pair in differences if pair not in {amount.pair for amount in initial}
    }
    InitialAmount.objects.bulk_create(
        InitialAmount(
            settlement=settlement,
            currency=pair.currency,
            method=pair.method,
            amount=amount,
            opening_difference=differences.get(pair, 0),
        )
        for pair, amount in pairs.items()
    )
    if is_counted:
        count = keep_count(place=place_, moment=CountMoment.OPENING, counted=initial, by=by, at=at)
        SettlementCount.objects.create(
            settlement=settlement, count=count, attempt=0, is_equal=not differences, unequal=list(differences)
        )
    hold_place(place_, by=by, after_z=z, at=at)
    record_opened(settlement, amounts=pairs, at=at)
    raise_opening(settlement, found=pairs, differences=differences, person_id=person_id, by=by, at=at)
    note(
        settlement,
        "settlement.opened",
        by=by,
        at=at,
        detail={"initial": [[amount.amount, *amount.pair] for amount in initial]},
    )
    return settlement


def _gaps(*, initial: Sequence[CountedAmount], book: Book) -> dict[Pair, int]:
    """Returns counted amount minus book per pair of currency and method. Leaves out pairs without a difference.

    Cash that was not counted counts as 0. Other methods that were not counted are left out.
    """
    counted = {amount.pair: amount.amount for amount in initial}
    held = {pair: amount for pair, amount in book.balances.items() if pair in counted or pair[1] == CASH}
    gaps = {pair: counted.get(pair, 0) - held.get(pair, 0) for pair in [*counted, *sorted(held)]}
    return {pair: gap for pair, gap in gaps.items() if gap}


def _refuse_running(place_: Place) -> None:
    running = Settlement.objects.filter(place=place_).exclude(state=SettlementState.CLOSED).first()
    if running is not None:
        since = running.opened_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        told = (
            _("The safe has had settlement %(settlement)s open since %(since)s. Close it first.")
            if place_.kind == PlaceKind.VAULT
            else _("Register %(number)s has had settlement %(settlement)s open since %(since)s. Close it first.")
        )
        facts = {"number": place_.number, "settlement": running.uuid}
        raise Conflict(
            told % {**facts, "since": since},
            code="settlement_already_open",
            page_message=told % {**facts, "since": style().instant(running.opened_at, place_.store.time_zone)},
        )
