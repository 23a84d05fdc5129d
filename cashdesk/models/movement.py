"""The ledger: all movements of money, append-only."""

from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _

from cashdesk.enums import CASH, MovementKind, PlaceKind
from cashdesk.models.access import AccessToken
from cashdesk.models.organisation import Store
from cashdesk.models.payment import Payment
from cashdesk.models.person import User
from cashdesk.models.place import Place
from cashdesk.models.public_id import PublicIdModel
from cashdesk.models.session import CashSession
from cashdesk.money import AMOUNT_MAX
from cashdesk.movement_rule_columns import Origin
from cashdesk.movement_rules import kinds_where

RARE_KINDS: Final = frozenset(set(MovementKind.values) - {MovementKind.SALE})
"""The kinds whose newest movements may be far back in the ledger."""


class Movement(PublicIdModel):
    """Money that moves from one place to another.

    Rows never change and are never deleted: triggers refuse both (law 1). Only `domain.ledger.ledger` inserts them.
    `amount` is in minor units of `currency`.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="movements", db_index=False)
    source = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="movements_out", db_index=False)
    destination = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="movements_in", db_index=False)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=32)
    kind = models.CharField(max_length=16, choices=MovementKind.choices)
    session = models.ForeignKey(CashSession, on_delete=models.PROTECT, related_name="movements", null=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="movements", null=True, db_index=False)
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, related_name="reversed_by", null=True)
    is_late = models.BooleanField(
        default=False,
        help_text="Booked after its period was closed. It explains the difference and changes no sealed figure.",
    )
    late_for = models.ForeignKey(
        Place,
        on_delete=models.PROTECT,
        related_name="late_movements",
        null=True,
        db_index=False,
        help_text="For late money: the place whose closed period it explains. Over/short replaces it as an end.",
    )
    business_date = models.DateField(help_text="The store's business date, frozen when it was recorded.")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    recorded_with = models.ForeignKey(
        AccessToken, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    reason = models.CharField(max_length=50, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(amount__gte=1, amount__lte=AMOUNT_MAX), name="movement_amount_positive"),
            models.CheckConstraint(condition=~Q(source=F("destination")), name="movement_goes_somewhere"),
            models.CheckConstraint(condition=Q(kind__in=MovementKind.values), name="movement_kind_is_known"),
            models.CheckConstraint(
                condition=Q(late_for__isnull=True) | Q(is_late=True), name="movement_late_for_means_late"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=kinds_where(lambda rule: rule.never_cash), method=CASH),
                name="movement_never_of_cash",
            ),
            # A payment is booked once; only its reversal is a second movement.
            models.UniqueConstraint(
                fields=("payment",), condition=Q(reverses__isnull=True), name="movement_once_per_payment"
            ),
        )
        indexes = (
            # domain.ledger.expected.moved() and moved_by_kind(): sums a range of ids per place, one covering index for each
            # direction.
            models.Index(
                fields=("source", "id", "currency", "method", "amount", "kind", "payment"), name="movement_out_of_place"
            ),
            models.Index(
                fields=("destination", "id", "currency", "method", "amount", "kind", "payment"),
                name="movement_into_place",
            ),
            # reconciliations.domain.expected_cash: the cash of a store on one business day.
            models.Index(fields=("store", "business_date", "method", "id"), name="movement_of_business_date"),
            # reconciliations.domain.reused_cash: movements between the vault and the drawers of a store on one business day.
            models.Index(
                fields=("store", "business_date", "method", "id"),
                condition=Q(kind__in=kinds_where(lambda rule: rule.moves_float != 0)),
                name="movement_of_vault_and_drawers",
            ),
            # settlements.queries.cashbook_entries(): money paid in and out in a store, newest first.
            models.Index(
                fields=("store", "-id"),
                condition=Q(kind__in=kinds_where(lambda rule: rule.far_end == PlaceKind.OUTSIDE and rule.is_by_hand)),
                name="movement_paid_of_store",
            ),
            # reconciliations.queries.search: money of one amount that people moved by hand in a store, newest first.
            models.Index(
                fields=("store", "amount", "-id"),
                condition=Q(kind__in=kinds_where(lambda rule: Origin.HAND in rule.origins)),
                name="movement_by_hand_of_amount",
            ),
            # GET /movements: the movements of a store, newest first, by cursor.
            models.Index(fields=("store", "-recorded_at", "-id"), name="movement_of_store_newest"),
            # settlements.domain.late_after_count: late movements for a place's closed periods.
            models.Index(
                fields=("late_for", "id"), condition=Q(late_for__isnull=False), name="movement_late_for_place"
            ),
            # The list of the back office, of all stores: the kinds that are rare, and what is late. Sales are not in them.
            models.Index(
                fields=("kind", "-id"), condition=Q(kind__in=sorted(RARE_KINDS)), name="movement_of_rare_kind"
            ),
            models.Index(fields=("-id",), condition=Q(is_late=True), name="movement_late_newest"),
        )

    def __str__(self) -> str:
        return _("Movement %(number)s") % {"number": self.pk}
