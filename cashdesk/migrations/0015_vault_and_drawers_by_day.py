"""Adds an index on the cash that went into a store's drawers on a day, and came back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0014_foreign_cash"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(
                condition=models.Q(("kind__in", ("FLOAT", "LOAN", "RETURN"))),
                fields=["store", "business_date", "method", "id"],
                name="movement_of_vault_and_drawers",
            ),
        ),
    ]
