"""Describes a variance and the state of its sign-off, in sentences."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.domain.ledger.tolerance import is_above_second_limit
from cashdesk.domain.store.place_limits import limit_of
from cashdesk.enums import CASH, PlaceKind, Reason, VarianceKind, VarianceState
from cashdesk.formats import style
from cashdesk.models import Place, Variance
from cashdesk.templatetags.figures import money, signed
from reconciliations.screens.sentences import sentence
from reconciliations.screens.times import when

AT_REGISTER: Final[Mapping[str, tuple[str, str]]] = {
    VarianceKind.SESSION: (
        noop("Register %(register)s was short by %(amount)s"),
        noop("Register %(register)s was over by %(amount)s"),
    ),
    VarianceKind.SETTLEMENT: (
        noop("Register %(register)s was short by %(amount)s"),
        noop("Register %(register)s was over by %(amount)s"),
    ),
    VarianceKind.OPENING: (
        noop("Register %(register)s was short by %(amount)s at its opening"),
        noop("Register %(register)s was over by %(amount)s at its opening"),
    ),
}
"""The sentences for a shortage and for an overage at a register."""

ELSEWHERE: Final[Mapping[str, tuple[str, str]]] = {
    VarianceKind.DEPOSIT: (
        noop("The bank credited %(amount)s less than was packed"),
        noop("The bank credited %(amount)s more than was packed"),
    ),
    VarianceKind.RECONCILIATION: (
        noop("The declared cash was short by %(amount)s"),
        noop("The declared cash was over by %(amount)s"),
    ),
}
IN_THE_SAFE: Final = (noop("The safe was short by %(amount)s"), noop("The safe was over by %(amount)s"))


def headline_of(variance: Variance) -> str:
    """Returns one sentence as HTML: what differs, where, and by how much. The row needs `late_amount` and its place."""
    register = register_named(variance.place) if _is_at_register(variance) and variance.place is not None else None
    if variance.kind == VarianceKind.LATE:
        amount = _amount(int(getattr(variance, "late_amount", 0)), variance)
        if register is not None:
            named = {"register": register, "amount": amount}
            return sentence(_("Late money for register %(register)s: %(amount)s"), named)
        return sentence(_("Late money: %(amount)s"), {"amount": amount})
    if variance.difference is None:
        if register is None:
            return _("The safe was closed without a count")
        if variance.session is not None and variance.currency != variance.session.currency:
            named = {"register": register, "currency": variance.currency}
            return _("Register %(register)s was closed without a count of %(currency)s") % named
        return _("Register %(register)s was closed without a count") % {"register": register}
    if not variance.difference:
        return _("The declared cash matches, and needs a decision")
    short, over = AT_REGISTER.get(variance.kind, IN_THE_SAFE) if register is not None else IN_THE_SAFE
    if variance.kind in ELSEWHERE:
        short, over = ELSEWHERE[VarianceKind(variance.kind)]
    text = short if variance.difference < 0 else over
    return sentence(_(text), {"register": register, "amount": _amount(abs(variance.difference), variance)})


def facts_of(variance: Variance, *, now: datetime) -> list[str]:
    """Returns whole sentences: the business day, who counted, whose drawer it was, and the explanation so far."""
    told = [_("Business day %(day)s.") % {"day": style().date(variance.business_date)}]
    at = when(variance.raised_at, store=variance.store, now=now)
    if variance.counted_by is not None:
        is_declared = variance.kind == VarianceKind.RECONCILIATION
        words = _("%(person)s declared it (%(time)s).") if is_declared else _("%(person)s counted it (%(time)s).")
        told.append(words % {"person": variance.counted_by, "time": at})
    if variance.person is not None and variance.person_id != variance.counted_by_id:
        told.append(_("%(person)s had the drawer.") % {"person": variance.person})
    told.append(_explanation_of(variance))
    if variance.state == VarianceState.APPROVED:
        told.append(standing_of(variance, now=now))
    elif variance.is_escalated and not variance.is_ended:
        told.append(_escalation_of(variance))
    return told


def _escalation_of(variance: Variance) -> str:
    """Returns why an admin decides: the limit that the difference is above, or only that it is escalated."""
    limit = limit_of("escalation_minor", place=variance.place, store=variance.store)
    is_above = is_above_second_limit(
        store=variance.store,
        place=variance.place,
        difference=amount_shown(variance) or 0,
        currency=variance.currency,
    )
    if limit is None or not is_above:
        return _("It is escalated: an admin decides.")
    amount = style().amount(limit, variance.currency)
    return _("It is above %(limit)s, so an admin decides.") % {"limit": amount}


def standing_of(variance: Variance, *, now: datetime) -> str:
    """Returns who last decided or explained a variance, and when."""
    words, person, at = _standing(variance)
    if person is None or at is None:
        return _(words)
    return _(words) % {"person": person, "time": when(at, store=variance.store, now=now)}


def _standing(variance: Variance) -> tuple[str, object, datetime | None]:
    """Returns the sentence for the state, with its person and time."""
    if variance.state == VarianceState.APPROVED:
        if variance.decided_by is None:
            return noop("It is approved."), None, None
        return noop("%(person)s approved it (%(time)s)."), variance.decided_by, variance.decided_at
    if variance.state == VarianceState.REJECTED and variance.decided_by is not None:
        return noop("%(person)s rejected the explanation (%(time)s)."), variance.decided_by, variance.decided_at
    if variance.state == VarianceState.SUPERSEDED:
        return noop("A newer reconciliation replaced it."), None, None
    if variance.state == VarianceState.ESCALATED:
        return noop("It is escalated: an admin decides."), None, None
    if variance.reason and variance.explained_by is not None:
        return noop("%(person)s explained it (%(time)s)."), variance.explained_by, variance.explained_at
    return noop("It is not explained yet."), None, None


def _explanation_of(variance: Variance) -> str:
    if variance.state == VarianceState.REJECTED:
        return _("The explanation was rejected.")
    if not variance.reason:
        return _("It is not explained yet.")
    reason = _(Reason(variance.reason).label)
    if variance.explained_by is None:
        return _("Explanation: %(reason)s.") % {"reason": reason}
    return _("%(person)s explained it: %(reason)s.") % {"person": variance.explained_by, "reason": reason}


def register_named(register: Place) -> str:
    """Returns the number of a register for use in a sentence, with its own name if it has one."""
    return register.named


def place_in_words(place: Place | None) -> str:
    """Returns the name of the place of a variance: a register, the safe, or the whole store."""
    if place is None:
        return _("Whole store")
    if place.kind == PlaceKind.REGISTER:
        return _("Register %(register)s") % {"register": register_named(place)}
    return _("Safe")


def is_late_money(variance: Variance) -> bool:
    """Whether a variance is about late money. Its amount lowers a difference and is none (docs/decisions/0009)."""
    return variance.kind == VarianceKind.LATE


def amount_shown(variance: Variance) -> int | None:
    """Returns the amount beside the name of a variance, or None for a close without a count. Needs `late_amount`."""
    return int(getattr(variance, "late_amount", 0)) if is_late_money(variance) else variance.difference


def name_of_variance(variance: Variance) -> str:
    """Returns the place, the amount and the day of a variance, for use in a sentence. The row needs `late_amount`."""
    told, amount = [place_in_words(variance.place)], amount_shown(variance)
    told += [style().signed(amount, variance.currency)] if amount is not None else []
    return ", ".join([*told, style().date(variance.business_date)])


def verdict_of(variance: Variance) -> tuple[str, str]:
    """Returns the difference in words, and its CSS class. The row needs `late_amount`."""
    if variance.kind == VarianceKind.LATE:
        late = signed(amount_shown(variance) or 0, variance.currency)
        return sentence(_("Late money: %(amount)s"), {"amount": late}), "late"
    if variance.difference is None:
        return _("Not counted"), "short"
    amount = _amount(abs(variance.difference), variance)
    if variance.difference < 0:
        return sentence(_("Short by %(amount)s"), {"amount": amount}), "short"
    if variance.difference > 0:
        return sentence(_("Over by %(amount)s"), {"amount": amount}), "over"
    return _("Balanced"), "good"


STATE_CLASSES: Final[Mapping[str, str]] = {
    VarianceState.OPEN: "open",
    VarianceState.EXPLAINED: "over",
    VarianceState.REJECTED: "short",
    VarianceState.ESCALATED: "short",
    VarianceState.APPROVED: "good",
    VarianceState.SUPERSEDED: "closed",
}
"""The CSS class of the dot beside each state."""


def _is_at_register(variance: Variance) -> bool:
    return variance.place is not None and variance.place.kind == PlaceKind.REGISTER


def _amount(minor: int, variance: Variance) -> str:
    """Returns the amount with its currency, and with its method unless it is cash."""
    written = money(minor, variance.currency)
    return written if variance.method == CASH else format_html("{} {}", written, variance.method)
