"""Charges of orders at a payment gateway."""

from django.db import models

from cashdesk.models.order import Order
from cashdesk.models.payment import Payment


class Charge(models.Model):
    """A charge of an order at the payment gateway Midtrans. Its pending payment has the amount and the state.

    The row is committed before the gateway is called. So a notification always finds its payment, and a charge whose
    answer was lost is known.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="charges")
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="charge")
    reference = models.CharField(max_length=50, unique=True, help_text="The order_id at the gateway.")
    asked_at = models.DateTimeField(
        null=True, help_text="When the running request to the gateway began. Empty if no request is running."
    )
    answered_at = models.DateTimeField(null=True, help_text="When the gateway confirmed the charge.")
    expires_at = models.DateTimeField(null=True, help_text="The customer can pay until then.")
    transaction_id = models.CharField(max_length=100, blank=True)
    answer = models.JSONField(default=dict, help_text="What the customer needs to pay: the QR code and the actions.")

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.reference
