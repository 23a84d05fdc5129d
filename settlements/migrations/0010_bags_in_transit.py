"""Adds an index on the bags that the bank has not credited yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("settlements", "0009_lists_newest_first"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="deposit",
            index=models.Index(
                condition=models.Q(("state__in", ("PREPARED", "COLLECTED"))),
                fields=["store", "id"],
                name="deposit_in_transit",
            ),
        ),
    ]
