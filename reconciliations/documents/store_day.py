"""The store-day report as a document: its frozen contents, in the words of the reader."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from cashdesk.documents.document import Cell, Column, Document, Fact, Money, Row, Section, Table
from cashdesk.enums import CASH, MovementKind, ReportLine
from cashdesk.formats import style, weekday
from cashdesk.models import Store
from reconciliations.models import StoreDayReport
from settlements.documents.words import amount_cell, difference_cell, method_word, state_word, time_cell
from settlements.enums import Closing, DepositState

DRAWERS_BESIDE: Final = 5
"""The most drawers side by side in one table, so that their sums fit on A4."""
_KINDS: Final = [*MovementKind]
_LINES: Final = [*_KINDS[:3], ReportLine.ROUNDING, *_KINDS[3:]]
_WORDS: Final = {line.value: line.label for line in _LINES}


def store_day_document(report: StoreDayReport) -> Document:
    """Describes a store-day report. The caller sets the style of the store and the language of the reader."""
    store, day, contents = report.store, report.day, report.contents
    drawers = contents["drawers"]
    closed_by = str(day.closed_by) if day.closed_by else _("a program")
    in_words = {"weekday": weekday(day.date), "day": style().date(day.date)}
    return Document(
        title=str(report),
        store=store,
        subtitle=_("Business day %(weekday)s, %(day)s") % in_words,
        at=report.made_at,
        file_name=f"store-day-{store.number}-{day.date}",
        facts=(
            Fact(label=_("Day closed"), value=report.made_at),
            Fact(label=_("Closed by"), value=closed_by),
        ),
        figures=_figures(contents, store),
        marks=_marks(drawers),
        sections=(
            _takings(contents, store),
            _drawers(drawers, store, report),
            *_cash_of_drawers(drawers),
            *_safe(contents["safe"], store),
            *_deposits(contents["deposits"]),
            *_no_sales(contents["no_sales"]),
        ),
        seal=_seal(report),
        signatures=(_("Closed by: name, date"), _("Checked by: name, date")),
    )


def _figures(contents: dict[str, Any], store: Store) -> tuple[Fact, ...]:
    """Returns the main figures, in the store's own currency."""
    own = store.currency
    takings = [line for line in contents["takings"] if line["currency"] == own]
    results = [result for drawer in contents["drawers"] for result in drawer["results"] if result["currency"] == own]
    figures = [
        Fact(label=_("Takings"), value=Money(minor=sum(map(_total, takings)), currency=own)),
        Fact(
            label=_("Cash"),
            value=Money(minor=sum(_total(line) for line in takings if line["method"] == CASH), currency=own),
        ),
        Fact(
            label=_("Over/short"),
            value=Money(minor=sum(one["difference"] or 0 for one in results), currency=own, is_signed=True),
        ),
    ]
    counted = [result for safe in contents["safe"][-1:] for result in safe["results"] if _is_own_cash(result, own)]
    figures += [Fact(label=_("Safe at its count"), value=amount_cell(one["counted"], own)) for one in counted]
    return tuple(figures)


