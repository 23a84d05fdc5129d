"""Lets a page of settlements, and the number of all, be read from an index, also those of one type."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("settlements", "0012_payouts"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="settlement", name="settlement_of_store_newest"),
        migrations.AddIndex(
            model_name="settlement",
            index=models.Index(fields=["store", "-opened_at", "-id", "type"], name="settlement_of_store_newest"),
        ),
    ]
