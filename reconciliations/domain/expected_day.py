"""The one sum, read per business date instead of per period: what the cash movements of a store-day left in its drawers,
and what was reported as paid. Each is one aggregate within an index on store and business date.
"""

from collections.abc import Iterable
from typing import Any, Final

from django.db.models import BigIntegerField, Case, Count, Exists, F, OuterRef, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce

from cashdesk.domain.caller.audit import entry_of
from cashdesk.enums import CASH, MovementKind, PlaceKind
from cashdesk.models import CashSession, Movement

EFFECT: Final = {
    MovementKind.FLOAT: 1,
    MovementKind.LOAN: 1,
    MovementKind.SALE: 1,
    MovementKind.REFUND: -1,
    MovementKind.PAID_IN: 1,
    MovementKind.PAID_OUT: -1,
    MovementKind.DROP: -1,
}
"""What a kind does to the cash in the drawers; no other kind counts for a store-day."""


def drawer_movements() -> "QuerySet[Any]":
    """Returns the cash movements that count, each with its `person` and its `effect` on the drawers (minor units).

    `person` is who sold: the operator of the payment, else the session's cashier, else whoever recorded it. A reversal is of
    the person of what it reverses.
    """
    effect = Case(
        *(
            When(kind=kind, reverses__isnull=is_plain, then=F("amount") * (sign if is_plain else -sign))
            for kind, sign in EFFECT.items()
            for is_plain in (True, False)
        )
    )
    # Money paid in and out of the vault is in no drawer; where it is reversed late, over/short stands for the vault.
    of_vault = Q(source__kind=PlaceKind.VAULT) | Q(destination__kind=PlaceKind.VAULT)
    of_vault |= Q(late_for__kind=PlaceKind.VAULT)
    at_vault = Q(kind__in=(MovementKind.PAID_IN, MovementKind.PAID_OUT)) & of_vault
    movements = Movement.objects.filter(method=CASH, kind__in=EFFECT).exclude(at_vault).order_by()
    return movements.annotate(
        person=Coalesce("payment__operator", "session__user", "reverses__recorded_by", "recorded_by"), effect=effect
    )


def drawer_cash(movements: "QuerySet[Any]") -> Iterable[Any]:
    """Returns the drawers' cash of some of the `drawer_movements()`, grouped as finely as it is ever shown.

    `total` is what moved; `billed` is the same with what was billed in place of what a payment moved.
    """
    of_payment = Coalesce("payment__amount", "amount")
    billed = Case(When(effect__lt=0, then=of_payment * -1), default=of_payment, output_field=BigIntegerField())
    rows: Iterable[Any] = movements.values(
        "currency", "kind", "person", "payment__register__number", "payment__channel", "payment__service"
    ).annotate(total=Sum("effect"), billed=Sum(billed))
    return rows


def payments(reported: "QuerySet[Any]") -> Iterable[Any]:
    """Returns what was paid with some payments, grouped as finely as it is ever shown. `person` is who sold."""
    rows = reported.order_by().annotate(person=Coalesce("operator", "session__user", "reported_by"))
    grouped: Iterable[Any] = rows.values(
        "currency", "method", "person", "register__number", "channel", "service", "type", "status"
    ).annotate(
        n=Count("pk"),
        total=Sum("amount"),
        # What came in and went out in cash where the till told only the amount.
        in_hand=Sum(Coalesce("tendered", "amount")),
        back=Sum(Coalesce("change", 0)),
    )
    return grouped


def taken_over() -> "QuerySet[Any]":
    """Returns the sessions whose cashier counted cash into custody without a float: it lay in a drawer that a settlement
    holds, or that was handed over or left uncounted. Reconciliations under the first rule count it for the one person.

    `opened_as` is the entry of each in the audit trail, and `cancelled_as` that of a cancelled opening, whose cash was taken
    over in between. Such a session may have no movement whose id would tell what came before it and what after.
    """
    floated = Movement.objects.filter(session=OuterRef("pk"), kind=MovementKind.FLOAT)
    sessions = CashSession.objects.exclude(Exists(floated)).order_by()
    return sessions.annotate(opened_as=entry_of("session.opened"), cancelled_as=entry_of("session.opening_cancelled"))
