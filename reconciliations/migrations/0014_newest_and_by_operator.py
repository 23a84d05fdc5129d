"""Adds the indexes of the list of reconciliations over all stores."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0053_business_days_newest"),
        ("reconciliations", "0013_authorizations_by_day"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="reconciliation",
            index=models.Index(fields=["-reported_at", "-id"], name="reconciliation_newest"),
        ),
        migrations.AddIndex(
            model_name="reconciliation",
            index=models.Index(fields=["operator_uid"], name="reconciliation_of_operator"),
        ),
        migrations.AddIndex(
            model_name="reconciliation",
            index=models.Index(fields=["business_date", "-reported_at", "-id"], name="reconciliation_newest_of_day"),
        ),
        migrations.AddIndex(
            model_name="reconciliation",
            index=models.Index(
                condition=models.Q(("reason", ""), _negated=True),
                fields=["reason", "-reported_at", "-id"],
                name="reconciliation_of_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="reconciliation",
            index=models.Index(
                condition=models.Q(("is_post_close", True)),
                fields=["-reported_at", "-id"],
                name="reconciliation_after_close",
            ),
        ),
    ]
