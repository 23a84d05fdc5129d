"""Records a declared amount and compares it with the ledger for a store's business day."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.event import events_together, record_event
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.raise_variance import Cause, raise_difference
from cashdesk.domain.ledger.tolerance import exceeds_tolerance
from cashdesk.domain.store.place_lock import lock_places
from cashdesk.enums import EventType, PlaceKind, Reason, Role, VarianceKind
from cashdesk.errors import Forbidden, InvalidInput
from cashdesk.models import BusinessDay, CashSession, Movement, Place, Seal, Store, User
from reconciliations.domain.authorization import FIELD, REFUSED, note_refusal, usable_authorization
from reconciliations.domain.business_day_close import current_date
from reconciliations.domain.expected_cash import expected_cash
from reconciliations.domain.operator_custody import Seen
from reconciliations.domain.variance_acts import explain_raised, sign_off_with_authorization, supersede_variances
from reconciliations.models import Reconciliation


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A declared amount in minor units of `currency`, for a store's business day or for one operator's part of it."""

    store: Store
    currency: str
    declared: int
    business_date: date | None = None
    operator: User | None = None
    operator_uid: str = ""
    reason: str = ""
    notes: str = ""
    authorization_id: UUID | None = None


def record_reconciliation(*, declaration: Declaration, by: Principal, at: datetime) -> Reconciliation:
    """Records a declaration with the current system amount, and returns it. The record never changes.

    Supersedes an earlier reconciliation of the same scope. A suspected theft, or a shortage above the store's
    tolerance, awaits approval unless the declaration has an authorization.
    Raises Forbidden for a cashier, because the answer shows the expected amount. Raises InvalidInput for a future day,
    and for an authorization that may not be used.
    """
    if not by.has_role(Role.MANAGER):
        raise Forbidden("Only managers can reconcile, because it shows the expected amount.")
    store = declaration.store
    today = current_date(store=store, at=at)
    on = declaration.business_date or today
    if on > today:
        raise InvalidInput.of(
            "business_day_date", f"This day is in the future. The business day of the store is {today}."
        )
    try:
        return _record(declaration=declaration, on=on, by=by, at=at)
    except InvalidInput as refusal:
        if declaration.authorization_id is not None and FIELD in refusal.errors:
            note_refusal(token_id=declaration.authorization_id, store=store, by=by, at=at)
        raise
    except IntegrityError as error:
        # If two requests use an authorization at the same time, the unique column refuses the second.
        if "authorization" not in str(error) or declaration.authorization_id is None:
            raise
        note_refusal(token_id=declaration.authorization_id, store=store, by=by, at=at)
        raise InvalidInput.of(FIELD, REFUSED) from error


@transaction.atomic
@events_together()
def _record(*, declaration: Declaration, on: date, by: Principal, at: datetime) -> Reconciliation:
    store = declaration.store
    # No posting can run while these locks are held. So every movement that the sum does not include gets a higher id.
    lock_places(exclusive=Place.objects.filter(store=store, kind__in=(PlaceKind.VAULT, PlaceKind.REGISTER)))
    seen = _seen(store)
    expected = expected_cash(store=store, business_date=on, operator=declaration.operator, seen=seen)
    system = expected.of(declaration.currency).system_cash
    discrepancy = declaration.declared - system
    authorization = (
        usable_authorization(
            token_id=declaration.authorization_id, store=store, operator=declaration.operator, by=by, at=at
        )
        if declaration.authorization_id is not None
        else None
    )
    asks_approval = declaration.reason == Reason.THEFT_SUSPECTED or (
        discrepancy < 0
        and exceeds_tolerance(store=store, difference=discrepancy, expected=system, currency=declaration.currency)
    )
    made = Reconciliation.objects.create(
        store=store,
        business_date=on,
        operator=declaration.operator,
        operator_uid=declaration.operator_uid,
        currency=declaration.currency,
        system_amount=system,
        declared_amount=declaration.declared,
        discrepancy=discrepancy,
        as_of_movement=seen.movement,
        as_of_session=seen.session,
        as_of_seal=seen.seal,
        first_movement=expected.carried.first_movement,
        overnight_session=expected.carried.session,
        reason=declaration.reason,
        notes=declaration.notes,
        authorization=authorization,
        is_post_close=BusinessDay.objects.filter(store=store, date=on).exists(),
        awaits_approval=asks_approval and authorization is None,
        supersedes=_standing(declaration=declaration, on=on),
        reported_by=by.label,
        reported_by_user=by.user,
        reported_with=by.token,
        reported_at=at,
    )
    audit.note(
        action="reconciliation.recorded", subject=f"reconciliation:{made.pk}", by=by, at=at, store=store,
        detail={"declared": made.declared_amount, "currency": made.currency},
    )  # fmt: skip
    _record_event(made, at=at)
    if authorization is not None:
        audit.note(
            action="authorization.used", subject=f"authorization:{authorization.pk}", by=by, at=at, store=store,
            detail={"reconciliation": made.pk},
        )  # fmt: skip
    _raise_variance(made, by=by, at=at)
    return made


