"""Puts in words what could explain a difference: amounts that are alike, the timeline of the drawer, and the last closes."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.denominations import denominations_of
from cashdesk.enums import CASH, MovementKind, PaymentType, PlaceKind
from cashdesk.formats import style
from cashdesk.models import CashSession, Variance
from cashdesk.movement_rules import RULES
from reconciliations.domain.look_alikes import Likeness, is_divisible, is_swap, likeness_of, swapped_amount
from reconciliations.queries.last_closes import LastCloses
from reconciliations.queries.variance_evidence import BY_PEOPLE, Evidence, Move, Period
from reconciliations.screens.strip import StripClose, draw_strip
from reconciliations.screens.times import when, with_days
from reconciliations.screens.variance_words import place_in_words, register_named

CLUES_MAX: Final = 6
TIMELINE_MAX: Final = 120
REPORTED_LATER: Final = timedelta(minutes=10)
"""A payment that was reported this long after it was paid gets a note."""

QUESTIONS: Final[Mapping[tuple[bool, bool], str]] = {
    (True, True): noop("Did this cash not arrive? Was it paid by card?"),
    (False, True): noop("Was it paid out twice?"),
    (True, False): noop("Did it happen twice, and was saved once?"),
    (False, False): noop("Was it not paid out?"),
}
"""The question about an equal amount, by whether money came in and whether the drawer is short."""


def clues_of(variance: Variance, evidence: Evidence) -> list[dict[str, Any]]:
    """Returns what could explain the difference, the most telling first."""
    difference = variance.difference or 0
    if not difference or evidence.is_waiting_for_count:
        return []
    found = [*_like_moves(variance, evidence, difference), *_like_payments(evidence, variance, difference)]
    order = list(Likeness)
    told = sorted(found, key=lambda clue: order.index(clue["likeness"]))[:CLUES_MAX]
    return [*told, *_pieces(variance, difference), *_swaps(variance, difference, has_swapped=_has_swapped(told))]


def _has_swapped(clues: list[dict[str, Any]]) -> bool:
    return any(clue["likeness"] == Likeness.SWAPPED for clue in clues)


def _like_moves(variance: Variance, evidence: Evidence, difference: int) -> Iterator[dict[str, Any]]:
    is_short = difference < 0
    for move in evidence.moves:
        likeness = None if _is_of_transition(move) else likeness_of(move.effect, difference=difference)
        if likeness is None:
            continue
        if likeness == Likeness.EQUAL:
            question = _(QUESTIONS[move.effect > 0, is_short])
        elif likeness == Likeness.HALF:
            question = _("It is half of the difference. Was it saved the wrong way round?")
        else:
            meant = swapped_amount(move.effect, difference=difference)
            named = {"amount": style().amount(meant, variance.currency)}
            question = _("Were two digits swapped? With %(amount)s nothing would differ.") % named
        yield {
            "likeness": likeness,
            "title": name_of(move),
            "amount": abs(move.effect),
            "question": question,
            "at": style().clock(happened_at(move, evidence.period), variance.store.time_zone),
            "path": _search_path(move.order or move.payment or ""),
        }


def _like_payments(evidence: Evidence, variance: Variance, difference: int) -> Iterator[dict[str, Any]]:
    for payment in evidence.other_payments:
        is_refund = payment.type == PaymentType.REFUND
        yield {
            "likeness": Likeness.EQUAL,
            "title": f"{_(str(MovementKind.REFUND.label if is_refund else MovementKind.SALE.label))} {payment.method}",
            "amount": payment.amount,
            "question": _("Was it paid out in cash?") if difference < 0 else _("Was it paid in cash?"),
            "at": style().clock(payment.paid_at, variance.store.time_zone),
            "path": _search_path(payment.order or payment.external_id),
        }


def _pieces(variance: Variance, difference: int) -> Iterator[dict[str, Any]]:
    """Yields the note or coin that equals the difference, or two of which do."""
    if variance.method != CASH:
        return
    for piece in denominations_of(variance.currency):
        number = {1: 1, 2: 2}.get(abs(difference) // piece.value) if abs(difference) % piece.value == 0 else None
        if number is None:
            continue
        title = f"{number} × {style().face(piece.value, variance.currency)}"
        question = (
            _("Was it missed in the count, or given as change?")
            if difference < 0
            else _("Was it counted twice, or not given as change?")
        )
        yield {"likeness": Likeness.EQUAL, "title": title, "question": question}
        return


def _swaps(variance: Variance, difference: int, *, has_swapped: bool) -> Iterator[dict[str, Any]]:
    """Yields the hint that digits of the count could be swapped, or that the difference can be divided by 9."""
    if is_swap(variance.counted_amount or 0, variance.expected_amount or 0):
        title = _("Two digits of the count")
        yield {"likeness": Likeness.SWAPPED, "title": title, "question": _("Swapped, the count would match.")}
    elif is_divisible(difference) and not has_swapped:
        title = _("The difference can be divided by 9")
        question = _("Two digits of an amount may be swapped.")
        yield {"likeness": Likeness.SWAPPED, "title": title, "question": question}


def _is_of_transition(move: Move) -> bool:
    """Whether the opening or the close booked a movement, and no till and no person."""
    rule = RULES[MovementKind(move.kind)]
    return rule.far_end == PlaceKind.OVER_SHORT or rule.origins.isdisjoint(BY_PEOPLE)


def happened_at(move: Move, period: Period | None) -> datetime:
    """Returns when a movement happened: the till's time of a payment if it lies within the period, else the record's."""
    is_told = move.paid_at is not None and (period is None or period.opened_at <= move.paid_at <= move.at)
    return move.paid_at if is_told and move.paid_at is not None else move.at


def _reported_later(move: Move, *, zone: str, at: datetime) -> str:
    """Returns a note if the till reported a payment long after it was paid, else ""."""
    if move.at - at < REPORTED_LATER:
        return ""
    paid_on, reported_on = (one.astimezone(ZoneInfo(zone)).date() for one in (at, move.at))
    is_same_day = paid_on == reported_on
    reported = style().clock(move.at, zone) if is_same_day else style().instant(move.at, zone)
    return _("Reported later: %(time)s") % {"time": reported}


def name_of(move: Move) -> str:
    """Returns the kind of a movement, with its receipt or its reason."""
    kind = _(str(MovementKind(move.kind).label))
    if move.reverses is not None:
        kind = _("Reversal: %(kind)s") % {"kind": kind}
    reason = move.reason if RULES[MovementKind(move.kind)].shows_reason else ""
    told = move.order or move.payment or reason
    return f"{kind}, {told}" if told else kind


def _search_path(text: str) -> str:
    return f"{reverse('search')}?{urlencode({'q': text})}" if text else ""


def timeline_of(variance: Variance, evidence: Evidence, *, shows_all: bool) -> dict[str, Any] | None:
    """Returns what happened at the drawer, oldest first. Payments that are not alike are left out unless `shows_all`."""
    period = evidence.period
    if period is None or evidence.is_waiting_for_count:
        return None
    difference, zone = variance.difference or 0, variance.store.time_zone
    rows: list[tuple[datetime, int, dict[str, Any]]] = []

    def add(at: datetime, order: int, text: str, *, kind: str = "", **told: Any) -> None:
        row = {"at": style().clock(at, zone), "instant": at, "text": text, "kind": kind, "by": told.get("by") or ""}
        rows.append((at, order, {**row, "amount": told.get("amount"), "note": told.get("note", "")}))

    add(period.opened_at, 0, _("Opened"), by=period.opened_by, amount=period.start)
    hidden = 0
    for move in evidence.moves:
        is_alike = likeness_of(move.effect, difference=difference) is not None
        if _is_of_transition(move):
            continue
        if move.is_payment and not is_alike and not shows_all:
            hidden += 1
            continue
        at = happened_at(move, period)
        note = _reported_later(move, zone=zone, at=at)
        add(at, 1, name_of(move), by=move.by, amount=move.effect, kind="look" if is_alike else "", note=note)
    for entry in evidence.no_sales:
        add(entry.at, 1, _("No sale: the drawer was opened"), by=entry.user)
    for count in evidence.counts:
        found = next((one for one in count.amounts.all() if one.pair == (variance.currency, variance.method)), None)
        if found is not None and count.counted_at > period.opened_at:
            add(count.counted_at, 2, _("Counted"), by=count.counted_by, amount=found.amount, kind="count")
    if period.closed_at is not None:
        add(period.closed_at, 3, _("Closed"), amount=difference, kind="end")
    told = [row for _at, _order, row in sorted(rows, key=lambda row: row[:2])]
    shown = with_days(told[:TIMELINE_MAX], store=variance.store)
    return {"rows": shown, "hidden": hidden, "left": len(told) - len(shown)}


def strips_of(variance: Variance, closes: LastCloses, *, now: datetime) -> list[Any]:
    """Draws the last closes of the cashier and of the register."""
    session = variance.session
    if session is None:
        return []

    def dots(rows: Any) -> list[StripClose]:
        return [_dot(one, variance, closes, now=now) for one in rows]

    drawn = []
    if closes.of_person and variance.person is not None:
        title = _("Last closes of %(person)s")
        named: dict[str, Any] = {"person": variance.person}
        drawn.append(draw_strip(dots(closes.of_person), key="person", title=title % named, currency=variance.currency))
    if closes.of_register and variance.place is not None:
        title = _("Last closes of register %(register)s")
        named = {"register": register_named(variance.place)}
        here = draw_strip(dots(closes.of_register), key="register", title=title % named, currency=variance.currency)
        drawn.append(here)
    return drawn


def _dot(close: CashSession, variance: Variance, closes: LastCloses, *, now: datetime) -> StripClose:
    return StripClose(
        difference=close.difference or 0,
        when=when(close.closed_at or now, store=variance.store, now=now),
        place=place_in_words(close.register),
        path=reverse("desk-result", args=[close.uuid]),
        band=closes.band if close.register_id == variance.place_id else None,
        is_current=close.pk == variance.session_id,
    )
