"""Who may take which action on a variance, in which state, and why not."""

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from django.utils.translation import pgettext

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role
from cashdesk.errors import Conflict, DomainError, Forbidden
from cashdesk.models import User, Variance
from reconciliations.domain.recount import instead_of_recount
from reconciliations.enums import Act
from reconciliations.state_flow import FLOW

IN_PERSON: Final = {
    Act.WITNESS: noop("Only a manager with their own sign-in can witness a difference."),
    Act.RECOUNT: noop("Only a manager with their own sign-in can recount a difference."),
    Act.APPROVE: noop("Only a manager with their own sign-in can approve a difference."),
    Act.REJECT: noop("Only a manager with their own sign-in can reject an explanation."),
}
"""Actions that need a person with their own sign-in. Nobody may take them on their own count."""


def acts_open_to(variance: Variance, *, by: Principal) -> tuple[Act, ...]:
    """Returns the actions that `by` may take on a variance now."""
    return tuple(act for act in Act if act != Act.SUPERSEDE and refusal_of(variance, act=act, by=by) is None)


def can_recount(variance: Variance, *, by: Principal) -> bool:
    """Whether `by` may recount the cash of a variance."""
    return refusal_of(variance, act=Act.RECOUNT, by=by) is None


def why_not(variance: Variance, *, act: Act, by: Principal) -> str:
    """Returns why `by` may not take an action on a variance now, or ""."""
    refusal = refusal_of(variance, act=act, by=by)
    return refusal.message if isinstance(refusal, Forbidden) else ""


def refusal_of(variance: Variance, *, act: Act, by: Principal) -> DomainError | None:
    """Returns the error if `by` may not take the action on the variance, or None.

    Checks the role first, then the state, then whether `by` made the count themselves.
    """
    user = by.user
    if not by.has_role(Role.MANAGER):
        return Forbidden(_("Only managers can handle differences."))
    if act in IN_PERSON and user is None:
        return Forbidden(_(IN_PERSON[act]))
    allowed = FLOW["variance"][variance.state]
    if act not in allowed:
        then = ", ".join(_in_list(Act(other)) for other in allowed if other != Act.SUPERSEDE)
        told = _("Possible now: %(acts)s.") % {"acts": then} if then else _("It cannot be changed any more.")
        state = _("The variance is %(state)s.") % {"state": variance.state}
        return Conflict(f"{state} {told}", code="variance_state")
    if user is not None and act in IN_PERSON and user.pk in (variance.person_id, variance.counted_by_id):
        return Forbidden(_("This is your own count. Somebody else must handle it."))
    if act == Act.RECOUNT and (instead := instead_of_recount(variance)):
        return Conflict(instead, code="variance_not_recounted")
    if user is None or act not in IN_PERSON:
        return None
    if act == Act.WITNESS and variance.explained_by_id == user.pk:
        return Forbidden(_("You explained this difference. Somebody else must witness it."))
    return _of_decision(variance, act=act, user=user) if act in (Act.APPROVE, Act.REJECT) else None


def _in_list(act: Act) -> str:
    """Returns an action as a word within a sentence."""
    return {
        Act.EXPLAIN: _("explain"),
        Act.WITNESS: pgettext("an action", "witness"),
        Act.RECOUNT: _("recount"),
        Act.APPROVE: _("approve"),
        Act.REJECT: _("reject"),
        Act.ESCALATE: _("escalate"),
    }[act]


def _of_decision(variance: Variance, *, act: Act, user: User) -> DomainError | None:
    if not variance.reason:
        return Conflict(_("This difference is not explained yet. Explain it first."), code="variance_not_explained")
    if variance.is_escalated and not user.has_role(Role.ADMIN):
        return Forbidden(_("This difference is escalated. An admin must decide it."))
    if variance.is_escalated and act == Act.APPROVE and variance.explained_by_id == user.pk:
        return Forbidden(_("You explained this escalated difference. Another admin must approve it."))
    if variance.store.four_eyes and act == Act.APPROVE and variance.explained_by_id == user.pk:
        return Forbidden(_("You explained this variance. In this store somebody else must approve it."))
    return None
