"""X and Z reports as documents: the same figures as on their pages."""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cashdesk.documents.document import Cell, Column, Document, Fact, Money, Row, Section, Table
from cashdesk.enums import CountMoment
from cashdesk.formats import style
from settlements.documents.words import amount_cell, difference_cell, method_word
from settlements.domain.report import Attempt, Figures, Report
from settlements.domain.sealed_period import ZReport
from settlements.domain.x_report import XReport
from settlements.enums import ReportOf


def x_document(report: XReport) -> Document:
    """Describes an X report. The caller has recorded the look."""
    facts = [
        Fact(label=_("As of") if report.is_past else _("Now"), value=report.at),
        Fact(label=_("Opened"), value=report.opened_at),
        Fact(label=_("Opened by"), value=report.opened_by),
    ]
    if report.settlement is not None:
        facts.append(Fact(label=_("Comparisons"), value=report.preview_count))
    return Document(
        title=_("X report"),
        store=report.place.store,
        subtitle=f"{report.place} · {_(report.of.label)}",
        at=report.at,
        file_name=f"x-{report.place.store.number}-{report.place.number}{_moment_of(report)}",
        facts=(*facts, Fact(label=_("No sale"), value=report.no_sales)),
        sections=tuple(_sections(report)),
        notes=(_("This report closes nothing. The audit trail records that you looked."),),
    )


def _moment_of(report: XReport) -> str:
    """Returns the moment of a report about the past, in UTC, as a part of the name of its file."""
    return f"-{report.at.astimezone(UTC):%Y%m%dT%H%M%SZ}" if report.is_past else ""


def z_document(report: ZReport) -> Document:
    """Describes a Z report."""
    place = report.place
    return Document(
        title=_("Z report %(number)s") % {"number": report.seal.number},
        store=place.store,
        subtitle=f"{place} · {_(report.of.label)}",
        at=report.seal.sealed_at,
        file_name=f"z-{place.store.number}-{place.number}-{report.seal.number}",
        facts=tuple(_facts_of(report)),
        marks=(_("Closed without a count"),) if report.is_uncounted else (),
        sections=tuple(_sections(report)),
        seal=tuple(_seal_of(report)),
        signatures=(_("Counted by: name, date"), _("Checked by: name, date")),
    )


def _facts_of(report: ZReport) -> Iterator[Fact]:
    program = _("a program")
    yield Fact(label=_("Opened") if report.closing else _("Not counted since"), value=report.opened_at)
    yield Fact(label=_("Opened by"), value=report.opened_by or program)
    if report.counted_at:
        yield Fact(label=_("Counted"), value=report.counted_at)
        yield Fact(label=_("Counted by"), value=report.counted_by or program)
    if report.closing:
        yield Fact(label=_("Closed"), value=report.closed_at)
        yield Fact(label=_("Closed by"), value=report.closed_by or program)
        yield Fact(label=_("How"), value=_(report.closing.label))
    yield Fact(label=_("No sale"), value=report.no_sales)


def _seal_of(report: ZReport) -> Iterator[Fact]:
    seal = report.seal
    if report.tells_range:
        said = {"after": seal.after_movement, "last": seal.last_movement}
        words = _("after movement %(after)s, up to %(last)s") % said
        yield Fact(label=_("Sealed movements"), value=f"{seal.movement_count}: {words}")
    yield Fact(label=_("Seal"), value=seal.digest)
    yield Fact(label=_("Previous seal"), value=seal.previous_digest or _("None. This is the first seal."))


def _sections(report: Report) -> Iterator[Section]:
    """Yields the money of each currency and method, the bookings of the close, the sessions and the counts."""
    for figures in report.figures:
        title = f"{figures.currency} {method_word(figures.method)}"
        yield Section(title=title, tables=(_money(figures, report), *_pieces(figures, report)))
    if isinstance(report, ZReport) and report.booked:
        columns = (
            Column(label=_("Movement")),
            Column(label=_("Currency")),
            Column(label=_("Method")),
            *_in_and_out(),
        )
        rows = tuple(
            Row(
                cells=(
                    _(str(line.kind.label)), line.currency, method_word(line.method), line.count,
                    _unless_zero(line.came_in, line.currency), _unless_zero(line.went_out, line.currency),
                )
            )
            for line in report.booked
        )  # fmt: skip
        title = _("Booked by the close") if report.closing else _("Booked by the count")
        yield Section(title=title, tables=(Table(columns=columns, rows=rows),))
    if report.sessions and report.of == ReportOf.SETTLEMENT:
        yield _sessions(report)
    if isinstance(report, ZReport) and report.attempts:
        yield _counts(report.attempts)


def _in_and_out() -> tuple[Column, Column, Column]:
    return (
        Column(label=pgettext("how many", "Number"), is_figure=True),
        Column(label=_("In"), is_figure=True),
        Column(label=_("Out"), is_figure=True),
    )


