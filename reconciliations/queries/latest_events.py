"""Reads the latest events of a store out of its audit trail, for the page Today."""

from dataclasses import dataclass
from typing import Final

from cashdesk.models import AuditEntry, CashSession, Place, Store
from settlements.models import Settlement

ENTRIES_READ: Final = 100
"""How many of the newest entries of the trail are looked at. Most entries are no events for a supervisor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestEvent:
    """An entry of the audit trail and the register or the vault that it is about, or None."""

    entry: AuditEntry
    place: Place | None


def latest_events(*, store: Store, actions: frozenset[str], limit: int) -> list[LatestEvent]:
    """Returns at most `limit` of the newest entries with one of these actions, newest first. Runs three statements."""
    newest = AuditEntry.objects.filter(store=store).select_related("user", "token").order_by("-pk")[:ENTRIES_READ]
    found = [entry for entry in newest if entry.action in actions][:limit]
    # The 0 keeps the number of statements the same: Django asks nothing for an empty list.
    sessions = CashSession.objects.filter(pk__in=[0, *_numbers(found, noun="session")]).select_related("register")
    settlements = Settlement.objects.filter(pk__in=[0, *_numbers(found, noun="settlement")]).select_related("place")
    places = {f"session:{session.pk}": session.register for session in sessions}
    places |= {f"settlement:{settlement.pk}": settlement.place for settlement in settlements}
    return [LatestEvent(entry=entry, place=places.get(entry.subject)) for entry in found]


def _numbers(entries: list[AuditEntry], *, noun: str) -> list[int]:
    """Returns the ids in the subjects `noun:id`."""
    subjects = (entry.subject.partition(":") for entry in entries)
    return [int(number) for found, _colon, number in subjects if found == noun and number.isdecimal()]
