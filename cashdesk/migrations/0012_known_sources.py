"""Counts failed sign-ins by their source."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0011_cancelled_openings"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="signinattempt",
            name="attempt_by_address",
        ),
        migrations.AddField(
            model_name="signinattempt",
            name="by",
            field=models.CharField(
                choices=[
                    ("STRANGER", "A stranger at an address"),
                    ("INSIDER", "A device on which the person signed in before, or a signed-in colleague"),
                    ("SELF", "The person, signed in already"),
                ],
                default="STRANGER",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="signinattempt",
            name="source_digest",
            field=models.CharField(
                default="", help_text="SHA-256 of the device, person or address that tried.", max_length=64
            ),
        ),
        migrations.AddIndex(
            model_name="signinattempt",
            index=models.Index(fields=["source_digest", "at"], name="attempt_by_source"),
        ),
    ]
