"""Where money can be."""

from django.db import models

from cashdesk.enums import PlaceKind
from cashdesk.models.organisation import Store


class Place(models.Model):
    """A vault, a register, or one of the outside ends of a store's movements.

    Its row is the lock of all that happens to it: a transition takes it exclusively, a posting takes it shared
    (docs/structure.md, section 5). A store's vault is made first, so that in the order of ids it is locked before
    its registers.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="places")
    kind = models.CharField(max_length=16, choices=PlaceKind.choices)
    number = models.PositiveIntegerField(default=0, help_text="The station: 0 for the vault, 1 and up for registers.")
    transitions = models.BigIntegerField(
        default=0,
        editable=False,
        help_text="How many times the place was opened or closed; a posting that looked before a transition sees it here.",
    )

    class Meta:
        ordering = ("store", "kind", "number")
        constraints = (
            models.UniqueConstraint(fields=("store", "kind", "number"), name="place_once_per_store"),
            models.CheckConstraint(
                condition=models.Q(kind=PlaceKind.REGISTER, number__gte=1)
                | (~models.Q(kind=PlaceKind.REGISTER) & models.Q(number=0)),
                name="place_only_registers_are_numbered",
            ),
            models.CheckConstraint(condition=models.Q(kind__in=PlaceKind.values), name="place_kind_is_known"),
        )

    def __str__(self) -> str:
        if self.kind == PlaceKind.REGISTER:
            return f"Register {self.number}"
        return str(PlaceKind(self.kind).label)
