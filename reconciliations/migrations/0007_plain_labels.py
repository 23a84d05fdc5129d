"""Rewrites labels. Changes no column."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reconciliations", "0006_help_texts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="export",
            name="state",
            field=models.CharField(
                choices=[("RUNNING", "Running"), ("DONE", "Done"), ("BROKEN_OFF", "Interrupted"), ("FAILED", "Failed")],
                default="RUNNING",
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="varianceevent",
            name="from_state",
            field=models.CharField(
                choices=[
                    ("OPEN", "Open"),
                    ("EXPLAINED", "Explained"),
                    ("REJECTED", "Rejected"),
                    ("ESCALATED", "Escalated"),
                    ("APPROVED", "Approved"),
                    ("SUPERSEDED", "Superseded"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="varianceevent",
            name="to_state",
            field=models.CharField(
                choices=[
                    ("OPEN", "Open"),
                    ("EXPLAINED", "Explained"),
                    ("REJECTED", "Rejected"),
                    ("ESCALATED", "Escalated"),
                    ("APPROVED", "Approved"),
                    ("SUPERSEDED", "Superseded"),
                ],
                max_length=16,
            ),
        ),
    ]
