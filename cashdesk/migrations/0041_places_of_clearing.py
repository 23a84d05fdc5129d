"""Gives every store its place for clearing."""

from typing import Any

from django.db import migrations

BATCH = 500


def add_clearing(apps: Any, schema_editor: Any) -> None:
    place, store = apps.get_model("cashdesk", "Place"), apps.get_model("cashdesk", "Store")
    alias = schema_editor.connection.alias
    without = store.objects.using(alias).exclude(places__kind="CLEARING").order_by("pk")
    places = [place(store=each, kind="CLEARING") for each in without]
    place.objects.using(alias).bulk_create(places, batch_size=BATCH)


def remove_clearing(apps: Any, schema_editor: Any) -> None:
    """Fails if a place has movements: they cannot be taken back."""
    apps.get_model("cashdesk", "Place").objects.using(schema_editor.connection.alias).filter(kind="CLEARING").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0040_clearing"),
    ]

    operations = [
        migrations.RunPython(add_clearing, remove_clearing),
    ]
