"""Expected cash worked out on paper: plain Python over rows that were read once. Nothing of the project adds here."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cashdesk.models import CashSession, Movement, Payment, Place, Store

Row = dict[str, Any]
TRADE = ("FLOAT", "LOAN", "SALE", "REFUND", "PAID_IN", "PAID_OUT", "DROP")


@dataclass
class Paper:
    """The rows of one store as they are now: what came into its drawers, less what went out of them."""

    store: Store
    payments: dict[int, Row] = field(default_factory=dict)
    sessions: dict[int, Row] = field(default_factory=dict)
    places: dict[int, Row] = field(default_factory=dict)
    by_date: dict[date, list[Row]] = field(default_factory=lambda: defaultdict(list))
    floated: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.payments = {row["id"]: row for row in Payment.objects.filter(store=self.store).values()}
        self.sessions = {row["id"]: row for row in CashSession.objects.filter(store=self.store).values()}
        self.places = {row["id"]: row for row in Place.objects.filter(store=self.store).values()}
        for row in Movement.objects.filter(store=self.store).order_by("pk").values():
            self.by_date[row["business_date"]].append(row)
            if row["kind"] == "FLOAT":
                self.floated.add(row["session_id"])

    def expected(
        self, *, on: date, operator: int | None, last_movement: int | None = None, last_session: int | None = None
    ) -> dict[str, int]:
        """Returns the expected cash of a day by currency, minor units, where it is not nothing; with `last_movement` and
        `last_session` as it was then.
        """
        totals: dict[str, int] = defaultdict(int)
        for row in self.by_date[on]:
            is_seen = last_movement is None or row["id"] <= last_movement
            counts = row["method"] == "CASH" and row["kind"] in TRADE
            # A bag that goes to the vault stays in the store; of the operator's drawer it is gone.
            counts = counts and (row["kind"] != "DROP" or operator is not None)
            if is_seen and counts and operator in (None, self.person(row)):
                totals[row["currency"]] += row["amount"] * self.into_drawers(row)
        if operator is not None:
            for session in self.sessions.values():
                is_theirs = (session["user_id"], session["business_date"]) == (operator, on)
                is_seen = last_session is None or session["id"] <= last_session
                if is_theirs and is_seen and session["id"] not in self.floated:
                    totals[session["currency"]] += session["start_amount"]
        return {currency: total for currency, total in totals.items() if total}

    def into_drawers(self, row: Row) -> int:
        """1 where the money came into a drawer, -1 where it left one, 0 where it did neither."""
        return self.is_drawer(row["destination_id"], row) - self.is_drawer(row["source_id"], row)

    def is_drawer(self, place: int, row: Row) -> bool:
        """Whether this end is a drawer. Of late money over/short stands for one, unless it stands for the vault."""
        kind = self.places[place]["kind"]
        stands_for = self.places[row["late_for_id"]]["kind"] if row["late_for_id"] else "REGISTER"
        return kind == "REGISTER" or (kind == "OVER_SHORT" and row["is_late"] and stands_for == "REGISTER")

    def person(self, row: Row) -> int | None:
        """Whose money it was."""
        payment, session = self.payments.get(row["payment_id"]), self.sessions.get(row["session_id"])
        if payment and payment["operator_id"]:
            return int(payment["operator_id"])
        found = session["user_id"] if session else row["recorded_by_id"]
        return int(found) if found else None
