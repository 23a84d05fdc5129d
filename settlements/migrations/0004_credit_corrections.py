"""Adds corrections of the bank's credit, and cancelled deposits, whose bag numbers can be used again."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def cancel_reversed(apps, schema_editor):  # type: ignore[no-untyped-def]  # Django passes the apps as they were
    """Cancels the deposits whose movement was reversed. Before, only the movement showed this."""
    apps.get_model("settlements", "Deposit").objects.filter(
        movement__reversed_by__isnull=False, state__in=("PREPARED", "COLLECTED")
    ).update(state="CANCELLED")


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0008_credit_corrections"),
        ("settlements", "0003_change_orders"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CreditCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("number", models.PositiveSmallIntegerField(help_text="1 for the first correction of the bag.")),
                ("corrected_from", models.BigIntegerField(help_text="What was recorded before.")),
                ("corrected_to", models.BigIntegerField(help_text="What the bank credited.")),
                (
                    "difference",
                    models.BigIntegerField(help_text="The corrected figure minus what was in the bag by the books."),
                ),
                ("reason", models.CharField(max_length=200)),
                ("corrected_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("deposit", "number"),
            },
        ),
        migrations.RemoveConstraint(
            model_name="deposit",
            name="deposit_bag_once_per_store",
        ),
        migrations.RemoveConstraint(
            model_name="deposit",
            name="deposit_state_is_known",
        ),
        migrations.AlterField(
            model_name="deposit",
            name="state",
            field=models.CharField(
                choices=[
                    ("PREPARED", "Prepared"),
                    ("COLLECTED", "Collected"),
                    ("CREDITED", "Credited"),
                    ("CANCELLED", "Cancelled"),
                ],
                default="PREPARED",
                max_length=16,
            ),
        ),
        migrations.RunPython(cancel_reversed, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="deposit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "CANCELLED"), _negated=True),
                fields=("store", "bag_number"),
                name="deposit_bag_once_per_store",
            ),
        ),
        migrations.AddConstraint(
            model_name="deposit",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["PREPARED", "COLLECTED", "CREDITED", "CANCELLED"])),
                name="deposit_state_is_known",
            ),
        ),
        migrations.AddField(
            model_name="creditcorrection",
            name="corrected_by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="creditcorrection",
            name="deposit",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="settlements.deposit",
            ),
        ),
        migrations.AddField(
            model_name="creditcorrection",
            name="movement",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="credit_correction", to="cashdesk.movement"
            ),
        ),
        migrations.AddConstraint(
            model_name="creditcorrection",
            constraint=models.UniqueConstraint(fields=("deposit", "number"), name="credit_correction_number_once"),
        ),
        migrations.AddConstraint(
            model_name="creditcorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1)), name="credit_correction_number_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="creditcorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("corrected_to__gte", 0), models.Q(("corrected_to", models.F("corrected_from")), _negated=True)
                ),
                name="credit_correction_changes_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="creditcorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="credit_correction_has_a_reason"
            ),
        ),
    ]
