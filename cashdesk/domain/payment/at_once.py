"""Records a plain payment with one guarded statement (docs/decisions/0050-one-statement-for-a-payment.md).

Plain is a new approved payment into the running period of a register that was read with the token, or by one more
query. The decision about it is that of `recording`, made by the same functions. Everything else, and everything that
changed in between, is left to `recording`.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import IntegrityError, connection, transaction
from django.db.models import BigIntegerField, FilteredRelation, IntegerField, OuterRef, Q, QuerySet, Subquery

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.entry import Entry
from cashdesk.domain.ledger.ledger import record_with_payment
from cashdesk.domain.payment.booking import entry_of, new_payment
from cashdesk.domain.payment.duplicate import source_of
from cashdesk.domain.payment.payment_report import PaymentReport, checked
from cashdesk.domain.payment.recording import refusal_of_new
from cashdesk.domain.payment.references import References
from cashdesk.domain.payment.register_of_payment import Target, target_of
from cashdesk.enums import Booked, PaymentStatus, PlaceKind, SessionStatus
from cashdesk.errors import DomainError
from cashdesk.models import CashSession, IdempotentAnswer, Payment, Place
from cashdesk.prepared_query import Parameter, PreparedQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainPayment:
    """A plain payment that is not stored yet, with its movement. `guard` is its register."""

    payment: Payment
    entry: Entry
    guard: Place


def plain_payment(*, report: PaymentReport, by: Principal, at: datetime) -> PlainPayment | None:
    """Returns the payment of a plain report, or None if `recording` must decide about the report."""
    if report.status != PaymentStatus.APPROVED or isinstance(checked(report, at=at), DomainError):
        return None
    found, customers_id = _of_person(report, by=by) if by.user is not None else _of_program(report, by=by)
    target = target_of(report, by=by, found=found) if found is not None else None
    if not isinstance(target, Target) or target.register is None or refusal_of_new(report, target, at=at) is not None:
        return None
    source = source_of(report=report, target=target, by=by)
    payment = new_payment(report=report, target=target, source=source, by=by, at=at)
    if payment.booked != Booked.ON_TIME:
        return None
    places: dict[str, Place] = {
        PlaceKind.CUSTOMERS: Place(pk=customers_id, store=target.store, kind=PlaceKind.CUSTOMERS)
    }
    entry = entry_of(payment=payment, places=places, register=target.register, session=target.session, at=at)
    return PlainPayment(payment=payment, entry=entry, guard=target.register)


def store_at_once(plain: PlainPayment, *, by: Principal, at: datetime, answer: IdempotentAnswer | None) -> bool:
    """Stores the payment, its movement and the answer to it, if there is one. Returns False if it stored nothing.

    Then somebody opened, counted or closed the register, used the id of the payment or the key of the answer.
    """
    # One statement of PostgreSQL is a transaction. SQLite needs several statements, and so one around them.
    is_alone = connection.vendor == "postgresql" and not connection.in_atomic_block
    try:
        with nullcontext() if is_alone else transaction.atomic():
            return record_with_payment(
                payment=plain.payment, entry=plain.entry, by=by, at=at, guard=plain.guard, answer=answer
            )
    except IntegrityError:
        return False  # A request at the same moment was faster. `recording` finds out with what.


def _of_person(report: PaymentReport, *, by: Principal) -> tuple[References | None, int | None]:
    """Returns the person's open session, as it was read with their token, if the report names nothing else."""
    session = by.standing.session if by.standing is not None else None
    if session is None or by.standing is None or by.user is None or report.session or report.operator:
        return None, None
    own = by.own_store
    found = References(
        bound=by.token.register if by.token is not None else None,
        open_by_user={by.user.pk: session},
        open_by_register={session.register_id: session},
    )
    if report.store or report.station is not None:
        if own is None or session.store_id != own.pk or report.store not in ("", own.number):
            return None, None
        found.stores[own.number] = own
        found.registers[own.pk, session.register.number] = session.register
    return found, by.standing.customers_id


def _of_program(report: PaymentReport, *, by: Principal) -> tuple[References | None, int | None]:
    """Reads the register that the report of a program names, else the register of its key, with its open session."""
    own, bound = by.own_store, by.token.register if by.token is not None else None
    station = report.station if report.station is not None else bound.number if bound is not None else None
    if own is None or station is None or report.session or report.operator or report.store not in ("", own.number):
        return None, None
    register = REGISTER_AND_SESSION.first(store=own.pk, number=min(station, 2**31 - 1))
    if register is None or (report.station is None and bound != register):
        return None, None
    session: CashSession | None = getattr(register, "open_session", None)
    if session is not None:
        session.register = register
    found = References(
        bound=register if bound == register else bound,
        stores={own.number: own},
        registers={(own.pk, register.number): register},
        open_by_register={register.pk: session} if session is not None else {},
    )
    return found, register.customers_id  # type: ignore[attr-defined]  # added too


def with_session(registers: "QuerySet[Place]") -> "QuerySet[Place]":
    """Adds the open session of each register, and the id of the customers of its store."""
    customers = Place.objects.filter(store=OuterRef("store"), kind=PlaceKind.CUSTOMERS).order_by().values("pk")
    is_open = Q(sessions__status=SessionStatus.OPEN)
    session = ("open_session__store", "open_session__user")
    return registers.annotate(
        open_session=FilteredRelation("sessions", condition=is_open), customers_id=Subquery(customers[:1])
    ).select_related(*session)


REGISTER_AND_SESSION: Final = PreparedQuery(
    lambda: with_session(
        Place.objects.filter(
            store=Parameter("store", BigIntegerField()),
            number=Parameter("number", IntegerField()),
            kind=PlaceKind.REGISTER,
        )
    ).order_by()
)
"""A register by its store and station, as `plain_payment` reads it."""
