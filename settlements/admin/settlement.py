"""Settlements: the periods of vaults and registers, with a manager's actions."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.action_pages import ActingAdmin
from cashdesk.admin_base.columns import NOTHING, amount_shown, day, link_to, link_to_list, moment, table, text
from cashdesk.admin_base.exact_search import exactly
from cashdesk.admin_base.model_admin import PEOPLE_FOUND_MAX, StoreFilter, principal_of
from cashdesk.admin_base.scopes import of_stores, register_scope
from cashdesk.domain.visibility import note_rows_seen
from cashdesk.formats import style
from cashdesk.models import AuditEntry, Movement, Variance
from cashdesk.pair import Pair
from settlements import queries
from settlements.admin.counting import CountAfterwards, ForceClose, Recount
from settlements.domain.late_after_count import late_amounts_of
from settlements.models import Settlement, SettlementCount

register_scope(Settlement, of_stores("store"))


def note_look(request: HttpRequest, settlements: "QuerySet[Settlement]") -> None:
    """Writes an audit entry if these settlements show the expected amount of an uncounted drawer (law 5)."""
    by = principal_of(request)
    looked_at = queries.settlements(by=by).filter(pk__in=settlements.values("pk"))
    note_rows_seen(rows=looked_at, by=by, at=timezone.now(), noun="settlements")


@admin.register(Settlement)
class SettlementAdmin(ActingAdmin):
    """Lists and shows settlements. Before the close no page reveals the expected amounts (law 5).

    Until then the pages show only the figures of the opening. They show no number of movements, no pairs of currency
    and method that moved, and no result of a count.
    """

    list_display = (
        "__str__", "state_shown", "store", "place", moment("opened_at"), moment("closed_at"),
        text("closed_by_name", label=gettext_lazy("Closed by")),
    )  # fmt: skip
    joined = ("store", "place", "seal")
    list_filter = (StoreFilter, "type", "state", "closing", "business_date")
    narrowed_by = ("place",)
    search_fields = ("pk", "uuid")
    search_help_text = gettext_lazy("Number or UUID of a settlement, or the person who opened or closed it")
    fields = (
        "uuid", "state_shown", "store", "place", "type", day("business_date"), moment("opened_at"),
        text("opened_by_name", label=gettext_lazy("Opened by")), moment("counted_at"),
        text("counted_by_name", label=gettext_lazy("Counted by")), "preview_count", moment("last_count_at"),
        text("last_count_by_name", label=gettext_lazy("Last count by")), moment("closed_at"),
        text("closed_by_name", label=gettext_lazy("Closed by")), "closing", "seal_link", "belonging", "amounts",
        "counts_listed",
    )  # fmt: skip
    acts = (Recount(), ForceClose(), CountAfterwards())

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        """Finds a settlement by its number, or by the person who opened or closed it.

        Finds the people first, so that indexes find their settlements. A settlement keeps the names of its time, so a former
        name must be whole.
        """
        wanted = search_term.strip()
        if not wanted:
            return queryset, False
        people = principal_of(request).people(with_inactive=True).filter(name__icontains=wanted).order_by("pk")
        names = {wanted, *people.values_list("name", flat=True)[:PEOPLE_FOUND_MAX]}
        found = exactly(self.model, "pk", wanted) | exactly(self.model, "uuid", wanted)
        return queryset.filter(found | Q(opened_by_name__in=names) | Q(closed_by_name__in=names)), False

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Writes an audit entry if the page shows the expected amount of an uncounted drawer (law 5)."""
        note_look(request, Settlement.objects.filter(pk=context["original"].pk))
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_shown(self, settlement: Settlement) -> str:
        uncounted = settlement.is_closed and not settlement.is_counted
        state: str = settlement.get_state_display()
        return _("%(state)s, not counted") % {"state": state} if uncounted else state

    @admin.display(description=gettext_lazy("Seal"))
    def seal_link(self, settlement: Settlement) -> str:
        return link_to(settlement.seal) if settlement.seal else NOTHING

    @admin.display(description=gettext_lazy("Related"))
    def belonging(self, settlement: Settlement) -> SafeString:
        return format_html(
            "{} · {} · {} · {}",
            link_to_list(Movement, text=_("Movements of the place"), place=settlement.place_id),
            link_to(settlement.place, text=_("Place")),
            link_to_list(Variance, text=_("Differences"), subject__exact=f"settlement:{settlement.pk}", queue="all"),
            link_to_list(AuditEntry, text=_("Audit trail"), q=f"settlement:{settlement.pk}"),
        )

    @admin.display(description=gettext_lazy("Amounts"))
    def amounts(self, settlement: Settlement) -> str:
        """Shows the opening amounts per currency and method. After the close also shows the results."""
        heads = [_("Method"), _("Initial"), _("Opening difference")]
        if settlement.is_closed:
            heads += [_("Target"), _("Actual"), _("Difference"), _("Late"), _("Adjusted difference")]
        return table(_("Amounts"), heads, _amount_rows(settlement))

    @admin.display(description=gettext_lazy("Counts"))
    def counts_listed(self, settlement: Settlement) -> str:
        """Lists every attempt. Hides the results until the close, because they reveal the expected amount (law 5)."""
        counts = settlement.counts.select_related("count__counted_by", "count__witness", "count__place__store")
        rows = [
            _count_row(attempt, is_closed=settlement.is_closed)
            for attempt in counts.prefetch_related("count__amounts__pieces").order_by("attempt", "pk")
        ]
        return table(
            _("Counts"),
            [_("Count"), _("When"), _("Who"), _("Counted"), _("Pieces"), _("Equal")],
            rows,
            style="figures texts",
        )


