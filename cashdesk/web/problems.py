"""The table of error codes: what each code means, when it occurs, and what the caller can do.

Every app contributes the codes that it answers (`Contributions.problems`). Each code has a page at its `type_of`.
"""

from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from django.utils.module_loading import import_string

from cashdesk.contributions import contributions
from cashdesk.web.dialects import Fault, dialect_of, title_of, type_of

EXAMPLE_REQUEST_ID: Final = "de2d47d0-dcbd-49ee-a845-53bb95513f4f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A refused request, and the texts of its answer. `errors` maps wrong fields to their texts."""

    request: str
    text: str
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """The words for one error code.

    - `statuses`: the HTTP statuses of the code. The example has the first one.
    - `means`: what the code says, in one or two sentences.
    - `occurs`: the situations in which it is answered.
    - `remedy`: what the caller can do.
    """

    code: str
    statuses: tuple[int, ...]
    means: str
    occurs: str
    remedy: str
    example: Example

    @property
    def title(self) -> str:
        """The title, as `ProblemDialect` writes it."""
        return title_of(self.code)

    @property
    def type(self) -> str:
        """The address of the page, which is also the `type` of the problem."""
        return type_of(self.code)

    def example_body(self) -> dict[str, Any]:
        """Returns the body of the example, in the dialect of its path."""
        fault = Fault(
            status=self.statuses[0],
            code=self.code,
            message=self.example.text,
            errors=self.example.errors,
            request_id=EXAMPLE_REQUEST_ID,
        )
        return dialect_of(self.example.request.partition(" ")[2]).error_body(fault)


@cache
def problems() -> MappingProxyType[str, Problem]:
    """Returns the table of all apps, by code in alphabetical order. Raises ValueError if two apps explain one code."""
    told = [problem for one in contributions() for name in one.problems for problem in import_string(name)]
    table = {problem.code: problem for problem in sorted(told, key=lambda problem: problem.code)}
    if len(table) != len(told):
        raise ValueError("Two entries of the table of problems have the same code.")
    return MappingProxyType(table)
