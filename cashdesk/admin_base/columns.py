"""Columns of the admin: amounts with their currency, instants with their time zone, links and tables."""

from datetime import date, datetime
from typing import Any, Final

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.domain.session.handover import custody_of
from cashdesk.formats import style
from cashdesk.model_words import Words
from cashdesk.models import CashSession, Store
from cashdesk.templatetags import figures

# A function from a row to its text. Django accepts functions as fields of a page; its type stubs do not.
Column = Any

NOTHING: Final = "-"
"""The text for a missing value. Django shows the same for its own empty fields."""


def money(field: str, *, label: Words = "", currency: str = "currency") -> Column:
    """Returns a column for an amount: 1250 minor units are shown as "€12.50" or "12.50 EUR", None as "-"."""

    @admin.display(description=label or _name_of(field), ordering=field)
    def column(row: Any) -> str | SafeString:
        minor = _at_path(row, field)
        return NOTHING if minor is None else amount_shown(minor, _at_path(row, currency))

    # The page finds the field's help text by this name.
    column.__name__ = field
    return column


def amount_shown(minor: int, currency: str) -> SafeString:
    """Returns an amount for a cell. In sentences use `style().amount`, because they are plain text."""
    return figures.money(minor, currency)


def moment(field: str, *, store: str = "store", label: Words = "") -> Column:
    """Returns a column for an instant, in the time zone of the row's store, or in UTC if the row has no store."""

    @admin.display(description=label or _name_of(field), ordering=field)
    def column(row: Any) -> str:
        at: datetime | None = getattr(row, field)
        if at is None:
            return NOTHING
        found = _at_path(row, store) if store else None
        return style().instant(at, found.time_zone if found else "UTC", to_the_second=True)

    column.__name__ = field
    return column


def text(field: str, *, label: Words) -> Column:
    """Returns a column for a text field. `label` is the head of the column."""

    @admin.display(description=label, ordering=field)
    def column(row: Any) -> str:
        return str(_at_path(row, field)) or NOTHING

    column.__name__ = field
    return column


UUID_SHOWN: Final = text("uuid", label=gettext_lazy("UUID"))
"""The public id of a row, which Django would call "Uuid"."""


def day(field: str) -> Column:
    """Returns a column for a date."""

    @admin.display(description=_name_of(field), ordering=field)
    def column(row: Any) -> str:
        on: date | None = getattr(row, field)
        return NOTHING if on is None else style().date(on)

    column.__name__ = field
    return column


def told_of_handover(session: CashSession) -> str:
    """Returns a sentence about the cash that was in the drawer before this session.

    It names the cashier who left the cash, the cashier who took it over, and the difference. Returns "" if the previous
    session left no cash in the drawer, or if the opening was cancelled.
    """
    if session.is_cancelled:
        return ""
    before = custody_of(session.register_id, until=session).left_by
    leaves_cash = before is not None and (not before.is_counted or (before.is_handed_over and before.declared_amount))
    if before is None or not leaves_cash:
        return ""
    taken = _("taken over by %(name)s at %(at)s")
    taken = taken % {"name": session.user, "at": _clock(session.opened_at, session.store)}
    return handed_over(before, said=taken, difference=session.opening_difference)


def handed_over(session: CashSession, *, said: str, difference: int) -> str:
    """Returns a sentence: who left the cash in the drawer and when, then `said`, then the difference.

    `said` is the middle of the sentence, such as "taken over by Ana at 14:00". `difference` is in minor units.
    """
    closed_at = session.closed_at or session.opened_at
    gap = _("no difference")
    if difference:
        apart = _("%(amount)s short") if difference < 0 else _("%(amount)s over")
        gap = apart % {"amount": style().amount(abs(difference), session.currency)}
    left = (
        _("Handed over by %(name)s at %(at)s")
        if session.is_handed_over
        else _("Closed without a count by %(name)s at %(at)s")
    )
    return f"{left % {'name': session.user, 'at': _clock(closed_at, session.store)}}, {said}: {gap}"


def _clock(at: datetime, store: Store) -> str:
    return style().instant(at, store.time_zone)


def in_utc(at: datetime) -> str:
    """Writes an instant that belongs to no store, in the style of the reader."""
    return style().instant(at, "UTC", to_the_second=True)


def link_to(row: Any, *, text: str = "") -> SafeString:
    """Returns a link to the page of a row."""
    return format_html('<a href="{}">{}</a>', reverse(f"{_pages_of(row)}_change", args=[row.pk]), text or row)


def link_to_list(model: Any, *, text: str, **filters: Any) -> SafeString:
    """Returns a link to the filtered list of a model."""
    url = reverse(f"{_pages_of(model)}_changelist", query=filters)
    return format_html('<a href="{}">{}</a>', url, text)


def table(name: str, heads: list[str], rows: list[list[Any]], *, style: str = "figures") -> str:
    """Returns an HTML table, or a dash if there are no rows. People can scroll a wide table, also by keyboard."""
    if not rows:
        return NOTHING
    head = format_html_join("", '<th scope="col">{}</th>', ((words,) for words in heads))
    body = format_html_join(
        "", "<tr>{}</tr>", ((format_html_join("", "<td>{}</td>", ((cell,) for cell in row)),) for row in rows)
    )
    return format_html(
        '<div class="scrolls" role="region" tabindex="0" aria-label="{}"><table class="{}"><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>",
        name,
        style,
        head,
        body,
    )


def _name_of(field: str) -> Words:
    """Returns the name of a field, as `cashdesk.model_words` gives it."""
    return gettext_lazy(capfirst(field.replace("_", " ")))


def _pages_of(model: Any) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}"


def _at_path(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row
