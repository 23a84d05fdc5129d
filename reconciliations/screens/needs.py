"""Lists the tasks for a supervisor now, most urgent first, each with one button that leads to its page."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.utils.translation import ngettext

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.cash_limits import Past
from cashdesk.domain.store.business_day import business_date, end_of_business_day
from cashdesk.enums import VarianceKind
from cashdesk.formats import style
from cashdesk.models import Place, Store
from cashdesk.templatetags.figures import money
from reconciliations.enums import Act
from reconciliations.queries.today import Drawer, DrawerState, open_until
from reconciliations.queries.variance_queue import Waiting
from reconciliations.screens.sentences import sentence
from reconciliations.screens.times import duration, when
from reconciliations.screens.variance_words import facts_of, headline_of, register_named
from settlements.enums import DepositState
from settlements.models import Deposit

NEEDS_MAX: Final = 20
"""The most items that the list shows. The sections below it lead to the others."""

BUTTONS: Final = {
    Act.EXPLAIN: noop("Explain variance"),
    Act.APPROVE: noop("Approve variance"),
    Act.WITNESS: noop("Witness variance"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One item: a title, whole sentences about it, and the button. `path` is "" if this person cannot do it."""

    title: str
    facts: Sequence[str]
    button: str = ""
    path: str = ""
    is_late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The rows of a store from which the list is made."""

    store: Store
    drawers: Sequence[Drawer]
    waiting: Sequence[Waiting]
    bags: Sequence[Deposit]
    days: Sequence[date]
    has_closed_days: bool
    past: Mapping[int, Set[Past]]
    """The limits that are passed at the open drawers and the safe, by place id."""
    safe: Place | None


def needs_of(found: Findings, *, by: Principal, now: datetime) -> list[Need]:
    """Returns everything that this person should do, most urgent first.

    The order: drawers that are open past their business day, drawers that nobody counted, drawers and a safe past their
    limits, variances, bags, days that are not closed. A store that has never closed a business day is not asked to
    close one.
    """
    return [
        *_overdue(found, by=by, now=now),
        *_uncounted(found, by=by, now=now),
        *_too_much_cash(found),
        *_variances(found, now=now),
        *_bags(found, now=now),
        *_days(found),
    ]


def path_of_bag(deposit: Deposit, store: Store, *, act: str = "") -> str:
    """Returns the path of a bag's page, or of the page of an act on it."""
    name = f"vault-deposit-{act}" if act else "vault-deposit"
    return f"{reverse(name, args=[deposit.uuid])}?{urlencode({'store': store.uuid})}"


def path_to_close(store: Store, on: date) -> str:
    """Returns the path of the page that closes a business day, filled in for this day."""
    return f"{reverse('admin:cashdesk_businessday_close')}?{urlencode({'store': store.pk, 'date': on.isoformat()})}"


def _overdue(found: Findings, *, by: Principal, now: datetime) -> Iterator[Need]:
    late = [drawer for drawer in found.drawers if drawer.state == DrawerState.OVERDUE and drawer.business_date]
    for drawer in sorted(late, key=lambda one: (one.business_date or date.max, one.register.number)):
        button, path = way_to_count_open(drawer, by=by)
        ended_at = end_of_business_day(store=found.store, on=drawer.business_date or date.max)
        named = {"person": drawer.person, "time": _opened(drawer, store=found.store, now=now)}
        yield Need(
            title=_("Register %(register)s is overdue") % {"register": register_named(drawer.register)},
            facts=[
                _("%(person)s opened it (%(time)s).") % named,
                _("Its business day ended %(duration)s ago.") % {"duration": duration(now - ended_at)},
            ],
            button=button,
            path=path,
            is_late=True,
        )


def _opened(drawer: Drawer, *, store: Store, now: datetime) -> str:
    return when(drawer.opened_at, store=store, now=now) if drawer.opened_at else ""


def way_to_count_open(drawer: Drawer, *, by: Principal) -> tuple[str, str]:
    """Returns the button for an open drawer, and its path.

    People count the drawer that they opened, a settlement that holds a drawer, and as a manager the drawer of somebody
    else, which closes it under the manager's name.
    """
    session = drawer.session
    if session is None:
        settlement = drawer.settlement
        path = reverse("settlement-page", args=[settlement.uuid]) if settlement is not None else ""
        return _("Count register %(register)s") % {"register": register_named(drawer.register)}, path
    is_own = by.user is not None and session.user_id == by.user.pk
    path = reverse("desk-count") if is_own else reverse("session-count", args=[session.uuid])
    return _("Count register %(register)s") % {"register": register_named(drawer.register)}, path


def way_to_count_closed(drawer: Drawer, *, by: Principal) -> tuple[str, str]:
    """Returns the button for a drawer whose cash nobody has counted, and its path. Both are "" for their own drawer."""
    button = _("Count register %(register)s") % {"register": register_named(drawer.register)}
    session = drawer.session
    if session is None:
        settlement = drawer.settlement
        name = "admin:settlements_settlement_count-afterwards"
        return button, reverse(name, args=[settlement.pk]) if settlement is not None else ""
    if by.user is not None and session.user_id == by.user.pk:
        return "", ""
    if drawer.state == DrawerState.HANDED_OVER:
        return button, reverse("admin:cashdesk_cashsession_count-afterwards", args=[session.pk])
    return button, reverse("session-recount", args=[session.uuid])


