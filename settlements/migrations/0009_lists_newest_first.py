"""Adds the indexes of the lists of deposits and change orders, newest first."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0026_counts_newest_first"),
        ("settlements", "0008_account_numbers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="changeorder",
            index=models.Index(fields=["store", "-ordered_at", "-id"], name="change_order_of_store_by_time"),
        ),
        migrations.AddIndex(
            model_name="changeorder",
            index=models.Index(fields=["-ordered_at", "-id"], name="change_order_newest"),
        ),
        migrations.AddIndex(
            model_name="deposit",
            index=models.Index(fields=["store", "-prepared_at", "-id"], name="deposit_of_store_by_time"),
        ),
        migrations.AddIndex(
            model_name="deposit",
            index=models.Index(fields=["-prepared_at", "-id"], name="deposit_newest"),
        ),
    ]
