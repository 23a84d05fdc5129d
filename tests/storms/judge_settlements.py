"""Judges the settlements after a storm from the rows, in plain Python, as `judge.py` does for sessions."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.storms.judge import faults_of_money
from tests.storms.rows import Books, Row

Pair = tuple[str, str]
ATTEMPTS = 3


def faults_of_settlements(books: Books) -> list[str]:
    """Returns the faults in a store's books with settlements. An empty list means that the books are right."""
    return [
        *faults_of_money(books),
        *_faults_of_running(books),
        *_faults_of_attempts(books),
        *_faults_of_targets(books),
        *_faults_of_trade(books),
    ]


def _faults_of_running(books: Books) -> Iterator[str]:
    """Checks law 3: a place has at most one settlement that is not closed, and a vault always has one."""
    places = {place["id"]: place for place in books["places"]}
    running = Counter(row["place_id"] for row in books["settlements"] if row["state"] != "CLOSED")
    yield from (f"place {place} has {times} running settlements" for place, times in running.items() if times > 1)
    for place in {row["place_id"] for row in books["settlements"]}:
        if places[place]["kind"] == "VAULT" and running[place] != 1:
            yield f"the vault has {running[place]} open settlements"


def _faults_of_attempts(books: Books) -> Iterator[str]:
    """Checks that each attempt has its count, that a register has at most three, and that one count closed it."""
    kept: dict[int, list[Row]] = defaultdict(list)
    for row in books["settlement_counts"]:
        kept[row["settlement_id"]].append(row)
    for settlement in books["settlements"]:
        name = f"settlement {settlement['id']}"
        moments = [row["count__moment"] for row in kept[settlement["id"]]]
        is_closed = settlement["state"] == "CLOSED"
        if moments.count("CLOSING") != (1 if is_closed else 0):
            yield f"{name} is {settlement['state']} with {moments.count('CLOSING')} closing counts"
        tried = sorted(row["attempt"] for row in kept[settlement["id"]] if row["attempt"])
        if tried != list(range(1, len(tried) + 1)):
            yield f"{name} has the attempts {tried}"
        previews = len(tried) - (1 if settlement["closing"] == "DECLARED" else 0)
        if settlement["preview_count"] != previews:
            yield f"{name} counted {settlement['preview_count']} previews, and {previews} are kept"
        if settlement["type"] == "CASHREGISTER" and previews > ATTEMPTS:
            yield f"{name} was previewed {previews} times"


def _faults_of_targets(books: Books) -> Iterator[str]:
    """Checks that the target is the opening amount plus the movements between opening and close."""
    for settlement in books["settlements"]:
        closing = _amounts(books["closing_amounts"], settlement)
        name = f"settlement {settlement['id']}"
        if (settlement["state"] == "CLOSED") != bool(closing):
            yield f"{name} is {settlement['state']} with {len(closing)} closing amounts"
        if settlement["state"] != "CLOSED":
            continue
        moved: Counter[Pair] = Counter()
        booked: Counter[Pair] = Counter()
        cleared: Counter[Pair] = Counter()
        for row in books["movements"]:
            if settlement["opened_after"] < row["id"] <= settlement["seal__last_movement"]:
                pair = (row["currency"], row["method"])
                into = row["amount"] * (
                    (row["destination_id"] == settlement["place_id"]) - (row["source_id"] == settlement["place_id"])
                )
                is_of_the_close = row["kind"] == "OVER_SHORT" or (
                    row["kind"] == "RETURN" and settlement["type"] == "CASHREGISTER"
                )
                goes_to = booked if is_of_the_close else cleared if row["kind"] == "CLEARING" else moved
                goes_to[pair] += into
        began = {pair: row["amount"] for pair, row in _amounts(books["initial_amounts"], settlement).items()}
        for pair in {*closing, *began, *moved}:
            row = closing.get(pair, {"target": 0, "actual": 0, "difference": 0})
            due = began.get(pair, 0) + moved[pair]
            if row["target"] != due:
                yield f"{name}: the target of {pair} is {row['target']}, the rows say {due}"
            went_back = row["actual"] if settlement["type"] == "CASHREGISTER" and pair[1] == "CASH" else 0
            left = due + booked[pair] + cleared[pair]
            if settlement["type"] == "CASHREGISTER" and pair[1] != "CASH" and left:
                yield f"{name}: {left} of {pair} did not go to clearing"
            if booked[pair] != row["difference"] - went_back:
                yield f"{name}: the close booked {booked[pair]} of {pair}, difference {row['difference']}, {went_back} back"


def _faults_of_trade(books: Books) -> Iterator[str]:
    """Checks that every movement of a settled place is in exactly one of its periods."""
    periods: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for settlement in books["settlements"]:
        until = settlement["seal__last_movement"] if settlement["state"] == "CLOSED" else float("inf")
        periods[settlement["place_id"]].append((settlement["opened_after"], until))
    for row in books["movements"]:
        for place in {row["source_id"], row["destination_id"]} & periods.keys():
            times = sum(after < row["id"] <= until for after, until in periods[place])
            # Floats and opening differences are booked right before their period.
            if times != 1 and not (times == 0 and row["kind"] in ("FLOAT", "OVER_SHORT", "OPENING_BALANCE")):
                yield f"movement {row['id']} ({row['kind']}) lies in {times} periods of place {place}"


def _amounts(rows: Any, settlement: Row) -> dict[Pair, Row]:
    return {(row["currency"], row["method"]): row for row in rows if row["settlement_id"] == settlement["id"]}
