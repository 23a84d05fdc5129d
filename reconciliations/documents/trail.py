"""The audit trail of one thing in words, as a document: a session, a settlement, a bag, a variance or a business day."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.documents.document import Column, Document, Row, Section, Table
from cashdesk.models import AuditEntry, Store

WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "session.opened": noop("Opened the drawer"),
        "session.counted_in": noop("Counted the drawer in"),
        "session.closed": noop("Counted and closed the drawer"),
        "session.handed_over": noop("Counted the drawer and handed it over"),
        "session.forced_closed": noop("Closed the drawer without a count"),
        "session.opening_cancelled": noop("Cancelled the opening"),
        "session.counted_afterwards": noop("Counted the drawer afterwards"),
        "session.noted": noop("Wrote a note"),
        "settlement.opened": noop("Opened the settlement"),
        "settlement.counting": noop("Began to count"),
        "settlement.previewed": noop("Compared a count"),
        "settlement.reopened": noop("Opened the settlement again"),
        "settlement.closed": noop("Counted and closed the settlement"),
        "settlement.forced_closed": noop("Closed the settlement without a count"),
        "settlement.counted_afterwards": noop("Counted the settlement afterwards"),
        "deposit.prepared": noop("Packed the bag"),
        "deposit.collected": noop("Handed the bag over"),
        "deposit.credited": noop("Recorded the bank credit"),
        "deposit.credit_corrected": noop("Corrected the bank credit"),
        "deposit.cancelled": noop("Cancelled the bag"),
        "variance.explain": noop("Explained the variance"),
        "variance.witness": noop("Confirmed the variance as a witness"),
        "variance.recount": noop("Counted again"),
        "variance.approve": noop("Approved the variance"),
        "variance.reject": noop("Rejected the explanation"),
        "variance.escalate": noop("Escalated the variance"),
        "variance.supersede": noop("Replaced the variance by a newer one"),
        "variance.repaid": noop("Recorded a repayment"),
        "expected.seen": noop("Looked at the expected amount"),
        "business_day.closed": noop("Closed the business day and made its report"),
    }
)
"""The words of the actions that things of the books have. No action has an amount in its words (law 5)."""


def trail_document(
    entries: Sequence[AuditEntry], *, store: Store, name: str, file_name: str, at: datetime, has_more: bool
) -> Document:
    """Describes the entries about one thing, oldest first. The caller sets the style and the language."""
    columns = tuple(Column(label=label) for label in (_("When"), _("Who"), _("What"), _("Request")))
    rows = tuple(Row(cells=(entry.at, _who(entry), _what(entry), entry.request_id or None)) for entry in entries)
    tables = (Table(columns=columns, rows=rows),) if rows else ()
    more = (_("There are more entries in the back office."),) if has_more else ()
    empty = () if rows else (_("The audit trail has no entry."),)
    return Document(
        title=_("Audit trail: %(name)s") % {"name": name},
        store=store,
        subtitle=_("Everything that people did with it, oldest first"),
        at=at,
        file_name=file_name,
        sections=(Section(title=_("Entries"), tables=tables, lines=(*empty, *more)),),
    )


def _who(entry: AuditEntry) -> str:
    if entry.user is not None:
        return str(entry.user)
    return entry.token.name if entry.token is not None else _("The server")


def _what(entry: AuditEntry) -> str:
    return _(WORDS[entry.action]) if entry.action in WORDS else entry.action
