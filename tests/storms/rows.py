"""Reads exported rows for the judges of the storms, without code of the product."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]
Books = Mapping[str, Any]


def left_by(session: Row) -> int:
    """Returns the cash that a session left in its drawer: its book without a count, the counted cash after a handover."""
    if session["status"] == "CLOSED_SYSTEM":
        return int(session["expected_amount"])
    return int(session["declared_amount"]) if session["is_handed_over"] else 0


def seals_of_no_session(books: Books) -> list[Row]:
    """The seals of counts afterwards."""
    closing = {session["seal_id"] for session in books["sessions"]}
    return [seal for seal in books["seals"] if seal["id"] not in closing]


def balances_of(movements: Iterable[Row]) -> Counter[tuple[int, str | None]]:
    """Returns in minus out by place and method. The method None holds the sum of all methods."""
    balances: Counter[tuple[int, str | None]] = Counter()
    for row in movements:
        for method in (row["method"], None):
            balances[row["source_id"], method] -= row["amount"]
            balances[row["destination_id"], method] += row["amount"]
    return balances


def by_session(movements: Iterable[Row], *, kinds: set[str]) -> dict[Any, list[Row]]:
    """Returns the movements of these kinds by session, without late movements."""
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in movements:
        if row["kind"] in kinds and not row["is_late"]:
            found[row["session_id"]].append(row)
    return found


def counts_of(books: Books, moment: str) -> dict[Any, list[int]]:
    """Returns the counted amounts of this moment, by session."""
    found: dict[Any, list[int]] = defaultdict(list)
    for row in books["counts"]:
        if row["moment"] == moment:
            found[row["session_id"]].append(row["amounts__amount"])
    return found


def into(row: Row, place: int) -> int:
    """Returns the amount that a movement brings into a place: negative if it takes money out, 0 for other places."""
    return int(row["amount"] * ((row["destination_id"] == place) - (row["source_id"] == place)))
