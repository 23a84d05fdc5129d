"""Seals: one row for each closed period of a place. Each seal has a number and the digest of the seal before it."""

from django.db import models
from django.db.models import F, Q

from cashdesk.models.place import Place


class Seal(models.Model):
    """The Z of a closed period of a place: its number, its range of movements, and the balances at its end.

    The numbers of a place have no gaps. `digest` is the SHA-256 of the seal's figures, of its movements and of the
    previous digest. So if somebody changes a row, this seal and every later seal no longer match. `balances` is
    [{"currency", "method", "amount"}] in minor units. The book of the next period begins with these balances
    (docs/decisions/0005).
    """

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="seals", db_index=False)
    number = models.PositiveBigIntegerField("Z number")
    after_movement = models.BigIntegerField(help_text="Id of the last movement before the period; 0 for the first.")
    last_movement = models.BigIntegerField(help_text="Id of the last movement in the period.")
    movement_count = models.PositiveIntegerField()
    balances = models.JSONField()
    digest = models.CharField(max_length=64)
    previous_digest = models.CharField(max_length=64, blank=True)
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ("place", "-number")
        constraints = (
            # This index also finds the last seal of a place.
            models.UniqueConstraint(fields=("place", "number"), name="seal_number_once_per_place"),
            models.UniqueConstraint(fields=("place", "previous_digest"), name="seal_chain_never_forks"),
            models.CheckConstraint(condition=Q(number__gte=1), name="seal_number_from_one"),
            models.CheckConstraint(condition=Q(last_movement__gte=F("after_movement")), name="seal_range_in_order"),
        )
        indexes = (
            # domain.ledger.position: the last seal of a place that ends at a movement or before it.
            models.Index(fields=("place", "-last_movement", "-number"), name="seal_until_movement"),
            # The list of the back office: newest first, by day, and found by Z number or digest.
            models.Index(fields=("-sealed_at", "-id"), name="seal_newest"),
            models.Index(fields=("number", "-sealed_at"), name="seal_of_number"),
            models.Index(fields=("digest",), name="seal_of_digest"),
        )

    def __str__(self) -> str:
        return f"Z {self.number}"
