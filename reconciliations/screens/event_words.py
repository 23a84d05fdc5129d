"""Says the latest events of a store in words. No sentence has an amount (law 5)."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.enums import PlaceKind
from cashdesk.formats import style
from cashdesk.models import AuditEntry, Store
from reconciliations.queries.latest_events import LatestEvent
from reconciliations.screens.times import when
from reconciliations.screens.variance_words import register_named

AT_REGISTER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "session.opened": noop("%(person)s opened register %(register)s."),
        "session.closed": noop("%(person)s counted and closed register %(register)s."),
        "session.handed_over": noop("%(person)s handed over register %(register)s."),
        "session.forced_closed": noop("%(person)s closed register %(register)s without a count."),
        "session.counted_afterwards": noop("%(person)s counted register %(register)s afterwards."),
        "session.opening_cancelled": noop("%(person)s cancelled the opening of register %(register)s."),
        "settlement.opened": noop("%(person)s opened the settlement of register %(register)s."),
        "settlement.closed": noop("%(person)s counted and closed the settlement of register %(register)s."),
        "settlement.forced_closed": noop("%(person)s closed the settlement of register %(register)s without a count."),
        "settlement.counted_afterwards": noop("%(person)s counted register %(register)s afterwards."),
    }
)
AT_THE_SAFE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "settlement.opened": noop("%(person)s opened the settlement of the safe."),
        "settlement.closed": noop("%(person)s counted the safe."),
    }
)
ELSEWHERE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "deposit.prepared": noop("%(person)s packed bag %(bag)s."),
        "deposit.collected": noop("%(person)s handed over bag %(bag)s."),
        "deposit.credited": noop("%(person)s recorded the bank credit of bag %(bag)s."),
        "variance.explain": noop("%(person)s explained a variance."),
        "variance.approve": noop("%(person)s approved a variance."),
        "variance.reject": noop("%(person)s rejected an explanation."),
        "business_day.closed": noop("%(person)s closed the business day %(day)s."),
    }
)
ACTIONS: Final = frozenset({*AT_REGISTER, *ELSEWHERE})
"""The actions of the audit trail that the page shows."""


def event_in_words(event: LatestEvent, *, store: Store, now: datetime) -> dict[str, Any]:
    """Returns the time of an event and its sentence."""
    entry, place = event.entry, event.place
    text = ELSEWHERE.get(entry.action, "")
    if place is not None:
        text = (AT_REGISTER if place.kind == PlaceKind.REGISTER else AT_THE_SAFE).get(entry.action, text)
    named = {
        "person": _who(entry),
        "register": register_named(place) if place is not None else "",
        "bag": entry.detail.get("bag", ""),
        "day": _day_of(entry),
    }
    return {"at": entry.at, "time": when(entry.at, store=store, now=now), "text": _(text) % named if text else ""}


def _who(entry: AuditEntry) -> str:
    if entry.user is not None:
        return str(entry.user)
    return entry.token.name if entry.token is not None else _("The server")


def _day_of(entry: AuditEntry) -> str:
    """Returns the business day of an entry about one (`day:<store>:<date>`), or ""."""
    noun, _colon, rest = entry.subject.partition(":")
    if noun != "day":
        return ""
    return style().date(date.fromisoformat(rest.rpartition(":")[2]))
