"""Adds an index on the orders that wait for their payment."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0027_charges"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("status", "OPEN")), fields=["store", "-id"], name="order_open_of_store"
            ),
        ),
    ]
