"""Tills on which people may sign in with a PIN, and the wrong PINs that still count."""

from django.db import models

from cashdesk.models.organisation import Store
from cashdesk.models.person import User


class TrustedTill(models.Model):
    """A device on which somebody of the store signed in with a password, some hours ago at most.

    `device` is the SHA-256 of the id in the device cookie.
    """

    device = models.CharField(max_length=64, unique=True, editable=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="trusted_tills", db_index=False)
    trusted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="trusted_tills")
    trusted_until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.store}, by {self.trusted_by}"


class WrongPin(models.Model):
    """A wrong PIN of a person. It counts until the person signs in with the password.

    `device` is the digest of the device, or "" after a right PIN on the same device.
    """

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="wrong_pins")
    device = models.CharField(max_length=64, blank=True, editable=False)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person}, {self.at}"
