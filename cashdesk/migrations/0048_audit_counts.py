"""Adds the moment of a count in the middle of a shift."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0047_office_lists"),
    ]

    operations = [
        migrations.AlterField(
            model_name="count",
            name="moment",
            field=models.CharField(
                choices=[
                    ("OPENING", "Opening"),
                    ("PREVIEW", "Preview"),
                    ("CLOSING", "Closing"),
                    ("AFTERWARDS", "After a forced close"),
                    ("RECOUNT", "Recount by a second person"),
                    ("AUDIT", "Mid-shift count"),
                ],
                max_length=16,
            ),
        ),
    ]
