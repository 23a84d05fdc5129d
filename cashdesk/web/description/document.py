"""Completes the whole description after drf-spectacular has put it together."""

from typing import Any

from cashdesk.contributions import contributions
from cashdesk.web.description.examples import add_example

Schema = dict[str, Any]


def complete(result: Schema, **_others: Any) -> Schema:
    """Adds the tags with their texts, and the examples. A hook of drf-spectacular (POSTPROCESSING_HOOKS)."""
    operations = [operation for methods in result["paths"].values() for operation in methods.values()]
    for operation in operations:
        add_example(operation)
    used = {tag for operation in operations for tag in operation["tags"]}
    texts = {name: text for one in contributions() for name, text in one.api_tags.items()}
    result["tags"] = [{"name": name, "description": text} for name, text in texts.items() if name in used]
    return result
