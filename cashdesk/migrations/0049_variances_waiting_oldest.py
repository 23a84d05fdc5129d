"""Adds the index of the variances that wait in all stores, oldest first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0048_audit_counts"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="variance",
            index=models.Index(
                condition=models.Q(("state__in", ("APPROVED", "SUPERSEDED")), _negated=True),
                fields=["raised_at", "id"],
                name="variance_waiting_oldest",
            ),
        ),
    ]
