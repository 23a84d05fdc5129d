"""Lets an app add to the admin pages of the apps below it, with `add_to_page(Model, Addition(...))` in its own admin.

The app of the model registers the page. The page then gets the additions of other apps from this module.
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
    """The relations that the added parts read. The page joins them, so that it still needs one query."""
    acts: tuple["ActPage", ...] = ()
    fields_after: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    """For a field of the page, the function that shows an added field after it."""
    cells: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    """For a column of the list, the function that shows it for rows of the app, and "" for others."""
    prefetched: tuple[str, ...] = ()
    """The relations that `cells` read, of the rows of one page of the list."""
    links: tuple[Callable[[Any], SafeString], ...] = ()
    """Links to related rows, shown before the page's own links."""
    before_shown: Callable[[HttpRequest, Any], None] | None = None
    """A function that runs before the page of a row is shown, such as one that writes an audit entry."""


_ADDED: Final[dict[type[Model], list[Addition]]] = defaultdict(list)


def add_to_page(model: type[Model], addition: Addition) -> None:
    """Adds actions, fields or links to the admin page of another app's model. Call it once, while the admin loads."""
    _ADDED[model].append(addition)


def cell_of(row: Model, column: str) -> str:
    """Returns what an app shows for its rows in a column of the list, or ""."""
    shown = (addition.cells[column](row) for addition in additions_to(type(row)) if column in addition.cells)
    return next(filter(None, shown), "")


def additions_to(model: type[Model]) -> tuple[Addition, ...]:
    """Returns the additions to the page of a model, in the order in which the apps were loaded."""
    return tuple(_ADDED.get(model, ()))
