"""The history of a variance."""

from django.db import models
from django.db.models import Q

from cashdesk.enums import Reason, VarianceState
from cashdesk.models import AccessToken, Count, Movement, User, Variance
from cashdesk.models.public_id import PublicIdModel
from reconciliations.enums import Act


class VarianceEvent(PublicIdModel):
    """One action on a variance. A trigger refuses to change or delete rows.

    `count` is the count of a recount, made by a second person. `movement` is the correction that an approval booked.
    """

    variance = models.ForeignKey(Variance, on_delete=models.PROTECT, related_name="events")
    act = models.CharField(max_length=16, choices=Act.choices)
    at = models.DateTimeField()
    by_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    by_token = models.ForeignKey(AccessToken, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    by_label = models.CharField(max_length=80, help_text="user:42 or apikey:ck_1a2b at that time.")
    from_state = models.CharField(max_length=16, choices=VarianceState.choices)
    to_state = models.CharField(max_length=16, choices=VarianceState.choices)
    reason = models.CharField(max_length=32, choices=Reason.choices, blank=True)
    notes = models.CharField(max_length=2000, blank=True)
    count = models.OneToOneField(Count, on_delete=models.PROTECT, related_name="variance_event", null=True)
    movement = models.OneToOneField(Movement, on_delete=models.PROTECT, related_name="variance_event", null=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(condition=Q(act__in=Act.values), name="variance_event_act_is_known"),
            models.CheckConstraint(
                condition=~Q(act=Act.RECOUNT) | Q(count__isnull=False), name="variance_event_recount_has_a_count"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.at:%Y-%m-%d %H:%M}"