def _amount_rows(settlement: Settlement) -> list[list[Any]]:
    initial = {line.pair: line for line in settlement.initial_amounts.all()}
    if not settlement.is_closed:
        return [_opening_cells(pair, line) for pair, line in initial.items()]
    closing = {line.pair: line for line in settlement.closing_amounts.all()}
    late = late_amounts_of(settlement)
    rows = []
    for pair in dict.fromkeys([*initial, *closing, *sorted(late)]):
        currency, _method = pair
        line, arrived = closing.get(pair), late.get(pair, 0)
        rows.append(
            [
                *_opening_cells(pair, initial.get(pair)),
                amount_shown(line.target, currency) if line else NOTHING,
                _actual(line, currency) if line else NOTHING,
                amount_shown(line.difference, currency) if line else NOTHING,
                amount_shown(arrived, currency),
                amount_shown((line.difference if line else 0) - arrived, currency),
            ]
        )
    return rows


def _actual(line: Any, currency: str) -> str:
    amount = style().amount(line.actual, currency)
    return _("%(amount)s (not counted, taken from the books)") % {"amount": amount} if line.is_assumed else amount


def _opening_cells(pair: Pair, line: Any) -> list[Any]:
    currency, method = pair
    if line is None:
        return [method, NOTHING, NOTHING]
    return [method, amount_shown(line.amount, currency), amount_shown(line.opening_difference, currency)]


def _count_row(attempt: SettlementCount, *, is_closed: bool) -> list[Any]:
    count = attempt.count
    lines = list(count.amounts.all())
    who = [str(count.counted_by or NOTHING)]
    if count.witness is not None:
        who.append(_("witness %(name)s") % {"name": count.witness})
    counted_at = moment("counted_at", store="place__store")
    return [
        link_to(count, text=f"{count.get_moment_display()} {attempt.attempt or ''}".strip()),
        counted_at(count),
        ", ".join(who),
        format_html_join(
            "", "{}<br>", ((f"{style().amount(line.amount, line.currency)} {line.method}",) for line in lines)
        )
        or NOTHING,
        format_html_join(
            "",
            "{}<br>",
            (
                (f"{piece.pieces} x {style().face(piece.denomination, line.currency)}",)
                for line in lines
                for piece in line.pieces.all()
            ),
        )
        or NOTHING,
        (_("equal") if attempt.is_equal else _("not equal")) if is_closed else _("shown after closing"),
    ]
