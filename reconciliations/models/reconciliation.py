"""Reconciliations: declared cash compared with the ledger."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _

from cashdesk.enums import Reason
from cashdesk.models import AccessToken, CashSession, Store, User
from cashdesk.models.public_id import PublicIdModel
from reconciliations.enums import DayRule
from reconciliations.models.authorization import Authorization


class Reconciliation(PublicIdModel):
    """The declared cash of a store's business day, for the whole store or one operator. It never changes (law 4).

    Amounts are in minor units of `currency`. `as_of_movement`, `as_of_session` and `as_of_seal` are the store's latest
    ids at the time of the record. Under the first rule (`DayRule.MOVEMENTS`), `as_of_movement` is the last movement of
    the scope.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="reconciliations", db_index=False)
    business_date = models.DateField()
    operator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    operator_uid = models.CharField(max_length=64, blank=True, help_text="The operator as sent.")
    currency = models.CharField(max_length=3)
    system_amount = models.BigIntegerField()
    declared_amount = models.BigIntegerField()
    discrepancy = models.BigIntegerField(help_text="Declared minus system.")
    as_of_movement = models.BigIntegerField()
    rule = models.PositiveSmallIntegerField(
        choices=DayRule.choices, default=DayRule.CUSTODY, help_text="How the system amount was calculated."
    )
    as_of_session = models.BigIntegerField(default=0)
    as_of_seal = models.BigIntegerField(default=0)
    first_movement = models.BigIntegerField(
        default=0, help_text="Id of the first movement on or after that day, or the next id if there is none."
    )
    overnight_session = models.ForeignKey(
        CashSession,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        db_index=False,
        help_text="The operator's open session when the day began.",
    )
    reason = models.CharField(max_length=32, choices=Reason.choices, blank=True)
    notes = models.CharField(max_length=2000, blank=True)
    authorization = models.OneToOneField(
        Authorization, on_delete=models.PROTECT, related_name="reconciliation", null=True
    )
    is_post_close = models.BooleanField(default=False, help_text="Recorded after the business day was closed.")
    awaits_approval = models.BooleanField(default=False)
    supersedes = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        related_name="superseded_by",
        null=True,
        help_text="The reconciliation that it replaces.",
    )
    reported_by = models.CharField(max_length=80, help_text="user:42 or apikey:ck_1a2b at that time.")
    reported_by_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    reported_with = models.ForeignKey(
        AccessToken, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    reported_at = models.DateTimeField()

    class Meta:
        ordering = ("-reported_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(discrepancy=F("declared_amount") - F("system_amount")),
                name="reconciliation_discrepancy_adds_up",
            ),
            models.CheckConstraint(condition=Q(declared_amount__gte=0), name="reconciliation_declared_not_negative"),
            models.CheckConstraint(
                condition=Q(reason="") | Q(reason__in=Reason.values), name="reconciliation_reason_is_known"
            ),
            models.CheckConstraint(condition=Q(rule__in=DayRule.values), name="reconciliation_rule_is_known"),
        )
        indexes = (
            # queries.reconciliations(): the list of a store, newest first, by cursor.
            models.Index(fields=("store", "-reported_at", "-id"), name="reconciliation_of_store"),
            # The list of the back office, of all stores: newest first, and found by the operator as sent.
            models.Index(fields=("-reported_at", "-id"), name="reconciliation_newest"),
            models.Index(fields=("operator_uid",), name="reconciliation_of_operator"),
            # The filters of that list: a day, and what is rare.
            models.Index(fields=("business_date", "-reported_at", "-id"), name="reconciliation_newest_of_day"),
            models.Index(
                fields=("reason", "-reported_at", "-id"), condition=~Q(reason=""), name="reconciliation_of_reason"
            ),
            models.Index(
                fields=("-reported_at", "-id"), condition=Q(is_post_close=True), name="reconciliation_after_close"
            ),
            # domain.reconciliation: the current reconciliation of a scope, and the list of one business day.
            models.Index(fields=("store", "business_date", "-id"), name="reconciliation_of_day"),
        )

    def __str__(self) -> str:
        return _("Reconciliation %(number)s") % {"number": self.pk}
