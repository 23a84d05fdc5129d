"""Adds the indexes by which deposits and settlements are found and filtered over all stores."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0053_business_days_newest"),
        ("settlements", "0013_pages_from_an_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="deposit",
            index=models.Index(fields=["bag_number"], name="deposit_of_bag"),
        ),
        migrations.AddIndex(
            model_name="deposit",
            index=models.Index(fields=["slip_number"], name="deposit_of_slip"),
        ),
        migrations.AddIndex(
            model_name="deposit",
            index=models.Index(fields=["state", "-id"], name="deposit_of_state"),
        ),
        migrations.AddIndex(
            model_name="settlement",
            index=models.Index(fields=["opened_by_name"], name="settlement_of_opener"),
        ),
        migrations.AddIndex(
            model_name="settlement",
            index=models.Index(fields=["closed_by_name"], name="settlement_of_closer"),
        ),
        migrations.AddIndex(
            model_name="settlement",
            index=models.Index(fields=["business_date", "-id"], name="settlement_of_day"),
        ),
        migrations.AddIndex(
            model_name="settlement",
            index=models.Index(fields=["type", "-id"], name="settlement_of_type"),
        ),
        migrations.AddIndex(
            model_name="settlement",
            index=models.Index(fields=["closing", "-id"], name="settlement_of_closing"),
        ),
    ]
