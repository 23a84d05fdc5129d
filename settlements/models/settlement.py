"""Settlements: the period of a register or vault, from its opening amounts to the count that closes it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _

from cashdesk.models import Count, Place, Seal, Store, User
from cashdesk.models.public_id import PublicIdModel
from cashdesk.pair import Pair
from cashdesk.transitions import Following
from settlements.enums import CLOSINGS_OF_A_SETTLEMENT, NOUN_OF_TYPE, Closing, SettlementState, SettlementType
from settlements.state_flow import FLOW


class Settlement(PublicIdModel):
    """The period of a register or a vault, from its opening to its close.

    The target is the opening amount plus a sum over the movements after `opened_after`. It is not stored before the
    close. The names of people are stored as text, so that a document still shows the old name after a person is
    renamed.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="settlements", db_index=False)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="settlements", db_index=False)
    type = models.CharField(max_length=16, choices=SettlementType.choices)
    state = models.CharField(max_length=8, choices=SettlementState.choices, default=SettlementState.OPEN)
    business_date = models.DateField(help_text="The store's business date at the opening.")
    opened_after = models.BigIntegerField(help_text="Id of the place's last movement before the period.")
    opened_after_z = models.PositiveBigIntegerField(help_text="The place's last Z before the period; 0 for none.")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    opened_by_name = models.CharField(max_length=200)
    counted_at = models.DateTimeField(null=True)
    counted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    counted_by_name = models.CharField(max_length=200, blank=True)
    last_count_at = models.DateTimeField(null=True, help_text="For a safe: the time of its last preview.")
    last_count_by_name = models.CharField(max_length=200, blank=True)
    preview_count = models.PositiveIntegerField(default=0, help_text="Number of previews.")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    closed_by_name = models.CharField(max_length=200, blank=True)
    closing = models.CharField(
        max_length=16, choices=[(closing.value, closing.label) for closing in CLOSINGS_OF_A_SETTLEMENT], blank=True
    )
    seal = models.OneToOneField(Seal, on_delete=models.PROTECT, related_name="settlement", null=True)

    class Meta:
        ordering = ("-opened_at", "-pk")
        constraints = (
            # Law 3: a register or a vault has at most one settlement that is not closed.
            models.UniqueConstraint(
                fields=("place",), condition=~Q(state=SettlementState.CLOSED), name="settlement_one_running_per_place"
            ),
            models.CheckConstraint(condition=Q(type__in=SettlementType.values), name="settlement_type_is_known"),
            models.CheckConstraint(
                condition=Q(type=SettlementType.CASHREGISTER, state__in=SettlementState.values)
                | Q(type=SettlementType.VAULT, state__in=(SettlementState.OPEN, SettlementState.CLOSED)),
                name="settlement_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state=SettlementState.CLOSED, closed_at__isnull=False, seal__isnull=False)
                & Q(closing__in=CLOSINGS_OF_A_SETTLEMENT)
                | ~Q(state=SettlementState.CLOSED) & Q(closed_at__isnull=True, seal__isnull=True, closing=""),
                name="settlement_sealed_when_closed",
            ),
            models.CheckConstraint(
                condition=~Q(state=SettlementState.COUNTING) | Q(counted_at__isnull=False),
                name="settlement_counting_since",
            ),
            models.CheckConstraint(
                condition=Q(type=SettlementType.VAULT) | Q(preview_count__lte=3), name="settlement_three_previews"
            ),
        )
        indexes = (
            # queries.settlements(): the list of a store, newest first, and the number of its rows, also of one type.
            models.Index(fields=("store", "-opened_at", "-id", "type"), name="settlement_of_store_newest"),
            # The same for an admin: the whole account, newest first.
            models.Index(fields=("-opened_at", "-id"), name="settlement_newest"),
            # queries.cashbook_entries(): the period of a place in which a movement was recorded.
            models.Index(fields=("place", "-opened_after", "-id"), name="settlement_of_place_by_start"),
            # The list of the back office: found by the people who opened and closed.
            models.Index(fields=("opened_by_name",), name="settlement_of_opener"),
            models.Index(fields=("closed_by_name",), name="settlement_of_closer"),
            # The filters of that list.
            models.Index(fields=("business_date", "-id"), name="settlement_of_day"),
            models.Index(fields=("type", "-id"), name="settlement_of_type"),
            models.Index(fields=("closing", "-id"), name="settlement_of_closing"),
            # domain.late_after_count and domain.proof: the next settlement of a place.
            models.Index(fields=("place", "-id"), name="settlement_of_place"),
        )

    def __str__(self) -> str:
        return _("Settlement %(number)s") % {"number": self.pk}

    @property
    def allowed_acts(self) -> Following:
        """The actions that the state allows."""
        return FLOW[NOUN_OF_TYPE[self.type]][self.state]

    @property
    def is_closed(self) -> bool:
        """Whether the settlement is closed and its figures are final."""
        return self.state == SettlementState.CLOSED

    @property
    def is_counted(self) -> bool:
        """Whether the settlement was closed with a count. False after a forced close."""
        return self.is_closed and self.closing != Closing.FORCED


