"""Describes a variance and the state of its sign-off, in sentences."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.enums import CASH, PlaceKind, Reason, VarianceKind, VarianceState
from cashdesk.formats import style
from cashdesk.models import Place, Variance
from cashdesk.templatetags.figures import money
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
        told.append(_("%(person)s counted it (%(time)s).") % {"person": variance.counted_by, "time": at})
    if variance.person is not None and variance.person_id != variance.counted_by_id:
        told.append(_("%(person)s had the drawer.") % {"person": variance.person})
    told.append(_explanation_of(variance))
    if variance.is_escalated:
        told.append(_("It is escalated: an admin decides."))
    return told


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
    return f"{register.number} ({register.name})" if register.name else str(register.number)


def place_in_words(place: Place | None) -> str:
    """Returns the name of the place of a variance: a register, the safe, or the whole store."""
    if place is None:
        return _("Whole store")
    if place.kind == PlaceKind.REGISTER:
        return _("Register %(register)s") % {"register": register_named(place)}
    return _("Safe")


def verdict_of(variance: Variance) -> tuple[str, str]:
    """Returns the difference in words, and its CSS class. The row needs `late_amount`."""
    if variance.kind == VarianceKind.LATE:
        return _("Late money"), "over"
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
