"""Proves that the books are consistent: computes them again from the rows, as an auditor would."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

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

CHUNK_ROWS: Final = 2000


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
    for sessions in _in_chunks(closed.order_by("pk")):
        booked = _booked_by(sessions)
        for session in sessions:
            yield from _faults_of_session(session, returned=booked[session.pk].returned, over=booked[session.pk].over)


def _in_chunks(rows: "QuerySet[Any]") -> Iterator[list[Any]]:
    """Yields the rows in lists of CHUNK_ROWS, read in one pass."""
    left = rows.iterator(chunk_size=CHUNK_ROWS)
    while chunk := list(islice(left, CHUNK_ROWS)):
        yield chunk


@dataclass(slots=True)
class _Booked:
    """The cash in minor units that the close of a session returned to the vault, and its over minus its short."""

    returned: int = 0
    over: int = 0


def _booked_by(sessions: Sequence[CashSession]) -> dict[int, _Booked]:
    """Sums what the closes of sessions booked in their own currency. One statement for all of them."""
    booked = {session.pk: _Booked() for session in sessions}
    registers = {session.pk: (session.register_id, session.currency) for session in sessions}
    rows = Movement.objects.filter(
        session__in=list(booked), kind__in=(MovementKind.RETURN, MovementKind.OVER_SHORT), is_late=False, reverses=None
    ).order_by()
    found = rows.values_list("session", "kind", "source", "destination", "currency").annotate(total=Sum("amount"))
    for pk, kind, source, destination, currency, total in found:
        register, own = registers[pk]
        if currency != own:
            continue
        if kind == MovementKind.RETURN:
            booked[pk].returned += int(total)
        elif register in (source, destination):
            booked[pk].over += int(total) if register == destination else -int(total)
    return booked


def _faults_of_session(session: CashSession, *, returned: int, over: int) -> Iterator[str]:
    if session.seal is None or session.expected_amount is None or session.difference is None:
        yield f"Session {session.pk} is closed and has no seal."
        return
    if session.is_cancelled:
        yield from _faults_of_cancelled(session)
        return
    left = sum(
        balance["amount"]
        for balance in session.seal.balances
        if (balance["currency"], balance["method"]) == (session.currency, CASH)
    )
    # After a close with a count the drawer is empty. After a handover, and during a settlement, all counted cash
    # stays in it instead. After a forced close the expected amount is still in it.
    declared = session.declared_amount or 0
    is_held = session.is_counted and not returned and left == declared
    kept = declared if session.is_handed_over or is_held else 0
    should_be_left = kept if session.is_counted else session.expected_amount
    if left != should_be_left:
        found, right = to_text(left, session.currency), to_text(should_be_left, session.currency)
        yield f"Session {session.pk}: {found} were left in the drawer, not {right}."
    if session.is_counted and returned + kept != declared:
        yield f"Session {session.pk}: the return to the vault differs from the declared amount."
    differences = session.opening_difference + session.difference
    if session.is_counted and over != differences:
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
    # Two statements, because PostgreSQL compares two whole tables at once only without an OR.
    booking = Exists(Movement.objects.filter(payment=OuterRef("pk"), reverses=None))
    payments = Payment.objects.filter(store=store)
    unbooked = payments.exclude(booked=Booked.NOT_MOVED).filter(~booking)
    moved_all_the_same = payments.filter(booking, booked=Booked.NOT_MOVED)
    for payment in chain(unbooked.iterator(chunk_size=1000), moved_all_the_same.iterator(chunk_size=1000)):
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
