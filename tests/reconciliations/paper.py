"""Calculates expected cash independently: in plain Python, over rows that are read once.

It uses no code of the product for its sums.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cashdesk.models import CashSession, Movement, Payment, Place, Seal, Store
from settlements.models import Settlement

Row = dict[str, Any]
TRADE = ("FLOAT", "LOAN", "SALE", "REFUND", "PAID_IN", "PAID_OUT", "DROP")
WALKED = ("FLOAT", "LOAN", "RETURN")
FAR = 2**62


@dataclass
class Paper:
    """The current rows of one store. Sums the cash that came into its drawers, minus the cash that went out."""

    store: Store
    payments: dict[int, Row] = field(default_factory=dict)
    sessions: dict[int, Row] = field(default_factory=dict)
    places: dict[int, Row] = field(default_factory=dict)
    sealed: dict[int, int] = field(default_factory=dict)
    """The id of the last movement of each seal, by seal id."""
    settlements: list[Row] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    by_id: dict[int, Row] = field(default_factory=dict)
    reversals: dict[int, Row] = field(default_factory=dict)
    """The reversals, by the id of the reversed movement."""

    def __post_init__(self) -> None:
        of_store: Any = {"store": self.store}
        self.payments = {row["id"]: row for row in Payment.objects.filter(**of_store).values()}
        self.sessions = {row["id"]: row for row in CashSession.objects.filter(**of_store).order_by("pk").values()}
        self.places = {row["id"]: row for row in Place.objects.filter(**of_store).values()}
        self.settlements = list(Settlement.objects.filter(**of_store).order_by("pk").values())
        seals = Seal.objects.filter(place__store=self.store)
        self.sealed = dict(seals.values_list("pk", "last_movement"))
        self.rows = list(Movement.objects.filter(**of_store, method="CASH").order_by("pk").values())
        self.by_id = {row["id"]: row for row in self.rows}
        self.reversals = {row["reverses_id"]: row for row in self.rows if row["reverses_id"]}

    def expected(
        self,
        *,
        on: date,
        operator: int | None,
        last_movement: int | None = None,
        last_session: int | None = None,
        last_seal: int | None = None,
    ) -> dict[str, int]:
        """Returns the expected cash of a day by currency, in minor units, without zeros.

        With `last_movement`, `last_session` and `last_seal`, ignores all rows with higher ids.
        """
        rows = [row for row in self.rows if last_movement is None or row["id"] <= last_movement]
        sessions = [
            row
            for row in self.sessions.values()
            if (last_session is None or row["id"] <= last_session)
            # A session whose opening was cancelled does not count.
            and not (row["is_cancelled"] and (last_seal is None or row["seal_id"] <= last_seal))
        ]
        first = min((row["id"] for row in rows if row["business_date"] >= on), default=FAR)
        totals: dict[str, int] = Counter()
        overnight = self.overnight(sessions, on=on, operator=operator, first=first)
        held = set(self.held(sessions, on=on, operator=operator, first=first, overnight=overnight))
        for row in rows:
            if row["id"] < first:
                totals[row["currency"]] += row["amount"] * (
                    (row["destination_id"] in held) - (row["source_id"] in held)
                )
            counts = self.counts(row, on=on, operator=operator, first=first) if row["kind"] in TRADE else 0
            if counts and operator in (None, self.holder(row)):
                totals[row["currency"]] += row["amount"] * counts
        for session in sessions:
            if operator is not None and (session["user_id"], session["business_date"]) == (operator, on):
                totals[session["currency"]] += session["start_amount"]
        for currency, again in self.reused(rows, sessions, on=on, operator=operator, overnight=overnight).items():
            totals[currency] -= again
        return {currency: total for currency, total in totals.items() if total}

    def counts(self, row: Row, *, on: date, operator: int | None, first: int) -> int:
        """Returns 1 if the movement brought cash into the drawers of that day, -1 if it took cash out, otherwise 0."""
        is_float_of_session = row["kind"] == "FLOAT" and row["session_id"]
        if row["business_date"] == on:
            # A drop stays in the store, but it leaves the operator's drawer. For an operator, the amount counted at the
            # opening is used instead of the float.
            is_counted = row["kind"] != "DROP" if operator is None else not is_float_of_session
            return self.into_drawers(row) if is_counted else 0
        if not on - timedelta(days=31) <= row["business_date"] < on or row["id"] < first:
            return 0
        # Reported later, for a drawer that was open when the day began.
        session = self.sessions.get(row["session_id"])
        is_late_for_open = bool(session and session["seal_id"] and self.sealed[session["seal_id"]] >= first)
        return self.into_drawers(row) if is_late_for_open or not row["is_late"] else 0

    # --- Who held what --------------------------------------------------------------------------------------------------

    def holder(self, row: Row) -> int | None:
        """Returns the id of the person who held the drawer."""
        session, payment = self.sessions.get(row["session_id"]), self.payments.get(row["payment_id"])
        if session:
            return int(session["user_id"])
        settled = self.settler(row) if row["kind"] != "FLOAT" else None
        reversed_ = self.by_id.get(row["reverses_id"])
        recorder = (reversed_["recorded_by_id"] if reversed_ else None) or row["recorded_by_id"]
        found = settled or (payment["operator_id"] if payment else None) or recorder
        return int(found) if found else None

    def settler(self, row: Row) -> int | None:
        """Returns the id of the person who opened the last settlement of the movement's register."""
        ends = [end for end in (row["source_id"], row["destination_id"]) if self.places[end]["kind"] == "REGISTER"]
        register = ends[0] if ends else row["late_for_id"]
        before = [one for one in self.settlements if one["place_id"] == register and one["opened_after"] < row["id"]]
        return before[-1]["opened_by_id"] if before else None

    def overnight(self, sessions: list[Row], *, on: date, operator: int | None, first: int) -> Row | None:
        """Returns the session that the operator had open when the day began."""
        earlier = [
            one for one in sessions if one["user_id"] == operator and on - timedelta(31) <= one["business_date"] < on
        ]
        return earlier[-1] if earlier and self.was_open(earlier[-1], on=on, first=first) else None

    def held(
        self, sessions: list[Row], *, on: date, operator: int | None, first: int, overnight: Row | None
    ) -> list[int]:
        """Returns the registers that the operator held when the day began. Returns all registers for the whole store."""
        if operator is None:
            return [row["id"] for row in self.places.values() if row["kind"] == "REGISTER"]
        in_sessions = {
            one["register_id"]
            for one in sessions
            if one["business_date"] < on and self.was_open(one, on=on, first=first)
        }
        settled = {
            one["place_id"]
            for one in self.settlements
            if (one["type"], one["opened_by_id"]) == ("CASHREGISTER", operator)
            and one["business_date"] < on
            and self.was_open(one, on=on, first=first)
        }
        return [*({overnight["register_id"]} if overnight else ()), *(settled - in_sessions)]

    def was_open(self, period: Row, *, on: date, first: int) -> bool:
        """Whether the period was open when the day began."""
        if period["closed_at"] is None:
            return True
        local = period["closed_at"].astimezone(ZoneInfo(self.store.time_zone))
        closed_on = (local.replace(tzinfo=None) - timedelta(hours=self.store.cut_off_hour)).date()
        return bool(self.sealed[period["seal_id"]] >= first or closed_on >= on)

    # --- What is the same cash again --------------------------------------------------------------------------------------

    def reused(
        self, rows: list[Row], sessions: list[Row], *, on: date, operator: int | None, overnight: Row | None
    ) -> dict[str, int]:
        """Returns by currency the cash that went into drawers after it had come back on the same day."""
        seen = {row["id"] for row in rows}
        moves = [
            row
            for row in rows
            if row["kind"] in WALKED
            and row["business_date"] == on
            and not row["reverses_id"]
            and not self.is_reversed(row, on=on, seen=seen)
        ]
        if operator is None:
            return walked((row["currency"], row["amount"] * (-1 if row["kind"] == "RETURN" else 1)) for row in moves)
        own = [
            row
            for row in moves
            if not row["session_id"]
            and operator == (row["recorded_by_id"] if row["kind"] == "FLOAT" else self.settler(row))
        ]
        again = Counter(
            walked((row["currency"], row["amount"] * (-1 if row["kind"] == "RETURN" else 1)) for row in own)
        )
        again.update(walked(self.sittings(rows, sessions, on=on, operator=operator, overnight=overnight)))
        return again

    def is_reversed(self, row: Row, *, on: date, seen: set[int]) -> bool:
        """Whether the movement was reversed on the same day."""
        reversal = self.reversals.get(row["id"])
        return bool(reversal and reversal["business_date"] == on and reversal["id"] in seen)

    def sittings(
        self, rows: list[Row], sessions: list[Row], *, on: date, operator: int, overnight: Row | None
    ) -> Iterable[tuple[str, int]]:
        """Yields (currency, amount) for each session of a person.

        Positive: the amount at the opening plus loans. Negative: the cash that the session left.
        """
        seen = {row["id"] for row in rows}
        for session in sessions:
            is_of_day = (session["user_id"], session["business_date"]) == (operator, on)
            if not is_of_day and session != overnight:
                continue
            brought: dict[str, int] = defaultdict(int)
            if is_of_day:
                brought[session["currency"]] += session["start_amount"]
            for row in (one for one in rows if one["kind"] == "LOAN"):
                if (row["session_id"], row["business_date"]) != (session["id"], on):
                    continue
                if not row["reverses_id"] and not self.is_reversed(row, on=on, seen=seen):
                    brought[row["currency"]] += row["amount"]
            yield from brought.items()
            if session["status"] != "OPEN":
                left = session["declared_amount"] if session["status"] == "CLOSED" else session["expected_amount"]
                yield session["currency"], -max(0, left)

    def into_drawers(self, row: Row) -> int:
        """Returns 1 if the money came into a drawer, -1 if it left a drawer, otherwise 0."""
        return self.is_drawer(row["destination_id"], row) - self.is_drawer(row["source_id"], row)

    def is_drawer(self, place: int, row: Row) -> bool:
        """Whether this end of the movement is a drawer. In late money, over/short replaces the drawer or the vault."""
        kind = self.places[place]["kind"]
        stands_for = self.places[row["late_for_id"]]["kind"] if row["late_for_id"] else "REGISTER"
        return kind == "REGISTER" or (kind == "OVER_SHORT" and row["is_late"] and stands_for == "REGISTER")


def walked(steps: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Returns by currency the amount that went in after it had come back before.

    Keeps returned cash in a bag. Cash that goes in is taken from the bag first.
    """
    bag, again = Counter[str](), Counter[str]()
    for currency, step in steps:
        if step <= 0:
            bag[currency] -= step
            continue
        taken = min(bag[currency], step)
        bag[currency] -= taken
        again[currency] += taken
    return again
