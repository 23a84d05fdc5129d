"""The tables of the page Money: one for each currency and method, cash first. Their last line adds up to zero."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cashdesk.enums import CASH, PlaceKind
from cashdesk.formats import style
from cashdesk.models import Place, Store
from cashdesk.pair import Pair
from reconciliations.queries.money import Bags, Money, Outstanding
from reconciliations.queries.today import Drawer
from reconciliations.screens.bag_words import bags_in_words
from reconciliations.screens.cards import state_in_words
from reconciliations.screens.times import when
from settlements.enums import DepositState

OF_STORE: Final = (PlaceKind.VAULT, PlaceKind.REGISTER, PlaceKind.BANK, PlaceKind.CLEARING)
"""The places where money of the store is. The others say where it came from and went to."""


def tables_of(
    money: Money, *, store: Store, bags: Mapping[tuple[str, str], Bags], now: datetime, is_now: bool
) -> list[dict[str, Any]]:
    """Returns the tables of the page.

    A hidden place alone gives no table: a currency that only an open drawer took must not show (law 5).
    """
    own = Pair(store.currency, CASH)
    shown = {pair for place, held in money.position.balances if place.pk not in money.hidden for pair in held}
    pairs = sorted(shown | {own}, key=lambda pair: (pair.method != CASH, pair != own, pair.currency, pair.method))
    return [_table(pair, money, store=store, bags=bags if is_now else {}, now=now, is_now=is_now) for pair in pairs]


def _table(
    pair: Pair, money: Money, *, store: Store, bags: Mapping[tuple[str, str], Bags], now: datetime, is_now: bool
) -> dict[str, Any]:
    groups: list[dict[str, Any]] = [
        {"title": _("Money of the store"), "rows": [], "total": 0, "hides": False},
        {"title": _("Where it came from and went to"), "rows": [], "total": 0, "hides": False},
    ]
    visible = 0
    for place, held in money.position.balances:
        amount, is_hidden = held.get(pair, 0), place.pk in money.hidden
        group = groups[0 if place.kind in OF_STORE else 1]
        if is_hidden or amount or _is_always_told(place, pair, store):
            shown = None if is_hidden else amount
            rows = [_row(place, money, store=store, pair=pair, now=now, amount=shown, is_now=is_now)]
            if place.kind == PlaceKind.BANK and pair.method == CASH and not is_hidden:
                rows = _bank(rows[0], amount, currency=pair.currency, bags=bags)
            group["rows"] += rows
            group["hides"] |= is_hidden
        if not is_hidden:
            visible += amount
            group["total"] += amount
    return {
        "pair": pair,
        "currency": pair.currency,
        "id": f"{pair.currency}-{pair.method}".lower(),
        "is_cash": pair.method == CASH,
        "groups": groups,
        "together": -visible if money.hidden else None,
    }


def _is_always_told(place: Place, pair: Pair, store: Store) -> bool:
    """Whether a place has a line even at 0: for cash of the store's currency, all but the opening balances."""
    is_own_cash = pair == Pair(store.currency, CASH)
    return is_own_cash and place.is_active and place.kind not in (PlaceKind.OPENING, PlaceKind.CLEARING)


def _row(
    place: Place, money: Money, *, store: Store, pair: Pair, now: datetime, amount: int | None, is_now: bool
) -> dict[str, Any]:
    drawer = money.drawers.get(place.pk)
    state, kind, note, path = "", "", "", ""
    if place.kind == PlaceKind.REGISTER:
        # Who has which drawer is only known of now.
        state, kind = _state_of(drawer) if is_now else ("", "")
        note = drawer.person if is_now and drawer is not None and drawer.is_open else ""
        path = reverse("report-places", args=[store.uuid])
    elif place.kind == PlaceKind.VAULT:
        counted = money.vault_counted_at
        if pair.method == CASH:
            counted_in_words = _("counted %(when)s") % {"when": when(counted, store=store, now=now)} if counted else ""
            note = counted_in_words or _("never counted")
        path = reverse("vault-of", args=[store.uuid])
    else:
        note = {
            PlaceKind.CUSTOMERS: _("sales less refunds"),
            PlaceKind.OUTSIDE: _("paid out less paid in"),
            PlaceKind.BANK: _("deposits and payouts"),
            PlaceKind.CLEARING: _("waiting for the payout of the acquirer"),
            PlaceKind.OVER_SHORT: _("shortages less overages"),
            PlaceKind.OPENING: _("in the safe before the first count"),
        }[PlaceKind(place.kind)]
    return {"label": str(place), "path": path, "state": state, "kind": kind, "note": note, "amount": amount}


def _state_of(drawer: Drawer | None) -> tuple[str, str]:
    if drawer is None:
        return _("Switched off"), "closed"
    return state_in_words(drawer.state)


def _bank(
    row: dict[str, Any], amount: int, *, currency: str, bags: Mapping[tuple[str, str], Bags]
) -> list[dict[str, Any]]:
    """Returns the line of the bank, and before it the bags that left the safe but are not credited yet."""
    found = []
    for state, label in ((DepositState.PREPARED, _("Bags in the shop")), (DepositState.COLLECTED, _("In transit"))):
        kept = bags.get((state, currency))
        if kept is not None:
            amount -= kept.amount
            path, note = reverse("vault-deposits"), bags_in_words(left=kept.number, here=0)
            found.append({**row, "label": label, "path": path, "note": note, "amount": kept.amount})
    return [*found, {**row, "amount": amount}]


def figures_in_words(
    money: Money, *, store: Store, bags: Mapping[tuple[str, str], Bags], owed: Sequence[Outstanding]
) -> list[dict[str, Any]]:
    """Returns the figures on top of the page, in cash of the store's currency, and what acquirers owe."""
    own = Pair(store.currency, CASH)
    vault = [(place, held) for place, held in money.position.balances if place.kind == PlaceKind.VAULT]
    drawers = [(place, held) for place, held in money.position.balances if place.kind == PlaceKind.REGISTER]
    hidden = [place for place, _held in drawers if place.pk in money.hidden]
    here, transit = (
        bags.get((state, store.currency), Bags(number=0, amount=0))
        for state in (DepositState.PREPARED, DepositState.COLLECTED)
    )
    return [
        {"label": _("In the safe"), "values": _values(vault, money, pair=own), "note": ""},
        {
            "label": _("In drawers"),
            "values": _values(drawers, money, pair=own),
            "note": ngettext(
                "%(count)s drawer is not counted yet", "%(count)s drawers are not counted yet", len(hidden)
            )
            % {"count": len(hidden)}
            if hidden
            else "",
        },
        {
            "label": _("In transit to the bank"),
            "values": [style().amount(transit.amount, store.currency)],
            "note": bags_in_words(left=transit.number, here=here.number),
        },
        {
            "label": _("Waiting for payout"),
            "values": _waiting(money, owed, store=store),
            "note": ", ".join(one.pair.method for one in owed),
        },
    ]


def _waiting(money: Money, owed: Sequence[Outstanding], *, store: Store) -> list[str]:
    clearing = [place for place, _held in money.position.balances if place.kind == PlaceKind.CLEARING]
    if any(place.pk in money.hidden for place in clearing):
        return []
    return [style().amount(one.amount, one.pair.currency) for one in owed] or [style().amount(0, store.currency)]


def _values(places: Sequence[tuple[Place, Any]], money: Money, *, pair: Pair) -> list[str]:
    """Returns the sum of places as text, or no text if one of them is hidden."""
    if any(place.pk in money.hidden for place, _held in places):
        return []
    return [style().amount(sum(held.get(pair, 0) for _place, held in places), pair.currency)]
