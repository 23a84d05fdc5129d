"""Additions that an app makes to admin pages of lower floors: `add_to_page(Model, Addition(...))` in its admin.

The app of the model registers the page once. The page asks this module for what other apps add.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString

if TYPE_CHECKING:
    from cashdesk.admin_base.action_pages import ActPage


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """The parts that one app adds to the page of a model."""

    joined: tuple[str, ...] = ()
    """Relations that the added parts read, so that the page still needs one query."""
    acts: tuple["ActPage", ...] = ()
    fields_after: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    """By field of the page the function that shows a further field after it."""
    links: tuple[Callable[[Any], SafeString], ...] = ()
    """Links to related rows, before those of the page."""
    before_shown: Callable[[HttpRequest, Any], None] | None = None
    """Called before the page of a row is shown, to note a look in the audit trail."""


_ADDED: Final[dict[type[Model], list[Addition]]] = defaultdict(list)


def add_to_page(model: type[Model], addition: Addition) -> None:
    """Adds actions, fields or links to the admin page of another app's model. Call it once, while the admin loads."""
    _ADDED[model].append(addition)


def additions_to(model: type[Model]) -> tuple[Addition, ...]:
    """Returns what apps add to the page of a model, in the order of the apps."""
    return tuple(_ADDED.get(model, ()))
