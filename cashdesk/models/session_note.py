"""Notes of cashiers on their closed drawers."""

from django.db import models
from django.db.models import Q

from cashdesk.models.person import User
from cashdesk.models.public_id import PublicIdModel
from cashdesk.models.session import CashSession


class SessionNote(PublicIdModel):
    """A cashier's note on a closed session, for the person who reviews its differences. Rows never change.

    The note is about the session, not about a variance: whether a session has a variance may still be secret when the
    cashier writes the note (law 5).
    """

    session = models.ForeignKey(CashSession, on_delete=models.PROTECT, related_name="notes")
    text = models.CharField(max_length=500)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        ordering = ("pk",)
        constraints = (models.CheckConstraint(condition=~Q(text=""), name="session_note_says_something"),)

    def __str__(self) -> str:
        return self.text
