"""Cashbook accounts: the reasons for paying money in and out."""

from django.db import models

from cashdesk.models import Store
from settlements.enums import Direction, SettlementType


class CashbookAccount(models.Model):
    """A reason code of a store, for its registers or its vault.

    Movements store the code, so an account is retired and never deleted. The number can change.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="cashbook_accounts", db_index=False)
    type = models.CharField("for", max_length=16, choices=SettlementType.choices)
    direction = models.CharField(max_length=8, choices=Direction.choices)
    code = models.CharField(max_length=50)
    number = models.CharField(
        max_length=20, blank=True, help_text="Optional: a second code, such as 170, that programs may send instead."
    )
    description = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("store", "type", "-direction", "code")
        constraints = (
            # domain.cashbook uses this constraint's index to read a store's accounts.
            models.UniqueConstraint(fields=("store", "type", "code"), name="cashbook_code_once_per_store"),
            models.UniqueConstraint(
                fields=("store", "type", "number"),
                condition=~models.Q(number=""),
                name="cashbook_number_once_per_store",
            ),
            models.CheckConstraint(
                condition=models.Q(direction__in=Direction.values), name="cashbook_direction_is_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.description}"
