"""The events of a worked day: each sentence of the tables is one call of the published API by the named person."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from cashdesk.denominations import cash_unit_of
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.session.closing import close_session
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.domain.store.business_day import business_date
from cashdesk.enums import PlaceKind
from cashdesk.models import CashSession, Movement, User
from cashdesk.money import exponent_of
from tests.factories import PASSWORD
from tests.stories import Caller, Cast, caller
from tests.worked_days import queueing, reconciling
from tests.worked_days.script import Day, Step, amounts, minor

A_FORTNIGHT = timedelta(days=14)
"""The lifetime of the tokens, so that nobody must sign in twice in a story."""


@dataclass
class Stage:
    """The shop in which a day is played."""

    cast: Cast
    day: Day
    callers: dict[str, Caller] = field(default_factory=dict)
    movements_at: dict[datetime, list[uuid.UUID]] = field(default_factory=dict)
    permissions: dict[str, str] = field(default_factory=dict)
    """The token of each authorization, by the time of its issue."""

    @property
    def first_day(self) -> str:
        """The first business day of the story."""
        return business_date(store=self.cast.store, at=self.day.steps[0].at).isoformat()

    def person(self, step: Step) -> User:
        """Returns the person of the step."""
        person = getattr(self.cast, step.who.lower())
        assert isinstance(person, User)
        return person

    def call(self, step: Step) -> Caller:
        """Returns the client of the person. They sign in at their first step."""
        if step.who not in self.callers:
            self.callers[step.who] = caller(self.person(step), lifetime=A_FORTNIGHT)
        return self.callers[step.who]

    def money(self, step: Step) -> tuple[str, int]:
        """Returns the currency of the step and its amount in minor units."""
        (((currency, _method), amount),) = amounts(step.amount, self.day.currency).items()
        return currency, amount

    def minor(self, step: Step) -> int:
        """Returns the amount of the step in minor units."""
        return self.money(step)[1]

    def cash_units(self, step: Step) -> int:
        """Returns the amount in the units of the shifts API: whole cents, pesos or rupiah."""
        units, rest = divmod(self.minor(step), cash_unit_of(self.day.currency, exponent_of(self.day.currency)))
        assert rest == 0
        return units

    def play(self, step: Step) -> None:
        """Plays a step and stores the movements that it made."""
        known = set(Movement.objects.values_list("uuid", flat=True))
        for pattern, act in ACTS.items():
            if found := re.fullmatch(pattern, step.act):
                act(self, step, *found.groups())
                break
        else:
            raise AssertionError(f"Nobody has told this test what this means: {step.act}")
        made = Movement.objects.exclude(uuid__in=known).order_by("pk").values_list("uuid", flat=True)
        self.movements_at[step.at] = list(made)


def answered(response: HttpResponse, *statuses: int) -> Any:
    """Returns the body of an answer. Asserts that its status is one of these."""
    assert response.status_code in statuses, response.content
    return response.json()


def open_drawer(stage: Stage, step: Step, station: str) -> None:
    body = {"start_amount": step.amount, "station": int(station)}
    answered(stage.call(step).post("/cash/open", body), 200)


def be_refused_a_drawer(stage: Stage, step: Step, station: str) -> None:
    body = {"start_amount": step.amount, "station": int(station)}
    answered(stage.call(step).post("/cash/open", body), 409)


def open_after_force(stage: Stage, step: Step, station: str) -> None:
    body = {"start_amount": step.amount, "station": int(station), "force_close_previous": True}
    answered(stage.call(step).post("/cash/open", body), 200)


def count_and_close(stage: Stage, step: Step) -> None:
    answered(stage.call(step).post("/cash/close", {"final_cash_declared": step.amount}), 200)


def hand_over(stage: Stage, step: Step) -> None:
    # No published call hands a drawer over: the desk does, with the session's own verb.
    counted = CountedAmount(currency=stage.day.currency, amount=stage.minor(step))
    person = stage.person(step)
    session = CashSession.objects.get(user=person, status="OPEN")
    close_session(session=session, counted=counted, by=Principal(user=person), at=timezone.now(), hands_over=True)


def start_shift(stage: Stage, step: Step, station: str) -> None:
    register = stage.cast.place(PlaceKind.REGISTER, int(station))
    stage.callers[step.who] = caller(
        stage.person(step), store=stage.cast.store, register=register, lifetime=A_FORTNIGHT
    )
    body = {"start_cash": stage.cash_units(step), "password": PASSWORD}
    answered(stage.call(step).post("/shifts/start", body), 201)


def end_shift(stage: Stage, step: Step) -> None:
    body = {"actual_cash_end": stage.cash_units(step), "password": PASSWORD}
    answered(stage.call(step).post("/shifts/end", body), 200)


def report_payment(stage: Stage, step: Step, *, booked: str = "on_time", **fields: Any) -> None:
    body = {
        "id": str(uuid.uuid4()),
        "method": "CASH",
        "currency": stage.money(step)[0],
        "amount": stage.minor(step),
        "status": "APPROVED",
        "paid_at": step.at.isoformat(),
        **fields,
    }
    assert answered(stage.call(step).post("/payments", body), 201)["booked"] == booked


def sell(stage: Stage, step: Step) -> None:
    report_payment(stage, step)


def sell_and_give_change(stage: Stage, step: Step, given: str, change: str) -> None:
    currency = stage.day.currency
    report_payment(stage, step, tendered=minor(given, currency), change=minor(change, currency))


def sell_by_card(stage: Stage, step: Step) -> None:
    report_payment(stage, step, method="CARD")


def sell_late(stage: Stage, step: Step, told: str) -> None:
    at = datetime.combine(step.at.date(), time.fromisoformat(told), tzinfo=step.at.tzinfo)
    report_payment(stage, step, booked="late", paid_at=at.isoformat())


def refund(stage: Stage, step: Step) -> None:
    report_payment(stage, step, type="REFUND")


def refund_late(stage: Stage, step: Step, told: str) -> None:
    at = datetime.combine(step.at.date(), time.fromisoformat(told), tzinfo=step.at.tzinfo)
    report_payment(stage, step, booked="late", paid_at=at.isoformat(), type="REFUND")


def move_by_hand(stage: Stage, step: Step, direction: str, what: str) -> None:
    kinds = {"pays in": "cash_in", "pays out": "cash_out"}
    body = {"type": kinds[direction], "amount": stage.cash_units(step), "category": what}
    answered(stage.call(step).post("/shifts/cash-transaction", body), 201)


def drop(stage: Stage, step: Step) -> None:
    body = {"type": "cash_out", "amount": stage.cash_units(step), "category": "drop"}
    answered(stage.call(step).post("/shifts/cash-transaction", body), 201)


def reverse(stage: Stage, step: Step, told: str) -> None:
    (at,) = [at for at in stage.movements_at if f"{at:%H:%M}" == told]
    (movement,) = stage.movements_at[at]
    answered(stage.call(step).post(f"/movements/{movement}/reverse", {"reason": "a mistake"}), 201)


def count_what_nobody_counted(stage: Stage, step: Step, station: str) -> None:
    # No published call counts the drawer of a forced close yet: the session's own verb does.
    sessions = CashSession.objects.filter(register__number=int(station), store=stage.cast.store)
    counted = CountedAmount(currency=stage.day.currency, amount=stage.minor(step))
    by = Principal(user=stage.person(step))
    count_afterwards(session=sessions.latest("pk"), counted=counted, by=by, at=timezone.now())


# --- Settlements ---------------------------------------------------------------------------------------------------------


def listed(stage: Stage, step: Step) -> list[dict[str, Any]]:
    """Returns the amounts of the step as the settlements API writes them."""
    told = amounts(step.amount, stage.day.currency)
    return [{"value": value, "currency": currency, "method": method} for (currency, method), value in told.items()]


def running(stage: Stage, step: Step, station: str) -> str:
    """Returns the path of the running settlement at a station."""
    for state in ("OPEN", "COUNTING"):
        page = answered(stage.call(step).get(f"/settlements?station={station}&state={state}"), 200)["settlements"]
        if page["content"]:
            return f"/settlements/{page['content'][0]['settlementId']}"
    raise AssertionError(f"No settlement runs at station {station}: {step}")


def open_vault(stage: Stage, step: Step) -> None:
    answered(stage.call(step).post("/settlements", {"type": "VAULT", "initialCash": listed(stage, step)}), 201)


def open_settlement(stage: Stage, step: Step, station: str) -> None:
    body = {"type": "CASHREGISTER", "station": int(station), "initialCash": listed(stage, step)}
    answered(stage.call(step).post("/settlements", body), 201)


def sell_at(stage: Stage, step: Step, station: str) -> None:
    report_payment(stage, step, station=int(station))


def move(stage: Stage, step: Step, station: str, *, kind: str, **fields: Any) -> None:
    body = {"kind": kind, "amount": stage.minor(step), "station": int(station), **fields}
    answered(stage.call(step).post("/movements", body), 201)


def fetch_from_bank(stage: Stage, step: Step) -> None:
    move(stage, step, "0", kind="WITHDRAWAL")


def pay_out_of_the_vault(stage: Stage, step: Step, account: str) -> None:
    move(stage, step, "0", kind="PAID_OUT", reason=account.upper())


def pack_bag(stage: Stage, step: Step, bag: str) -> None:
    move(stage, step, "0", kind="DEPOSIT", bag_number=bag)


def credit_bag(stage: Stage, step: Step, bag: str) -> None:
    (deposit,) = [row for row in answered(stage.call(step).get("/deposits"), 200) if row["bag_number"] == bag]
    answered(stage.call(step).post(f"/deposits/{deposit['id']}/credit", {"amount": stage.minor(step)}), 200)


def begin_to_count(stage: Stage, step: Step, station: str) -> None:
    answered(stage.call(step).patch(running(stage, step, station), {"state": "COUNTING"}), 200)


def preview(stage: Stage, step: Step, station: str) -> None:
    body = {"state": "COUNTING", "amounts": listed(stage, step)}
    told = answered(stage.call(step).patch(running(stage, step, station), body), 200)
    assert told["preview"]
    assert "state" not in told


def preview_for_the_third_time(stage: Stage, step: Step, station: str) -> None:
    body = {"state": "COUNTING", "amounts": listed(stage, step)}
    told = answered(stage.call(step).patch(running(stage, step, station), body), 200)
    assert (told["previewCount"], told["state"]) == (3, "CLOSED")


def close_register(stage: Stage, step: Step, station: str) -> None:
    body = {"state": "CLOSED", "amounts": listed(stage, step)}
    answered(stage.call(step).patch(running(stage, step, station), body), 200)


def close_vault(stage: Stage, step: Step) -> None:
    close_register(stage, step, "0")


ACTS: dict[str, Callable[..., None]] = {
    r"opens register (\d)": open_drawer,
    r"tries to open register (\d) and is refused": be_refused_a_drawer,
    r"opens register (\d), which closes the old drawer uncounted": open_after_force,
    r"counts and closes": count_and_close,
    r"counts out and hands over": hand_over,
    r"starts a shift at register (\d)": start_shift,
    r"counts and ends the shift": end_shift,
    r"sells": sell,
    r"sells, is given ([\d.]+) and gives back ([\d.]+)": sell_and_give_change,
    r"sells by card": sell_by_card,
    r"refunds": refund,
    r"\(the till sends a sale of (\d\d:\d\d) late\)": sell_late,
    r"\(the till sends a refund of (\d\d:\d\d) late\)": refund_late,
    r"(pays in|pays out): (.+)": move_by_hand,
    r"drops a bag into the vault": drop,
    r"reverses what happened at (\d\d:\d\d)": reverse,
    r"counts the drawer of register (\d) that nobody counted": count_what_nobody_counted,
    r"fetches change money from the bank": fetch_from_bank,
    r"opens the vault": open_vault,
    r"opens the settlement of register (\d)": open_settlement,
    r"sells at register (\d)": sell_at,
    r"drops a bag from register (\d) into the vault": partial(move, kind="DROP"),
    r"lends register (\d) change from the vault": partial(move, kind="LOAN"),
    r"pays out of the vault: (\w+)": pay_out_of_the_vault,
    r"packs bag (\S+) for the bank": pack_bag,
    r"\(the bank credits bag (\S+)\)": credit_bag,
    r"begins to count register (\d)": begin_to_count,
    r"tells what lies in register (\d) and hears that it is not equal": preview,
    r"tells for the third time what lies in register (\d), which closes it": preview_for_the_third_time,
    r"closes register (\d)": close_register,
    r"closes the vault": close_vault,
    **reconciling.ACTS,
    **queueing.ACTS,
}
"""Each sentence that a table may use, as a pattern, and what it does."""
