"""The month of one operator as a document: every drawer, its result, and what was taken in it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cashdesk.documents.document import Column, Document, Fact, Row, Section, Table
from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.visibility import with_shown_result
from cashdesk.enums import PaymentStatus, PaymentType, SessionStatus
from cashdesk.models import CashSession, Payment, Store, User
from reconciliations.documents.over_short import range_words
from reconciliations.domain import store_day_sums
from settlements.documents.words import amount_cell, difference_cell, method_word, state_word, time_cell


def operator_document(*, store: Store, person: User, first: date, last: date, at: datetime) -> Document:
    """Describes the drawers of a person in a range, usually a month. The caller sets the style and the language.

    Law 5: a drawer that awaits its count has no figures, and its payments are left out. Five statements.
    """
    rows: QuerySet[Any] = with_shown_result(
        CashSession.objects.filter(store=store, user=person, business_date__range=(first, last)), by=SYSTEM
    )
    sessions = list(rows.select_related("register", "store").order_by("opened_at", "pk"))
    counted = [one for one in sessions if one.status != SessionStatus.OPEN and not one.awaits_count]
    own = store.currency
    results = [one for one in counted if one.is_counted and one.currency == own]
    sums = {
        part: sum(getattr(one, part) for one in results)
        for part in ("expected_amount", "declared_amount", "difference")
    }
    return Document(
        title=_("Month of %(person)s") % {"person": person},
        store=store,
        subtitle=range_words(first, last),
        at=at,
        file_name=f"operator-{store.number}-{person.pk}-{first}-{last}",
        figures=(
            Fact(label=_("Drawers"), value=len(sessions)),
            Fact(label=_("Counted"), value=amount_cell(sums["declared_amount"], own)),
            Fact(label=_("Over/short"), value=difference_cell(sums["difference"], own)),
        ),
        sections=(_drawers(sessions, counted, sums, own), *_takings(rows)),
        signatures=(_("Operator: name, date"), _("Checked by: name, date")),
    )


def _drawers(sessions: Sequence[Any], counted: Sequence[Any], sums: dict[str, int], own: str) -> Section:
    if not sessions:
        return Section(title=_("Drawers"), lines=(_("No drawer was opened."),))
    labels = (_("Business day"), _("Register"), _("Opened"), _("Closed"), _("Currency"))
    figures = (_("Float"), _("Expected"), _("Counted"), _("Over/short"))
    columns = (
        *(Column(label=label) for label in labels),
        *(Column(label=label, is_figure=True) for label in figures),
        Column(label=_("State")),
    )
    shown = {one.pk for one in counted}
    rows = []
    for one in sessions:
        is_shown, currency = one.pk in shown and not one.is_cancelled, one.currency
        difference = one.difference if is_shown and one.is_counted else None
        state = _("Open") if one.is_open else _("Opening cancelled") if one.is_cancelled else state_word(difference)
        rows.append(
            Row(
                cells=(
                    one.business_date,
                    one.register.number,
                    time_cell(one.opened_at, store=one.store, on=one.business_date),
                    time_cell(one.closed_at, store=one.store, on=one.business_date),
                    currency,
                    amount_cell(one.start_amount, currency),
                    amount_cell(one.expected_amount if is_shown else None, currency),
                    amount_cell(one.declared_amount if difference is not None else None, currency),
                    difference_cell(difference, currency),
                    state,
                )
            )
        )
    total = (amount_cell(sums["expected_amount"], own), amount_cell(sums["declared_amount"], own))
    last = difference_cell(sums["difference"], own)
    rows.append(Row(cells=(_("Total"), None, None, None, own, None, *total, last, None), is_sum=True))
    return Section(title=_("Drawers"), tables=(Table(columns=columns, rows=tuple(rows)),))


def _takings(sessions: "QuerySet[Any]") -> list[Section]:
    """Returns what was taken in the counted drawers, by currency and method, as billed."""
    # A query within the query: a year of drawers may have more ids than a statement takes parameters.
    counted = sessions.exclude(status=SessionStatus.OPEN).filter(awaits_count=False).order_by().values("pk")
    payments = Payment.objects.filter(session__in=counted, status=PaymentStatus.APPROVED)
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in store_day_sums.payments(payments):
        line = found[row["currency"], row["method"]]
        is_sale = row["type"] == PaymentType.SALE
        line["number"] += row["n"]
        line["sales" if is_sale else "refunds"] += int(row["total"]) * (1 if is_sale else -1)
    if not found:
        return []
    labels = (_("Payments"), _("Sales"), _("Refunds"), _("Total"))
    columns = (
        Column(label=_("Method")),
        Column(label=_("Currency")),
        *(Column(label=label, is_figure=True) for label in labels),
    )
    rows = tuple(
        Row(
            cells=(
                method_word(method),
                currency,
                line["number"],
                amount_cell(line["sales"], currency),
                amount_cell(line["refunds"], currency),
                amount_cell(line["sales"] + line["refunds"], currency),
            )
        )
        for (currency, method), line in sorted(found.items())
    )
    return [Section(title=_("Takings in counted drawers"), tables=(Table(columns=columns, rows=rows),))]
