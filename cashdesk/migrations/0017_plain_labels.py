"""Rewrites labels and help texts. Changes no column."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0016_help_texts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="cashsession",
            name="status",
            field=models.CharField(
                choices=[("OPEN", "Open"), ("CLOSED", "Closed"), ("CLOSED_SYSTEM", "Closed without a count")],
                default="OPEN",
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="place",
            name="kind",
            field=models.CharField(
                choices=[
                    ("VAULT", "Safe"),
                    ("REGISTER", "Register"),
                    ("CUSTOMERS", "Customers"),
                    ("OUTSIDE", "Outside"),
                    ("BANK", "Bank"),
                    ("OVER_SHORT", "Over/short"),
                    ("OPENING", "Opening"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="place",
            name="number",
            field=models.PositiveIntegerField(
                default=0, help_text="The station: 0 for the safe, 1 and up for registers."
            ),
        ),
        migrations.AlterField(
            model_name="store",
            name="vault_look_minor",
            field=models.BigIntegerField(
                blank=True,
                help_text="Minor units. Larger amounts must be confirmed before they are booked. Empty: a default by currency.",
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="second look above, in the safe",
            ),
        ),
        migrations.AlterField(
            model_name="variance",
            name="kind",
            field=models.CharField(
                choices=[
                    ("SESSION", "Cash session"),
                    ("OPENING", "Opening difference"),
                    ("SETTLEMENT", "Settlement"),
                    ("DEPOSIT", "Deposit"),
                    ("RECONCILIATION", "Reconciliation"),
                    ("UNCOUNTED", "Closed without a count"),
                    ("LATE", "Late money"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="variance",
            name="state",
            field=models.CharField(
                choices=[
                    ("OPEN", "Open"),
                    ("EXPLAINED", "Explained"),
                    ("REJECTED", "Rejected"),
                    ("ESCALATED", "Escalated"),
                    ("APPROVED", "Approved"),
                    ("SUPERSEDED", "Superseded"),
                ],
                default="OPEN",
                max_length=16,
            ),
        ),
    ]
