"""Adds browser sessions with their person, and what a sign-in by the API came from.

Everybody signs in once more after this update. The rows of Django's own table of sessions are deleted.
"""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def delete_old_sessions(apps: Any, schema_editor: Any) -> None:
    """Empties the table that Cashdesk no longer uses, if this database has one."""
    if "django_session" in schema_editor.connection.introspection.table_names():
        schema_editor.execute("DELETE FROM django_session")


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0033_float_as_amount"),
    ]

    operations = [
        migrations.AddField(
            model_name="accesstoken",
            name="address",
            field=models.CharField(blank=True, editable=False, help_text="Where the person signed in.", max_length=64),
        ),
        migrations.AddField(
            model_name="accesstoken",
            name="user_agent",
            field=models.CharField(blank=True, editable=False, max_length=300),
        ),
        migrations.CreateModel(
            name="BrowserSession",
            fields=[
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("session_key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("is_desk_only", models.BooleanField(default=False, help_text="The person signed in with a PIN.")),
                ("address", models.CharField(blank=True, max_length=64)),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                ("signed_in_at", models.DateTimeField(blank=True, null=True)),
                ("last_seen_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="browser_sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "browser session",
                "verbose_name_plural": "sessions",
                "abstract": False,
            },
        ),
        migrations.RunPython(delete_old_sessions, migrations.RunPython.noop),
    ]
