"""Reads the audit trail of one thing in scope. Two statements, both by an index."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from cashdesk.domain.caller.principal import Principal
from cashdesk.errors import NotFound
from cashdesk.models import AuditEntry, CashSession, Store, Variance
from settlements.models import Deposit, Settlement

ENTRIES_MAX: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A thing with a trail: its store, the subject of its entries, and its name."""

    store: Store
    subject: str
    name: str


_NOUNS: Final[Mapping[str, Callable[[], Any]]] = MappingProxyType(
    {
        "session": CashSession.objects.select_related,
        "settlement": Settlement.objects.select_related,
        "deposit": Deposit.objects.select_related,
        "variance": Variance.objects.select_related,
    }
)
NOUNS: Final = tuple(_NOUNS)
"""The kinds of things that have a page of their trail, besides business days."""


def thing(*, noun: str, uuid: UUID, by: Principal) -> Thing:
    """Returns a thing in scope. Raises the same NotFound for an unknown thing and for one out of scope."""
    rows = _NOUNS[noun]() if noun in _NOUNS else None
    found = rows.select_related("store").filter(uuid=uuid, store__in=by.stores()).first() if rows is not None else None
    if found is None:
        raise NotFound(_("There is no such report."))
    return Thing(store=found.store, subject=f"{noun}:{found.pk}", name=str(found))


def entries_about(subject: str) -> list[AuditEntry]:
    """Returns the entries about a subject, oldest first: at most ENTRIES_MAX, and one more if there are more."""
    rows = AuditEntry.objects.filter(subject=subject).select_related("user", "token").order_by("pk")
    return list(rows[: ENTRIES_MAX + 1])
