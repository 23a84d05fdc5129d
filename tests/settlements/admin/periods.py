"""A shop under settlement, with a settlement in every state, and helpers for the action pages of the back office."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Model
from django.test import Client

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount, Pieces
from cashdesk.domain.payment.recording import record_payment
from cashdesk.models import Payment, Store, User
from settlements.domain.cashbook import accounts_of
from settlements.domain.change_order import order_change
from settlements.domain.closing import close_settlement, force_close_settlement
from settlements.domain.counting import preview_settlement, start_counting
from settlements.domain.deposit import prepare_deposit
from settlements.domain.opening import open_settlement
from settlements.enums import SettlementType
from settlements.models import CashbookAccount, ChangeOrder, Deposit, Settlement
from tests.admin.back_office import page_of
from tests.cashdesk.desk import close_drawer, minutes, open_drawer, report_of, sell

REGISTERS: Final = 4
IN_THE_VAULT: Final = 500_000
FLOAT: Final = 10_000
OPENED_AT: Final = minutes(1)


def cash(amount: int, currency: str = "EUR", pieces: tuple[Pieces, ...] = ()) -> CountedAmount:
    """Returns a count of this much cash."""
    return CountedAmount(currency=currency, amount=amount, pieces=pieces)


@dataclass(frozen=True, kw_only=True)
class Periods:
    """The settlements of a shop, with a bag for the bank, a change order and a cashbook account.

    The settlement of register 1 is closed, of register 2 is being counted, of register 3 was closed without a count,
    and of register 4 is open. The vault has one too.
    """

    vault: Settlement
    closed: Settlement
    counting: Settlement
    uncounted: Settlement
    running: Settlement
    deposit: Deposit
    change: ChangeOrder
    account: CashbookAccount

    @property
    def rows(self) -> dict[type[Model], Any]:
        """One row of each model."""
        return {
            Settlement: self.closed, Deposit: self.deposit, ChangeOrder: self.change, CashbookAccount: self.account
        }  # fmt: skip

    @property
    def not_closed(self) -> dict[str, Settlement]:
        """The settlements whose expected amounts nobody may learn."""
        return {"vault": self.vault, "counting": self.counting, "running": self.running}


def open_register(store: Store, manager: User, station: int, *, at: datetime = OPENED_AT) -> Settlement:
    """Opens the settlement of a register."""
    return open_settlement(
        type=SettlementType.CASHREGISTER,
        store=store,
        initial=[cash(FLOAT)],
        by=Principal(user=manager),
        at=at,
        station=station,
    )


def trade(cashier: User, manager: User, station: int, sold: int) -> None:
    """Runs a session within the settlement: one cash sale, and a count without a difference."""
    session = open_drawer(cashier, FLOAT, by=manager, at=minutes(2), station=station)
    sell(session, sold, at=minutes(3))
    close_drawer(session, FLOAT + sold, at=minutes(4))


def report_sale(store: Store, manager: User, amount: int, *, at: datetime, **fields: Any) -> Payment:
    """Reports a payment at register 1, where nobody has a session."""
    report = report_of(amount, station=1, store=store.number, **fields)
    payment = record_payment(report=report, by=Principal(user=manager), at=at).payment
    assert payment is not None
    return payment


def settle(store: Store, manager: User, cashier: User, *, sold: int = 2_500, bag: str = "B-1") -> Periods:
    """Lets a shop with four registers work for a day. `sold` holds the cash that each register takes."""
    by = Principal(user=manager)
    vault = open_settlement(
        type=SettlementType.VAULT, store=store, initial=[cash(IN_THE_VAULT)], by=by, at=minutes(0)
    )  # fmt: skip
    closed, counting, uncounted, running = (open_register(store, manager, station) for station in (1, 2, 3, 4))
    report_sale(store, manager, sold, at=minutes(3))
    report_sale(store, manager, 4_200, at=minutes(3), method="CARD")
    for station in (2, 3, 4):
        trade(cashier, manager, station, sold)
    for settlement in (closed, counting):
        start_counting(settlement=settlement, by=by, at=minutes(5))
    pieces = (Pieces(denomination=5_000, pieces=2), Pieces(denomination=100, pieces=23))
    closed = close_settlement(
        settlement=closed, counted=[cash(10_000 + 2_300, pieces=pieces)], by=by, at=minutes(6), reason="end of the day"
    )
    preview_settlement(settlement=counting, counted=[cash(1)], by=by, at=minutes(7))
    preview_settlement(settlement=vault, counted=[cash(1)], by=by, at=minutes(7))
    uncounted = force_close_settlement(settlement=uncounted, by=by, at=minutes(8), reason="went home")
    deposit = prepare_deposit(
        store=store, amount=30_000, currency="EUR", bag_number=bag, slip_number="S-7", by=by, at=minutes(9)
    )
    change = order_change(
        store=store, ordered=cash(6_600, pieces=(Pieces(denomination=100, pieces=50), Pieces(denomination=20, pieces=80))),
        note="for Saturday", by=by, at=minutes(9),
    )  # fmt: skip
    account = accounts_of(store=store, type=SettlementType.CASHREGISTER)[0]
    fresh = [Settlement.objects.get(pk=row.pk) for row in (vault, closed, counting, uncounted, running)]
    return Periods(
        vault=fresh[0], closed=fresh[1], counting=fresh[2], uncounted=fresh[3], running=fresh[4], deposit=deposit,
        change=change, account=account,
    )  # fmt: skip


def act(browser: Client, row: Model, name: str, **fields: Any) -> Any:
    """Sends the form of an action page and follows the redirect."""
    return browser.post(page_of(row, name), fields, follow=True)


def counted(*rows: tuple[str, str, str], **fields: Any) -> dict[str, Any]:
    """Returns the form data of a count. Each row is (currency, method, amount)."""
    sent: dict[str, Any] = {"rows-TOTAL_FORMS": len(rows), "rows-INITIAL_FORMS": len(rows), **fields}
    for number, row in enumerate(rows):
        sent |= {
            f"rows-{number}-{name}": text for name, text in zip(("currency", "method", "amount"), row, strict=True)
        }
    return sent


def told(response: Any) -> list[str]:
    """Returns the messages on a page."""
    return [str(message) for message in response.context["messages"]]


def errors_of(response: Any) -> dict[str, list[str]]:
    """Returns the errors of a form that was shown again, with the errors of its rows."""
    assert response.status_code == 200
    form = response.context["form"]
    rows = [error for row in (form.rows or ()) for errors in row.errors.values() for error in errors]
    return {**form.errors, **({"rows": rows} if rows else {})}
