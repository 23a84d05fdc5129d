"""Renames the label of superseded variances, because a corrected credit supersedes one too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0007_counting_screen"),
    ]

    operations = [
        migrations.AlterField(
            model_name="variance",
            name="state",
            field=models.CharField(
                choices=[
                    ("OPEN", "Waits to be explained"),
                    ("EXPLAINED", "Explained, waits for approval"),
                    ("REJECTED", "Rejected, waits for a better explanation"),
                    ("ESCALATED", "Escalated, waits for an admin"),
                    ("APPROVED", "Approved"),
                    ("SUPERSEDED", "Superseded by a later figure"),
                ],
                default="OPEN",
                max_length=16,
            ),
        ),
    ]
