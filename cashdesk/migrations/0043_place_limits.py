"""Adds the limits of a place, where they differ from those of its store."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0042_registers_cleared"),
    ]

    operations = [
        migrations.AddField(
            model_name="place",
            name="escalation_minor",
            field=models.BigIntegerField(
                blank=True,
                help_text="Minor units. Empty: the store's second limit.",
                null=True,
                verbose_name="second limit",
            ),
        ),
        migrations.AddField(
            model_name="place",
            name="tolerance_minor",
            field=models.BigIntegerField(
                blank=True, help_text="Minor units. Empty: the store's tolerance.", null=True, verbose_name="tolerance"
            ),
        ),
        migrations.AddField(
            model_name="place",
            name="witness_minor",
            field=models.BigIntegerField(
                blank=True, help_text="Minor units. Empty: as in the store.", null=True, verbose_name="witness above"
            ),
        ),
        migrations.AddConstraint(
            model_name="place",
            constraint=models.CheckConstraint(
                condition=models.Q(("tolerance_minor__isnull", True), ("tolerance_minor__gte", 0), _connector="OR"),
                name="place_tolerance_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="place",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ("REGISTER", "VAULT")),
                    models.Q(
                        ("escalation_minor__isnull", True),
                        ("tolerance_minor__isnull", True),
                        ("witness_minor__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="place_only_counted_places_have_limits",
            ),
        ),
    ]
