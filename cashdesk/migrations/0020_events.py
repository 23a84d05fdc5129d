"""Adds the table of events."""

import django.core.serializers.json
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0019_person_updated_at"),
    ]

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(editable=False, help_text="The published id. It never changes.", unique=True)),
                ("position", models.BigIntegerField(editable=False, null=True, unique=True)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("session.opened", "Session Opened"),
                            ("session.closed", "Session Closed"),
                            ("session.handed_over", "Session Handed Over"),
                            ("settlement.opened", "Settlement Opened"),
                            ("settlement.counting", "Settlement Counting"),
                            ("settlement.closed", "Settlement Closed"),
                            ("movement.recorded", "Movement Recorded"),
                            ("variance.raised", "Variance Raised"),
                            ("variance.decided", "Variance Decided"),
                            ("reconciliation.recorded", "Reconciliation Recorded"),
                            ("day.closed", "Day Closed"),
                            ("deposit.collected", "Deposit Collected"),
                            ("deposit.credited", "Deposit Credited"),
                        ],
                        max_length=32,
                    ),
                ),
                ("occurred_at", models.DateTimeField()),
                ("body", models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cashdesk.account",
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cashdesk.place",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cashdesk.store",
                    ),
                ),
            ],
            options={
                "ordering": ("position",),
                "indexes": [
                    models.Index(fields=["account", "position"], name="event_of_account"),
                    models.Index(fields=["store", "position"], name="event_of_store"),
                    models.Index(
                        condition=models.Q(("position__isnull", True)), fields=["id"], name="event_unsequenced"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "type__in",
                                [
                                    "session.opened",
                                    "session.closed",
                                    "session.handed_over",
                                    "settlement.opened",
                                    "settlement.counting",
                                    "settlement.closed",
                                    "movement.recorded",
                                    "variance.raised",
                                    "variance.decided",
                                    "reconciliation.recorded",
                                    "day.closed",
                                    "deposit.collected",
                                    "deposit.credited",
                                ],
                            )
                        ),
                        name="event_type_is_known",
                    )
                ],
            },
        ),
    ]
