"""A bag for the bank as a document: its paying-in slip."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cashdesk.documents.document import Column, Document, Fact, Money, Row, Section, Table
from cashdesk.formats import style
from settlements.documents.words import amount_cell, difference_cell
from settlements.models import Deposit


def deposit_document(deposit: Deposit) -> Document:
    """Describes a deposit as it is now. `deposit.corrections` is prefetched."""
    currency = deposit.movement.currency
    figures = [Fact(label=_("In the bag"), value=Money(minor=deposit.movement.amount, currency=currency))]
    if deposit.difference_now is not None:
        figures += [
            Fact(label=_("Credited by the bank"), value=amount_cell(deposit.credited_now, currency)),
            Fact(label=_("Difference"), value=difference_cell(deposit.difference_now, currency)),
        ]
    last = deposit.last_correction
    return Document(
        title=str(deposit),
        store=deposit.store,
        subtitle=f"{_('Paying-in slip')} · {deposit.get_state_display()}",
        at=last.corrected_at if last else deposit.credited_at or deposit.collected_at or deposit.prepared_at,
        file_name=f"deposit-{deposit.store.number}-{deposit.bag_number}",
        facts=tuple(_facts(deposit)),
        figures=tuple(figures),
        sections=tuple(_sections(deposit)),
        signatures=(_("Packed by"), _("Checked by"), _("Picked up by")),
    )


def _facts(deposit: Deposit) -> Iterator[Fact]:
    if deposit.slip_number:
        yield Fact(label=_("Slip number"), value=deposit.slip_number)
    steps = (
        (_("Packed"), deposit.prepared_at, _("Packed by"), deposit.prepared_by),
        (_("Picked up"), deposit.collected_at, _("Handed over by"), deposit.collected_by),
        (_("Credited"), deposit.credited_at, _("Recorded by"), deposit.credited_by),
    )
    for word, at, by_word, by in steps:
        if at is not None:
            yield Fact(label=word, value=at)
            if by is not None:
                yield Fact(label=by_word, value=str(by))
    if deposit.courier:
        yield Fact(label=_("Courier"), value=deposit.courier)
    if deposit.movement.note:
        yield Fact(label=_("Note"), value=deposit.movement.note)


def _sections(deposit: Deposit) -> Iterator[Section]:
    currency = deposit.movement.currency
    if deposit.packed_by_worth:
        columns = (
            Column(label=_("Note or coin")),
            Column(label=pgettext("how many", "Number"), is_figure=True),
            Column(label=currency, is_figure=True),
        )
        rows = [
            Row(cells=(style().face(worth, currency), number, Money(minor=worth * number, currency=currency)))
            for worth, number in deposit.packed_by_worth.items()
        ]
        rows.append(Row(cells=(_("Total"), None, amount_cell(deposit.movement.amount, currency)), is_sum=True))
        yield Section(title=_("Notes and coins"), tables=(Table(columns=columns, rows=tuple(rows)),))
    corrections = deposit.corrections.all()
    if corrections:
        labels = (_("Corrected"), _("Who"), _("Reason"))
        amounts = (Column(label=_("Before"), is_figure=True), Column(label=_("After"), is_figure=True))
        rows = [
            Row(
                cells=(
                    one.corrected_at,
                    str(one.corrected_by),
                    one.reason,
                    amount_cell(one.corrected_from, currency),
                    amount_cell(one.corrected_to, currency),
                )
            )
            for one in sorted(corrections, key=lambda one: one.number)
        ]
        table = Table(columns=(*(Column(label=label) for label in labels), *amounts), rows=tuple(rows))
        yield Section(title=_("Corrections"), tables=(table,))