def _record_event(made: Reconciliation, *, at: datetime) -> None:
    """Writes the event, without the system amount, because that includes the cash of drawers that are open (law 5)."""
    record_event(
        type_=EventType.RECONCILIATION_RECORDED,
        store=made.store,
        at=at,
        body={
            "reconciliation_id": made.uuid,
            "business_date": made.business_date,
            "operator_id": made.operator_id,
            "operator_uid": made.operator_uid,
            "currency": made.currency,
            "declared_amount": made.declared_amount,
            "reported_by": made.reported_by,
            "supersedes": made.supersedes.uuid if made.supersedes else None,
        },
    )


def _seen(store: Store) -> Seen:
    """Returns the ids of the store's last movement, session and seal.

    The caller holds the locks of all places, so later rows get higher ids.
    """
    last_movement = Movement.objects.filter(store=store).aggregate(last=Max("pk"))["last"]
    last_session = CashSession.objects.filter(store=store).aggregate(last=Max("pk"))["last"]
    last_seal = Seal.objects.filter(place__store=store).aggregate(last=Max("pk"))["last"]
    return Seen(movement=last_movement or 0, session=last_session or 0, seal=last_seal or 0)


def _raise_variance(made: Reconciliation, *, by: Principal, at: datetime) -> None:
    """Creates a variance if the discrepancy exceeds the tolerance or has no reason, or if theft is suspected.

    A given reason explains the variance, and an authorization signs it off. Ends the open variances of the superseded
    reconciliation.
    """
    if made.supersedes_id is not None:
        supersede_variances(subject=f"reconciliation:{made.supersedes_id}", by=by, at=at)
    variance = raise_difference(
        kind=VarianceKind.RECONCILIATION,
        cause=Cause(
            store=made.store,
            subject=f"reconciliation:{made.pk}",
            business_date=made.business_date,
            person_id=made.operator_id,
        ),
        expected=made.system_amount,
        counted=made.declared_amount,
        currency=made.currency,
        by=by,
        at=at,
        always=made.reason == Reason.THEFT_SUSPECTED or bool(made.discrepancy and not made.reason),
    )
    if variance is None or not made.reason:
        return
    explain_raised(variance=variance, reason=made.reason, notes=made.notes, by=by, at=at)
    if made.authorization is not None:
        sign_off_with_authorization(variance=variance, issuer=made.authorization.issued_by, by=by, at=at)


def _standing(*, declaration: Declaration, on: date) -> Reconciliation | None:
    """Returns the current reconciliation of the same scope, which the new reconciliation supersedes."""
    return (
        Reconciliation.objects.filter(
            store=declaration.store,
            business_date=on,
            currency=declaration.currency,
            operator=declaration.operator,
            superseded_by__isnull=True,
        )
        .order_by("-pk")
        .first()
    )
