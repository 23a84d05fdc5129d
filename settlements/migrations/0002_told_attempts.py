"""Stores which pairs of a count were not equal."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("settlements", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="settlementcount",
            name="unequal",
            field=models.JSONField(
                default=list,
                help_text='The pairs that were not the target\'s, such as [["EUR", "CASH"]]; not by how much.',
            ),
        ),
    ]