def _marks(drawers: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Names the drawers without a count: a report without their figures must say so."""
    hidden = [drawer for drawer in drawers if _is_hidden(drawer)]
    if not hidden:
        return ()
    named = "; ".join(
        _("register %(station)s, %(person)s") % {"station": one["station"], "person": one["person"]} for one in hidden
    )
    told = _("Not counted, and left out of all figures: %(drawers)s.")
    return (told % {"drawers": named},)


def _takings(contents: dict[str, Any], store: Store) -> Section:
    currencies = list(dict.fromkeys(line["currency"] for line in contents["takings"])) or [store.currency]
    tables = []
    for currency in currencies:
        lines = [line for line in contents["takings"] if line["currency"] == currency]
        parts = ("sales", "refunds", *(["rounding"] if any(line["rounding"] for line in lines) else []))
        rows = [_takings_row(method_word(line["method"]), [line], currency, parts) for line in lines]
        rows.append(_takings_row(_("Total"), lines, currency, parts, is_sum=True))
        words = {"sales": _("Sales"), "refunds": _("Refunds"), "rounding": _("Rounding")}
        labels = (_("Payments"), *(words[part] for part in parts), _("Total"))
        columns = (Column(label=_("Method")), *(Column(label=label, is_figure=True) for label in labels))
        tables.append(Table(columns=columns, rows=tuple(rows), caption=currency))
    late = [line for line in contents["takings"] if line["late"]]
    said_late = _("Of these, %(amount)s (%(method)s) arrived after the drawer was counted.")
    said = (
        said_late % {"amount": style().signed(line["late"], line["currency"]), "method": method_word(line["method"])}
        for line in late
    )
    return Section(title=_("Takings"), tables=tuple(tables), lines=tuple(said))


def _takings_row(
    name: str, lines: Sequence[dict[str, Any]], currency: str, parts: Sequence[str], *, is_sum: bool = False
) -> Row:
    sums = [sum(line[part] for line in lines) for part in parts]
    cells = (amount_cell(amount, currency) for amount in (*sums, sum(map(_total, lines))))
    return Row(cells=(name, sum(line["number"] for line in lines), *cells), is_sum=is_sum)


def _drawers(drawers: Sequence[dict[str, Any]], store: Store, report: StoreDayReport) -> Section:
    labels = (_("Report"), _("Register"), _("Cashier"), _("Opened"), _("Closed"))
    figures = (_("Expected"), _("Counted"), _("Over/short"))
    columns = (
        *(Column(label=label) for label in labels),
        *(Column(label=label, is_figure=True) for label in figures),
        Column(label=_("State")),
    )
    rows = [row for drawer in drawers for row in _drawer_rows(drawer, store, report)]
    differences: dict[str, int] = {}
    for drawer in drawers:
        for one in drawer["results"]:
            differences[one["currency"]] = differences.get(one["currency"], 0) + (one["difference"] or 0)
    rows += [
        Row(
            cells=(_("Total"), currency, None, None, None, None, None, difference_cell(sum_, currency), None),
            is_sum=True,
        )
        for currency, sum_ in differences.items()
    ]
    if not drawers:
        return Section(title=_("Drawers"), lines=(_("No drawer was opened on this day."),))
    return Section(title=_("Drawers"), tables=(Table(columns=columns, rows=tuple(rows)),))


def _drawer_rows(drawer: dict[str, Any], store: Store, report: StoreDayReport) -> Iterator[Row]:
    opened, closed = (
        time_cell(datetime.fromisoformat(drawer[name]), store=store, on=report.day.date)
        for name in ("opened_at", "closed_at")
    )
    head: tuple[Cell, ...] = (_z(drawer), drawer["station"], drawer["person"], opened, closed)
    if not drawer["results"]:
        state = _("Opening cancelled") if drawer["closing"] == Closing.CANCELLED else _("Not counted")
        yield Row(cells=(*head, None, None, None, state))
    for number, one in enumerate(drawer["results"]):
        currency = one["currency"]
        name = (
            _z(drawer) if _is_own_cash(one, store.currency) else f"{_z(drawer)} {currency} {method_word(one['method'])}"
        )
        yield Row(
            cells=(
                name,
                *(head[1:] if not number else (None,) * 4),
                amount_cell(one["expected"], currency),
                amount_cell(one["counted"], currency),
                difference_cell(one["difference"], currency),
                state_word(one["difference"]),
            )
        )


def _cash_of_drawers(drawers: Sequence[dict[str, Any]]) -> Iterator[Section]:
    """Shows how the expected cash of each drawer came about, a few drawers beside each other."""
    shown = [(drawer, result) for drawer in drawers for result in drawer["results"] if result["method"] == CASH]
    tables = tuple(_beside(shown[start : start + DRAWERS_BESIDE]) for start in range(0, len(shown), DRAWERS_BESIDE))
    if tables:
        yield Section(title=_("Cash in each drawer"), tables=tables)


def _beside(shown: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> Table:
    columns = [Column(label="")]
    for drawer, result in shown:
        columns.append(Column(label=f"{_z(drawer)} · {drawer['station']} · {result['currency']}", is_figure=True))
    return Table(columns=tuple(columns), rows=tuple(_sum_rows([result for _drawer, result in shown])))


def _sum_rows(results: Sequence[dict[str, Any]]) -> Iterator[Row]:
    """Yields the rows of a sum: what was there, each kind of movement, what was expected and what was counted."""

    def row(name: str, amounts: Iterable[int | None], *, is_sum: bool = False, is_signed: bool = False) -> Row:
        cell = difference_cell if is_signed else amount_cell
        cells = (cell(amount, result["currency"]) for amount, result in zip(amounts, results, strict=True))
        return Row(cells=(name, *cells), is_sum=is_sum)

    moved = [dict(result["moved"]) for result in results]
    yield row(_("At the beginning"), (result["begun_with"] for result in results))
    for kind in _LINES:
        if any(kind.value in one for one in moved):
            word = _("Differences booked before") if kind == MovementKind.OVER_SHORT else _(_WORDS[kind.value])
            yield row(word, (one.get(kind.value, 0) for one in moved))
    yield row(_("Expected"), (result["expected"] for result in results), is_sum=True)
    yield row(_("Counted"), (result["counted"] for result in results))
    yield row(_("Over/short"), (result["difference"] for result in results), is_sum=True, is_signed=True)


def _safe(counts: Sequence[dict[str, Any]], store: Store) -> Iterator[Section]:
    if not counts:
        yield Section(title=_("Safe"), lines=(_("The safe was not counted on this day. Its figures are left out."),))
        return
    tables = []
    for count in counts:
        at = datetime.fromisoformat(count["closed_at"])
        words = _("Counted %(at)s, %(person)s, %(report)s")
        said = {"at": style().instant(at, store.time_zone), "person": count["closed_by"], "report": _z(count)}
        for result in count["results"]:
            pair = f"{result['currency']} {method_word(result['method'])}"
            columns = (Column(label=_("Movement")), Column(label=pair, is_figure=True))
            tables.append(Table(columns=columns, rows=tuple(_sum_rows([result])), caption=words % said))
    yield Section(title=_("Safe"), tables=tuple(tables))


def _deposits(bags: Sequence[dict[str, Any]]) -> Iterator[Section]:
    if not bags:
        return
    columns = (
        Column(label=_("Bag")), Column(label=_("State")), Column(label=_("Currency")),
        Column(label=_("Amount"), is_figure=True),
    )  # fmt: skip
    rows = tuple(
        Row(
            cells=(
                bag["bag"],
                _(DepositState(bag["state"]).label),
                bag["currency"],
                amount_cell(bag["amount"], bag["currency"]),
            )
        )
        for bag in bags
    )
    yield Section(title=_("Deposits"), tables=(Table(columns=columns, rows=rows),))


def _no_sales(counted: Sequence[Sequence[int]]) -> Iterator[Section]:
    if counted:
        columns = (Column(label=_("Register")), Column(label=_("No sale"), is_figure=True))
        rows = tuple(Row(cells=(station, number)) for station, number in counted)
        yield Section(title=_("Opened without a sale"), tables=(Table(columns=columns, rows=rows),))


def _seal(report: StoreDayReport) -> tuple[Fact, ...]:
    moved = report.contents["movements"]
    words = _("%(first)s to %(last)s (%(number)s)") % moved if moved["number"] else "0"
    before = report.previous_digest or _("None. This is the first report.")
    return (
        Fact(label=_("Movements"), value=words),
        Fact(label=_("Seal"), value=report.digest),
        Fact(label=_("Previous seal"), value=before),
    )


def _total(line: dict[str, Any]) -> int:
    return int(line["sales"] + line["refunds"] + line["rounding"])


def _z(drawer: dict[str, Any]) -> str:
    return f"Z {drawer['z']}"


def _is_hidden(drawer: dict[str, Any]) -> bool:
    return not drawer["results"] and drawer["closing"] != Closing.CANCELLED


def _is_own_cash(result: dict[str, Any], currency: str) -> bool:
    return bool(result["currency"] == currency and result["method"] == CASH)
