"""Protects edits of a row: nobody overwrites what somebody else saved meanwhile, and the audit trail tells each change.

A form carries the values that the person saw (`as_seen`). The domain compares them with the locked row (`refuse_stale`).
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from cashdesk.errors import ChangedMeanwhile


def as_seen(row: Model, fields: Collection[str]) -> dict[str, str]:
    """Returns the values of a row's fields as texts that a form can carry."""
    return {name: json.dumps(_value(row, name), sort_keys=True, ensure_ascii=False) for name in sorted(fields)}


def refuse_stale(row: Model, seen: Mapping[str, str] | None) -> None:
    """Raises ChangedMeanwhile if the locked `row` differs from the values in `seen`.

    Without `seen` nothing is compared. `facts["fields"]` of the error names the fields that differ.
    """
    fields = [name for name in seen or {} if name in {field.name for field in row._meta.concrete_fields}]
    now = as_seen(row, fields)
    stale = [name for name in fields if seen is not None and now[name] != seen[name]]
    if stale:
        raise ChangedMeanwhile(
            _("Somebody else changed this while you had the page open. Check the values and save again."),
            facts={"fields": stale},
        )


def changes_between(before: Model, after: Model, fields: Collection[str]) -> dict[str, list[Any]]:
    """Returns the old and the new value of each field that differs, for the audit trail."""
    pairs = {name: [_value(before, name), _value(after, name)] for name in sorted(fields)}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _value(row: Model, name: str) -> Any:
    return getattr(row, row._meta.get_field(name).attname)  # type: ignore[union-attr]
