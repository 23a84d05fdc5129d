"""The variance workbench: the list on one side, the evidence of one variance on the other, and what to do about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role
from cashdesk.errors import DomainError, InvalidInput
from cashdesk.formats import style, weekday, write_as
from cashdesk.forms.draft import FormDraft, form_draft
from cashdesk.forms.fields import text_of
from cashdesk.forms.pages import form_page
from cashdesk.forms.refusals import Refusal
from cashdesk.forms.submit import submit_once
from cashdesk.models import Store, Variance
from cashdesk.web.pages import page_for
from reconciliations import queries
from reconciliations.domain.variance_acts import (
    approve_variance,
    escalate_variance,
    explain_variance,
    reject_variance,
    witness_variance,
)
from reconciliations.domain.variance_view import delete_view, save_view, views_of
from reconciliations.enums import Act, VarianceSort
from reconciliations.models import VarianceView
from reconciliations.queries.last_closes import LastCloses, last_closes
from reconciliations.queries.variance_evidence import evidence_of
from reconciliations.queries.variance_queue import (
    VariancePage,
    VarianceSearch,
    Waiting,
    next_act,
    variance_page,
    variance_to_show,
)
from reconciliations.screens.times import duration
from reconciliations.screens.variance_clues import clues_of, strips_of, timeline_of
from reconciliations.screens.variance_decision import decision_of
from reconciliations.screens.variance_evidence_words import evidence_in_words
from reconciliations.screens.variance_search import (
    ALL_STORES,
    QUERY_MAX,
    choices_of,
    has_filters,
    query_of,
    search_of,
    sorts_of,
    store_of,
    uuid_of,
)
from reconciliations.screens.variance_words import (
    STATE_CLASSES,
    amount_shown,
    is_late_money,
    name_of_variance,
    place_in_words,
    standing_of,
)

ACTS: Final[Mapping[str, Callable[..., Variance]]] = {
    Act.EXPLAIN: explain_variance,
    Act.WITNESS: witness_variance,
    Act.APPROVE: approve_variance,
    Act.REJECT: reject_variance,
    Act.ESCALATE: escalate_variance,
}
"""The acts that the page takes. A recount has its own page."""

DONE: Final[Mapping[str, str]] = {
    Act.EXPLAIN: noop("%(variance)s: explained."),
    Act.WITNESS: noop("%(variance)s: witnessed by you."),
    Act.RECOUNT: noop("%(variance)s: recounted."),
    Act.APPROVE: noop("%(variance)s: approved."),
    Act.REJECT: noop("%(variance)s: the explanation is rejected."),
    Act.ESCALATE: noop("%(variance)s: escalated. An admin decides."),
    "REPAY": noop("%(variance)s: the repayment is saved. The money is tied to the shortage."),
}
"""What was done to a variance, which the next page says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What the list shows, and for whom. `sees_all` is set while an admin looks at all stores."""

    by: Principal
    search: VarianceSearch
    page: VariancePage
    now: datetime
    sees_all: bool = False

    @property
    def query(self) -> str:
        """The filters as the query of an address."""
        return query_of(self.search, for_all_stores=self.sees_all)

    def path_to(self, variance: Variance | None, *, done: str = "", to: Variance | None = None) -> str:
        """Returns the path of a variance beside the same list, or of the list alone.

        `done` is an act that the page tells. `to` is its variance, if the page shows another one.
        """
        path = reverse("variance-page", args=[variance.uuid]) if variance is not None else reverse("variance-list")
        told = [f"done={done.lower()}"] if done else []
        told += [f"to={to.uuid}"] if to is not None and to != variance else []
        asked = "&".join(part for part in (self.query, *told) if part)
        return f"{path}?{asked}" if asked else path


@page_for(Role.MANAGER, takes_posts=True)
def variances_page(request: HttpRequest, by: Principal) -> HttpResponse:
    """Shows the list of variances that wait, or of all, in a store or in all stores of the person.

    Saves its filters as a view of the person, and deletes such a view.
    """
    query = QueryDict(text_of(request, "list")[:QUERY_MAX]) if request.method == "POST" else request.GET
    bench = _bench(query, store=store_of(request, query, by=by), by=by)
    _write_as(bench.search.store)

    def show(refusal: Refusal | None = None) -> HttpResponse:
        context = {**_list(bench, request, shown=None), "typed_name": text_of(request, "name")}
        return form_page(request, "reconciliations/variances.html", context, refusal)

    if request.method != "POST":
        return show()

    def act() -> str:
        if view := uuid_of(text_of(request, "delete")):
            delete_view(view_id=view, by=by)
        else:
            save_view(name=text_of(request, "name"), query=bench.query, by=by, at=bench.now)
        return bench.path_to(None)

    return submit_once(request, by=by, at=bench.now, act=act, again=lambda error: show(Refusal.of(error)))


@page_for(Role.MANAGER, takes_posts=True)
def variance_page_of(request: HttpRequest, by: Principal, variance: UUID) -> HttpResponse:
    """Shows one variance with its evidence beside the list, and saves an act on it.

    After an act it goes on: to the same variance if the person has its next step too, else to the next one that waits
    for them.
    """
    shown = variance_to_show(by=by, variance_id=variance)
    store = shown.variance.store
    _write_as(store)
    request.store_of_page = store  # type: ignore[attr-defined]  # spares the shell a statement
    query = QueryDict(text_of(request, "list")[:QUERY_MAX]) if request.method == "POST" else request.GET
    sees_all = query.get("store") == ALL_STORES and by.own_store is None
    bench = _bench(query, store=None if sees_all else store, by=by)
    act = request.POST.get("act", "")
    if act in ACTS:
        return _do(request, bench, shown, act=Act(act))
    return _show(request, bench, shown, _draft(request, bench, shown))


def _bench(query: Mapping[str, str], *, store: Store | None, by: Principal) -> Bench:
    now = timezone.now()
    search = search_of(query, store=store)
    page = variance_page(search, by=by, at=now)
    return Bench(by=by, search=search, page=page, now=now, sees_all=store is None)


def _write_as(store: Store | None) -> None:
    if store is not None:
        write_as(store.language, store.currency, store.time_zone)


def _do(request: HttpRequest, bench: Bench, shown: Waiting, *, act: Act) -> HttpResponse:
    """Does an act once, and goes on to the next variance of the list."""
    by, at, draft = bench.by, bench.now, _draft(request, bench, shown)
    fields = {"notes": text_of(request, "notes")}
    if act == Act.EXPLAIN:
        fields["reason"] = text_of(request, "reason")

    def check() -> None:
        if act == Act.EXPLAIN and not fields["reason"]:
            raise InvalidInput.of("reason", _("Choose a reason."))

    def run() -> str:
        ACTS[act](variance=shown.variance, by=by, at=at, **fields)
        again = variance_to_show(by=by, variance_id=shown.variance.uuid)
        stays = next_act(again.variance, by=by) is not None
        following = again.variance if stays else bench.page.next_for_reader(shown.variance)
        return bench.path_to(following, done=act, to=again.variance)

    def refused(error: DomainError) -> HttpResponse:
        draft.save(request, at=at)
        now = variance_to_show(by=by, variance_id=shown.variance.uuid)
        refusal = Refusal.of(error)
        if error.code == "variance_state":
            # Somebody else was quicker. The domain names the state as programs know it.
            refusal = Refusal(status=refusal.status, message=standing_of(now.variance, now=at))
        return _show(request, bench, now, draft, refusal)

    return submit_once(request, by=by, at=at, act=run, again=refused, check=check, draft=draft)


def _draft(request: HttpRequest, bench: Bench, shown: Waiting) -> FormDraft:
    """Returns the reason and the note that the person typed about this variance and did not send."""
    page = bench.path_to(shown.variance)
    subject = f"variance:{shown.variance.uuid}"
    return form_draft(request, subject, by=bench.by, page=page, untyped=("list", "act"))


def _show(
    request: HttpRequest, bench: Bench, shown: Waiting, draft: FormDraft, refusal: Refusal | None = None
) -> HttpResponse:
    variance = shown.variance
    typed = draft.typed if refusal or draft.is_resumed else {}
    evidence = evidence_of(variance, by=bench.by)
    session = variance.session
    closes = last_closes(session, by=bench.by) if session is not None and evidence.period is not None else LastCloses()
    above, below = bench.page.before(variance), bench.page.after(variance)
    context = {
        **_list(bench, request, shown=variance),
        **evidence_in_words(variance, evidence, now=bench.now),
        "clues": clues_of(variance, evidence),
        "timeline": timeline_of(variance, evidence, shows_all=request.GET.get("payments") == "all"),
        "strips": strips_of(variance, closes, now=bench.now),
        **decision_of(shown, by=bench.by, typed=typed, now=bench.now),
        "draft": draft,
        "variance": variance,
        "store": variance.store,
        "above": bench.path_to(above) if above else "",
        "below": bench.path_to(below) if below else "",
    }
    return form_page(request, "reconciliations/variance.html", context, refusal)


def _list(bench: Bench, request: HttpRequest, *, shown: Variance | None) -> dict[str, Any]:
    """Returns what the list shows: its rows in groups, its filters, and the ways to its other pages."""
    search = bench.search
    views = views_of(bench.by)
    rows = [_row(row, bench, shown=shown) for row in bench.page.rows]
    groups = [(_("Variances"), rows)]
    if search.is_waiting:
        mine = [row for row in rows if row["is_mine"]]
        groups = [
            (_("Waiting for you"), mine),
            (_("Waiting for others"), [row for row in rows if not row["is_mine"]]),
        ]
    to_do = VarianceSearch(store=search.store)
    everything = VarianceSearch(store=search.store, is_waiting=False, sort=VarianceSort.NEWEST)
    tabs = [
        (_("To do"), query_of(to_do, for_all_stores=bench.sees_all), search.is_waiting),
        (_("All"), query_of(everything, for_all_stores=bench.sees_all), not search.is_waiting),
    ]
    return {
        "bench_query": bench.query,
        "groups": [(title, found) for title, found in groups if found],
        "tabs": [
            (label, f"?{query}" if query else reverse("variance-list"), current) for label, query, current in tabs
        ],
        "filters": choices_of(search, by=bench.by),
        "sorts": sorts_of(search),
        "search": search,
        "is_filtered": has_filters(search),
        "sees_all": bench.sees_all,
        "may_see_all": bench.by.own_store is None,
        "list_store": search.store,
        "earlier": query_of(search, page=search.page - 1, for_all_stores=bench.sees_all) if search.page > 1 else None,
        "later": query_of(search, page=search.page + 1, for_all_stores=bench.sees_all) if bench.page.has_more else None,
        "list_path": bench.path_to(None),
        "views": [
            {"view": view, "path": _path_of_view(view), "is_current": view.query == bench.query} for view in views
        ],
        "first_path": bench.path_to(bench.page.rows[0].variance) if bench.page.rows and shown is None else "",
        "done": _done(bench, request, shown=shown),
    }


def _done(bench: Bench, request: HttpRequest, *, shown: Variance | None) -> dict[str, str] | None:
    """Returns what was just done and to which variance, with its path if the page shows another one."""
    act = request.GET.get("done", "").upper()
    acted = shown
    if act in DONE and (other := uuid_of(request.GET.get("to", ""))):
        acted = queries.variances(by=bench.by).filter(uuid=other).first()
    if act not in DONE or acted is None:
        return None
    path = bench.path_to(acted) if acted != shown else ""
    return {"text": _(DONE[act]) % {"variance": name_of_variance(acted)}, "path": path}


def _path_of_view(view: VarianceView) -> str:
    return f"{reverse('variance-list')}?{view.query}" if view.query else reverse("variance-list")


def _row(row: Waiting, bench: Bench, *, shown: Variance | None) -> dict[str, Any]:
    variance: Any = row.variance
    amount = amount_shown(variance)
    return {
        "path": bench.path_to(variance),
        "place": place_in_words(variance.place),
        "store": variance.store.number if bench.sees_all else "",
        "amount": amount,
        "amount_class": "" if not amount or is_late_money(variance) else "is-short" if amount < 0 else "is-over",
        "is_late_money": is_late_money(variance),
        "currency": variance.currency,
        "repaid": style().amount(variance.repaid_amount, variance.currency) if variance.repaid_amount else "",
        "day": f"{weekday(variance.business_date)}, {style().date(variance.business_date)}",
        "person": variance.person or "",
        "age": duration(bench.now - variance.raised_at) if not variance.is_ended else "",
        "state": variance.state,
        "state_label": variance.get_state_display(),
        "state_class": STATE_CLASSES[variance.state],
        "is_current": shown is not None and shown.pk == variance.pk,
        "is_mine": row.act is not None,
    }