class InitialAmount(models.Model):
    """An opening amount of a settlement for one currency and method, in minor units. Rows never change."""

    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, related_name="initial_amounts", db_index=False)
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=32)
    amount = models.BigIntegerField()
    opening_difference = models.BigIntegerField(
        default=0, help_text="Amount minus the balance in the books before the opening. It arose between two periods."
    )

    class Meta:
        ordering = ("settlement", "pk")
        constraints = (
            models.UniqueConstraint(fields=("settlement", "currency", "method"), name="initial_amount_once_per_pair"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="initial_amount_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.currency} {self.method}"

    @property
    def pair(self) -> Pair:
        """Currency and method."""
        return Pair(self.currency, self.method)


class ClosingAmount(models.Model):
    """A closing amount of a settlement for one currency and method, in minor units.

    Rows are written at the close and never change.
    """

    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, related_name="closing_amounts", db_index=False)
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=32)
    target = models.BigIntegerField()
    actual = models.BigIntegerField()
    difference = models.BigIntegerField(help_text="Actual minus target.")
    is_assumed = models.BooleanField(
        default=False, help_text="Neither counted nor declared: the amount in the books was used."
    )

    class Meta:
        ordering = ("settlement", "pk")
        constraints = (
            models.UniqueConstraint(fields=("settlement", "currency", "method"), name="closing_amount_once_per_pair"),
            models.CheckConstraint(
                condition=Q(difference=F("actual") - F("target")), name="closing_amount_difference_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(is_assumed=False) | Q(difference=0), name="closing_amount_assumed_is_equal"
            ),
        )

    def __str__(self) -> str:
        return f"{self.currency} {self.method}"

    @property
    def pair(self) -> Pair:
        """Currency and method."""
        return Pair(self.currency, self.method)


class SettlementCount(models.Model):
    """One counting attempt of a settlement.

    Every attempt is kept; the amounts and pieces are in `cashdesk.models.Count`.
    """

    settlement = models.ForeignKey(Settlement, on_delete=models.PROTECT, related_name="counts", db_index=False)
    count = models.OneToOneField(Count, on_delete=models.PROTECT, related_name="settlement_count")
    attempt = models.PositiveIntegerField()
    is_equal = models.BooleanField(help_text="Whether every amount was equal to its target.")
    unequal = models.JSONField(
        default=list, help_text='The pairs that were not equal, such as [["EUR", "CASH"]], without the differences.'
    )

    class Meta:
        ordering = ("settlement", "attempt")
        constraints = (models.UniqueConstraint(fields=("settlement", "attempt"), name="settlement_attempt_once"),)

    def __str__(self) -> str:
        return f"Attempt {self.attempt}"
