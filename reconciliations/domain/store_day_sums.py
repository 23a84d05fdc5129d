"""Sums the cash movements and payments of a store's business day: in minus out, as `ledger.expected` does.

Each function is one aggregate that reads from the index on store and business date.
"""

from collections.abc import Iterable
from typing import Any, Final

from django.db.models import BigIntegerField, Case, Count, Exists, F, OuterRef, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce

from cashdesk.domain.caller.audit import entry_of
from cashdesk.enums import CASH, MovementKind, PlaceKind
from cashdesk.models import CashSession, Movement
from cashdesk.movement_rule_columns import Origin
from cashdesk.movement_rules import RULES
from reconciliations.domain.operator_custody import cashier_of_session

DAY_EFFECTS: Final = {kind: rule.day for kind, rule in RULES.items() if rule.day is not None}
"""The effect of each kind on the expected cash of a business day. Other kinds have no effect."""

STAYS_IN_STORE: Final = [kind for kind, effect in DAY_EFFECTS.items() if effect.stays_in_store]
"""Cash of these kinds leaves the operator's drawer and stays in the store. It does not count for the whole store."""


def drawer_movements() -> "QuerySet[Any]":
    """Returns the cash movements that a day includes. Each has its `person` and its `effect` on the drawers.

    `effect` is in minor units. `person` is the operator of the payment, otherwise the session's cashier. If there is
    neither, it is the person who recorded the movement. For a reversal without both, it is the person who recorded the
    reversed movement.
    """
    effect = Case(
        *(
            When(kind=kind, reverses__isnull=is_plain, then=F("amount") * (day.sign if is_plain else -day.sign))
            for kind, day in DAY_EFFECTS.items()
            for is_plain in (True, False)
        )
    )
    # Money paid in and out at the vault is in no drawer. A late reversal has over/short instead of the vault, so its
    # `late_for` is checked too.
    of_vault = Q(source__kind=PlaceKind.VAULT) | Q(destination__kind=PlaceKind.VAULT)
    of_vault |= Q(late_for__kind=PlaceKind.VAULT)
    at_vault = Q(kind__in=[kind for kind in DAY_EFFECTS if not RULES[kind].is_of_register]) & of_vault
    movements = Movement.objects.filter(method=CASH, kind__in=DAY_EFFECTS).exclude(at_vault).order_by()
    return movements.annotate(
        person=Coalesce(
            "payment__operator",
            cashier_of_session(),
            "reverses__recorded_by",
            "recorded_by",
            output_field=BigIntegerField(),
        ),
        effect=effect,
    )


def drawer_cash(movements: "QuerySet[Any]") -> Iterable[Any]:
    """Sums `drawer_movements()` per currency, kind, person, register, channel and service, in minor units.

    Reports add these groups up. `total` is the amount that moved. For `billed`, each payment counts with its billed
    amount instead.
    """
    of_payment = Coalesce("payment__amount", "amount")
    billed = Case(When(effect__lt=0, then=of_payment * -1), default=of_payment, output_field=BigIntegerField())
    rows: Iterable[Any] = movements.values(
        "currency", "kind", "person", "payment__register__number", "payment__channel", "payment__service"
    ).annotate(total=Sum("effect"), billed=Sum(billed))
    return rows


def payments(reported: "QuerySet[Any]") -> Iterable[Any]:
    """Sums payments per currency, method, person, register, channel, service, type and status, in minor units.

    Reports add these groups up. `person` is the operator, otherwise the session's cashier, otherwise the person who
    reported the payment.
    """
    rows = reported.order_by().annotate(
        person=Coalesce("operator", cashier_of_session(), "reported_by", output_field=BigIntegerField())
    )
    grouped: Iterable[Any] = rows.values(
        "currency", "method", "person", "register__number", "channel", "service", "type", "status"
    ).annotate(
        n=Count("pk"),
        total=Sum("amount"),
        # Cash received and given back. If the till reported only the amount, the amount counts as received.
        in_hand=Sum(Coalesce("tendered", "amount")),
        back=Sum(Coalesce("change", 0)),
        taxes=Sum(Coalesce("tax", 0)),
        discounts=Sum(Coalesce("discount", 0)),
    )
    return grouped


TAKINGS: Final = [kind for kind, rule in RULES.items() if Origin.PAYMENT in rule.origins]
"""The kinds of movements that payments make: the takings of a day."""


def brings_in(kind: str) -> bool:
    """Whether a kind of takings brings money into the drawer."""
    return RULES[kind].comes_in


def takings(movements: "QuerySet[Any]", *groups: str) -> Iterable[Any]:
    """Sums the takings per currency, method and kind, late ones apart, in minor units. `groups` are more columns.

    `billed` counts each payment with its billed amount, `moved` with what moved; the difference is cash rounding. Refunds
    and reversals are negative.
    """

    def signed(amount: Any) -> Case:
        signs = (
            When(kind=kind, reverses__isnull=is_plain, then=amount * (1 if brings_in(kind) == is_plain else -1))
            for kind in TAKINGS
            for is_plain in (True, False)
        )
        return Case(*signs, output_field=BigIntegerField())

    rows: Iterable[Any] = (
        movements.filter(kind__in=TAKINGS)
        .order_by()
        .values("currency", "method", "kind", "is_late", *groups)
        .annotate(
            n=Count("pk"), billed=Sum(signed(Coalesce("payment__amount", "amount"))), moved=Sum(signed(F("amount")))
        )
    )
    return rows


def taken_over() -> "QuerySet[Any]":
    """Returns the sessions whose cashier took over cash without a float.

    The cash was already in the drawer: it belonged to a settlement, was handed over, or was left without a count.
    Reconciliations recorded under the first rule (`DayRule.MOVEMENTS`) add this cash to the cashier's expected cash.
    `opened_as` is the id of the audit entry of the opening, and `cancelled_as` the id of the entry of a cancelled
    opening. These ids give the order, because such a session may have no movement.
    """
    floated = Movement.objects.filter(session=OuterRef("pk"), kind=MovementKind.FLOAT)
    sessions = CashSession.objects.exclude(Exists(floated)).order_by()
    return sessions.annotate(opened_as=entry_of("session.opened"), cancelled_as=entry_of("session.opening_cancelled"))
