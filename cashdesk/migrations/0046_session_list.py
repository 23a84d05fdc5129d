"""Adds the indexes that carry the filters and orders of the list of sessions in the back office."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0045_cash_limits"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="cashsession",
            index=models.Index(fields=["status", "-opened_at", "-id"], name="session_of_status_newest"),
        ),
        migrations.AddIndex(
            model_name="cashsession",
            index=models.Index(
                condition=models.Q(("is_handed_over", True)), fields=["-opened_at"], name="session_handed_over_newest"
            ),
        ),
        migrations.AddIndex(
            model_name="cashsession",
            index=models.Index(
                condition=models.Q(("is_cancelled", True)), fields=["-opened_at"], name="session_cancelled_newest"
            ),
        ),
        migrations.AddIndex(
            model_name="cashsession",
            index=models.Index(
                condition=models.Q(("difference__lt", 0), ("difference__gt", 0), _connector="OR"),
                fields=["difference", "id"],
                name="session_by_difference",
            ),
        ),
    ]
