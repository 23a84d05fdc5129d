"""Adds the indexes of the lists of payments and movements, newest first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0021_refresh_tokens"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(fields=["store", "-recorded_at", "-id"], name="movement_of_store_newest"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(fields=["store", "-reported_at", "-id"], name="payment_of_store_newest"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("status", "PENDING")),
                fields=["store", "-reported_at", "-id"],
                name="payment_pending_of_store",
            ),
        ),
    ]
