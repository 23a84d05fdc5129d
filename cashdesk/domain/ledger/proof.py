"""Proves that the books are consistent: computes them again from the rows, as an auditor would."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import F, Q, Sum

from cashdesk.domain.ledger.expected import book_of, whole_book_of
from cashdesk.domain.ledger.seal import faults_of
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.enums import (
    CASH,
    Booked,
    MovementKind,
    OrderStatus,
    PaymentStatus,
    PaymentType,
    PlaceKind,
    SessionStatus,
    Settling,
)
from cashdesk.models import CashSession, ForeignCash, Movement, Order, Payment, Place, Store
from cashdesk.money import to_text

_BOOKED = Q(movements__is_late=False, movements__reverses__isnull=True, movements__currency=F("currency"))
_OVER_SHORT = _BOOKED & Q(movements__kind=MovementKind.OVER_SHORT)
_RETURNED = Sum("movements__amount", filter=_BOOKED & Q(movements__kind=MovementKind.RETURN))
_OVER = Sum("movements__amount", filter=_OVER_SHORT & Q(movements__destination=F("register")))
_SHORT = Sum("movements__amount", filter=_OVER_SHORT & Q(movements__source=F("register")))


def faults_of_store(store: Store) -> Iterator[str]:
    """Yields a sentence for every inconsistency in a store's books.

    Compares the seals with the movements, and the books with the sum of all movements. Also compares the results of
    sessions with the seals, the payments with their movements, and the paid orders with their payments. An inconsistency
    means that somebody changed rows by hand.
    """
    for place in store.places.all():
        yield from faults_of(place)
        if not _book_holds(place):
            yield f"The book of {place} in store {store.number} is not the sum of its movements."
        if place.kind == PlaceKind.REGISTER and not _is_cleared(place):
            yield f"{place} of store {store.number} holds other money than cash, but no period is open there."
    yield from _faults_of_sessions(store)
    yield from _faults_of_foreign_cash(store)
    yield from _faults_of_payments(store)
    yield from _faults_of_orders(store)


def _book_holds(place: Place) -> bool:
    """Whether the place's book (its last seal plus later movements) equals the sum of all its movements.

    A mismatch is checked again under the place's lock, because a till may record a sale between the two queries.
    """
    if book_of(place).balances == whole_book_of(place):
        return True
    with transaction.atomic():
        lock_places(exclusive=[place])
        return book_of(place).balances == whole_book_of(place)


def _is_cleared(register: Place) -> bool:
    """Whether a register without an open period holds nothing but cash: its close took the rest to clearing.

    A mismatch is checked again under the register's lock, because a till may open it between the two queries.
    """
    if _holds_cash_only(register):
        return True
    with transaction.atomic():
        lock_places(exclusive=[register])
        return _holds_cash_only(register)


def _holds_cash_only(register: Place) -> bool:
    if all(method == CASH for _currency, method in book_of(register).balances):
        return True
    is_settled = Place.objects.filter(pk=register.pk).exclude(settling=Settling.NONE).exists()
    return is_settled or CashSession.objects.filter(register=register, status=SessionStatus.OPEN).exists()


def _faults_of_sessions(store: Store) -> Iterator[str]:
    """Compares the frozen results of sessions with their seals.

    For a counted session, also compares the results with the movements of the return and of the differences.
    """
    closed = CashSession.objects.filter(store=store).exclude(status=SessionStatus.OPEN).select_related("seal")
    for session in closed.annotate(returned=_RETURNED, over=_OVER, short=_SHORT).iterator(chunk_size=1000):
        if session.seal is None or session.expected_amount is None or session.difference is None:
            yield f"Session {session.pk} is closed and has no seal."
            continue
        if session.is_cancelled:
            yield from _faults_of_cancelled(session)
            continue
        left = sum(
            balance["amount"]
            for balance in session.seal.balances
            if (balance["currency"], balance["method"]) == (session.currency, CASH)
        )
        # After a close with a count the drawer is empty. After a handover, and during a settlement, all counted cash
        # stays in it instead. After a forced close the expected amount is still in it.
        declared = session.declared_amount or 0
        is_held = session.is_counted and not session.returned and left == declared
        kept = declared if session.is_handed_over or is_held else 0
        should_be_left = kept if session.is_counted else session.expected_amount
        if left != should_be_left:
            found, right = to_text(left, session.currency), to_text(should_be_left, session.currency)
            yield f"Session {session.pk}: {found} were left in the drawer, not {right}."
        if session.is_counted and (session.returned or 0) + kept != declared:
            yield f"Session {session.pk}: the return to the vault differs from the declared amount."
        differences = session.opening_difference + session.difference
        if session.is_counted and (session.over or 0) - (session.short or 0) != differences:
            yield f"Session {session.pk}: the over/short movements do not add up to its differences."


def _faults_of_cancelled(session: CashSession) -> Iterator[str]:
    """Checks that a cancelled opening left its drawer as before: all movements of the opening are reversed.

    The cancelled session must have no payment that is on time. Late payments are possible, because a till may later
    report a payment that names this session.
    """
    booked = Movement.objects.filter(session=session, payment__isnull=True)
    if booked.filter(reverses__isnull=True, reversed_by__isnull=True).exists():
        yield f"Session {session.pk}: its opening was cancelled, but not every movement was reversed."
    is_of_opening = Q(kind__in=(MovementKind.FLOAT, MovementKind.OVER_SHORT))
    if booked.exclude(is_of_opening).exists() or session.payments.filter(booked=Booked.ON_TIME).exists():
        yield f"Session {session.pk}: its opening was cancelled, but money moved in it."


def _faults_of_foreign_cash(store: Store) -> Iterator[str]:
    """Compares the frozen `ForeignCash` figures of sessions with the seals.

    If the cash was counted, it was returned to the vault, or the counted amount stayed in the drawer. If the cash was
    not counted, the expected amount stayed in the drawer.
    """
    rows = ForeignCash.objects.filter(session__store=store).select_related("session__seal", "session__register")
    for row in rows.iterator(chunk_size=1000):
        seal = row.session.seal
        balances = seal.balances if seal is not None else []
        left = sum(
            balance["amount"]
            for balance in balances
            if (balance["currency"], balance["method"]) == (row.currency, CASH)
        )
        counted = row.counted_amount
        should_be_left = row.expected_amount if counted is None else counted if row.stays else 0
        # During a settlement the counted cash stays in the drawer.
        if left not in (should_be_left, counted):
            found, right = to_text(left, row.currency), to_text(should_be_left, row.currency)
            yield f"Session {row.session_id}: {found} were left in the drawer, not {right}."


def _faults_of_payments(store: Store) -> Iterator[str]:
    moved = Q(movements__reverses__isnull=True)
    payments = Payment.objects.filter(store=store).annotate(moved=Sum("movements__amount", filter=moved))
    unbooked = payments.exclude(booked=Booked.NOT_MOVED).filter(Q(moved__isnull=True))
    booked_twice_or_wrong = payments.filter(booked=Booked.NOT_MOVED, moved__isnull=False)
    for payment in (unbooked | booked_twice_or_wrong).iterator(chunk_size=1000):
        # Several tills may use the same id, so the row's own id is shown too.
        named = f"Payment {payment.external_id} ({payment.pk}) of store {store.number}"
        yield f"{named}: its movements do not match '{payment.booked}'."
    wrong = Movement.objects.filter(store=store, payment__isnull=False, reverses__isnull=True).exclude(
        Q(payment__tendered__isnull=True, amount=F("payment__amount"))
        | Q(payment__tendered__isnull=False, amount=F("payment__tendered") - F("payment__change"))
    )
    for movement in wrong.select_related("payment").iterator(chunk_size=1000):
        yield f"Movement {movement.pk} differs from its payment."


def _faults_of_orders(store: Store) -> Iterator[str]:
    """Compares paid orders with the payments that paid them."""
    paid = Order.objects.filter(store=store, status=OrderStatus.PAID)
    wrong = paid.exclude(
        payment__store=F("store"),
        payment__status=PaymentStatus.APPROVED,
        payment__type=PaymentType.SALE,
        payment__currency=F("currency"),
        payment__amount=F("net_total"),
    )
    for order in wrong.iterator(chunk_size=1000):
        yield f"Order {order.number} ({order.pk}) of store {store.number} differs from the payment that paid it."
