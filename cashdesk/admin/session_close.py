"""The action that counts and closes an open drawer in one step, as blind as the pages of the desk."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cashdesk.admin_base.action_pages import ActPage, AmountField, Done, ReasonForm, units_of
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.session.closing import close_session, may_count
from cashdesk.domain.session.foreign_cash import currencies_asked
from cashdesk.enums import SessionAct
from cashdesk.formats import style
from cashdesk.models import CashSession
from cashdesk.state_flow import FLOW


class CloseForm(ReasonForm):
    """Asks for the cash of each currency in the drawer, and for a reason."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.renew(self.row)

    def renew(self, row: CashSession) -> None:
        """Asks for a currency that came into the drawer since the form was shown."""
        super().renew(row)
        foreign = currencies_asked(register=row.register, currency=row.currency) if row.is_open else []
        self.currencies = [row.currency, *foreign]
        for currency in self.currencies:
            label = _("Cash in the drawer, %(currency)s") % {"currency": currency}
            self.fields[f"amount_{currency}"] = AmountField(label=label)
        first = self.fields[f"amount_{row.currency}"]
        first.help_text = _("In units of the currency, such as 250.00. Enter 0 if there was none.")
        self.order_fields([*(f"amount_{currency}" for currency in self.currencies), "reason"])

    def clean(self) -> dict[str, Any]:
        """Adds `counted`: the amount of each currency, the drawer's own first."""
        cleaned = super().clean() or self.cleaned_data
        counted = []
        for name in [f"amount_{currency}" for currency in self.currencies]:
            if name not in cleaned:
                continue
            currency = name.removeprefix("amount_")
            try:
                counted.append(CountedAmount(currency=currency, amount=units_of(cleaned[name], currency)))
            except ValidationError as error:
                self.add_error(name, error)
        return {**cleaned, "counted": counted}


class CloseWithCount(ActPage):
    """Counts an open drawer and closes it. The size of the difference is shown only afterwards (law 5)."""

    name = "close"
    label = gettext_lazy("Count and close drawer")
    explanation = gettext_lazy(
        "Count the drawer, and close it with this count. The difference is booked, and the cash goes back to the safe. "
        "For a large amount, count on the page of the drawer: there a second person confirms it. You cannot undo this."
    )
    form = CloseForm

    def is_offered(self, row: CashSession, *, by: Principal) -> bool:
        return SessionAct.CLOSE in FLOW["session"][row.status] and may_count(row, by=by)

    def do(self, row: CashSession, form: CloseForm, *, by: Principal, at: datetime) -> Done:
        first, *others = form.cleaned_data["counted"]
        close_session(
            session=row,
            counted=first,
            others=others,
            by=by,
            at=at,
            asks_for_all=True,
            refuses_unwitnessed=True,
            reason=form.cleaned_data["reason"],
        )
        told = _("%(session)s is counted and closed: %(amount)s.")
        return Done(message=told % {"session": row, "amount": style().amount(first.amount, first.currency)})