def _money(figures: Figures, report: Report) -> Table:
    currency = figures.currency
    begun = _("Opened with") if report.of == ReportOf.SETTLEMENT else _("Already there")
    rows = [Row(cells=(begun, None, *_both_sides(figures.begun_with, currency)))]
    rows += [
        Row(
            cells=(
                _(str(line.kind.label)), line.count, _unless_zero(line.came_in, currency),
                _unless_zero(line.went_out, currency),
            )
        )
        for line in report.movements
        if line.pair == figures.pair
    ]  # fmt: skip
    rows.append(Row(cells=(_("Expected"), None, amount_cell(figures.expected, currency), None), is_sum=True))
    rows += [Row(cells=(name, None, cell, None)) for name, cell in _results(figures, report)]
    return Table(columns=(Column(label=_("Movements")), *_in_and_out()), rows=tuple(rows))


def _results(figures: Figures, report: Report) -> Iterator[tuple[str, Cell]]:
    """Yields the lines below the expected amount, as the page has them."""
    currency = figures.currency
    is_uncounted = isinstance(report, ZReport) and report.is_uncounted
    if figures.is_assumed:
        yield _("Taken from the books"), amount_cell(figures.counted, currency)
    elif is_uncounted:
        yield _("Counted"), _("not counted")
    elif figures.counted is not None:
        yield _("Counted"), amount_cell(figures.counted, currency)
        yield _("Difference"), difference_cell(figures.difference, currency)
    if figures.late:
        yield _("Late money"), difference_cell(figures.late, currency)
        if figures.difference is not None and not is_uncounted:
            yield _("Adjusted difference"), difference_cell(figures.adjusted_difference, currency)
    if figures.returned:
        yield _("Returned to the safe"), amount_cell(figures.returned, currency)
    if figures.opened_with is not None and report.of != ReportOf.SETTLEMENT:
        yield _("Opened with"), amount_cell(figures.opened_with, currency)
    if figures.opening_difference:
        yield _("Opening difference"), difference_cell(figures.opening_difference, currency)


def _pieces(figures: Figures, report: Report) -> Iterator[Table]:
    attempt = report.closing_attempt if isinstance(report, ZReport) else None
    found = [line for line in attempt.found if line.pair == figures.pair and line.pieces] if attempt else []
    numbers = (pgettext("how many", "Number"), _("Amount"))
    columns = (Column(label=_("Note or coin")), *(Column(label=label, is_figure=True) for label in numbers))
    for line in found:
        rows = tuple(
            Row(
                cells=(
                    style().face(piece.denomination, figures.currency), piece.pieces,
                    Money(minor=piece.denomination * piece.pieces, currency=figures.currency),
                )
            )
            for piece in line.pieces
        )  # fmt: skip
        yield Table(columns=columns, rows=rows, caption=_("Notes and coins"))


def _sessions(report: Report) -> Section:
    columns = (
        *(Column(label=label) for label in (_("Session"), _("Cashier"), _("Opened"), _("Closed"), _("Currency"))),
        *(Column(label=label, is_figure=True) for label in (_("Counted"), _("Difference"))),
    )
    rows = []
    for one in report.sessions:
        counted = None if one.is_uncounted else one.counted
        difference = None if one.is_uncounted else one.difference
        cells = (amount_cell(counted, one.currency), difference_cell(difference, one.currency))
        rows.append(Row(cells=(str(one.number), one.cashier, one.opened_at, one.closed_at, one.currency, *cells)))
    return Section(title=_("Cash sessions"), tables=(Table(columns=columns, rows=tuple(rows)),))


def _counts(attempts: tuple[Attempt, ...]) -> Section:
    labels = (_("Count"), _("When"), _("Who"), _("Currency"), _("Method"))
    columns = (
        *(Column(label=label) for label in labels),
        Column(label=_("Counted"), is_figure=True),
        Column(label=_("Result")),
    )
    rows = tuple(row for attempt in attempts for row in _count_rows(attempt))
    return Section(title=_("Counts"), tables=(Table(columns=columns, rows=rows),))


def _count_rows(attempt: Attempt) -> Iterator[Row]:
    name = _(attempt.moment.label)
    if attempt.moment == CountMoment.PREVIEW:
        name = f"{name} {attempt.number}"
    equal = "" if attempt.is_equal is None else _("equal") if attempt.is_equal else _("not equal")
    who = attempt.by or _("a program")
    if attempt.witness:
        who = _("%(person)s, witness %(witness)s") % {"person": who, "witness": attempt.witness}
    at: datetime = attempt.at
    if not attempt.found:
        yield Row(cells=(name, at, who, None, None, _("nothing"), equal))
    for found in attempt.found:
        yield Row(
            cells=(
                name, at, who, found.currency, method_word(found.method), amount_cell(found.amount, found.currency), equal,
            )
        )  # fmt: skip


def _both_sides(minor: int, currency: str) -> tuple[Cell, Cell]:
    """Returns the cells of an amount that may be negative: in, or out."""
    cell = amount_cell(minor, currency)
    return (cell, None) if minor >= 0 else (None, cell)


def _unless_zero(minor: int, currency: str) -> Cell:
    return amount_cell(minor, currency) if minor else None
