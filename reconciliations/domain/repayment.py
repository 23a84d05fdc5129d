"""Repayments: the cashier of a short drawer pays the shortage back, and the money is tied to its variance.

The money is paid in, into an open drawer or the safe. The variance keeps its figures and its state.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.cash_movement import move_money
from cashdesk.domain.session.current import open_session_of
from cashdesk.domain.store.place import places_of, register_at
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.enums import CASH, MovementKind, PlaceKind, VarianceKind, VarianceState
from cashdesk.errors import Conflict, DomainError, Forbidden, InvalidInput, NothingOpen
from cashdesk.formats import style
from cashdesk.models import Movement, Place, Store, Variance
from reconciliations.domain.variance_late_amount import late_amount
from reconciliations.enums import Act
from reconciliations.models import Repayment, VarianceEvent

REASON: Final = "repayment"
"""The reason of the paid-in movement."""

REPAID_KINDS: Final = (VarianceKind.SESSION, VarianceKind.SETTLEMENT, VarianceKind.OPENING)


@transaction.atomic
def repay_variance(
    *, variance: Variance, amount: int, by: Principal, at: datetime, station: int | None = None
) -> Repayment:
    """Pays a shortage back: records `amount` minor units as paid in, tied to the variance. Returns the repayment.

    A manager pays into the safe, or into the open drawer of register `station`. The cashier of the short drawer pays
    into their own open drawer. Raises Forbidden for everybody else and for programs. Raises Conflict if there is no
    shortage in cash or the variance is superseded, InvalidInput for more than is left to repay, and NothingOpen if the
    cashier has no open drawer.
    """
    if by.user is None:
        raise _needs_a_person()
    here = _place_for(variance, by=by, station=station)
    lock_places(shared=[here])
    variance = Variance.objects.select_for_update(of=("self",)).select_related("store").get(pk=variance.pk)
    refusal = refusal_of_repayment(variance, by=by)
    if refusal is not None:
        raise refusal
    left = left_to_repay(variance)
    if not 0 < amount <= left:
        told = _("Enter an amount up to %(amount)s. So much is left to repay.")
        raise InvalidInput.of("amount", told % {"amount": style().amount(left, variance.currency)})
    movement = move_money(
        here=here,
        store=variance.store,
        kind=MovementKind.PAID_IN,
        amount=amount,
        currency=variance.currency,
        by=by,
        at=at,
        reason=REASON,
        note=_note_of(variance),
    )
    made = Repayment.objects.create(variance=variance, movement=movement, recorded_by=by.user, recorded_at=at)
    audit.note(
        action="variance.repaid",
        subject=f"variance:{variance.pk}",
        by=by,
        at=at,
        store=variance.store,
        detail={"movement": str(movement.uuid), "amount": amount},
    )
    return made


def refusal_of_repayment(variance: Variance, *, by: Principal) -> DomainError | None:
    """Returns the error if `by` may not record a repayment of this variance, or None."""
    if by.user is None:
        return _needs_a_person()
    if (
        by.user.pk != variance.person_id
        and not by.manages(variance.store)
        and not by.administers(variance.store.account_id)
    ):
        return Forbidden(_("Only the cashier of the drawer or a manager can record a repayment."))
    is_short = variance.difference is not None and variance.difference < 0
    if variance.state == VarianceState.SUPERSEDED or variance.method != CASH or variance.kind not in REPAID_KINDS:
        is_short = False
    return None if is_short else Conflict(_("There is no shortage to repay."), code="nothing_to_repay")


def _needs_a_person() -> Forbidden:
    return Forbidden(_("Only people with their own sign-in can record a repayment."))


def left_to_repay(variance: Variance) -> int:
    """Returns what is left of a shortage, in minor units: without late money, approved corrections and repayments."""
    row: Any = Variance.objects.annotate(late_amount=late_amount(), repaid_amount=repaid_amount()).get(pk=variance.pk)
    corrections = VarianceEvent.objects.filter(variance=variance, act=Act.APPROVE, movement__isnull=False)
    found = sum(
        event.movement.amount if event.movement.source.kind == PlaceKind.OVER_SHORT else -event.movement.amount
        for event in corrections.select_related("movement__source")
        if event.movement is not None
    )
    return max(int(row.late_amount) - (row.difference or 0) - found - int(row.repaid_amount), 0)


def repaid_amount() -> Coalesce:
    """Builds the expression for what was repaid of each variance, without reversed movements."""
    rows = kept_repayments().filter(variance=OuterRef("pk")).order_by().values("variance")
    summed = rows.annotate(total=Sum("movement__amount")).values("total")
    return Coalesce(Subquery(summed, output_field=BigIntegerField()), Value(0), output_field=BigIntegerField())


def kept_repayments() -> "QuerySet[Repayment]":
    """Returns the repayments whose movement was not reversed."""
    return Repayment.objects.filter(movement__reversed_by__isnull=True)


def _place_for(variance: Variance, *, by: Principal, station: int | None) -> Place:
    """Returns the place into which the money is paid."""
    store = variance.store
    if by.manages(store) or by.administers(store.account_id):
        return places_of(store)[PlaceKind.VAULT] if not station else register_at(store=store, station=station)
    session = open_session_of(by.user) if by.user is not None else None
    if session is None or session.store_id != store.pk:
        raise NothingOpen(_("Open your drawer first, or give the money to your manager."))
    return session.register


def _note_of(variance: Variance) -> str:
    return f"Variance {variance.pk}"


def faults_of_repayments(store: Store) -> Iterator[str]:
    """Yields one sentence per repayment whose movement is not the one that was recorded for it, or per lost repayment."""
    made = Repayment.objects.filter(variance__store=store).select_related("variance", "movement").order_by("pk")
    for row in made.iterator(chunk_size=500):
        money, note = row.movement, _note_of(row.variance)
        if (money.store_id, money.kind, money.reason, money.note) != (store.pk, MovementKind.PAID_IN, REASON, note):
            yield f"Repayment {row.pk} of store {store.number}: its movement was not paid in for its variance."
    paid_in = Movement.objects.filter(store=store, kind=MovementKind.PAID_IN, reason=REASON, reverses__isnull=True)
    for money in paid_in.filter(repayment__isnull=True).order_by("pk").iterator(chunk_size=500):
        yield f"Movement {money.pk} of store {store.number} pays back a shortage, but belongs to no variance."
