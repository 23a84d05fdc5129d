"""Adds orders for notes and coins from the bank."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0007_counting_screen"),
        ("settlements", "0002_told_attempts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ChangeOrder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("ORDERED", "Ordered"), ("ARRIVED", "Arrived"), ("CANCELLED", "Cancelled")],
                        default="ORDERED",
                        max_length=16,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.BigIntegerField(help_text="What was ordered.")),
                (
                    "pieces",
                    models.JSONField(
                        default=dict, help_text="Of which notes and coins; empty where one amount was ordered."
                    ),
                ),
                ("wanted_on", models.DateField(help_text="The day on which the store wants it.", null=True)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("ordered_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(help_text="When it arrived, or was cancelled.", null=True)),
                ("reason", models.CharField(blank=True, help_text="Why it was cancelled.", max_length=500)),
                ("received", models.BigIntegerField(help_text="What was counted when it came.", null=True)),
                (
                    "received_pieces",
                    models.JSONField(
                        default=dict, help_text="Of which notes and coins; empty where it was one amount."
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "movement",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="change_order",
                        to="cashdesk.movement",
                    ),
                ),
                (
                    "ordered_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="change_orders",
                        to="cashdesk.store",
                    ),
                ),
            ],
            options={
                "ordering": ("-pk",),
                "indexes": [
                    models.Index(fields=["store", "-id"], name="change_order_of_store_newest"),
                    models.Index(
                        condition=models.Q(("state", "ORDERED")), fields=["store", "id"], name="change_order_under_way"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="change_order_of_something"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_at__isnull", True),
                                ("ended_by__isnull", True),
                                ("movement__isnull", True),
                                ("reason", ""),
                                ("received__isnull", True),
                                ("state", "ORDERED"),
                            ),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("movement__isnull", False),
                                ("reason", ""),
                                ("received__gt", 0),
                                ("received__isnull", False),
                                ("state", "ARRIVED"),
                            ),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("movement__isnull", True),
                                ("received__isnull", True),
                                ("state", "CANCELLED"),
                                models.Q(("reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="change_order_ended_with_its_state",
                    ),
                ],
            },
        ),
    ]
