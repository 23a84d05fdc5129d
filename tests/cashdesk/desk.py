"""Short helpers for the domain tests. Amounts are minor units. The clock stands at NOON unless a test changes it."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, UniqueConstraint

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.ledger.cash_movement import move_cash
from cashdesk.domain.ledger.expected import balances_of_places
from cashdesk.domain.payment.payment_report import PaymentReport
from cashdesk.domain.payment.recording import Outcome, record_payment
from cashdesk.domain.session.closing import close_session, force_close_session
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.domain.session.opening import open_session
from cashdesk.enums import CASH, MovementKind, PaymentStatus, PaymentType, PlaceKind
from cashdesk.models import CashSession, Movement, Payment, Place, Store, User
from cashdesk.pair import Pair
from tests import roles
from tests.stories import Cast

NOON: Final = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
_payment_numbers = count(1)


def minutes(number: int) -> datetime:
    """Returns the instant this many minutes after noon."""
    return NOON + timedelta(minutes=number)


def counted(amount: int, currency: str = "EUR") -> CountedAmount:
    """Returns a count of this amount."""
    return CountedAmount(currency=currency, amount=amount)


def open_drawer(user: User, amount: int, *, by: User | None = None, at: datetime = NOON, **options: Any) -> CashSession:
    """Opens a drawer for a person. The person acts, unless `by` names another person."""
    currency = user.store.currency if user.store else "EUR"
    return open_session(user=user, counted=counted(amount, currency), by=Principal(user=by or user), at=at, **options)


def close_drawer(session: CashSession, amount: int, *, at: datetime = NOON, hands_over: bool = False) -> CashSession:
    """Closes a drawer with the counted amount, or hands it over."""
    by = Principal(user=session.user)
    return close_session(
        session=session, counted=counted(amount, session.currency), by=by, at=at, hands_over=hands_over
    )


def report_of(amount: int, **fields: Any) -> PaymentReport:
    """Returns a report of a cash sale with a new id. `fields` change the report."""
    usual: dict[str, Any] = {"method": CASH, "currency": "EUR", "status": PaymentStatus.APPROVED}
    return PaymentReport(**{"id": f"receipt-{next(_payment_numbers)}", "amount": amount, **usual, **fields})


def pay(session: CashSession, amount: int, *, at: datetime = NOON, **fields: Any) -> Payment:
    """Lets the cashier of a session report a payment, and returns it."""
    report = report_of(amount, **{"session": str(session.pk), "currency": session.currency, **fields})
    payment = record_payment(report=report, by=Principal(user=session.user), at=at).payment
    assert payment is not None
    return payment


def sell(session: CashSession, amount: int, **fields: Any) -> Movement:
    """Sells for cash and returns the movement."""
    return Movement.objects.get(payment=pay(session, amount, **fields))


def refund(session: CashSession, amount: int, **fields: Any) -> Movement:
    """Refunds cash and returns the movement."""
    return Movement.objects.get(payment=pay(session, amount, type=PaymentType.REFUND, **fields))


def move(session: CashSession, kind: MovementKind, amount: int, *, at: datetime = NOON) -> Movement:
    """Moves cash between an open drawer and the vault or outside."""
    return move_cash(session=session, kind=kind, amount=amount, by=Principal(user=session.user), at=at, reason="test")


def place_of(store: Store, kind: PlaceKind, number: int = 0) -> Place:
    """Returns a place of a store."""
    return Place.objects.get(store=store, kind=kind, number=number)


def books(store: Store, *, method: str = CASH) -> dict[str, int]:
    """Returns the balance of every place of a store by the whole ledger, without zeros."""
    balances = balances_of_places(store=store)
    named = {str(place): balances[place.pk].get(Pair(store.currency, method), 0) for place in store.places.all()}
    return {name: amount for name, amount in named.items() if amount}


def execute(statement: str, parameters: tuple[Any, ...] | list[Any] = ()) -> int:
    """Runs SQL as the owner of the database, without the domain and the models. Returns the number of rows."""
    with roles.owning(connection), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def refusal_of(statement: str, parameters: tuple[Any, ...] | list[Any] = ()) -> str:
    """Runs SQL that the database must refuse. Returns the error message, or "" if the database accepted it (undone)."""
    try:
        with transaction.atomic():
            execute(statement, parameters)
            connection.check_constraints()
            transaction.set_rollback(True)
    except IntegrityError as error:
        return str(error)
    return ""


def insertion_of(row: Model) -> tuple[str, list[Any]]:
    """Returns the INSERT of an unsaved row and its parameters, without the checks of `save()`."""
    fields = [field for field in row._meta.concrete_fields if not (field.primary_key and row.pk is None)]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join("%s" for _ in fields)
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    return f"INSERT INTO {row._meta.db_table} ({columns}) VALUES ({marks})", values


def force_close(session: CashSession, *, reason: str = "went home") -> CashSession:
    """Closes a session without a count."""
    return force_close_session(session=session, by=SYSTEM, at=NOON, reason=reason)


def count_later(session: CashSession, amount: int, *, by: User | None = None) -> CashSession:
    """Counts the drawer of a session that was closed without a count. Without `by`, the system counts."""
    found = counted(amount, session.currency)
    return count_afterwards(session=session, counted=found, by=Principal(user=by) if by else SYSTEM, at=minutes(90))


def kinds() -> list[str]:
    """Returns the kinds of all movements, in their order."""
    return list(Movement.objects.order_by("pk").values_list("kind", flat=True))


def report(cast: Cast, amount: int, **fields: Any) -> Outcome:
    """Lets Carla report a payment."""
    return record_payment(report=report_of(amount, **fields), by=Principal(user=cast.carla), at=NOON)


def kept(outcome: Outcome) -> Payment:
    """Returns the payment of an outcome that was not refused."""
    assert outcome.payment is not None
    return outcome.payment


def assert_refused(row: Model, constraint: str) -> None:
    """Asserts that the database refuses to save a row because of this constraint."""
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        row.save(force_insert=row._state.adding)
    words = str(error.value)
    # SQLite names the columns of a unique constraint where PostgreSQL names the constraint.
    columns = {
        field
        for declared in row._meta.constraints
        if declared.name == constraint and isinstance(declared, UniqueConstraint)
        for field in declared.fields
    }
    named = all(f".{column}" in words for column in columns) if columns and "UNIQUE" in words else constraint in words
    assert named, f"{constraint}: {words}"
