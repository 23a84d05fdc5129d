"""Adds the limit of requests of an API key, and the table that counts them."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def count_without_a_log(apps: Any, schema_editor: Any) -> None:
    """Makes the table UNLOGGED on PostgreSQL, so that no request waits for the disk to be counted."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE cashdesk_requestcount SET UNLOGGED")


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0023_orders"),
    ]

    operations = [
        migrations.AddField(
            model_name="accesstoken",
            name="requests_per_minute",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="For API keys only. If empty, the default of the installation. 0 means no limit.",
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="RequestCount",
            fields=[
                (
                    "token",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="request_count",
                        serialize=False,
                        to="cashdesk.accesstoken",
                    ),
                ),
                ("minute", models.BigIntegerField(help_text="Minutes since 1970.")),
                ("requests", models.PositiveIntegerField()),
            ],
        ),
        migrations.RunPython(count_without_a_log, migrations.RunPython.noop),
    ]
