"""Puts the examples of each app into the API description.

`python -m tests.contracts` writes them, from the example requests and answers that the tests replay.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from cashdesk.contributions import contributions

Schema = dict[str, Any]


@cache
def _examples() -> dict[str, Any]:
    """Returns the examples of all apps, by operation id."""
    texts = [files(one.examples_in).joinpath("examples.json").read_text() for one in contributions() if one.examples_in]
    return {name: example for text in texts for name, example in json.loads(text).items()}


def add_example(operation: Schema) -> None:
    """Adds the example of an operation to its parameters, its body and its successful answer."""
    example = _examples().get(operation["operationId"])
    if example is None:
        return
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in example["parameters"]:
            parameter["example"] = _typed(example["parameters"][parameter["name"]], parameter["schema"])
    if "body" in example:
        for media in operation["requestBody"]["content"].values():
            media["example"] = example["body"]
    answers = operation["responses"].get(str(example["status"]), {}).get("content", {})
    for media_type, media in answers.items():
        if isinstance(example["answer"], str) is not media_type.endswith("json"):
            media["example"] = example["answer"]


def _typed(value: str | list[str], schema: Schema) -> Any:
    """Returns the value of a parameter in the type that its schema has."""
    if schema.get("type") == "array":
        return value if isinstance(value, list) else [value]
    if isinstance(value, str) and schema.get("type") == "integer":
        return int(value)
    return value == "true" if schema.get("type") == "boolean" else value
