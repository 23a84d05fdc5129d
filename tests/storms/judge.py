"""Judges the rows after a storm: in plain Python, by the design alone, without code of the product.

`faults_in(books)` returns a sentence for each fault. `test_judge.py` shows that it finds every kind of fault.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from tests.storms.judge_handovers import faults_of_handovers
from tests.storms.rows import Books, Row, balances_of, by_session, counts_of, into, left_by, seals_of_no_session

CASH = "CASH"
TRADE_KINDS = frozenset({"SALE", "REFUND", "PAID_IN", "PAID_OUT", "DROP", "LOAN"})
"""Kinds between the opening and the close of a session. Floats, returns and differences belong to opening and close."""


def faults_in(books: Books) -> list[str]:
    """Returns the faults in a store's books. An empty list means that the books are right."""
    return [
        *_faults_of_opening(books),
        *_faults_of_closing(books),
        *faults_of_handovers(books),
        *_faults_of_expected(books),
        *_faults_of_seals(books),
        *_faults_of_custody(books),
        *_faults_of_payments(books),
        *_faults_of_balances(books),
        *books["seal_faults"],
    ]


def faults_of_money(books: Books) -> list[str]:
    """Returns the faults in a store's books that do not concern sessions."""
    return [
        *_faults_of_seals(books),
        *_faults_of_payments(books),
        *_faults_of_balances(books),
        *books["seal_faults"],
    ]


def faults_of_reports(books: Books, sent: Mapping[str, int]) -> list[str]:
    """Compares the stored payments with the payments that the tills sent.

    `sent` holds minor units by payment id; money out of the drawer is negative. No payment may be lost, doubled or
    invented.
    """
    kept = Counter(payment["external_id"] for payment in books["payments"])
    faults = [f"payment {name} was answered and is not there" for name in sent if name not in kept]
    faults += [f"payment {name} is there {times} times" for name, times in kept.items() if times > 1]
    faults += [f"payment {name} was never sent" for name in kept if name not in sent]
    moved = {payment["external_id"]: _signed(payment) for payment in books["payments"]}
    faults += [
        f"payment {name} moved {moved[name]} instead of {amount}"
        for name, amount in sent.items()
        if name in moved and moved[name] != amount
    ]
    if -balances_of(books["movements"])[_place(books, "CUSTOMERS"), None] != sum(sent.values()):
        faults.append("customers' balance is not what the tills took from them")
    return faults


def _faults_of_opening(books: Books) -> Iterator[str]:
    """Checks law 3, and that each session has its float and its opening count."""
    for column in ("user_id", "register_id"):
        running = Counter(session[column] for session in books["sessions"] if session["status"] == "OPEN")
        yield from (f"{column} {pk} has {times} open sessions" for pk, times in running.items() if times > 1)
    floats = by_session(books["movements"], kinds={"FLOAT"})
    counts = counts_of(books, "OPENING")
    held: dict[int, int] = defaultdict(int)
    afterwards = counts_of(books, "AFTERWARDS")
    for session in books["sessions"]:
        name = f"session {session['id']}"
        if counts[session["id"]] != [session["start_amount"]]:
            yield f"{name}: opening counts {counts[session['id']]}, start amount {session['start_amount']}"
        in_drawer = held[session["register_id"]]
        opening_difference = session["start_amount"] - in_drawer if in_drawer else 0
        if session["opening_difference"] != opening_difference:
            yield f"{name}: opening difference {session['opening_difference']}, the drawer held {in_drawer}"
        wanted = [session["start_amount"]] if session["start_amount"] and not in_drawer else []
        if (found := [row["amount"] for row in floats[session["id"]]]) != wanted:
            yield f"{name}: floats {found} instead of {wanted}"
        held[session["register_id"]] = 0 if afterwards[session["id"]] else left_by(session)


