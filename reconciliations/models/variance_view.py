"""The filters of the list of variances that people save for themselves."""

from django.db import models

from cashdesk.models import User
from cashdesk.models.public_id import PublicIdModel

NAME_MAX = 60
QUERY_MAX = 300


class VarianceView(PublicIdModel):
    """One saved view of one person: a name, and the filters and the order as the query of the page's address."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=NAME_MAX)
    query = models.CharField(max_length=QUERY_MAX, blank=True)
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("user", "name"), name="variance_view_name_once_per_person"),)

    def __str__(self) -> str:
        return self.name
