"""Adds the index of the list of counts, newest first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0025_webhooks"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="count",
            index=models.Index(fields=["-counted_at", "-id"], name="count_newest"),
        ),
    ]
