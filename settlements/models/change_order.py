"""Orders for notes and coins from the bank."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from cashdesk.models import Movement, Store, User
from cashdesk.models.public_id import PublicIdModel
from settlements.enums import ChangeOrderState
from settlements.models.stored_pieces import by_worth
from settlements.state_flow import FLOW

REVERSED = "REVERSED"
"""The displayed state of an arrived order whose movement was reversed."""


class ChangeOrder(PublicIdModel):
    """An order for change. The order itself moves no money.

    When the change arrives, `received` is the counted amount, and `movement` books that amount (docs/decisions/0017).
    Pieces are stored by the value of a note or coin in minor units, such as {"1000": 5}.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="change_orders", db_index=False)
    state = models.CharField(max_length=16, choices=ChangeOrderState.choices, default=ChangeOrderState.ORDERED)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(help_text="The ordered amount.")
    pieces = models.JSONField(
        default=dict, help_text="The ordered pieces by worth. Empty if only an amount was ordered."
    )
    wanted_on = models.DateField(null=True, help_text="The day on which the store wants it.")
    note = models.CharField(max_length=500, blank=True)
    ordered_at = models.DateTimeField()
    ordered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    ended_at = models.DateTimeField(null=True, help_text="When it arrived or was cancelled.")
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was cancelled.")
    received = models.BigIntegerField(null=True, help_text="The amount counted on arrival.")
    received_pieces = models.JSONField(
        default=dict, help_text="The counted pieces by worth. Empty if only an amount was counted."
    )
    movement = models.OneToOneField(Movement, on_delete=models.PROTECT, related_name="change_order", null=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(amount__gt=0), name="change_order_of_something"),
            models.CheckConstraint(
                condition=Q(
                    state=ChangeOrderState.ORDERED,
                    ended_at__isnull=True,
                    ended_by__isnull=True,
                    received__isnull=True,
                    movement__isnull=True,
                    reason="",
                )
                | Q(
                    state=ChangeOrderState.ARRIVED,
                    ended_at__isnull=False,
                    received__gt=0,
                    received__isnull=False,
                    movement__isnull=False,
                    reason="",
                )
                | Q(
                    state=ChangeOrderState.CANCELLED,
                    ended_at__isnull=False,
                    received__isnull=True,
                    movement__isnull=True,
                )
                & ~Q(reason=""),
                name="change_order_ended_with_its_state",
            ),
        )
        indexes = (
            # queries.change_orders(): the orders of a store, newest first.
            models.Index(fields=("store", "-id"), name="change_order_of_store_newest"),
            # GET /change-orders: newest first, by cursor, of a store and of an account.
            models.Index(fields=("store", "-ordered_at", "-id"), name="change_order_of_store_by_time"),
            models.Index(fields=("-ordered_at", "-id"), name="change_order_newest"),
            # queries.change_under_way(): the few pending orders of a store.
            models.Index(
                fields=("store", "id"), condition=Q(state=ChangeOrderState.ORDERED), name="change_order_under_way"
            ),
        )

    @property
    def number(self) -> str:
        """The short number on the slip, at the bank and on screens."""
        return str(self.uuid)[:8].upper()

    @property
    def shown_state(self) -> str:
        """The state, or REVERSED if the movement of an arrived order was reversed."""
        return REVERSED if hasattr(self.movement, "reversed_by") else str(self.state)

    @property
    def is_under_way(self) -> bool:
        """Whether the order is still pending. Takes no lock: actions check this again under the lock."""
        return bool(FLOW["change order"][self.state])

    @property
    def difference(self) -> int | None:
        """Received minus ordered, in minor units. None until the change arrives."""
        return self.received - self.amount if self.received is not None else None

    @property
    def ordered_by_worth(self) -> dict[int, int]:
        """The ordered pieces by value, largest first."""
        return by_worth(self.pieces)

    @property
    def received_by_worth(self) -> dict[int, int]:
        """The received pieces by value, largest first."""
        return by_worth(self.received_pieces)

    def __str__(self) -> str:
        return _("Change order %(number)s") % {"number": self.number}
