"""Proves that closed settlements agree with the ledger, by recalculating them from the movements."""

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Q

from cashdesk.domain.ledger.expected import Balances, moved
from cashdesk.enums import CASH, CORRECTION, MovementKind, PlaceKind, Settling
from cashdesk.models import Movement, Place, Seal, Store
from cashdesk.money import to_text
from cashdesk.pair import Pair
from settlements.enums import ChangeOrderState, DepositState, SettlementState, SettlementType
from settlements.models import ChangeOrder, ClosingAmount, Deposit, Payout, Settlement


def faults_of_store(store: Store) -> Iterator[str]:
    """Yields one sentence per fault in a store's settlements. Faults exist only if somebody changed rows directly.

    Compares the figures with the movements. Also checks the bookings of each close, the chain of vault settlements,
    the state stored on places, change orders, deposits and payouts.
    """
    closed = Settlement.objects.filter(store=store, state=SettlementState.CLOSED).select_related("place", "seal")
    for settlement in closed.prefetch_related("initial_amounts", "closing_amounts").iterator(chunk_size=500):
        for fault in _faults_of(settlement):
            yield f"Settlement {settlement.pk} of store {store.number}: {fault}"
    yield from _faults_of_places(store)
    yield from _faults_of_change(store)
    yield from _faults_of_deposits(store)
    yield from _faults_of_payouts(store)


def _faults_of(settlement: Settlement) -> Iterator[str]:
    if settlement.seal is None:
        yield "it is closed but has no seal."
        return
    lines = {line.pair: line for line in settlement.closing_amounts.all()}
    initial = {line.pair: line.amount for line in settlement.initial_amounts.all()}
    after, until = settlement.opened_after, settlement.seal.last_movement
    moved_all = moved(place=settlement.place, after=after, until=until)
    booked, returned, cleared = _booked_at_close(settlement, settlement.seal)
    for pair in sorted({*lines, *initial, *(pair for pair, amount in moved_all.items() if amount)}):
        line = lines.get(pair)
        if line is None:
            yield f"{' '.join(pair)} moved but has no closing amount."
            continue
        currency = pair[0]
        # The target was calculated before the close booked anything, so its bookings are taken out of the sum.
        target = initial.get(pair, 0) + moved_all.get(pair, 0) - booked[pair] + returned[pair] + cleared[pair]
        if target != line.target:
            right, said = to_text(target, currency), to_text(line.target, currency)
            yield f"{' '.join(pair)}: expected {right}, but {said} is recorded."
        if booked[pair] != (line.difference if settlement.is_counted else 0):
            yield f"{' '.join(pair)}: the booked over/short is not the difference."
        if returned[pair] != _should_be_returned(settlement, line):
            yield f"{' '.join(pair)}: the amount returned to the vault is not the counted amount."
    yield from _faults_of_next(settlement, lines)


def _should_be_returned(settlement: Settlement, line: ClosingAmount) -> int:
    is_drawer = settlement.type == SettlementType.CASHREGISTER and settlement.is_counted
    return line.actual if is_drawer and line.method == CASH else 0


def _booked_at_close(settlement: Settlement, seal: Seal) -> tuple[Balances, Balances, Balances]:
    """Returns three sums by pair: over/short, cash returned to the vault, and money taken to clearing by the close.

    Leaves out movements of sessions.
    """
    booked: dict[Pair, int] = defaultdict(int)
    returned: dict[Pair, int] = defaultdict(int)
    cleared: dict[Pair, int] = defaultdict(int)
    # Reads only the range of this seal. The close makes its bookings after the seals of its sessions.
    after = max(seal.after_movement, settlement.opened_after)
    place = settlement.place
    # A recount can correct a miscount while the period runs. The close did not book that, so it is left out.
    differences = Q(kind=MovementKind.OVER_SHORT) & ~Q(reason=CORRECTION) & (Q(source=place) | Q(destination=place))
    rows = Movement.objects.filter(
        differences
        | Q(kind=MovementKind.RETURN, source=place)
        | (Q(kind=MovementKind.CLEARING) & (Q(source=place) | Q(destination=place))),
        session__isnull=True,
        is_late=False,
        pk__gt=after,
        pk__lte=seal.last_movement,
    )
    for kind, destination, currency, method, amount in rows.values_list(
        "kind", "destination_id", "currency", "method", "amount"
    ):
        if kind == MovementKind.RETURN:
            returned[Pair(currency, method)] += amount
        elif kind == MovementKind.CLEARING:
            cleared[Pair(currency, method)] += -amount if destination == place.pk else amount
        else:
            booked[Pair(currency, method)] += amount if destination == place.pk else -amount
    return booked, returned, cleared


