"""Records the payouts of a demonstration store: on Tuesdays the acquirer pays what clearing holds, less its fee."""

from datetime import datetime
from typing import Final

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import moved
from cashdesk.domain.store.place import places_of
from cashdesk.enums import PlaceKind
from cashdesk.models import Store
from cashdesk.money import exponent_of
from settlements.domain.payout import record_payout

TUESDAY: Final = 1
FEE: Final = 12
"""The fee in thousandths of the amount. The demonstration rounds it down to whole units of the currency."""


def pay_out(*, store: Store, by: Principal, morning: datetime) -> None:
    """Books a payout for each currency and method in clearing. Does nothing on other weekdays."""
    if morning.weekday() != TUESDAY:
        return
    held = moved(place=places_of(store)[PlaceKind.CLEARING], after=0)
    for (currency, method), amount in sorted(held.items()):
        unit = int(10 ** exponent_of(currency))
        fee = amount * FEE // 1000 // unit * unit
        if amount > fee:
            record_payout(
                store=store,
                method=method,
                currency=currency,
                amount=amount - fee,
                fee=fee,
                reference=f"A-{morning:%y%m%d}",
                paid_on=morning.date(),
                by=by,
                at=morning,
            )
