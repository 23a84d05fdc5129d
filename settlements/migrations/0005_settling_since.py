"""Stores on each place when its open settlement began."""

from typing import Any

from django.db import migrations


def note_beginnings(apps: Any, schema_editor: Any) -> None:
    """Copies the opening time of each open settlement to its place."""
    settlements = apps.get_model("settlements", "Settlement").objects.exclude(state="CLOSED")
    for place_id, opened_at in settlements.values_list("place_id", "opened_at"):
        apps.get_model("cashdesk", "Place").objects.filter(pk=place_id).update(settling_since=opened_at)


class Migration(migrations.Migration):
    dependencies = [
        ("cashdesk", "0009_payment_source"),
        ("settlements", "0004_credit_corrections"),
    ]

    operations = [migrations.RunPython(note_beginnings, migrations.RunPython.noop, elidable=True)]
