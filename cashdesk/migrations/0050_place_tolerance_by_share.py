"""Adds the tolerance by share of a place, where it differs from that of its store."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0049_variances_waiting_oldest"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="place",
            name="place_only_counted_places_have_limits",
        ),
        migrations.AddField(
            model_name="place",
            name="tolerance_basis_points",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Hundredths of a percent. Empty: as in the store. 0: only the amount counts.",
                null=True,
                verbose_name="tolerance by share",
            ),
        ),
        migrations.AddConstraint(
            model_name="place",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("tolerance_basis_points__isnull", True), ("tolerance_basis_points__lte", 10000), _connector="OR"
                ),
                name="place_tolerance_at_most_all",
            ),
        ),
        migrations.AddConstraint(
            model_name="place",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ("REGISTER", "VAULT")),
                    models.Q(
                        ("escalation_minor__isnull", True),
                        ("tolerance_basis_points__isnull", True),
                        ("tolerance_minor__isnull", True),
                        ("witness_minor__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="place_only_counted_places_have_limits",
            ),
        ),
    ]
