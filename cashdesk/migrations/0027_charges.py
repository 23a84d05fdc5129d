"""Adds charges of orders at a payment gateway."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0026_counts_newest_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="Charge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(help_text="The order_id at the gateway.", max_length=50, unique=True)),
                (
                    "asked_at",
                    models.DateTimeField(
                        help_text="When the running request to the gateway began. Empty if no request is running.",
                        null=True,
                    ),
                ),
                ("answered_at", models.DateTimeField(help_text="When the gateway confirmed the charge.", null=True)),
                ("expires_at", models.DateTimeField(help_text="The customer can pay until then.", null=True)),
                ("transaction_id", models.CharField(blank=True, max_length=100)),
                (
                    "answer",
                    models.JSONField(
                        default=dict, help_text="What the customer needs to pay: the QR code and the actions."
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="charges", to="cashdesk.order"
                    ),
                ),
                (
                    "payment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="charge", to="cashdesk.payment"
                    ),
                ),
            ],
            options={
                "ordering": ("-pk",),
            },
        ),
    ]
