"""Adds an index on the money that was paid in and out in a store."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0017_plain_labels"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(
                condition=models.Q(("kind__in", ("PAID_IN", "PAID_OUT"))),
                fields=["store", "-id"],
                name="movement_paid_of_store",
            ),
        ),
    ]
