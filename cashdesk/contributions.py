"""Additions that an app makes to pages and APIs of lower floors, so that a lower floor never names an upper one.

An app declares `contributes` on its AppConfig. It is data only: names of templates, prefixes and dotted names. Apps
contribute in the order of INSTALLED_APPS.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from django.apps import apps


class Spot(StrEnum):
    """The spots of the ground floor's pages that show fragments of other apps. `{% contributed %}` names one."""

    HOME_BUTTONS = "home.buttons"
    HOME_APIS = "home.apis"
    DESK_FORMS = "desk.forms"
    """Beside the forms of an open drawer."""
    DESK_REFUSED = "desk.refused"
    """Where no drawer can be opened now."""
    DESK_OPENING = "desk.opening"
    """In place of the button that opens a drawer, where a settlement comes first."""
    DESK_BELOW = "desk.below"
    RESULT_ACTS = "result.acts"
    RESULT_PAPERS = "result.papers"
    ADMIN_TOOLS = "admin.tools"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributions:
    """The contributions of one app."""

    fragments: Mapping[Spot, str] = field(default_factory=dict)
    """By spot a template, which renders with the context of the page."""
    dialects: Mapping[str, str] = field(default_factory=dict)
    """By prefix of a path the dotted name of the `Dialect` that its errors use."""
    count_subjects: tuple[str, ...] = ()
    """The first parts of the subjects of drafts that are counts. Pages then say "count" instead of "form"."""


@cache
def contributions() -> tuple[Contributions, ...]:
    """Returns what the installed apps contribute, in their order."""
    declared = (getattr(config, "contributes", None) for config in apps.get_app_configs())
    return tuple(one for one in declared if isinstance(one, Contributions))


def fragments_at(spot: str) -> list[str]:
    """Returns the templates that apps contribute to a spot. Raises ValueError for a spot that does not exist."""
    wanted = Spot(spot)
    return [one.fragments[wanted] for one in contributions() if wanted in one.fragments]


@cache
def count_subjects() -> frozenset[str]:
    """Returns the first parts of all subjects that are counts."""
    return frozenset(subject for one in contributions() for subject in one.count_subjects)
