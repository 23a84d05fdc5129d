"""The second person at a count on a page: whether one is asked for, and who it is by their own name and password.

The password is read here and nowhere else; it is in no answer, in no kept fingerprint and in no draft.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.counting.witness import asks_witness, confirm_witness
from cashdesk.forms.fields import text_of
from cashdesk.models import Store, User
from cashdesk.web.devices import source_of
from cashdesk.web.idempotency import WITNESS_PROOF

WITNESS_NAME = "witness_name"


@dataclass(kw_only=True)
class Witness:
    """The second person who confirms the count of a form; `user` is None where nobody is asked to."""

    request: HttpRequest
    counted: CountedAmount
    store: Store
    by: Principal
    at: datetime
    user: User | None = None

    def confirm(self) -> None:
        """Looks for the second person by the name and password that were typed. Raises what `confirm_witness` raises.

        Called before the form is done, so that a wrong try counts although nothing else happens.
        """
        if asks_witness(store=self.store, amount=self.counted.amount):
            name, password = text_of(self.request, WITNESS_NAME), self.request.POST.get(WITNESS_PROOF, "")
            self.user = confirm_witness(
                name=name, password=password, source=source_of(self.request), by=self.by, store=self.store, at=self.at
            )


def witness_fields(request: HttpRequest, *, counted: CountedAmount | None, store: Store) -> dict[str, Any]:
    """Returns what a page shows of it: whether somebody is asked for, and the name that was typed."""
    asks = counted is not None and asks_witness(store=store, amount=counted.amount)
    return {"asks_witness": asks, "witness_name": text_of(request, WITNESS_NAME)}
