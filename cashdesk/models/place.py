"""Places where money can be."""

from typing import Final

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _

from cashdesk.enums import PlaceKind, Settling
from cashdesk.models.organisation import Store

REGISTER_NAME_MAX: Final = 40


class Place(models.Model):
    """A place of a store: its vault, a register, or a place outside the store.

    The row is also the lock of the place. A transition takes an exclusive lock on it, and a posting takes a shared lock
    (docs/structure.md, section 5). The vault is the first place of a store. Locks are taken in the order of ids, so the
    vault is locked before the registers.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="places")
    kind = models.CharField(max_length=16, choices=PlaceKind.choices)
    number = models.PositiveIntegerField(default=0, help_text="The station: 0 for the safe, 1 and up for registers.")
    name = models.CharField(max_length=REGISTER_NAME_MAX, blank=True, help_text="A register's own name, such as Bar.")
    is_active = models.BooleanField(
        default=True, help_text="Whether the register may be opened. Its books stay readable if it is switched off."
    )
    transitions = models.BigIntegerField(
        default=0,
        editable=False,
        help_text="Counts openings and closes. A posting compares it to notice that the place changed.",
    )

    settling = models.CharField(
        "settlement",
        max_length=8,
        choices=Settling.choices,
        default=Settling.NONE,
        editable=False,
        help_text="Whether a settlement holds the place. Postings read it under the lock of this row.",
    )
    settling_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        db_index=False,
        help_text="Who opened the place's settlement.",
    )
    settling_since = models.DateTimeField(
        null=True, editable=False, help_text="When the place's settlement was opened."
    )
    settled_after_z = models.PositiveBigIntegerField(
        default=0,
        editable=False,
        help_text="The place's last Z before its latest settlement. Sessions with a higher Z belong to that settlement.",
    )

    tolerance_minor = models.BigIntegerField(
        "tolerance", null=True, blank=True, help_text="Minor units. Empty: the store's tolerance."
    )
    tolerance_basis_points = models.PositiveIntegerField(
        "tolerance by share",
        null=True,
        blank=True,
        help_text="Hundredths of a percent. Empty: as in the store. 0: only the amount counts.",
    )
    escalation_minor = models.BigIntegerField(
        "second limit", null=True, blank=True, help_text="Minor units. Empty: the store's second limit."
    )
    witness_minor = models.BigIntegerField(
        "witness above", null=True, blank=True, help_text="Minor units. Empty: as in the store."
    )
    pull_minor = models.BigIntegerField(
        "drop above", null=True, blank=True, help_text="Minor units, for a register. Empty: as in the store."
    )
    lock_minor = models.BigIntegerField(
        "lock above", null=True, blank=True, help_text="Minor units, for a register. Empty: as in the store."
    )
    least_minor = models.BigIntegerField(
        "least cash", null=True, blank=True, help_text="Minor units, for the safe. Empty: no limit."
    )
    most_minor = models.BigIntegerField(
        "most cash", null=True, blank=True, help_text="Minor units, for the safe. Empty: no limit."
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
            models.CheckConstraint(
                condition=models.Q(kind=PlaceKind.REGISTER) | models.Q(name="", is_active=True),
                name="place_only_registers_are_named",
            ),
            models.CheckConstraint(
                condition=models.Q(settling=Settling.NONE, settling_by__isnull=True)
                | models.Q(kind=PlaceKind.REGISTER, settling__in=(Settling.OPEN, Settling.COUNTING))
                | models.Q(kind=PlaceKind.VAULT, settling=Settling.OPEN),
                name="place_settling_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(tolerance_minor__isnull=True) | models.Q(tolerance_minor__gte=0),
                name="place_tolerance_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(tolerance_basis_points__isnull=True) | models.Q(tolerance_basis_points__lte=10_000),
                name="place_tolerance_at_most_all",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=(PlaceKind.REGISTER, PlaceKind.VAULT))
                | models.Q(
                    tolerance_minor__isnull=True,
                    tolerance_basis_points__isnull=True,
                    escalation_minor__isnull=True,
                    witness_minor__isnull=True,
                ),
                name="place_only_counted_places_have_limits",
            ),
            models.CheckConstraint(
                condition=models.Q(kind=PlaceKind.REGISTER)
                | models.Q(pull_minor__isnull=True, lock_minor__isnull=True),
                name="place_only_registers_ask_for_drops",
            ),
            models.CheckConstraint(
                condition=models.Q(kind=PlaceKind.VAULT) | models.Q(least_minor__isnull=True, most_minor__isnull=True),
                name="place_only_safes_have_a_range",
            ),
        )
        indexes = (
            # The registers whose open settlement a person opened. For domain.store.register_holder,
            # domain.session.register_to_open and domain.payment.references.
            models.Index(
                fields=("settling_by",), condition=models.Q(settling_by__isnull=False), name="place_settled_by_person"
            ),
        )

    def __str__(self) -> str:
        if self.kind == PlaceKind.REGISTER and self.name:
            return _("Register %(number)s (%(name)s)") % {"number": self.number, "name": self.name}
        if self.kind == PlaceKind.REGISTER:
            return _("Register %(number)s") % {"number": self.number}
        return _(PlaceKind(self.kind).label)

    @property
    def named(self) -> str:
        """The number of a register for use in a sentence, with its own name if it has one."""
        return f"{self.number} ({self.name})" if self.name else str(self.number)

    @property
    def in_words(self) -> str:
        """The name of the place for use inside a sentence."""
        if self.kind == PlaceKind.REGISTER:
            return _("register %(number)s") % {"number": self.number}
        return _("vault") if self.kind == PlaceKind.VAULT else str(self).lower()
