"""Adds what the page Patterns keeps: facts of closes, evidence of months, and the setting of an account."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0039_amounts"),
        ("reconciliations", "0007_plain_labels"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CloseFacts",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_own", models.BooleanField()),
                ("sales", models.PositiveIntegerField(help_text="Cash payments and refunds.")),
                ("no_sales", models.PositiveIntegerField()),
                ("refunds", models.PositiveIntegerField()),
                ("paid_outs", models.PositiveIntegerField()),
                (
                    "session",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="facts", to="cashdesk.cashsession"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "close facts",
            },
        ),
        migrations.CreateModel(
            name="PatternMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(help_text="Its first day.")),
                (
                    "group",
                    models.CharField(
                        choices=[("cashier", "Cashier"), ("register", "Register"), ("weekday", "Weekday")],
                        max_length=16,
                    ),
                ),
                ("closes", models.PositiveIntegerField()),
                ("family", models.PositiveIntegerField(help_text="How many groups count for the threshold.")),
                ("made_at", models.DateTimeField()),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pattern_months",
                        to="cashdesk.store",
                    ),
                ),
            ],
            options={
                "ordering": ("store", "month", "group"),
            },
        ),
        migrations.CreateModel(
            name="PatternEvidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label", models.PositiveBigIntegerField()),
                ("closes", models.PositiveIntegerField()),
                ("compared", models.PositiveIntegerField()),
                ("peers", models.JSONField()),
                ("logs", models.JSONField()),
                ("parts", models.JSONField()),
                (
                    "month",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence",
                        to="reconciliations.patternmonth",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "pattern evidence",
                "ordering": ("month", "label"),
            },
        ),
        migrations.CreateModel(
            name="PatternSetting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("shows_people", models.BooleanField(default=False, verbose_name="patterns by person")),
                ("agreed", models.CharField(blank=True, help_text="Who agreed, and when.", max_length=500)),
                ("changed_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pattern_setting",
                        to="cashdesk.account",
                    ),
                ),
                (
                    "changed_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="patternmonth",
            constraint=models.UniqueConstraint(fields=("store", "group", "month"), name="pattern_month_once"),
        ),
        migrations.AddConstraint(
            model_name="patternmonth",
            constraint=models.CheckConstraint(
                condition=models.Q(("group__in", ["cashier", "register", "weekday"])),
                name="pattern_month_group_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="patternmonth",
            constraint=models.CheckConstraint(
                condition=models.Q(("month__day", 1)), name="pattern_month_is_its_first_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="patternevidence",
            constraint=models.UniqueConstraint(fields=("month", "label"), name="pattern_evidence_once"),
        ),
        migrations.AddConstraint(
            model_name="patternsetting",
            constraint=models.CheckConstraint(
                condition=models.Q(("shows_people", False), models.Q(("agreed", ""), _negated=True), _connector="OR"),
                name="pattern_setting_says_who_agreed",
            ),
        ),
    ]
