"""Adds the cash of other currencies that a close finds in a drawer."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0013_second_look"),
    ]

    operations = [
        migrations.CreateModel(
            name="ForeignCash",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3)),
                ("expected_amount", models.BigIntegerField()),
                ("counted_amount", models.BigIntegerField(null=True)),
                ("difference", models.BigIntegerField(help_text="Counted minus expected.", null=True)),
                ("stays", models.BooleanField(help_text="Left in the drawer: handed over, or not counted.")),
                (
                    "session",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="foreign_cash",
                        to="cashdesk.cashsession",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "foreign cash",
                "ordering": ("session", "currency"),
                "constraints": [
                    models.UniqueConstraint(fields=("session", "currency"), name="foreign_cash_once_per_currency"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("counted_amount__isnull", True), ("difference__isnull", True), ("stays", True)),
                            models.Q(
                                ("counted_amount__gte", 0),
                                ("counted_amount__isnull", False),
                                (
                                    "difference",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("counted_amount"), "-", models.F("expected_amount")
                                    ),
                                ),
                                ("difference__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="foreign_cash_adds_up",
                    ),
                ],
            },
        ),
    ]
