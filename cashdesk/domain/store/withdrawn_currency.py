"""Refuses new money in a currency that ISO 4217 has withdrawn. Booked money stays usable (docs/decisions/0026)."""

from datetime import date

from django.utils.translation import gettext as _

from cashdesk.currencies import withdrawn_on
from cashdesk.errors import InvalidInput
from cashdesk.models import Store


def refusal_of_withdrawn(*, currency: str, store: Store, on: date) -> InvalidInput | None:
    """Returns the error if the store refuses new money of this currency on this business date, else None.

    A store never refuses its own currency, even after the currency was withdrawn.
    """
    if currency == store.currency:
        return None
    day = withdrawn_on(currency)
    if day is None or on < day:
        return None
    return InvalidInput.of(
        "currency",
        _("%(currency)s is no longer in ISO 4217. Only stores that already use it can take new money in it.")
        % {"currency": currency},
    )


def refuse_withdrawn(*, currency: str, store: Store, on: date) -> None:
    """Raises InvalidInput if the store refuses new money of this currency on this business date."""
    refusal = refusal_of_withdrawn(currency=currency, store=store, on=on)
    if refusal is not None:
        raise refusal
