"""What the page Patterns keeps: the facts of closes, the frozen evidence of months, and the setting of an account."""

from django.db import models
from django.db.models import Q

from cashdesk.models import Account, CashSession, Store, User
from reconciliations.enums import PatternGroup


class CloseFacts(models.Model):
    """What happened at a drawer until it was closed. Counted once after the close, because it never changes.

    `is_own` is false if the close belongs to no person: closed without a count, cancelled, counted by somebody else, or
    in a foreign currency.
    """

    session = models.OneToOneField(CashSession, on_delete=models.PROTECT, related_name="facts")
    is_own = models.BooleanField()
    sales = models.PositiveIntegerField(help_text="Cash payments and refunds.")
    no_sales = models.PositiveIntegerField()
    refunds = models.PositiveIntegerField()
    paid_outs = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "close facts"

    def __str__(self) -> str:
        return f"{self.session_id}"


class PatternMonth(models.Model):
    """A month of a store whose evidence is frozen, for one kind of group. It never changes."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="pattern_months", db_index=False)
    month = models.DateField(help_text="Its first day.")
    group = models.CharField(max_length=16, choices=PatternGroup.choices)
    closes = models.PositiveIntegerField()
    family = models.PositiveIntegerField(help_text="How many groups count for the threshold.")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("store", "month", "group")
        constraints = (
            models.UniqueConstraint(fields=("store", "group", "month"), name="pattern_month_once"),
            models.CheckConstraint(condition=Q(group__in=PatternGroup.values), name="pattern_month_group_is_known"),
            models.CheckConstraint(condition=Q(month__day=1), name="pattern_month_is_its_first_day"),
        )

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.group}"


class PatternEvidence(models.Model):
    """The evidence of a month about one cashier, register or weekday. It never changes.

    `label` is the id of the cashier or of the register, or the number of the weekday. `peers`, `logs` and `parts` are
    those of `reconciliations.patterns.evidence.Evidence`.
    """

    month = models.ForeignKey(PatternMonth, on_delete=models.PROTECT, related_name="evidence", db_index=False)
    label = models.PositiveBigIntegerField()
    closes = models.PositiveIntegerField()
    compared = models.PositiveIntegerField()
    peers = models.JSONField()
    logs = models.JSONField()
    parts = models.JSONField()

    class Meta:
        ordering = ("month", "label")
        verbose_name_plural = "pattern evidence"
        constraints = (models.UniqueConstraint(fields=("month", "label"), name="pattern_evidence_once"),)

    def __str__(self) -> str:
        return f"{self.label}"


class PatternSetting(models.Model):
    """Whether the managers of an account see patterns by person. An account without a row does not."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="pattern_setting")
    shows_people = models.BooleanField("patterns by person", default=False)
    agreed = models.CharField(max_length=500, blank=True, help_text="Who agreed, and when.")
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(shows_people=False) | ~Q(agreed=""), name="pattern_setting_says_who_agreed"
            ),
        )

    def __str__(self) -> str:
        return f"{self.account_id}"
