"""The description of the API that integrators read."""

from drf_spectacular.generators import SchemaGenerator


def test_every_operation_says_what_it_does():
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]

    silent = [
        f"{method.upper()} {path}"
        for path, operations in paths.items()
        for method, operation in operations.items()
        if not operation.get("description", "").strip()
    ]

    assert paths
    assert silent == []
