"""A hook of schemathesis: leaves out requests whose address is so long that gunicorn refuses it before the API sees it."""

from typing import Any
from urllib.parse import quote, urlencode

import schemathesis

LONGEST = 3_500
"""gunicorn reads 4,094 bytes of a request line, with the method, the host and the path."""


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Whether the request is sent."""
    query = urlencode(case.query, doseq=True) if isinstance(case.query, dict) else str(case.query or "")
    path = "".join(quote(str(value)) for value in (case.path_parameters or {}).values())
    return len(query) + len(path) < LONGEST
