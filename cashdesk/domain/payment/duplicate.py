"""Identifies the till of a report, and the earlier payment that it repeats (docs/decisions/0022)."""

from collections.abc import Sequence
from typing import Final

from django.db.models import Q

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.payment.report import PaymentReport
from cashdesk.domain.payment.target import Target
from cashdesk.domain.store.store_reference import find_store
from cashdesk.enums import PaymentStatus, Role
from cashdesk.errors import Conflict, InvalidInput, NotFound
from cashdesk.models import Payment

_UNKNOWN: Final = "There is no payment with this id."


def source_of(*, report: PaymentReport, target: Target, by: Principal) -> str:
    """Returns the till of a report, for `Payment.source`: the type of caller, and a register, operator or person.

    In this order: the register named in the report, the token's register, the operator named in the report. None of
    these changes before a retry. Only a person's report without any of them uses the register that it resolved to.
    """
    caller = "key" if by.is_program else "person"
    bound = by.token.register_id if by.token is not None else None
    register = target.register.pk if target.register is not None else None
    if report.station is None and not report.session:
        if bound is None and report.operator:
            return f"{caller}:operator:{report.operator}"
        register = bound or register
    if register is None:
        return f"{caller}:user:{by.user.pk if by.user is not None else 0}"
    return f"{caller}:register:{register}"


def repeated(
    *, report: PaymentReport, source: str, by: Principal, known: Sequence[Payment]
) -> tuple[Payment | None, bool]:
    """Returns the payment that `report` repeats, and whether the caller reported it. Returns None for a new payment.

    A retry has the same token, or comes from the same till, perhaps after another cashier signed in. The caller's own
    report at this till is checked first, so that nobody can try amounts to learn another's figures. Raises Conflict if
    the caller reported this id at this till with other figures.
    """
    same = [payment for payment in known if payment.fingerprint == report.fingerprint]
    for payment in same:
        if _is_by_token(payment, by):
            return payment, True
    of_till = [payment for payment in known if _source_kept(payment) == source]
    for payment in of_till:
        if _is_own(payment, by):
            if payment in same:
                return payment, True
            raise Conflict(
                f"id: Payment {report.id} was already reported with other figures.",
                code="payment_differs",
                errors={"id": "This payment was already reported with other figures."},
            )
    return next((payment for payment in of_till if payment in same), None), False


def find_reported(*, external_id: str, store: str, station: int | None, by: Principal) -> Payment:
    """Returns the payment that a decision is about, locked.

    Prefers payments that the caller reported, then those that waited for a decision. A cashier finds only their own.
    Raises NotFound; InvalidInput for `store` or `station` if several payments remain.
    """
    if not external_id.isprintable():
        raise NotFound(_UNKNOWN)
    payments = (
        Payment.objects.select_for_update(of=("self",))
        .select_related("store", "register")
        .filter(external_id=external_id, store__in=by.stores())
    )
    if store:
        payments = payments.filter(store=find_store(reference=store, by=by))
    if station is not None:
        payments = payments.filter(register__number=station)
    if not by.has_role(Role.MANAGER):
        me = by.user.pk if by.user is not None else 0
        payments = payments.filter(Q(reported_by=me) | Q(operator=me))
    found = list(payments.order_by("pk"))
    found = [payment for payment in found if _is_own(payment, by)] or found
    found = [payment for payment in found if _has_waited(payment)] or found
    if not found:
        raise NotFound(_UNKNOWN)
    if len(found) == 1:
        return found[0]
    if len({payment.store_id for payment in found}) > 1:
        raise InvalidInput.of("store", "Several stores have a payment with this id. Name the store.")
    if station is None:
        raise InvalidInput.of("station", "Several registers have a payment with this id. Name the station.")
    raise InvalidInput.of(
        "station",
        "Several payments of this register have this id. Only the person or key that reported a payment can decide it.",
    )


def _source_kept(payment: Payment) -> str:
    """Returns the till of a payment. Old rows have no `source`: for them it is the register where they were booked."""
    if payment.source:
        return payment.source
    return f"{'person' if payment.reported_by_id is not None else 'key'}:register:{payment.register_id}"


def _is_by_token(payment: Payment, by: Principal) -> bool:
    """Whether this token reported the payment, or the API key that it replaces."""
    return by.token is not None and payment.reported_with_id is not None and payment.reported_with_id in (
        by.token.pk, by.token.replaces_id,
    )  # fmt: skip


def _is_own(payment: Payment, by: Principal) -> bool:
    if by.user is not None:
        return payment.reported_by_id == by.user.pk
    return _is_by_token(payment, by)


def _has_waited(payment: Payment) -> bool:
    return payment.status == PaymentStatus.PENDING or payment.decided_at is not None
