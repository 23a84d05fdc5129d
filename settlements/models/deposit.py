"""Bags of cash on their way to the bank."""

from django.db import models
from django.db.models import F, Q

from cashdesk.models import Movement, Store, User
from cashdesk.models.public_id import PublicIdModel
from settlements.enums import DEPOSIT_FLOW, DepositState

CANCELLED = "CANCELLED"
"""What is shown of a bag whose movement was reversed, whatever its state."""


class Deposit(PublicIdModel):
    """A bag that was packed from the vault. Its money left the vault's book with `movement` when it was prepared; what the
    bank credits is told later, and the difference is booked between the bank and over/short.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="deposits", db_index=False)
    movement = models.OneToOneField(Movement, on_delete=models.PROTECT, related_name="deposit")
    state = models.CharField(max_length=16, choices=DepositState.choices, default=DepositState.PREPARED)
    bag_number = models.CharField(max_length=64)
    slip_number = models.CharField(max_length=64, blank=True)
    prepared_at = models.DateTimeField()
    prepared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    collected_at = models.DateTimeField(null=True)
    collected_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    courier = models.CharField(max_length=200, blank=True, help_text="Who took the bag along.")
    credited_at = models.DateTimeField(null=True)
    credited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    credited_amount = models.BigIntegerField(null=True, help_text="What the bank says.")
    difference = models.BigIntegerField(null=True, help_text="Credited minus what was in the bag by the books.")

    class Meta:
        ordering = ("-pk",)
        constraints = (
            # A bag's number is on the bag: used once, so that nobody mistakes one for another.
            models.UniqueConstraint(fields=("store", "bag_number"), name="deposit_bag_once_per_store"),
            models.CheckConstraint(
                condition=Q(state=DepositState.CREDITED, credited_at__isnull=False, credited_amount__isnull=False)
                & Q(credited_amount__gte=0, difference__isnull=False)
                | ~Q(state=DepositState.CREDITED) & Q(credited_at__isnull=True, credited_amount__isnull=True),
                name="deposit_figures_when_credited",
            ),
            models.CheckConstraint(condition=Q(state__in=DepositState.values), name="deposit_state_is_known"),
            models.CheckConstraint(
                condition=Q(collected_at__isnull=True) | Q(collected_at__gte=F("prepared_at")),
                name="deposit_collected_after_prepared",
            ),
        )
        indexes = (
            # queries.deposits(): a store's bags, newest first.
            models.Index(fields=("store", "-id"), name="deposit_of_store_newest"),
        )

    @property
    def shown_state(self) -> str:
        """The state, or CANCELLED where the movement was reversed."""
        return CANCELLED if hasattr(self.movement, "reversed_by") else str(self.state)

    def may_become(self, state: DepositState) -> bool:
        """Whether the bag is on its way to that state. It is a look: under the lock it is asked again."""
        return self.shown_state != CANCELLED and state in DEPOSIT_FLOW[self.state]

    @property
    def may_be_collected(self) -> bool:
        """Whether it still lies here."""
        return self.may_become(DepositState.COLLECTED)

    @property
    def may_be_credited(self) -> bool:
        """Whether the bank's figure is still awaited."""
        return self.may_become(DepositState.CREDITED)

    def __str__(self) -> str:
        return f"Bag {self.bag_number}"
