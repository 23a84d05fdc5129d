"""The summary of over and short in a range of business dates, with its history, as a document."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.utils.translation import ngettext

from cashdesk.documents.document import Cell, Column, Document, Fact, Row, Section, Table
from cashdesk.formats import month, style
from cashdesk.models import Store, User
from reconciliations.queries import over_short
from reconciliations.queries.over_short import OverShort, Part
from settlements.documents.words import amount_cell, difference_cell, place_word

PARTS: Final = {
    Part.CLOSE: noop("Counts at the close of drawers"),
    Part.OPENING: noop("Openings: the float was not what the books said"),
    Part.LATE: noop("Sales and refunds that were reported after the count"),
    Part.CORRECTION: noop("Corrections after a recount"),
    Part.OTHER: noop("Settlements, the safe and bank credits"),
}
"""The words for each part of the over/short account."""


def over_short_document(*, store: Store, first: date, last: date, at: datetime) -> Document:
    """Describes the differences of all counts of a store in a range. The caller sets the style and the language."""
    where: dict[str, Any] = {"store": store, "first": first, "last": last}
    days = over_short.drawers_by("business_date", **where)
    people = over_short.drawers_by("user_id", **where)
    names = User.objects.in_bulk([one.key[0] for one in people])
    booked = over_short.booked(**where)
    own = store.currency
    return Document(
        title=_("Over/short summary"),
        store=store,
        subtitle=range_words(first, last),
        at=at,
        file_name=f"over-short-{store.number}-{first}-{last}",
        figures=_figures(days, own),
        marks=_marks(awaiting=over_short.uncounted(**where), left=over_short.left_uncounted(**where)),
        sections=(
            _section(_("By day"), _("Business day"), days, lambda key: key[0], own),
            _section(_("By cashier"), _("Cashier"), people, lambda key: str(names[key[0]]), own),
            _section(
                _("By register"),
                _("Register"),
                over_short.drawers_by("register__number", **where),
                lambda key: place_word("REGISTER", key[0]),
                own,
            ),
            _section(
                _("Settlements of registers and of the safe"),
                _("Place"),
                over_short.settlements_by_place(**where),
                lambda key: place_word(key[0], key[1]),
                own,
            ),
            *(
                _section(_("Foreign cash"), one.key[0], [one], lambda key: key[0], one.key[0])
                for one in over_short.foreign_by_currency(**where)
            ),
            *(
                _section(_("Bank credits of bags"), one.key[0], [one], lambda key: key[0], one.key[0])
                for one in over_short.bank_differences(**where)
            ),
            _in_the_books(booked, own),
            _section(
                _("History by month"),
                _("Month"),
                over_short.drawers_by_month(store=store, last=last),
                lambda key: month(key[0]),
                own,
            ),
        ),
    )


def range_words(first: date, last: date) -> str:
    """Returns a range of business dates in words."""
    if first == last:
        return _("Business day %(day)s") % {"day": style().date(first)}
    said = {"first": style().date(first), "last": style().date(last)}
    return _("Business days from %(first)s to %(last)s") % said


def _figures(days: Sequence[OverShort], currency: str) -> tuple[Fact, ...]:
    return (
        Fact(label=_("Counts"), value=sum(one.counts for one in days)),
        Fact(label=_("Short"), value=difference_cell(sum(one.short for one in days), currency)),
        Fact(label=_("Over"), value=difference_cell(sum(one.over for one in days), currency)),
        Fact(label=_("Over/short"), value=difference_cell(sum(one.net for one in days), currency)),
    )


def _marks(*, awaiting: int, left: int) -> tuple[str, ...]:
    marks = []
    if awaiting:
        words = ngettext(
            "%(number)s drawer is not counted yet, and left out.",
            "%(number)s drawers are not counted yet, and left out.",
            awaiting,
        )
        marks.append(words % {"number": awaiting})
    if left:
        words = ngettext(
            "%(number)s drawer was closed without a count. What was missing in it is under “In the books”.",
            "%(number)s drawers were closed without a count. What was missing in them is under “In the books”.",
            left,
        )
        marks.append(words % {"number": left})
    return tuple(marks)


def _in_the_books(booked: Sequence[OverShort], currency: str) -> Section:
    told = _("The page Money shows the same account as money that went there, so a shortage has no minus there.")
    section = _section(
        _("In the books"), _("Came from"), booked, lambda key: _(PARTS[key[0]]), currency, number=_("Movements")
    )
    return replace(section, lines=(*section.lines, told)) if booked else section


def _section(
    title: str,
    head: str,
    groups: Sequence[OverShort],
    name: Callable[[tuple[Any, ...]], Cell],
    currency: str,
    *,
    number: str = "",
) -> Section:
    if not groups:
        return Section(title=title, lines=(_("Nothing was counted."),))
    labels = (number or _("Counts"), _("Short"), _("Over"), _("Over/short"))
    columns = (Column(label=head), *(Column(label=label, is_figure=True) for label in labels))
    rows = [Row(cells=(name(one.key), *_cells([one], currency))) for one in groups]
    if len(groups) > 1:
        rows.append(Row(cells=(_("Total"), *_cells(groups, currency)), is_sum=True))
    return Section(title=title, tables=(Table(columns=columns, rows=tuple(rows)),))


def _cells(groups: Sequence[OverShort], currency: str) -> tuple[Cell, ...]:
    return (
        sum(one.counts for one in groups),
        amount_cell(sum(one.short for one in groups), currency),
        amount_cell(sum(one.over for one in groups), currency),
        difference_cell(sum(one.net for one in groups), currency),
    )
