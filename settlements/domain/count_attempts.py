"""Stores the counts of a settlement, and refuses invalid counts. Opening and closing share these functions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from cashdesk.domain.caller import audit
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount, keep_count
from cashdesk.domain.counting.witness import refuse_unwitnessed, refuse_witness
from cashdesk.enums import CASH, CountMoment, SessionStatus
from cashdesk.errors import Conflict, InvalidInput
from cashdesk.models import CashSession, Place, Store, User
from settlements.domain.target import ComparedAmount, unequal_of
from settlements.models import Settlement, SettlementCount


def refuse_open_session(register: Place) -> None:
    """Raises Conflict if a cash session is open at the register. The message names the session."""
    session = CashSession.objects.filter(register=register, status=SessionStatus.OPEN).select_related("user").first()
    if session is not None:
        raise Conflict(
            _("Cash session %(session)s of %(user)s is open at register %(register)s: close it first.")
            % {"session": session.pk, "user": session.user, "register": register.number},
            code="session_open",
        )


def refuse_pairs(amounts: Sequence[CountedAmount], *, field: str) -> None:
    """Raises InvalidInput if a pair of currency and method occurs twice, because the intended amount is unclear."""
    seen = set()
    for number, amount in enumerate(amounts):
        if amount.pair in seen:
            named = {"currency": amount.currency, "method": amount.method}
            raise InvalidInput.of(
                f"{field}.{number}",
                _("names %(currency)s %(method)s a second time.") % named,
                on_pages=_("%(currency)s %(method)s is listed twice. Enter it only once.") % named,
            )
        seen.add(amount.pair)


def keep_attempt(
    settlement: Settlement,
    *,
    moment: CountMoment,
    counted: Sequence[CountedAmount],
    compared: Iterable[ComparedAmount],
    by: Principal,
    at: datetime,
    witness: User | None = None,
) -> None:
    """Stores a count with its unequal pairs.

    The pages read the result of a preview from this row, so that a repeated request shows the same result.
    """
    attempt = (settlement.counts.aggregate(last=Max("attempt"))["last"] or 0) + 1
    count = keep_count(
        place=settlement.place, moment=moment, counted=counted, by=by, at=at, attempt=attempt, witness=witness
    )
    unequal = unequal_of(compared)
    SettlementCount.objects.create(
        settlement=settlement, count=count, attempt=attempt, is_equal=not unequal, unequal=unequal
    )


def cash_counted(counted: Iterable[CountedAmount], *, store: Store) -> int:
    """Returns the counted cash in the store's currency, in minor units.

    This amount decides whether the count needs a witness.
    """
    return sum(found.amount for found in counted if found.pair == (store.currency, CASH))


def refuse_lone_count(
    settlement: Settlement,
    *,
    counted: Iterable[CountedAmount],
    witness: User | None,
    by: Principal,
    refuses_unwitnessed: bool,
) -> None:
    """Raises Forbidden for a person who may not witness this count.

    If `refuses_unwitnessed`, also raises InvalidInput for a large count without a witness.
    """
    refuse_witness(witness, by=by, store=settlement.store)
    if refuses_unwitnessed:
        amount = cash_counted(counted, store=settlement.store)
        refuse_unwitnessed(store=settlement.store, place=settlement.place, amount=amount, witness=witness)


def note(
    settlement: Settlement, action: str, *, by: Principal, at: datetime, detail: Mapping[str, Any] | None = None
) -> None:
    """Adds an entry to the audit trail."""
    audit.note(
        action=action, subject=f"settlement:{settlement.pk}", by=by, at=at, store=settlement.store, detail=detail
    )