def _uncounted(found: Findings, *, by: Principal, now: datetime) -> Iterator[Need]:
    today = business_date(store=found.store, at=now)
    for drawer in sorted(_left_uncounted(found.drawers, today=today), key=lambda one: one.closed_at or now):
        button, path = way_to_count_closed(drawer, by=by)
        at = when(drawer.closed_at, store=found.store, now=now) if drawer.closed_at else ""
        named = {"register": register_named(drawer.register), "person": drawer.person, "time": at}
        if drawer.state == DrawerState.HANDED_OVER:
            title = _("Nobody took over register %(register)s") % named
            facts = [_("%(person)s handed it over (%(time)s).") % named]
        else:
            title = _("Register %(register)s was closed without a count") % named
            facts = [_("%(person)s had it. It was closed (%(time)s), and nobody has counted the cash.") % named]
        if not path:
            facts.append(_("It was your drawer. Somebody else must count it."))
        yield Need(title=title, facts=facts, button=button, path=path, is_late=True)


def _left_uncounted(drawers: Sequence[Drawer], *, today: date) -> list[Drawer]:
    """Returns the drawers that somebody should count now. A handover waits until its business day has ended."""
    handed_over = [one for one in drawers if one.state == DrawerState.HANDED_OVER]
    late = [one for one in handed_over if one.business_date is not None and one.business_date < today]
    return [one for one in drawers if one.state == DrawerState.UNCOUNTED] + late


def _too_much_cash(found: Findings) -> Iterator[Need]:
    """Tells that a limit is passed, in the same words whatever the amount is (law 5)."""
    query = urlencode({"store": found.store.uuid})
    for drawer in found.drawers:
        if found.past.get(drawer.register.pk):
            yield Need(
                title=_("Register %(register)s holds more cash than it should")
                % {"register": register_named(drawer.register)},
                facts=[_("Cash should go from the drawer to the safe.")],
                button=_("Collect cash"),
                path=f"{reverse('vault-fetch')}?{query}",
            )
    past = found.past.get(found.safe.pk, frozenset()) if found.safe is not None else frozenset()
    if Past.MOST in past:
        yield Need(
            title=_("The safe holds more cash than it should"),
            facts=[_("Cash should go to the bank.")],
            button=_("Pack a bag"),
            path=f"{reverse('vault-deposit-new')}?{query}",
        )
    if Past.LEAST in past:
        yield Need(
            title=_("The safe holds less cash than it should"),
            facts=[_("Order change, or bring cash.")],
            button=_("Order change"),
            path=f"{reverse('vault-order-new')}?{query}",
        )


def _variances(found: Findings, *, now: datetime) -> Iterator[Need]:
    asked = {one.session.pk for one in found.drawers if one.state == DrawerState.UNCOUNTED and one.session is not None}
    for waiting in found.waiting:
        variance = waiting.variance
        is_asked = variance.kind == VarianceKind.UNCOUNTED and variance.session_id in asked
        if waiting.act is None or is_asked:
            # A drawer that nobody counted is an item of its own.
            continue
        yield Need(
            title=headline_of(variance),
            facts=facts_of(variance, now=now),
            button=_(BUTTONS[waiting.act]),
            path=reverse("variance-page", args=[variance.uuid]),
        )


def _bags(found: Findings, *, now: datetime) -> Iterator[Need]:
    today = business_date(store=found.store, at=now)
    for bag in found.bags:
        since = bag.collected_at or bag.prepared_at
        if business_date(store=found.store, at=since) >= today:
            continue
        named = {
            "bag": bag.bag_number,
            "amount": money(bag.movement.amount, bag.movement.currency),
            "time": when(since, store=found.store, now=now),
        }
        if bag.state == DepositState.COLLECTED:
            yield Need(
                title=_("Bag %(bag)s waits for the bank credit") % named,
                facts=[sentence(_("%(amount)s, picked up (%(time)s)."), named)],
                button=_("Record bank credit"),
                path=path_of_bag(bag, found.store, act="credit"),
            )
        else:
            yield Need(
                title=_("Bag %(bag)s waits to be picked up") % named,
                facts=[sentence(_("%(amount)s, packed (%(time)s)."), named)],
                button=_("Mark as picked up"),
                path=path_of_bag(bag, found.store, act="collect"),
            )


def _days(found: Findings) -> Iterator[Need]:
    if not (found.days and found.has_closed_days):
        return
    oldest = found.days[0]
    count = len(found.days)
    title = ngettext("%(count)s business day is not closed", "%(count)s business days are not closed", count)
    open_there = open_until(found.drawers, on=oldest)
    facts = [_("The oldest is %(day)s.") % {"day": style().date(oldest)}]
    if open_there:
        facts.append(drawers_still_open(open_there))
    yield Need(
        title=title % {"count": count},
        facts=facts,
        button=_("Close day"),
        path=path_to_close(found.store, oldest),
    )


def drawers_still_open(drawers: Sequence[Drawer]) -> str:
    """Returns a sentence that names the registers whose drawers are still open."""
    named = {"registers": ", ".join(register_named(drawer.register) for drawer in drawers)}
    text = ngettext("Register %(registers)s is still open.", "Registers %(registers)s are still open.", len(drawers))
    return text % named
