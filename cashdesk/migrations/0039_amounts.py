"""Adds the indexes with which the search finds payments and movements of one amount."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0038_session_notes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(
                condition=models.Q(("kind__in", ("PAID_IN", "PAID_OUT", "DROP", "LOAN", "DEPOSIT", "WITHDRAWAL"))),
                fields=["store", "amount", "-id"],
                name="movement_by_hand_of_amount",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(fields=["store", "amount", "-id"], name="payment_of_amount"),
        ),
    ]
