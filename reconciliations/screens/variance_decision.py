"""What a person may decide about a variance: the buttons with their keys, the next step first, and the seven reasons."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import CASH, Reason, VarianceState
from cashdesk.errors import Forbidden
from cashdesk.models import Variance
from reconciliations.domain.repayment import refusal_of_repayment
from reconciliations.domain.variance_permission import acts_open_to, refusal_of, why_not
from reconciliations.enums import Act
from reconciliations.queries.variance_queue import Waiting
from reconciliations.screens.variance_words import standing_of

BUTTONS: Final[Mapping[Act, tuple[str, str]]] = {
    Act.EXPLAIN: (noop("Explain variance"), "e"),
    Act.APPROVE: (noop("Approve variance"), "a"),
    Act.WITNESS: (noop("Witness variance"), "w"),
    Act.RECOUNT: (noop("Recount cash"), "r"),
    Act.REJECT: (noop("Reject explanation"), ""),
    Act.ESCALATE: (noop("Escalate variance"), "x"),
}
"""The words and the key of each button, in the order of the page."""


def decision_of(shown: Waiting, *, by: Principal, typed: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Returns the buttons, the reasons and what was typed. `typed` is empty unless the form was refused or has a draft."""
    variance = shown.variance
    allowed = [act for act in acts_open_to(variance, by=by) if act != Act.RECOUNT or variance.method == CASH]
    ordered = sorted((act for act in BUTTONS if act in allowed), key=lambda act: act != shown.act)
    chosen = typed.get("reason", variance.reason)
    offers_notes = any(act != Act.RECOUNT for act in allowed)
    return {
        "acts": [_button(act, variance, is_first=act == shown.act) for act in ordered],
        "offers_reason": Act.EXPLAIN in allowed,
        "offers_notes": offers_notes,
        "reasons": [
            {"key": number, "value": reason.value, "label": _(reason.label), "is_chosen": reason == chosen}
            for number, reason in enumerate(Reason, start=1)
        ],
        "repay_path": _repay_path(variance, by=by),
        "why_not": _why_not(shown, by=by),
        "refused_keys": [
            {"key": key, "text": _why_refused(variance, act=act, by=by, now=now)}
            for act, (_label, key) in BUTTONS.items()
            if key and act not in allowed
        ],
        "typed_notes": typed.get("notes", ""),
        "unsent_notes": "" if offers_notes else typed.get("notes", ""),
    }


def _repay_path(variance: Variance, *, by: Principal) -> str:
    """Returns the path of the form for a repayment, or "" if there is no shortage that this person may record one of."""
    is_refused = refusal_of_repayment(variance, by=by) is not None
    return "" if is_refused else reverse("repay", args=[variance.uuid])


def _why_not(shown: Waiting, *, by: Principal) -> str:
    """Returns why the next step is for others, or "" if the person has it."""
    variance = shown.variance
    if shown.act is not None or variance.is_ended:
        return ""
    if _is_own_count(variance, by=by):
        return _own_count_in_words(variance, by=by)
    if by.user is not None and variance.reason and getattr(variance, "recounted_by", None) == by.user.pk:
        return _("You recounted this yourself. Somebody else must approve it.")
    is_explained = variance.state in (VarianceState.EXPLAINED, VarianceState.ESCALATED) and variance.reason
    return why_not(variance, act=Act.APPROVE if is_explained else Act.EXPLAIN, by=by)


def _is_own_count(variance: Variance, *, by: Principal) -> bool:
    return by.user is not None and by.user.pk in (variance.person_id, variance.counted_by_id)


def _own_count_in_words(variance: Variance, *, by: Principal) -> str:
    """Returns which acts a person may take on their own count, and which are for others."""
    if Act.ESCALATE in acts_open_to(variance, by=by):
        return _(
            "This is your own count. You may explain or escalate it. "
            "Somebody else must approve, reject, witness or recount it."
        )
    return _("This is your own count. You may explain it. Somebody else must approve, reject, witness or recount it.")


def _why_refused(variance: Variance, *, act: Act, by: Principal, now: datetime) -> str:
    """Returns why the key of an act does nothing now."""
    refusal = refusal_of(variance, act=act, by=by)
    if refusal is None:
        return _("There is no cash in this difference.")
    if refusal.code != "variance_state":
        is_own = isinstance(refusal, Forbidden) and _is_own_count(variance, by=by)
        return _own_count_in_words(variance, by=by) if is_own else refusal.message
    return standing_of(variance, now=now)


def _button(act: Act, variance: Variance, *, is_first: bool) -> dict[str, Any]:
    label, key = BUTTONS[act]
    return {
        "act": act.value,
        "label": _(label),
        "key": key,
        "is_first": is_first,
        "path": reverse("recount", args=[variance.uuid]) if act == Act.RECOUNT else "",
    }
