"""Adds the reversal of mistakes to the pages of movements and cash sessions."""

from datetime import datetime
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.action_pages import ActForm, ActPage, Done
from cashdesk.admin_base.additions import Addition, add_to_page
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.reversal import REASON_MAX
from cashdesk.domain.ledger.undo import BY_HAND
from cashdesk.formats import style
from cashdesk.models import CashSession, Movement
from settlements.domain.reversal_by_manager import reverse_movement, why_not_reversed

JOINED: Final = (
    "store", "source", "destination", "session", "payment", "late_for", "reversed_by", "deposit", "recorded_by"
)  # fmt: skip
MOVEMENTS_MAX: Final = 200
EXPLANATION: Final = gettext_lazy(
    "Books the opposite movement. Both stay on record. After a count it is booked as late money: it explains the "
    "difference and changes no closed figure. Reversing a deposit cancels it."
)


class ReversalForm(ActForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_MAX,
        error_messages={"required": gettext_lazy("Enter a reason.")},
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("Shown with the reversal."),
    )


class Reverse(ActPage):
    name = "reverse"
    label = gettext_lazy("Reverse movement")
    explanation = EXPLANATION
    form = ReversalForm

    def refusal(self, row: Movement, *, by: Principal) -> str | None:
        """Returns the reason why this movement cannot be reversed, such as its kind or period, or None."""
        return why_not_reversed([row])[row.pk] or None

    def told(self, row: Movement) -> str:
        return f"{_words(row)}. {self.explanation}"

    def do(self, row: Movement, form: ReversalForm, *, by: Principal, at: datetime) -> Done:
        made = reverse_movement(movement=row, by=by, at=at, reason=form.cleaned_data["reason"])
        return Done(message=_("%(movement)s is reversed by %(reversal)s.") % {"movement": row, "reversal": made})


class SessionReversalForm(ReversalForm):
    """Asks for the manual movement to reverse and for a reason.

    Lists the other movements with the reason why they cannot be reversed.
    """

    movement = forms.ChoiceField(label=gettext_lazy("Movement"), widget=forms.RadioSelect)
    field_order = ("movement", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = _by_hand(self.row)
        reasons = why_not_reversed(rows)
        self.movements = {str(row.pk): row for row in rows if not reasons[row.pk]}
        field: Any = self.fields["movement"]
        field.choices = [(number, _words(row)) for number, row in self.movements.items()]
        refused = [f"{_words(row)}: {reasons[row.pk]}" for row in rows if reasons[row.pk]]
        field.help_text = " ".join((_("These cannot be reversed now:"), *refused)) if refused else ""


class ReverseOfSession(ActPage):
    """Reverses one of the manual movements of a session."""

    name = "reverse"
    label = gettext_lazy("Reverse a movement")
    explanation = EXPLANATION
    form = SessionReversalForm

    def refusal(self, row: CashSession, *, by: Principal) -> str | None:
        """Returns None if at least one manual movement of the session can be reversed.

        Otherwise returns the reason for the newest movement, or the message that there is none.
        """
        rows = _by_hand(row)
        if not rows:
            return _("No pay-in, pay-out, drop or change was booked in this session.")
        reasons = why_not_reversed(rows)
        return None if "" in reasons.values() else reasons[rows[0].pk]

    def do(self, row: CashSession, form: SessionReversalForm, *, by: Principal, at: datetime) -> Done:
        movement = form.movements[form.cleaned_data["movement"]]
        made = reverse_movement(movement=movement, by=by, at=at, reason=form.cleaned_data["reason"])
        return Done(message=_("%(movement)s is reversed by %(reversal)s.") % {"movement": movement, "reversal": made})


def _by_hand(session: CashSession) -> list[Movement]:
    rows = Movement.objects.filter(session=session, kind__in=BY_HAND, reverses__isnull=True)
    return list(rows.select_related(*JOINED).order_by("-pk")[:MOVEMENTS_MAX])


def _words(row: Movement) -> str:
    told = _("%(movement)s: %(kind)s %(amount)s from %(source)s to %(destination)s") % {
        "movement": row,
        "kind": row.get_kind_display(),
        "amount": style().amount(row.amount, row.currency),
        "source": row.source,
        "destination": row.destination,
    }
    return ", ".join([told, *(str(fact) for fact in (row.reason, row.recorded_by) if fact)])


add_to_page(Movement, Addition(joined=("late_for", "deposit"), acts=(Reverse(),)))
add_to_page(CashSession, Addition(acts=(ReverseOfSession(),)))
