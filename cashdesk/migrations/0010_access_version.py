"""Adds the access version of a person. Raising it ends all their browser sessions."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0009_payment_source"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="access_version",
            field=models.PositiveIntegerField(
                default=0, editable=False, help_text="Part of what a browser session holds: raising it ends them all."
            ),
        ),
    ]
