"""Contributions: an app adds to pages and APIs of lower apps, so that a lower app never imports an upper one.

An app declares `contributes` on its AppConfig, as data only: template names, path prefixes and dotted names of classes.
The additions appear in the order of INSTALLED_APPS.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from django.apps import apps

from cashdesk.enums import Role


class Spot(StrEnum):
    """The spots on this app's pages where other apps can show a template. `{% contributed "name" %}` marks a spot."""

    ABOUT_APIS = "about.apis"
    ACCOUNT_BELOW = "account.below"
    """Below the sections of a person's own account."""
    DESK_FORMS = "desk.forms"
    """Beside the forms of an open drawer."""
    DESK_REFUSED = "desk.refused"
    """On the desk, when no drawer can be opened now."""
    DESK_OPENING = "desk.opening"
    """Replaces the button that opens a drawer, if a settlement must be opened first."""
    DESK_BELOW = "desk.below"
    SETTINGS_PARTS = "settings.parts"
    """In the navigation of the settings. `part` in the context is the name of the current entry."""
    SETTINGS_INDEX = "settings.index"
    """In the index of the settings."""
    SETTINGS_REASONS = "settings.reasons"
    """Below the reasons for cash paid in and out."""
    RESULT_ACTS = "result.acts"
    RESULT_PAPERS = "result.papers"
    DRAWERS_REGISTER = "drawers.register"
    """Beside each register in the list of drawers."""
    REPORTS_BELOW = "reports.below"
    REPORT_DOORS = "report.doors"
    """Beside the links of a Z report and of a bag. `trail_of` in the context is (noun, UUID)."""
    STORES_MENU = "stores.menu"
    """In the menu of people who see several stores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """An entry of the main navigation: a part of the product and its page."""

    key: str
    """A page can name its entry with `section` in its context. Otherwise its path decides."""
    label: str
    """In English, marked with gettext_noop. The navigation translates it."""
    icon: str
    """The name of a template in templates/cashdesk/icons/."""
    pages: tuple[str, ...]
    """Names of URLs. The entry leads to the first one that exists. Without one there is no entry."""
    order: int
    """The place in the navigation. Phones show the first four, and the others under "More"."""
    role: Role = Role.MANAGER
    """People with a lower role do not see the entry."""
    waiting: str = ""
    """The dotted name of a function `(*, by, store) -> int`: how many things wait there. It needs one statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributions:
    """The templates, entries, dialects, problems, API texts and draft subjects that one app adds to the apps below it."""

    fragments: Mapping[Spot, str] = field(default_factory=dict)
    """The template for each spot. It renders with the context of the page."""
    destinations: tuple[Destination, ...] = ()
    """The entries of the app in the main navigation."""
    sections: Mapping[str, str] = field(default_factory=dict)
    """The key of the entry to which pages belong, for each beginning of their paths. The longest beginning counts."""
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
    paid_reasons: str = ""
    """The dotted name of a function `(*, store, kind) -> list[str]`: the reasons that the forms for cash paid in and out
    at a register offer first. It runs at most one query."""


@cache
def contributions() -> tuple[Contributions, ...]:
    """Returns the `Contributions` of each installed app that declares some, in the order of INSTALLED_APPS."""
    declared = (getattr(config, "contributes", None) for config in apps.get_app_configs())
    return tuple(one for one in declared if isinstance(one, Contributions))


def fragments_at(spot: str) -> list[str]:
    """Returns the names of the templates that apps contribute to a spot. Raises ValueError for an unknown spot."""
    wanted = Spot(spot)
    return [one.fragments[wanted] for one in contributions() if wanted in one.fragments]


def section_of(path: str) -> str:
    """Returns the key of the entry to which the page of a path belongs, or ""."""
    found = {start: key for one in contributions() for start, key in one.sections.items() if path.startswith(start)}
    return found[max(found, key=len)] if found else ""


@cache
def destinations() -> tuple[Destination, ...]:
    """Returns the entries of the main navigation from all installed apps, in their order."""
    return tuple(
        sorted((entry for one in contributions() for entry in one.destinations), key=lambda entry: entry.order)
    )


@cache
def count_subjects() -> frozenset[str]:
    """Returns the beginnings of the draft subjects whose form is a count, from all installed apps.

    The beginning of a subject is the part before the colon: "close" for the subject "close:<uuid of the session>".
    """
    return frozenset(subject for one in contributions() for subject in one.count_subjects)
