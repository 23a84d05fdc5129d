"""The board of a chain: how all stores stand now, late stores first. For people who see several stores."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import conditional_escape, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.utils.translation import ngettext

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.cash_limits import Past
from cashdesk.enums import Role
from cashdesk.formats import style, write_as
from cashdesk.templatetags.figures import money, signed
from cashdesk.web.live_part import answer_part, etag_of
from cashdesk.web.pages import page_for
from reconciliations.queries.board import OVER_SHORT_DAYS, StoreNow, stores_now
from reconciliations.screens.times import duration

ROWS: Final = 100
ALL: Final = "all"
DEFAULT_SORT: Final = "-state"
_LAST: Final = datetime.max.replace(tzinfo=UTC)

SORTS: Final[dict[str, Callable[[StoreNow], Any]]] = {
    "store": lambda row: row.store.number,
    "state": lambda row: (row.is_late, row.late_days, row.overdue, row.uncounted, row.waiting),
    "closed": lambda row: row.last_closed.toordinal() if row.last_closed else 0,
    "open": lambda row: row.open,
    "overdue": lambda row: row.overdue,
    "uncounted": lambda row: row.uncounted,
    "waiting": lambda row: row.waiting,
    "oldest": lambda row: _LAST - row.oldest_waiting if row.oldest_waiting else timedelta.min,
    "limits": lambda row: (row.full, row.safe is not None),
    "over-short": lambda row: row.over_short,
    "orders": lambda row: row.orders,
    "transit": lambda row: row.in_transit,
}
"""How each column sorts, in ascending order."""

COLUMNS: Final = (
    ("store", noop("Store"), ""),
    ("state", noop("State"), ""),
    ("closed", noop("Last closed day"), "wide"),
    ("open", noop("Open drawers"), "num wide"),
    ("overdue", noop("Overdue"), "num mid"),
    ("uncounted", noop("Not counted"), "num mid"),
    ("waiting", noop("Variances waiting"), "num"),
    ("oldest", noop("Oldest"), "num wide"),
    ("limits", noop("Cash limits"), "mid"),
    ("over-short", noop("Over/short"), "num desk"),
    ("orders", noop("Change on order"), "num widest"),
    ("transit", noop("In transit"), "num widest"),
)

STATES: Final[dict[str, Callable[[StoreNow], bool]]] = {
    "late": lambda row: row.is_late,
    "review": lambda row: not row.is_late and row.waiting > 0,
    "on-time": lambda row: not row.is_late and not row.waiting,
}


@page_for(Role.ADMIN)
def board_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Shows all stores of a person, `ROWS` a page or all with `?page=all`.

    `?sort=` names a column, with a minus for the largest first. `?state=` and `?q=` narrow the list.
    """
    now = timezone.now()
    etag = _etag(request, by=by, now=now)
    return render(request, "reconciliations/board.html", {**_shown(request, by=by, now=now), "etag": etag})


