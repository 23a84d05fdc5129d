"""Adds the time of a person's last change. For people from before, it is the time of their creation."""

from typing import Any

import django.utils.timezone
from django.db import migrations, models


def begin_with_creation(apps: Any, schema_editor: Any) -> None:
    apps.get_model("cashdesk", "User").objects.update(updated_at=models.F("created_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0018_paid_in_and_out"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="updated_at",
            field=models.DateTimeField(auto_now=True, default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.RunPython(begin_with_creation, migrations.RunPython.noop),
    ]
