"""Which till reports a payment, and which of the payments with its id a report repeats (docs/decisions/0022)."""

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
    """Returns which till reports, as `Payment.source` keeps it: class of caller, and the register or operator.

    The register that the report names, else the one that the token is bound to, else the operator that the report names:
    none of these changes before a retry. Only a person's report without any of them has the register that it resolved to.
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
    """Returns the payment with the id that `report` repeats, and whether the caller reported it; None for a new one.

    A retry comes with the same token, or from the same till, perhaps under the next cashier's sign-in. What the caller
    reported at this till decides first, so nobody learns another's figures by trying amounts: one id is tried once.

    Raises Conflict where the caller reported the id at this till with other figures.
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
    """Returns the payment that a decision means, locked. What the caller reported goes first; a cashier knows of own ones
    only. Of several, those that waited for a decision are meant.

    Raises NotFound, and InvalidInput naming `store` or `station` where several are left.
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
    """The till of a payment. One that was kept before tills were is taken as of the register where it was booked."""
    if payment.source:
        return payment.source
    return f"{'person' if payment.reported_by_id is not None else 'key'}:register:{payment.register_id}"


def _is_by_token(payment: Payment, by: Principal) -> bool:
    """Whether this token reported it, or the key whose successor this one is."""
    return by.token is not None and payment.reported_with_id is not None and payment.reported_with_id in (
        by.token.pk, by.token.replaces_id,
    )  # fmt: skip


def _is_own(payment: Payment, by: Principal) -> bool:
    if by.user is not None:
        return payment.reported_by_id == by.user.pk
    return _is_by_token(payment, by)


def _has_waited(payment: Payment) -> bool:
    return payment.status == PaymentStatus.PENDING or payment.decided_at is not None
