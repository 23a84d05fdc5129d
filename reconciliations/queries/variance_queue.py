"""Reads the list of variances: filtered, sorted, page by page, each with the next step that the reader may take."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import VarianceKind, VarianceState
from cashdesk.models import Store, Variance
from reconciliations import queries
from reconciliations.domain.variance_permission import acts_open_to
from reconciliations.enums import Act, Age, Direction, VarianceSort
from reconciliations.models import VarianceEvent

PAGE_SIZE: Final = 50
PAGE_MAX: Final = 200
"""The last page that can be opened. People who look further back filter by age or by person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceSearch:
    """The filters and the order of the list. Without `store` it covers all stores that the person sees.

    `station` 0 is the safe.
    """

    store: Store | None = None
    is_waiting: bool = True
    person: UUID | None = None
    station: int | None = None
    kind: VarianceKind | None = None
    direction: Direction | None = None
    age: Age | None = None
    sort: VarianceSort = VarianceSort.OLDEST
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A variance, and the next step on it that this person may take, or None if others must act or nothing is left."""

    variance: Variance
    act: Act | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariancePage:
    """One page of the list, in its order. In the list of what waits, the reader's own variances come first."""

    rows: Sequence[Waiting]
    has_more: bool

    def before(self, variance: Variance) -> Variance | None:
        """Returns the variance above this one, or None."""
        at = self._position(variance)
        return self.rows[at - 1].variance if at is not None and at > 0 else None

    def after(self, variance: Variance) -> Variance | None:
        """Returns the variance below this one. If the list does not have this one: the first of the list."""
        at = self._position(variance)
        below = self.rows[at + 1 :] if at is not None else self.rows
        return below[0].variance if below else None

    def next_for_reader(self, variance: Variance) -> Variance | None:
        """Returns the next variance after this one that waits for the reader, else the first one of the list, or None."""
        at = self._position(variance)
        start = at + 1 if at is not None else 0
        ahead = [*self.rows[start:], *self.rows[:start]]
        return next((row.variance for row in ahead if row.act and row.variance.pk != variance.pk), None)

    def _position(self, variance: Variance) -> int | None:
        return next((at for at, row in enumerate(self.rows) if row.variance.pk == variance.pk), None)


_ORDERS: Final[dict[VarianceSort, tuple[Any, ...]]] = {
    VarianceSort.OLDEST: ("raised_at", "pk"),
    VarianceSort.NEWEST: ("-raised_at", "-pk"),
    VarianceSort.SHORTAGE: (F("difference").asc(nulls_last=True), "pk"),
    VarianceSort.OVERAGE: (F("difference").desc(nulls_last=True), "pk"),
    VarianceSort.PERSON: (F("person__name").asc(nulls_last=True), "raised_at", "pk"),
    VarianceSort.REGISTER: (F("place__number").asc(nulls_last=True), "raised_at", "pk"),
}


def variance_page(search: VarianceSearch, *, by: Principal, at: datetime) -> VariancePage:
    """Returns a page of the list. Runs two statements: one finds the ids, and one reads the rows of the page."""
    rows = _matching(search, by=by, at=at).order_by(*_ORDERS[search.sort])
    start = (search.page - 1) * PAGE_SIZE
    found = list(rows.values_list("pk", flat=True)[start : start + PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    by_id = {row.pk: row for row in with_next_act(queries.variances(by=by).filter(pk__in=shown))}
    listed = [Waiting(variance=by_id[pk], act=next_act(by_id[pk], by=by)) for pk in shown if pk in by_id]
    if search.is_waiting:
        listed.sort(key=lambda row: row.act is None)
    return VariancePage(rows=listed, has_more=len(found) > PAGE_SIZE)


def variance_to_show(*, by: Principal, variance_id: UUID) -> Waiting:
    """Returns one variance in scope with the reader's next step. Raises NotFound as `queries.variance` does."""
    return _with_act(queries.variance_in(with_next_act(queries.variances(by=by)), variance_id=variance_id), by=by)


def _with_act(variance: Variance, *, by: Principal) -> Waiting:
    return Waiting(variance=variance, act=next_act(variance, by=by))


def _matching(search: VarianceSearch, *, by: Principal, at: datetime) -> "QuerySet[Variance]":
    """Returns the matching variances without joins, so that the database can follow an index to the page's ids."""
    rows = Variance.objects.filter(Q(store=search.store) if search.store else Q(store__in=by.stores()))
    if search.is_waiting:
        rows = queries.waiting(rows)
    if search.person is not None:
        rows = rows.filter(person__uuid=search.person)
    if search.station is not None:
        rows = rows.filter(place__number=search.station)
    if search.kind is not None:
        rows = rows.filter(kind=search.kind)
    if search.direction is not None:
        is_short = search.direction == Direction.SHORT
        rows = rows.filter(difference__lt=0) if is_short else rows.filter(difference__gt=0)
    if search.age is not None:
        since = at - timedelta(days=search.age.days)
        rows = rows.filter(raised_at__lte=since) if search.age.is_older else rows.filter(raised_at__gt=since)
    return rows


def with_next_act(rows: "QuerySet[Variance]") -> "QuerySet[Variance]":
    """Adds what `next_act` needs: whether somebody witnessed or recounted, and who recounted last."""
    seen = VarianceEvent.objects.filter(variance=OuterRef("pk"), act__in=(Act.WITNESS, Act.RECOUNT))
    recounts = VarianceEvent.objects.filter(variance=OuterRef("pk"), act=Act.RECOUNT).order_by("-pk")
    return rows.annotate(is_witnessed=Exists(seen), recounted_by=Subquery(recounts.values("count__counted_by")[:1]))


def next_act(variance: Any, *, by: Principal) -> Act | None:
    """Returns the next step on a variance if this person may take it. The row needs `with_next_act`.

    An explained variance is approved, or witnessed first if it is escalated. Every other one is explained.
    """
    acts = acts_open_to(variance, by=by)
    if not variance.reason or variance.state in (VarianceState.OPEN, VarianceState.REJECTED):
        return Act.EXPLAIN if Act.EXPLAIN in acts else None
    if variance.is_escalated and not variance.is_witnessed:
        return Act.WITNESS if Act.WITNESS in acts else None
    is_own_recount = by.user is not None and variance.recounted_by == by.user.pk
    return Act.APPROVE if Act.APPROVE in acts and not is_own_recount else None
