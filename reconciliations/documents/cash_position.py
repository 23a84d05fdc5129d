"""The cash position of a store as a document: what each place holds, or how it changed, and that all adds up to zero."""

from collections import defaultdict
from datetime import datetime

from django.utils.translation import gettext as _

from cashdesk.documents.document import Column, Document, Fact, Row, Section, Table
from cashdesk.domain.ledger.position import Position
from cashdesk.domain.visibility import COUNTED_PLACES
from cashdesk.enums import CASH
from cashdesk.pair import Pair
from settlements.documents.words import amount_cell, difference_cell, method_word, place_word


def position_document(position: Position, *, at: datetime, since: datetime | None = None) -> Document:
    """Describes the position at an instant, or with `since` the change between two instants.

    The caller has recorded the look, and sets the style and the language.
    """
    store = position.store
    inside: dict[Pair, int] = defaultdict(int)
    for place, held in position.balances:
        for pair, amount in held.items():
            inside[pair] += amount if place.kind in COUNTED_PLACES else 0
    pairs = sorted(
        {pair for _place, held in position.balances for pair in held},
        key=lambda pair: (pair.method != CASH, pair.currency != store.currency, pair),
    )
    return Document(
        title=_("Cash position"),
        store=store,
        subtitle=_("What each place should hold, by the books")
        if since is None
        else _("What came in and went out, by the books"),
        at=at,
        file_name=f"position-{store.number}",
        facts=(Fact(label=_("As of"), value=at),)
        if since is None
        else (Fact(label=_("Change since"), value=since), Fact(label=_("Up to"), value=at)),
        sections=tuple(_section(position, pair, inside[pair], is_change=since is not None) for pair in pairs),
        notes=(_("The audit trail records that you looked."),),
    )


def _section(position: Position, pair: Pair, inside: int, *, is_change: bool) -> Section:
    currency, cell = pair.currency, difference_cell if is_change else amount_cell
    amounts = [(place, held[pair]) for place, held in position.balances if pair in held]
    rows = [Row(cells=(place_word(place.kind, place.number), cell(amount, currency))) for place, amount in amounts]
    rows.append(Row(cells=(_("In the store"), cell(inside, currency)), is_sum=True))
    total = sum(amount for _place, amount in amounts)
    rows.append(Row(cells=(_("All places together"), cell(total, currency)), is_sum=True))
    title = f"{currency} {method_word(pair.method)}"
    columns = (Column(label=_("Place")), Column(label=currency, is_figure=True))
    return Section(title=title, tables=(Table(columns=columns, rows=tuple(rows)),))
