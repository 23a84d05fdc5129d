"""Events: a list of all that happened, for programs outside Cashdesk."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from cashdesk.enums import EventType
from cashdesk.models.organisation import Account, Store
from cashdesk.models.place import Place


class Event(models.Model):
    """Something that happened. The transaction of its cause writes the row, so neither exists without the other.

    Rows never change, but `position` is set once. `domain.caller.event_sequence.sequence_events` sets it after the
    commit: ids are drawn before the commit, so readers who page by id would miss the events of slow transactions.
    `manage.py tidy` deletes events after EVENTS_KEPT_DAYS.

    `domain.caller.event_types` has the fields of `body`, and who may read each type. A body never holds an expected
    amount that nobody has counted (law 5).
    """

    uid = models.UUIDField(unique=True, editable=False, help_text="The published id. It never changes.")
    position = models.BigIntegerField(unique=True, null=True, editable=False)
    type = models.CharField(max_length=32, choices=EventType.choices)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", db_index=False)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    occurred_at = models.DateTimeField()
    body = models.JSONField(encoder=DjangoJSONEncoder)

    class Meta:
        ordering = ("position",)
        constraints = (models.CheckConstraint(condition=Q(type__in=EventType.values), name="event_type_is_known"),)
        indexes = (
            # The events of an account and of a store, oldest first, from a cursor on.
            models.Index(fields=("account", "position"), name="event_of_account"),
            models.Index(fields=("store", "position"), name="event_of_store"),
            # sequence_events() finds the events without a position. They are few.
            models.Index(fields=("id",), condition=Q(position__isnull=True), name="event_unsequenced"),
        )

    def __str__(self) -> str:
        return self.type