def _faults_of_next(settlement: Settlement, lines: dict[Pair, ClosingAmount]) -> Iterator[str]:
    """Checks that the next settlement of a vault starts with the counted amounts of this settlement."""
    if settlement.type != SettlementType.VAULT:
        return
    following = Settlement.objects.filter(place=settlement.place, pk__gt=settlement.pk).order_by("pk").first()
    if following is None:
        yield "no other settlement of the vault follows it."
        return
    begun = {line.pair: line.amount for line in following.initial_amounts.all()}
    if begun != {pair: line.actual for pair, line in lines.items() if line.actual >= 0}:
        yield "the next one does not begin with the counted amounts."


def _faults_of_places(store: Store) -> Iterator[str]:
    running = {
        settlement.place_id: settlement.state
        for settlement in Settlement.objects.filter(store=store).exclude(state=SettlementState.CLOSED)
    }
    for place in Place.objects.filter(store=store):
        if place.settling != running.get(place.pk, Settling.NONE):
            yield f"{place} of store {store.number}: it is marked as {place.settling}, but its settlement is not."


def _faults_of_change(store: Store) -> Iterator[str]:
    """Checks that the received amount of each change order equals its movement from the bank to the vault."""
    arrived = ChangeOrder.objects.filter(store=store, state=ChangeOrderState.ARRIVED).select_related("movement")
    for order in arrived.iterator(chunk_size=500):
        booked = order.movement
        says = (order.store_id, MovementKind.WITHDRAWAL, order.currency, order.received)
        if (
            booked is None
            or (booked.store_id, booked.kind, booked.currency, booked.amount) != says
            or booked.reverses_id
        ):
            yield f"{order} of store {store.number}: the received amount is not the booked amount."


def _faults_of_deposits(store: Store) -> Iterator[str]:
    """Checks that a deposit is cancelled if and only if its movement is reversed.

    Also checks the difference, and that each correction starts from the amount before it.
    """
    deposits = Deposit.objects.filter(store=store).select_related("movement__reversed_by")
    for deposit in deposits.prefetch_related("corrections__movement__destination").iterator(chunk_size=500):
        is_reversed = hasattr(deposit.movement, "reversed_by")
        if is_reversed != (deposit.state == DepositState.CANCELLED):
            yield f"{deposit} of store {store.number}: its state and its movement disagree about the cancellation."
        standing = deposit.credited_amount
        if standing is not None and deposit.difference != standing - deposit.movement.amount:
            yield f"{deposit} of store {store.number}: its difference is not the credited amount minus the packed amount."
        for number, correction in enumerate(sorted(deposit.corrections.all(), key=lambda row: row.number), start=1):
            is_more = correction.movement.destination.kind == PlaceKind.BANK
            moved_by = correction.movement.amount if is_more else -correction.movement.amount
            told = (number, standing, moved_by, correction.corrected_to - deposit.movement.amount)
            change = correction.corrected_to - correction.corrected_from
            if told != (correction.number, correction.corrected_from, change, correction.difference):
                yield f"{deposit} of store {store.number}: correction {correction.number} does not follow the one before."
            standing = correction.corrected_to


def _faults_of_payouts(store: Store) -> Iterator[str]:
    """Checks that every payout has its movements out of clearing, and that its fee is reversed if the payout is."""
    clearing = Place.objects.filter(store=store, kind=PlaceKind.CLEARING).values("pk")
    paid_out = Movement.objects.filter(source__in=clearing, kind=MovementKind.PAYOUT, reverses__isnull=True)
    for movement in paid_out.filter(Q(payout__isnull=True) | ~Q(payout__store=store)).iterator(chunk_size=500):
        yield f"Movement {movement.pk} of store {store.number}: it pays out, but no payout of the store belongs to it."
    rows = Payout.objects.filter(store=store).select_related("movement__reversed_by", "fee_movement__reversed_by")
    for payout in rows.iterator(chunk_size=500):
        paid, fee = payout.movement, payout.fee_movement
        if (paid.store_id, paid.kind, paid.reverses_id) != (store.pk, MovementKind.PAYOUT, None):
            yield f"{payout} of store {store.number}: its movement is no payout."
        if fee is None:
            continue
        same = (fee.store_id, fee.kind, fee.currency, fee.method, fee.reverses_id)
        if same != (store.pk, MovementKind.FEE, paid.currency, paid.method, None):
            yield f"{payout} of store {store.number}: its fee does not belong to it."
        if hasattr(fee, "reversed_by") != hasattr(paid, "reversed_by"):
            yield f"{payout} of store {store.number}: only one of payout and fee is reversed."
