"""Adds the link from a new API key to the key that it replaces."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0005_variances"),
    ]

    operations = [
        migrations.AddField(
            model_name="accesstoken",
            name="replaces",
            field=models.OneToOneField(
                blank=True,
                help_text="The key that this one takes the place of.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="cashdesk.accesstoken",
            ),
        ),
    ]
