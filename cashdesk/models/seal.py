"""Seals: the closed periods of a place, numbered and chained by digests."""

from django.db import models
from django.db.models import F, Q

from cashdesk.models.place import Place


class Seal(models.Model):
    """A Z of a place: a gap-free number, the range of movements it closes, and the balances after it.

    `digest` is the SHA-256 of the seal's figures, its movements and the previous seal. A changed row therefore shows
    in every later seal. `balances` is [{"currency", "method", "amount"}] in minor units; the next period's book
    starts from it (docs/decisions/0005).
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
            # Also the index with which domain.ledger.seal finds the last seal of a place.
            models.UniqueConstraint(fields=("place", "number"), name="seal_number_once_per_place"),
            models.UniqueConstraint(fields=("place", "previous_digest"), name="seal_chain_never_forks"),
            models.CheckConstraint(condition=Q(number__gte=1), name="seal_number_from_one"),
            models.CheckConstraint(condition=Q(last_movement__gte=F("after_movement")), name="seal_range_in_order"),
        )

    def __str__(self) -> str:
        return f"Z {self.number}"
