"""The walks, one per group of pages: the pages of each group, and the way to their states."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.screenshots.album import Album
from tests.screenshots.walks import (
    account,
    desk,
    exports,
    handover,
    money,
    office,
    patterns,
    public,
    reports,
    settings,
    settlements,
    today,
    variances,
    vault,
)


@dataclass(frozen=True, kw_only=True)
class Group:
    """A walk through related pages. `pages` holds the URL names of all pages that it photographs."""

    walk: Callable[[Album], None]
    pages: Callable[[], frozenset[str]]


GROUPS: Final = {
    "public": Group(walk=public.walk, pages=lambda: public.PAGES),
    "account": Group(walk=account.walk, pages=lambda: account.PAGES),
    "desk": Group(walk=desk.walk, pages=lambda: desk.PAGES),
    "handover": Group(walk=handover.walk, pages=lambda: handover.PAGES),
    "settlements": Group(walk=settlements.walk, pages=lambda: settlements.PAGES),
    "vault": Group(walk=vault.walk, pages=lambda: vault.PAGES),
    "reports": Group(walk=reports.walk, pages=lambda: reports.PAGES),
    "settings": Group(walk=settings.walk, pages=lambda: settings.PAGES),
    "exports": Group(walk=exports.walk, pages=lambda: exports.PAGES),
    "today": Group(walk=today.walk, pages=lambda: today.PAGES),
    "money": Group(walk=money.walk, pages=lambda: money.PAGES),
    "variances": Group(walk=variances.walk, pages=lambda: variances.PAGES),
    "patterns": Group(walk=patterns.walk, pages=lambda: patterns.PAGES),
    "admin": Group(walk=office.walk_rows, pages=office.row_pages),
    "admin-acts": Group(walk=office.walk_acts, pages=office.act_pages),
}


def pages_of_all() -> set[str]:
    """Returns the names of all pages that the groups photograph."""
    return {page for group in GROUPS.values() for page in group.pages()}