def _faults_of_closing(books: Books) -> Iterator[str]:
    """Checks law 4: each close has one count, one difference, one return and one seal, and an open session has none.

    A drawer that was handed over has no return.
    """
    returns = by_session(books["movements"], kinds={"RETURN"})
    differences = by_session(books["movements"], kinds={"OVER_SHORT"})
    counts, afterwards = counts_of(books, "CLOSING"), counts_of(books, "AFTERWARDS")
    seals = {seal["id"]: seal for seal in books["seals"]}
    sealing = Counter(session["seal_id"] for session in books["sessions"] if session["seal_id"] is not None)
    yield from (f"seal {pk} closes {times} sessions" for pk, times in sealing.items() if times > 1)
    for session in books["sessions"]:
        name = f"session {session['id']}"
        is_counted = session["status"] == "CLOSED"
        if (session["seal_id"] in seals) != (session["status"] != "OPEN"):
            yield f"{name} is {session['status']} with seal {session['seal_id']}"
        wanted = [session["declared_amount"]] if is_counted else []
        if counts[session["id"]] != wanted:
            yield f"{name}: closing counts {counts[session['id']]} instead of {wanted}"
        # After a close without a count, the return and the difference of the later count belong to the session.
        late_counts = afterwards[session["id"]] if session["status"] == "CLOSED_SYSTEM" else []
        back = late_counts if not is_counted else [] if session["is_handed_over"] else wanted
        if (found := [row["amount"] for row in returns[session["id"]]]) != [amount for amount in back if amount]:
            yield f"{name}: returns {found} instead of {back}"
        booked = sorted(into(row, session["register_id"]) for row in differences[session["id"]])
        due = [session["opening_difference"], session["difference"] if is_counted else 0]
        due += [amount - session["expected_amount"] for amount in late_counts]
        if booked != sorted(amount for amount in due if amount):
            yield f"{name}: differences {booked} instead of {due}"
        if (
            session["status"] != "OPEN"
            and session["difference"] != session["declared_amount"] - session["expected_amount"]
        ):
            yield f"{name}: difference {session['difference']} is not declared minus expected"


def _faults_of_expected(books: Books) -> Iterator[str]:
    """Checks that the frozen expected amount is the float plus the cash that moved in the range of the session's seal."""
    seals = {seal["id"]: seal for seal in books["seals"]}
    for session in books["sessions"]:
        seal = seals.get(session["seal_id"])
        if seal is None:
            continue
        moved = sum(
            into(row, session["register_id"])
            for row in books["movements"]
            if seal["after_movement"] < row["id"] <= seal["last_movement"]
            and row["kind"] in TRADE_KINDS
            and row["method"] == CASH
        )
        due = session["start_amount"] + moved
        if session["expected_amount"] != due:
            yield f"session {session['id']}: expected {session['expected_amount']}, the rows say {due}"


def _faults_of_seals(books: Books) -> Iterator[str]:
    """Checks that Z numbers have no gap, that ranges meet, and that balances are the sum of all movements up to the
    seal.
    """
    for place in books["places"]:
        number, last = 0, 0
        for seal in sorted(
            (seal for seal in books["seals"] if seal["place_id"] == place["id"]), key=lambda seal: seal["number"]
        ):
            name = f"Z {seal['number']} of place {place['id']}"
            if (seal["number"], seal["after_movement"]) != (number + 1, last):
                yield f"{name} does not follow Z {number} and movement {last}"
            number, last = seal["number"], seal["last_movement"]
            until = [
                row
                for row in books["movements"]
                if row["id"] <= last and place["id"] in (row["source_id"], row["destination_id"])
            ]
            if seal["movement_count"] != sum(row["id"] > seal["after_movement"] for row in until):
                yield f"{name} counts {seal['movement_count']} movements, and there are others"
            stated = {(row["currency"], row["method"]): row["amount"] for row in seal["balances"]}
            summed: Counter[tuple[str, str]] = Counter()
            for row in until:
                summed[row["currency"], row["method"]] += into(row, place["id"])
            if stated != {pair: amount for pair, amount in summed.items() if amount}:
                yield f"{name} states balances that are not the sum of its movements"


