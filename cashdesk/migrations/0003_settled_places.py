"""Adds the settlement state of places, the place that late money is for, and methods counted by hand."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def count_cash(apps, schema_editor):
    apps.get_model("cashdesk", "PaymentMethod").objects.filter(is_cash=True).update(is_counted=True)


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0002_laws"),
    ]

    operations = [
        migrations.AddField(
            model_name="movement",
            name="late_for",
            field=models.ForeignKey(
                db_index=False,
                help_text="Of a late one: the place whose closed period it explains, where over/short stands in its stead.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="late_movements",
                to="cashdesk.place",
            ),
        ),
        migrations.AddField(
            model_name="paymentmethod",
            name="is_counted",
            field=models.BooleanField(
                default=False,
                help_text="Settlements ask for it, as for cash: card slips, cheques. What is not counted is taken as the books say.",
                verbose_name="counted by hand",
            ),
        ),
        migrations.AddField(
            model_name="place",
            name="settled_after_z",
            field=models.PositiveBigIntegerField(
                default=0,
                editable=False,
                help_text="The Z of the place before its latest settlement began: sessions sealed above it lie inside.",
            ),
        ),
        migrations.AddField(
            model_name="place",
            name="settling",
            field=models.CharField(
                choices=[
                    ("NONE", "No settlement"),
                    ("OPEN", "Open settlement"),
                    ("COUNTING", "Settlement being counted"),
                ],
                default="NONE",
                editable=False,
                help_text="Whether a settlement holds the place. Part of the row that postings look at, so of the lock.",
                max_length=8,
                verbose_name="settlement",
            ),
        ),
        migrations.AddField(
            model_name="place",
            name="settling_by",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                help_text="Who opened the settlement that holds it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="store",
            name="requires_settlement",
            field=models.BooleanField(
                default=False,
                help_text="Registers sell, pay in and pay out only while their settlement is open.",
                verbose_name="trades under settlement only",
            ),
        ),
        migrations.AlterField(
            model_name="count",
            name="moment",
            field=models.CharField(
                choices=[
                    ("OPENING", "Opening"),
                    ("PREVIEW", "Preview"),
                    ("CLOSING", "Closing"),
                    ("AFTERWARDS", "After a forced close"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="count",
            name="place",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="counts", to="cashdesk.place"
            ),
        ),
        migrations.AddIndex(
            model_name="count",
            index=models.Index(fields=["place", "counted_at"], name="count_of_place"),
        ),
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(
                condition=models.Q(("late_for__isnull", False)),
                fields=["late_for", "id"],
                name="movement_late_for_place",
            ),
        ),
        migrations.AddIndex(
            model_name="place",
            index=models.Index(
                condition=models.Q(("settling_by__isnull", False)),
                fields=["settling_by"],
                name="place_settled_by_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.CheckConstraint(
                condition=models.Q(("late_for__isnull", True), ("is_late", True), _connector="OR"),
                name="movement_late_for_means_late",
            ),
        ),
        migrations.RunPython(count_cash, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="paymentmethod",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_cash", False), ("is_counted", True), _connector="OR"),
                name="payment_method_cash_is_counted",
                violation_error_message="Cash is always counted by hand: tick it there too.",
            ),
        ),
        migrations.AddConstraint(
            model_name="place",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("settling", "NONE"), ("settling_by__isnull", True)),
                    models.Q(("kind", "REGISTER"), ("settling__in", ("OPEN", "COUNTING"))),
                    models.Q(("kind", "VAULT"), ("settling", "OPEN")),
                    _connector="OR",
                ),
                name="place_settling_is_known",
            ),
        ),
    ]
