"""Drafts: the input of forms that were not sent yet, stored so that a crash or an expired sign-in loses no input."""

from django.db import models

from cashdesk.models.person import User


class Draft(models.Model):
    """The fields of one form that was not sent yet, exactly as the person typed them.

    A draft is not a count: nothing is calculated from it, and nobody else sees it. It is deleted when the form is sent.
    `manage.py tidy` deletes old drafts.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="drafts", db_index=False)
    subject = models.CharField(max_length=80, help_text="What the form is about, such as close:<uuid of the session>.")
    fields = models.JSONField(help_text="The typed text by field name.")
    version = models.PositiveIntegerField(
        default=1, help_text="Increased by each save, so that two devices notice each other."
    )
    device = models.CharField(
        max_length=32, blank=True, help_text="The device of the last input, by the id that its page chose."
    )
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "subject"), name="draft_once_per_person_and_subject"),)
        indexes = (
            # manage.py tidy deletes drafts that are some weeks old.
            models.Index(fields=("updated_at",), name="draft_by_age"),
        )

    def __str__(self) -> str:
        return self.subject
