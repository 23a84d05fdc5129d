"""Finds the till that sent a report, and the earlier payment that the report repeats (docs/decisions/0022)."""

from collections.abc import Sequence
from typing import Final

from django.db.models import Q

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.payment.payment_report import PaymentReport
from cashdesk.domain.payment.register_of_payment import Target
from cashdesk.domain.store.store_reference import find_store
from cashdesk.enums import PaymentStatus, Role
from cashdesk.errors import Conflict, InvalidInput, NotFound
from cashdesk.models import Payment

_UNKNOWN: Final = "There is no payment with this id."


def source_of(*, report: PaymentReport, target: Target, by: Principal) -> str:
    """Returns the till that sent a report, as text for `Payment.source`.

    The text has the type of the caller, and the first of these that exists:

    1. the register that the report names by its station or session,
    2. the register of the token,
    3. the operator that the report names,
    4. the register of `target`,
    5. the person.

    The first three are the same when the till sends the report again.
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
    """Returns the known payment that `report` repeats, and whether the caller reported that payment.

    The result is (None, False) for a new payment. A report repeats a payment if both have the same content, and both
    came with the same token or from the same till. At the same till, the second report may come from another cashier.

    Raises Conflict if the caller has reported this id at this till with other figures, even if another person's payment
    would match. So nobody can try figures until they match the payment of another person.
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
    """Finds the payment that a caller wants to approve or reject, locks it and returns it.

    A cashier finds only payments that they reported or sold. If several payments have the id, prefers the payments that
    the caller reported. If there are still several, prefers the payments that are or were pending.

    Raises NotFound if no payment is found. Raises InvalidInput for `store` or `station` if several payments remain.
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
    """Returns the till of a stored payment. For an old row without `source` it is the register of the payment."""
    if payment.source:
        return payment.source
    return f"{'person' if payment.reported_by_id is not None else 'key'}:register:{payment.register_id}"


def _is_by_token(payment: Payment, by: Principal) -> bool:
    """Whether the payment was reported with the caller's token, or with the older key that this token replaces."""
    return by.token is not None and payment.reported_with_id is not None and payment.reported_with_id in (
        by.token.pk, by.token.replaces_id,
    )  # fmt: skip


def _is_own(payment: Payment, by: Principal) -> bool:
    if by.user is not None:
        return payment.reported_by_id == by.user.pk
    return _is_by_token(payment, by)


def _has_waited(payment: Payment) -> bool:
    return payment.status == PaymentStatus.PENDING or payment.decided_at is not None