def _faults_of_custody(books: Books) -> Iterator[str]:
    """Checks that each movement of a register is in the period of its own session."""
    seals = {seal["id"]: seal for seal in books["seals"]}
    ranges = {
        session["id"]: (seals[session["seal_id"]]["after_movement"], seals[session["seal_id"]]["last_movement"])
        for session in books["sessions"]
        if session["seal_id"] in seals
    }
    registers = {place["id"] for place in books["places"] if place["kind"] == "REGISTER"}
    sealed_until = {
        pk: max((seal["last_movement"] for seal in books["seals"] if seal["place_id"] == pk), default=0)
        for pk in registers
    }
    sessions = {session["id"]: session for session in books["sessions"]}
    counted_later = seals_of_no_session(books)
    for row in books["movements"]:
        session = sessions.get(row["session_id"])
        for register in registers.intersection((row["source_id"], row["destination_id"])):
            if any(
                seal["place_id"] == register and seal["after_movement"] < row["id"] <= seal["last_movement"]
                for seal in counted_later
            ):
                continue
            after, until = ranges.get(row["session_id"], (sealed_until[register], float("inf")))
            if session is None or session["register_id"] != register:
                yield f"movement {row['id']} is at register {register} without a session of it"
            elif not after < row["id"] <= until:
                yield f"movement {row['id']} of session {session['id']} lies outside of its period, {after} to {until}"
        if row["is_late"] and (session is None or session["status"] == "OPEN"):
            yield f"movement {row['id']} is late for session {row['session_id']}, which is not closed"


def _faults_of_payments(books: Books) -> Iterator[str]:
    """Checks that each approved payment is booked once, at its session, and that no other payment moves money."""
    movements: dict[Any, list[Row]] = defaultdict(list)
    for row in books["movements"]:
        if row["reverses_id"] is None:
            movements[row["payment_id"]].append(row)
    over_short = _place(books, "OVER_SHORT")
    for payment in books["payments"]:
        name = f"payment {payment['external_id']}"
        booked = [(row["kind"], row["method"], row["amount"]) for row in movements[payment["id"]]]
        wanted = [(payment["type"], payment["method"], abs(_signed(payment)))] if _signed(payment) else []
        if booked != wanted:
            yield f"{name} is booked as {booked} instead of {wanted}"
            continue
        for row in movements[payment["id"]]:
            is_late = over_short in (row["source_id"], row["destination_id"])
            if not is_late == row["is_late"] == (payment["booked"] == "late"):
                yield f"{name} says booked {payment['booked']}, and its movement says otherwise"
            if row["session_id"] != payment["session_id"]:
                yield f"{name} is of session {payment['session_id']}, its movement of {row['session_id']}"


def _faults_of_balances(books: Books) -> Iterator[str]:
    """Checks law 8: the sum over all places is zero.

    A register whose last session was counted holds no cash, or the cash that was handed over.
    """
    balances = balances_of(books["movements"])
    if sum(amount for (_place_id, method), amount in balances.items() if method is None):
        yield "all places together do not sum to zero"
    last = {session["register_id"]: session for session in books["sessions"]}
    for register, session in last.items():
        waits = 0 if counts_of(books, "AFTERWARDS")[session["id"]] else left_by(session)
        if session["status"] == "CLOSED" and balances[register, CASH] != waits:
            yield f"register {register} was counted and closed and holds {balances[register, CASH]}, not {waits}"


def _signed(payment: Row) -> int:
    """Returns the amount that a payment moves into a drawer, or 0 unless it is approved."""
    if payment["status"] != "APPROVED":
        return 0
    if payment["tendered"] is not None:
        return int(payment["tendered"] - payment["change"])
    return int(payment["amount"]) * (1 if payment["type"] == "SALE" else -1)


def _place(books: Books, kind: str) -> int:
    return next(int(place["id"]) for place in books["places"] if place["kind"] == kind)
