"""Contributions: an app adds to pages and APIs of lower apps, so that a lower app never imports an upper one.

An app declares `contributes` on its AppConfig, as data only: template names, path prefixes and dotted names of classes.
The additions appear in the order of INSTALLED_APPS.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from django.apps import apps


class Spot(StrEnum):
    """The spots on this app's pages where other apps can show a template. `{% contributed "name" %}` marks a spot."""

    HOME_BUTTONS = "home.buttons"
    HOME_APIS = "home.apis"
    DESK_FORMS = "desk.forms"
    """Beside the forms of an open drawer."""
    DESK_REFUSED = "desk.refused"
    """On the desk, when no drawer can be opened now."""
    DESK_OPENING = "desk.opening"
    """Replaces the button that opens a drawer, if a settlement must be opened first."""
    DESK_BELOW = "desk.below"
    RESULT_ACTS = "result.acts"
    RESULT_PAPERS = "result.papers"
    ADMIN_TOOLS = "admin.tools"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributions:
    """The templates, dialects, problems, API texts and draft subjects that one app adds to the apps below it."""

    fragments: Mapping[Spot, str] = field(default_factory=dict)
    """The template for each spot. It renders with the context of the page."""
    dialects: Mapping[str, str] = field(default_factory=dict)
    """The dotted name of a `Dialect` for each path prefix. Errors on these paths use this dialect."""
    problems: tuple[str, ...] = ()
    """The dotted names of tuples of `Problem`: the words for the error codes that the app answers."""
    api_tags: Mapping[str, str] = field(default_factory=dict)
    """The text of each tag of the API description. A tag groups the operations of one noun."""
    examples_in: str = ""
    """The package whose `examples.json` has the examples of the app's operations, by operation id."""
    count_subjects: tuple[str, ...] = ()
    """Draft subjects, up to the colon, whose form is a count. Pages then say "count" instead of "form"."""


@cache
def contributions() -> tuple[Contributions, ...]:
    """Returns the `Contributions` of each installed app that declares some, in the order of INSTALLED_APPS."""
    declared = (getattr(config, "contributes", None) for config in apps.get_app_configs())
    return tuple(one for one in declared if isinstance(one, Contributions))


def fragments_at(spot: str) -> list[str]:
    """Returns the names of the templates that apps contribute to a spot. Raises ValueError for an unknown spot."""
    wanted = Spot(spot)
    return [one.fragments[wanted] for one in contributions() if wanted in one.fragments]


@cache
def count_subjects() -> frozenset[str]:
    """Returns the beginnings of the draft subjects whose form is a count, from all installed apps.

    The beginning of a subject is the part before the colon: "close" for the subject "close:<uuid of the session>".
    """
    return frozenset(subject for one in contributions() for subject in one.count_subjects)
