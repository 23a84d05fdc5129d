"""The laws that Django has no word for, as triggers (docs/structure.md: each law holds in the database too)."""

from typing import Any

from django.db import migrations

from cashdesk import triggers


def install(apps: Any, schema_editor: Any) -> None:
    triggers.install(schema_editor.connection)


def remove(apps: Any, schema_editor: Any) -> None:
    triggers.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("cashdesk", "0001_initial")]

    operations = [migrations.RunPython(install, remove)]