@page_for(Role.ADMIN)
def board_now_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Answers the part of the board that changes. It is the same for a minute, so that a look in between reads no store."""
    now = timezone.now()

    def shown() -> HttpResponse:
        return render(request, "reconciliations/board_now.html", _shown(request, by=by, now=now))

    return answer_part(request, etag=_etag(request, by=by, now=now), shown=shown)


def _etag(request: HttpRequest, *, by: Principal, now: datetime) -> str:
    return etag_of("board", request.GET.urlencode(), by=by, at=now)


def _shown(request: HttpRequest, *, by: Principal, now: datetime) -> dict[str, Any]:
    asked = {name: request.GET.get(name, "").replace("\0", "").strip() for name in ("sort", "state", "q", "page")}
    sort = asked["sort"] if asked["sort"].removeprefix("-") in SORTS else DEFAULT_SORT
    state = asked["state"] if asked["state"] in STATES else ""
    rows = stores_now(by=by, at=now)
    if rows:
        # The stores of a chain mostly write alike. Amounts of another currency have their code.
        first = rows[0].store
        write_as(first.language, first.currency, first.time_zone)
    found = [row for row in rows if asked["q"].lower() in str(row.store).lower()]
    found = [row for row in found if not state or STATES[state](row)]
    # The rows come by number, and sorting keeps the order of equal rows.
    found.sort(key=SORTS[sort.removeprefix("-")], reverse=sort.startswith("-"))
    asked = {"sort": sort, "state": state, "q": asked["q"], "page": asked["page"]}
    pages = max(-(-len(found) // ROWS), 1)
    page = _page(asked["page"], pages=pages)
    listed = found if page is None else found[(page - 1) * ROWS : page * ROWS]
    return {
        "figures": _figures(rows),
        "rows": _rows(listed, now=now),
        "columns": [_column(*column, asked=asked) for column in COLUMNS],
        "asked": asked,
        "now_query": urlencode(asked),
        "states": [("late", _("Late")), ("review", _("To review")), ("on-time", _("On time"))],
        "number": len(rows),
        "found": len(found),
        "page": page,
        "pages": pages,
        "before": _query(asked, page=str(page - 1)) if page is not None and page > 1 else "",
        "after": _query(asked, page=str(page + 1)) if page is not None and page < pages else "",
        "all": _query(asked, page=ALL) if page is not None and pages > 1 else "",
        "days": OVER_SHORT_DAYS,
    }


def _page(asked: str, *, pages: int) -> int | None:
    """Returns the number of the page, or None for all rows."""
    if asked == ALL:
        return None
    return min(max(int(asked), 1), pages) if asked.isascii() and asked.isdecimal() and len(asked) < 9 else 1


def _query(asked: dict[str, str], **changed: str) -> str:
    return "?" + urlencode({name: text for name, text in (asked | changed).items() if text})


def _column(key: str, name: str, kind: str, *, asked: dict[str, str]) -> dict[str, str]:
    """Returns the header of a column. Its link sorts by the column: first largest first, except for names."""
    is_down = asked["sort"] == f"-{key}"
    is_sorted = asked["sort"].removeprefix("-") == key
    turned = key if is_down or (key == "store" and not is_sorted) else f"-{key}"
    order = ("descending" if is_down else "ascending") if is_sorted else ""
    return {"name": _(name), "kind": kind, "order": order, "path": _query(asked, sort=turned, page="")}


def _rows(listed: Sequence[StoreNow], *, now: datetime) -> SafeString:
    """Writes the rows of the table. Most words, dates and figures repeat, so each is written and escaped once."""
    day, of_sign, of_amount = cache(style().date), cache(signed), cache(money)

    def cells(row: StoreNow) -> dict[str, Any]:
        state, kind = _state_in_words(row)
        store = row.store
        limits = _limits_in_words(row)
        counted = {name: getattr(row, name) for name in ("overdue", "uncounted", "waiting", "orders")}
        repeated = {
            **counted,
            **{f"{name}_zero": "" if number else " zero-cell" for name, number in counted.items()},
            "late": "late" if row.is_late else "",
            "state": state,
            "kind": kind,
            "closed": day(row.last_closed) if row.last_closed is not None else "–",
            "open": row.open,
            "oldest": duration(now - row.oldest_waiting) if row.oldest_waiting is not None else "–",
            "limits": format_html_join("", '<span class="limit">{}</span>', ((one,) for one in limits))
            if limits
            else "–",
            "limits_zero": "" if limits else " zero-cell",
            "over_short": of_sign(row.over_short, store.currency),
            "in_transit": of_amount(row.in_transit, store.currency),
        }
        own = {"pk": store.pk, "uuid": store.uuid, "store": store, "name": store.name, "number": store.number}
        return {**own, **{name: _escaped(value) for name, value in repeated.items()}}

    return format_html_join("", render_to_string("reconciliations/board_row.html"), map(cells, listed))


@lru_cache(maxsize=4096, typed=True)
def _escaped(value: int | str) -> SafeString:
    """Returns a text for HTML. The type tells markup from a text that reads like it."""
    return conditional_escape(str(value) if isinstance(value, int) else value)


def _state_in_words(row: StoreNow) -> tuple[str, str]:
    if row.late_days:
        late = ngettext("Late by %(days)s day", "Late by %(days)s days", row.late_days)
        return late % {"days": row.late_days}, "short"
    if row.overdue:
        return _("Drawer overdue"), "short"
    if row.uncounted:
        return _("Drawer not counted"), "short"
    return (_("To review"), "over") if row.waiting else (_("On time"), "good")


def _limits_in_words(row: StoreNow) -> list[str]:
    """Tells which limits are passed, in the same words whatever the amounts are (law 5)."""
    told = []
    if row.full:
        told.append(ngettext("%(count)s drawer full", "%(count)s drawers full", row.full) % {"count": row.full})
    if row.safe is not None:
        told.append(_("Safe full") if row.safe == Past.MOST else _("Safe low"))
    return told


def _figures(rows: Sequence[StoreNow]) -> list[dict[str, Any]]:
    """Returns the figures over all stores. Amounts are added up by currency."""
    late = sum(1 for row in rows if row.is_late)
    overdue, opened = (sum(getattr(row, name) for row in rows) for name in ("overdue", "open"))
    waiting, bags = (sum(getattr(row, name) for row in rows) for name in ("waiting", "bags"))
    stores = ngettext("of %(count)s store", "of %(count)s stores", len(rows)) % {"count": len(rows)}
    return [
        {"label": _("Late stores"), "values": [str(late)], "note": stores, "is_late": bool(late)},
        {
            "label": _("Overdue drawers"),
            "values": [str(overdue)],
            "note": _("of %(count)s open") % {"count": opened},
            "is_late": bool(overdue),
        },
        {"label": _("Variances waiting"), "values": [str(waiting)], "note": _("in all stores")},
        {
            "label": _("Over/short"),
            "values": _totals(rows, "over_short"),
            "note": _("%(days)s days, all stores") % {"days": OVER_SHORT_DAYS},
        },
        {
            "label": _("In transit to the bank"),
            "values": _totals(rows, "in_transit"),
            "note": ngettext("%(count)s bag", "%(count)s bags", bags) % {"count": bags},
        },
    ]


def _totals(rows: Sequence[StoreNow], name: str) -> list[str]:
    """Adds up an amount of all stores by currency. Leaves out currencies with nothing, but for the only one."""
    totals: dict[str, int] = defaultdict(int)
    for row in rows:
        totals[row.store.currency] += getattr(row, name)
    told = sorted((currency, amount) for currency, amount in totals.items() if amount)
    return [style().amount(amount, currency) for currency, amount in told or list(totals.items())[:1]]
