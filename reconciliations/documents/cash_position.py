"""The cash position of a store as a document: what each place holds, and that everything adds up to zero."""

from collections import defaultdict
from datetime import datetime

from django.utils.translation import gettext as _

from cashdesk.documents.document import Column, Document, Fact, Row, Section, Table
from cashdesk.domain.ledger.position import Position
from cashdesk.domain.visibility import COUNTED_PLACES
from cashdesk.pair import Pair
from settlements.documents.words import amount_cell, method_word, place_word


def position_document(position: Position, *, at: datetime, as_of: datetime | None) -> Document:
    """Describes a position. The caller has recorded the look, and sets the style and the language."""
    store, moment = position.store, as_of or at
    inside: dict[Pair, int] = defaultdict(int)
    for place, held in position.balances:
        for pair, amount in held.items():
            inside[pair] += amount if place.kind in COUNTED_PLACES else 0
    pairs = sorted({pair for _place, held in position.balances for pair in held})
    return Document(
        title=_("Cash position"),
        store=store,
        subtitle=_("What each place should hold, by the books"),
        at=moment,
        file_name=f"position-{store.number}",
        facts=(Fact(label=_("As of"), value=moment),),
        sections=tuple(_section(position, pair, inside[pair]) for pair in pairs),
        notes=(_("The audit trail records that you looked."),),
    )


def _section(position: Position, pair: Pair, inside: int) -> Section:
    currency = pair.currency
    amounts = [(place, held[pair]) for place, held in position.balances if pair in held]
    rows = [
        Row(cells=(place_word(place.kind, place.number), amount_cell(amount, currency))) for place, amount in amounts
    ]
    rows.append(Row(cells=(_("In the store"), amount_cell(inside, currency)), is_sum=True))
    total = sum(amount for _place, amount in amounts)
    rows.append(Row(cells=(_("All places together"), amount_cell(total, currency)), is_sum=True))
    title = f"{currency} {method_word(pair.method)}"
    columns = (Column(label=_("Place")), Column(label=currency, is_figure=True))
    return Section(title=title, tables=(Table(columns=columns, rows=tuple(rows)),))
