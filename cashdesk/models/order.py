"""Orders: only the data that a payment needs."""

from django.db import models
from django.db.models import Q

from cashdesk.enums import OrderStatus, OrderType
from cashdesk.models.access import AccessToken
from cashdesk.models.organisation import Store
from cashdesk.models.payment import Payment
from cashdesk.models.person import User
from cashdesk.models.public_id import PublicIdModel


class Order(PublicIdModel):
    """An order of a customer that waits for its payment. It has no items: Cashdesk keeps no menu.

    An open order is paid or cancelled once. Each change increments `version`, so that a request based on an older
    state is refused.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="orders", db_index=False)
    number = models.CharField(max_length=64, help_text="What people call the order.")
    type = models.CharField(max_length=16, choices=OrderType.choices)
    status = models.CharField(max_length=9, choices=OrderStatus.choices, default=OrderStatus.OPEN)
    currency = models.CharField(max_length=3)
    net_total = models.BigIntegerField(help_text="The amount to pay, in minor units.")
    version = models.PositiveIntegerField(default=1)
    payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, null=True, related_name="paid_order", help_text="The payment that paid it."
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    created_with = models.ForeignKey(AccessToken, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(condition=Q(status__in=OrderStatus.values), name="order_status_is_known"),
            models.CheckConstraint(condition=Q(type__in=OrderType.values), name="order_type_is_known"),
            models.CheckConstraint(condition=Q(net_total__gt=0), name="order_total_positive"),
            models.CheckConstraint(condition=Q(version__gte=1), name="order_version_positive"),
            models.CheckConstraint(
                condition=Q(status=OrderStatus.PAID, payment__isnull=False)
                | (~Q(status=OrderStatus.PAID) & Q(payment__isnull=True)),
                name="order_is_paid_by_a_payment",
            ),
        )
        indexes = (
            models.Index(fields=("store", "-id"), name="order_of_store"),
            # The orders that wait for their payment are few, however many were paid.
            models.Index(fields=("store", "-id"), name="order_open_of_store", condition=Q(status=OrderStatus.OPEN)),
            # The back office finds an order by its number.
            models.Index(fields=("number",), name="order_by_number"),
        )

    def __str__(self) -> str:
        return self.number
