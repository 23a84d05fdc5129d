"""Variances: differences that wait for an explanation and sign-off."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _

from cashdesk.enums import ENDED_VARIANCES, Reason, VarianceKind, VarianceState
from cashdesk.models.organisation import Store
from cashdesk.models.person import User
from cashdesk.models.place import Place
from cashdesk.models.public_id import PublicIdModel
from cashdesk.models.session import CashSession


class Variance(PublicIdModel):
    """One variance: its frozen figures, and the state of its sign-off.

    Amounts are in minor units of `currency`. `domain.ledger.raise_variance` creates the row in the transaction of its
    cause. In the reconciliations app people explain it and sign it off.

    A variance of late money begins with the movement `first_movement`. Older late money of the same period was already
    approved with an earlier variance.

    `subject` names the cause as audit entries do: `session:12`, `settlement:7`, `deposit:3`, `reconciliation:9`.
    `handover:12` is a difference in the drawer of session 12 after its handover, if the drawer was counted before
    another cashier took it over.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="variances", db_index=False)
    kind = models.CharField(max_length=16, choices=VarianceKind.choices)
    subject = models.CharField(max_length=64)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    session = models.ForeignKey(CashSession, on_delete=models.PROTECT, related_name="variances", null=True)
    person = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        db_index=False,
        help_text="The cashier of the drawer.",
    )
    counted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    business_date = models.DateField()
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=32)
    expected_amount = models.BigIntegerField(null=True)
    counted_amount = models.BigIntegerField(null=True)
    difference = models.BigIntegerField(
        null=True, help_text="Counted minus expected. For late money: the approved amount. Empty while it is unknown."
    )
    tolerance = models.BigIntegerField(default=0, help_text="The store's tolerance at that time.")
    first_movement = models.BigIntegerField(null=True, help_text="For late money: id of its first movement.")
    last_movement = models.BigIntegerField(null=True, help_text="For late money: id of the last approved movement.")
    raised_at = models.DateTimeField()

    state = models.CharField(max_length=16, choices=VarianceState.choices, default=VarianceState.OPEN)
    is_escalated = models.BooleanField(
        "escalated",
        default=False,
        help_text="An admin decides: above the store's second limit, or escalated by a person.",
    )
    reason = models.CharField(max_length=32, choices=Reason.choices, blank=True)
    notes = models.CharField(max_length=2000, blank=True)
    explained_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    explained_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-raised_at", "-pk")
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=VarianceKind.values), name="variance_kind_is_known"),
            models.CheckConstraint(condition=Q(state__in=VarianceState.values), name="variance_state_is_known"),
            models.CheckConstraint(
                condition=Q(reason="") | Q(reason__in=Reason.values), name="variance_reason_is_known"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=(VarianceKind.UNCOUNTED, VarianceKind.LATE))
                | Q(
                    expected_amount__isnull=False,
                    counted_amount__isnull=False,
                    difference__isnull=False,
                    difference=F("counted_amount") - F("expected_amount"),
                ),
                name="variance_difference_adds_up",
            ),
            # Law 5: a variance without a count stores no expected amount, so nobody can see it.
            models.CheckConstraint(
                condition=~Q(kind__in=(VarianceKind.UNCOUNTED, VarianceKind.LATE))
                | Q(expected_amount__isnull=True, counted_amount__isnull=True),
                name="variance_uncounted_has_no_figures",
            ),
            # Nobody signs off their own count, and only an explained variance is signed off.
            models.CheckConstraint(
                condition=~Q(state=VarianceState.APPROVED)
                | (
                    Q(decided_by__isnull=False, decided_at__isnull=False, explained_at__isnull=False)
                    & ~Q(reason="")
                    & (Q(person__isnull=True) | ~Q(person=F("decided_by")))
                    & (Q(counted_by__isnull=True) | ~Q(counted_by=F("decided_by")))
                ),
                name="variance_approved_by_another",
            ),
            # A close that is tried again creates no second variance for the same difference.
            models.UniqueConstraint(
                fields=("subject", "kind", "currency", "method"),
                condition=~Q(kind=VarianceKind.LATE),
                name="variance_once_per_difference",
            ),
            # All late money of a period has a single row until that row is signed off.
            models.UniqueConstraint(
                fields=("subject", "business_date", "currency", "method"),
                condition=Q(kind=VarianceKind.LATE) & ~Q(state__in=ENDED_VARIANCES),
                name="variance_one_waiting_for_late_money",
            ),
        )
        indexes = (
            # reconciliations.queries.variances(): the queue of a store or an account, newest first, by cursor.
            models.Index(fields=("store", "-raised_at", "-id"), name="variance_of_store_newest"),
            models.Index(fields=("-raised_at", "-id"), name="variance_newest"),
            # The pages of a session, settlement, deposit or reconciliation show its variances.
            # domain.ledger.raise_variance finds the approved late money of a period.
            models.Index(fields=("subject", "kind", "business_date"), name="variance_of_subject"),
            # The list and the export of a range of business dates.
            models.Index(fields=("store", "business_date"), name="variance_of_business_date"),
            # The variances that still wait for a decision. Their number stays small even if the table is large.
            models.Index(
                fields=("store", "-raised_at", "-id"),
                condition=~Q(state__in=ENDED_VARIANCES),
                name="variance_waiting",
            ),
            # reconciliations.queries.variance_queue: the same for all stores of an admin, oldest first.
            models.Index(
                fields=("raised_at", "id"),
                condition=~Q(state__in=ENDED_VARIANCES),
                name="variance_waiting_oldest",
            ),
        )

    def __str__(self) -> str:
        return _("Variance %(number)s") % {"number": self.pk}

    @property
    def is_ended(self) -> bool:
        """Whether the state is final."""
        return self.state in ENDED_VARIANCES
