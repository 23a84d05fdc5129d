"""Plays a store's day as its cashier and its till, over the published API only."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tests.real_retail.client import Answer, Client, WrongAnswer
from tests.real_retail.journal import Closing
from tests.real_retail.plan import Batch, DayPlan, Drop, Payment
from tests.real_retail.source import cents_of, dollars_of

API = "/api/v1"
SESSIONS_A_PAGE = 100


def play_day(client: Client, plan: DayPlan, *, user_id: int) -> Closing:
    """Opens, trades, drops, counts and closes. Returns the answer of the close.

    Every request can be repeated, because the keys and payment ids come from store, day and baskets. So an interrupted
    day is played again. Keys live for 24 hours, so an interrupted run must continue within that time.
    """
    name = f"{plan.store}-{plan.day}"
    client.post(
        f"{API}/cash/open",
        {"start_amount": dollars_of(plan.float_cents), "user_id": user_id},
        key=f"open-{name}",
    )
    for step in plan.steps:
        match step:
            case Batch():
                _report(client, step)
            case Drop():
                _drop(client, step, key=f"drop-{name}-{step.number}")
    closed = client.post(
        f"{API}/cash/close", {"final_cash_declared": dollars_of(plan.declared_cents)}, key=f"close-{name}"
    )
    return closing_of(closed.body)


def listed_closings(client: Client, *, user_id: int) -> Sequence[Closing]:
    """Returns every session of the person in the list, from all pages."""
    closings: list[Closing] = []
    path: str | None = f"{API}/cash/sessions?user_id={user_id}&limit={SESSIONS_A_PAGE}"
    while path is not None:
        page = client.get(path)
        closings += [closing_of(session) for session in page.body]
        path = _next_page(page)
    return closings


def closing_of(session: Mapping[str, Any]) -> Closing:
    """Returns the figures of a closed session in whole cents. An open session is an error."""
    if session["status"] != "CLOSED":
        raise WrongAnswer(f"session {session['id']} is {session['status']}")
    return Closing(
        session_id=session["id"],
        expected_cents=cents_of(Decimal(session["final_cash_system"])),
        declared_cents=cents_of(Decimal(session["final_cash_declared"])),
        difference_cents=cents_of(Decimal(session["difference"])),
    )


def _report(client: Client, batch: Batch) -> None:
    body = {"payments": [_payment(payment) for payment in batch.payments]}
    _check_results(client.post(f"{API}/payments/batch", body), batch, allowed={200, 201})
    if batch.repeated:
        _check_results(client.post(f"{API}/payments/batch", body), batch, allowed={200})


def _payment(payment: Payment) -> dict[str, Any]:
    """Builds the report of a payment. It names no store, register or session, because the caller's own are used."""
    told = {
        "id": payment.basket_id,
        "order": payment.basket_id,
        "method": payment.method,
        "currency": "USD",
        "amount": payment.amount_cents,
        "status": "APPROVED",
        "type": "SALE",
        "paid_at": payment.paid_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if payment.method == "CASH":
        told |= {"tendered": payment.tendered_cents, "change": payment.change_cents}
    return told


def _check_results(answer: Answer, batch: Batch, *, allowed: set[int]) -> None:
    """Checks that each payment has its own result, in order, and is booked in the session that was open at its time."""
    results = answer.body["results"]
    if [result["id"] for result in results] != [payment.basket_id for payment in batch.payments]:
        raise WrongAnswer(f"the batch of {batch} is not answered one by one: {results}")
    for payment, result in zip(batch.payments, results, strict=True):
        booked = "on_time" if payment.amount_cents else "none"
        if result["status_code"] not in allowed or result["booked"] != booked:
            raise WrongAnswer(f"{payment} is answered {result}")


def _drop(client: Client, drop: Drop, *, key: str) -> None:
    client.post(
        f"{API}/shifts/cash-transaction",
        {"type": "cash_out", "amount": drop.cents, "category": "drop", "description": f"Drop {drop.number}"},
        key=key,
    )


def _next_page(page: Answer) -> str | None:
    """Returns the path of ``Link: <...>; rel="next"``, or None on the last page."""
    link = page.headers.get("Link")
    if link is None:
        return None
    target = link.partition("<")[2].partition(">")[0]
    return target[target.index(API) :]
