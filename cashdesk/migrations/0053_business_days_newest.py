"""Adds the indexes of two lists over all stores: business days newest first, and payments of a rare status."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0052_reports_from_indexes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="businessday",
            index=models.Index(fields=["-date", "-id"], name="business_day_newest"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("status__in", ("PENDING", "REJECTED"))),
                fields=["status", "-id"],
                name="payment_of_rare_status",
            ),
        ),
    ]
