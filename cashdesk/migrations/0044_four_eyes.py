"""Lets a store ask that somebody else approves a variance than the person who explained it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0043_place_limits"),
    ]

    operations = [
        migrations.AddField(
            model_name="store",
            name="four_eyes",
            field=models.BooleanField(
                default=False,
                help_text="The person who explained a variance may not approve it.",
                verbose_name="approval by another person",
            ),
        ),
    ]
