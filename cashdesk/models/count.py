"""Blind counts: the cash that people found without seeing the expected amount."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _

from cashdesk.enums import CountMoment
from cashdesk.models.person import User
from cashdesk.models.place import Place
from cashdesk.models.session import CashSession
from cashdesk.pair import Pair


class Count(models.Model):
    """One count by one person. Every attempt has its own row. Rows never change: triggers refuse changes."""

    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="counts", db_index=False)
    session = models.ForeignKey(CashSession, on_delete=models.PROTECT, related_name="counts", null=True)
    moment = models.CharField(max_length=16, choices=CountMoment.choices)
    attempt = models.PositiveSmallIntegerField(default=1)
    counted_at = models.DateTimeField()
    counted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    witness = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(fields=("session", "moment", "attempt"), name="count_attempt_once"),
            models.CheckConstraint(
                condition=Q(witness__isnull=True) | ~Q(witness=F("counted_by")), name="count_witness_is_another_person"
            ),
        )
        indexes = (
            # domain.visibility.with_shown_result(): whether the drawer was counted after the session.
            models.Index(fields=("place", "counted_at"), name="count_of_place"),
            # GET /counts: newest first, by cursor.
            models.Index(fields=("-counted_at", "-id"), name="count_newest"),
            # The list of the back office, of all stores, by moment.
            models.Index(fields=("moment", "-id"), name="count_of_moment"),
        )

    def __str__(self) -> str:
        return _("Count %(number)s") % {"number": self.pk}


class CountAmount(models.Model):
    """The counted amount of one currency and method, in minor units."""

    count = models.ForeignKey(Count, on_delete=models.PROTECT, related_name="amounts", db_index=False)
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=32)
    amount = models.BigIntegerField()

    class Meta:
        ordering = ("count", "currency", "method")
        constraints = (
            models.UniqueConstraint(
                fields=("count", "currency", "method"), name="count_amount_once_per_currency_and_method"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="count_amount_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.currency} {self.method}"

    @property
    def pair(self) -> Pair:
        """Currency and method: the key of a balance."""
        return Pair(self.currency, self.method)


class CountPieces(models.Model):
    """The number of counted pieces of one note or coin."""

    count_amount = models.ForeignKey(CountAmount, on_delete=models.PROTECT, related_name="pieces", db_index=False)
    denomination = models.BigIntegerField(help_text="Value of one piece in minor units.")
    pieces = models.PositiveIntegerField()

    class Meta:
        ordering = ("count_amount", "-denomination")
        verbose_name_plural = "count pieces"
        constraints = (
            models.UniqueConstraint(fields=("count_amount", "denomination"), name="count_denomination_once"),
            models.CheckConstraint(condition=Q(denomination__gte=1), name="count_denomination_positive"),
        )

    def __str__(self) -> str:
        return f"{self.pieces} x {self.denomination}"
