"""Adds the limits of the cash in drawers and safes (docs/decisions/0047)."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0044_four_eyes"),
    ]

    operations = [
        migrations.AddField(
            model_name="place",
            name="least_minor",
            field=models.BigIntegerField(
                blank=True,
                help_text="Minor units, for the safe. Empty: no limit.",
                null=True,
                verbose_name="least cash",
            ),
        ),
        migrations.AddField(
            model_name="place",
            name="lock_minor",
            field=models.BigIntegerField(
                blank=True,
                help_text="Minor units, for a register. Empty: as in the store.",
                null=True,
                verbose_name="lock above",
            ),
        ),
        migrations.AddField(
            model_name="place",
            name="most_minor",
            field=models.BigIntegerField(
                blank=True, help_text="Minor units, for the safe. Empty: no limit.", null=True, verbose_name="most cash"
            ),
        ),
        migrations.AddField(
            model_name="place",
            name="pull_minor",
            field=models.BigIntegerField(
                blank=True,
                help_text="Minor units, for a register. Empty: as in the store.",
                null=True,
                verbose_name="drop above",
            ),
        ),
        migrations.AddField(
            model_name="store",
            name="lock_minor",
            field=models.BigIntegerField(
                blank=True,
                help_text="Minor units. A drawer with more cash takes only sales, refunds, drops and a count. Empty: no lock.",
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="lock above",
            ),
        ),
        migrations.AddField(
            model_name="store",
            name="pull_minor",
            field=models.BigIntegerField(
                blank=True,
                help_text="Minor units. A drawer with more cash asks for a drop. Empty: no drawer asks.",
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="drop above",
            ),
        ),
        migrations.AddConstraint(
            model_name="place",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "REGISTER"),
                    models.Q(("lock_minor__isnull", True), ("pull_minor__isnull", True)),
                    _connector="OR",
                ),
                name="place_only_registers_ask_for_drops",
            ),
        ),
        migrations.AddConstraint(
            model_name="place",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "VAULT"),
                    models.Q(("least_minor__isnull", True), ("most_minor__isnull", True)),
                    _connector="OR",
                ),
                name="place_only_safes_have_a_range",
            ),
        ),
    ]
