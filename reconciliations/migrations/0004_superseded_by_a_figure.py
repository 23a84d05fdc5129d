"""Renames the label of superseded variances, because a corrected credit supersedes one too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reconciliations", "0003_exports"),
    ]

    operations = [
        migrations.AlterField(
            model_name="varianceevent",
            name="from_state",
            field=models.CharField(
                choices=[
                    ("OPEN", "Waits to be explained"),
                    ("EXPLAINED", "Explained, waits for approval"),
                    ("REJECTED", "Rejected, waits for a better explanation"),
                    ("ESCALATED", "Escalated, waits for an admin"),
                    ("APPROVED", "Approved"),
                    ("SUPERSEDED", "Superseded by a later figure"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="varianceevent",
            name="to_state",
            field=models.CharField(
                choices=[
                    ("OPEN", "Waits to be explained"),
                    ("EXPLAINED", "Explained, waits for approval"),
                    ("REJECTED", "Rejected, waits for a better explanation"),
                    ("ESCALATED", "Escalated, waits for an admin"),
                    ("APPROVED", "Approved"),
                    ("SUPERSEDED", "Superseded by a later figure"),
                ],
                max_length=16,
            ),
        ),
    ]
