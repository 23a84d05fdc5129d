"""The witness of a count on a page: decides whether the count needs a witness, and checks their name and password.

Only this module reads the password. No answer, stored fingerprint or draft contains it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.counting.witness import asks_witness, confirm_witness
from cashdesk.forms.fields import text_of
from cashdesk.forms.refusals import Refusal
from cashdesk.models import Place, Store, User
from cashdesk.web.devices import source_of
from cashdesk.web.idempotency import WITNESS_PROOF

WITNESS_NAME = "witness_name"


@dataclass(kw_only=True)
class Witness:
    """The witness who confirms the count of a form. `user` is None if no witness is needed."""

    request: HttpRequest
    counted: CountedAmount
    store: Store
    by: Principal
    at: datetime
    place: Place | None = None
    """The place that is counted. None while it is not chosen yet: then the domain asks for the witness of its limit."""
    user: User | None = None

    def confirm(self) -> None:
        """Finds the witness by the typed name and password. Raises the exceptions of `confirm_witness`.

        It runs before the transaction of the form, so that a wrong password is counted even if the form is refused.
        """
        is_typed = bool(self.request.POST.get(WITNESS_NAME) or self.request.POST.get(WITNESS_PROOF))
        if is_typed or asks_witness(store=self.store, place=self.place, amount=self.counted.amount):
            name, password = text_of(self.request, WITNESS_NAME), self.request.POST.get(WITNESS_PROOF, "")
            self.user = confirm_witness(
                name=name, password=password, source=source_of(self.request), by=self.by, store=self.store, at=self.at
            )


def witness_fields(
    request: HttpRequest,
    *,
    counted: CountedAmount | None,
    store: Store,
    place: Place | None = None,
    refusal: Refusal | None = None,
) -> dict[str, Any]:
    """Returns context for the page: whether the count needs a witness, and the typed name of the witness.

    The fields are also shown if the domain asked for a witness (`refusal`), or if they were sent.
    """
    is_asked = (refusal is not None and WITNESS_NAME in refusal.errors) or WITNESS_NAME in request.POST
    asks = counted is not None and (is_asked or asks_witness(store=store, place=place, amount=counted.amount))
    return {"asks_witness": asks, "witness_name": text_of(request, WITNESS_NAME)}
