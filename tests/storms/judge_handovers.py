"""Judges handovers and counts afterwards from the rows, in plain Python, as `judge.py` does for sessions."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from tests.storms.rows import Books, Row, counts_of, into, left_by, seals_of_no_session


def faults_of_handovers(books: Books) -> list[str]:
    """Returns the faults in handovers and counts afterwards. An empty list means that the books are right."""
    return [*_faults_of_gaps(books), *_faults_of_counts_afterwards(books)]


def _faults_of_gaps(books: Books) -> Iterator[str]:
    """Checks that a gap between two counts creates one variance, that it names its cashier if they had the drawer before
    too, and that a counting-in names both cashiers.
    """
    afterwards = counts_of(books, "AFTERWARDS")
    raised: dict[Any, list[Row]] = defaultdict(list)
    for row in books["gaps"]:
        raised[row["session_id"]].append(row)
    named: dict[str, list[Any]] = defaultdict(list)
    for entry in books["counted_in"]:
        named[entry["subject"]].append((entry["detail"]["from_session"], entry["detail"]["difference"]))
    before: dict[int, Row] = {}
    for session in books["sessions"]:
        name, earlier = f"session {session['id']}", before.get(session["register_id"])
        if session["is_handed_over"] and session["status"] != "CLOSED":
            yield f"{name} is handed over and {session['status']}"
        gaps = [session["opening_difference"]]
        if session["is_handed_over"]:
            gaps += [amount - session["declared_amount"] for amount in afterwards[session["id"]]]
        if (found := [row["difference"] for row in raised[session["id"]]]) != [gap for gap in gaps if gap]:
            yield f"{name}: gaps {found} raised instead of {gaps}"
        keeper = _keeper_before(session, earlier=earlier, books=books)
        own = [session["user_id"] if keeper == session["user_id"] else None] if session["opening_difference"] else []
        charged = [row["person_id"] for row in raised[session["id"]]]
        if charged[: len(own)] != own or any(charged[len(own) :]):
            yield f"{name}: gaps charged to {charged}, the opening's to {own}"
        wanted = []
        if earlier and earlier["is_handed_over"] and earlier["declared_amount"] and not afterwards[earlier["id"]]:
            wanted = [(earlier["id"], session["opening_difference"])]
        if (told := named[f"session:{session['id']}"]) != wanted:
            yield f"{name}: counted in from {told} instead of {wanted}"
        before[session["register_id"]] = session


def _keeper_before(session: Row, *, earlier: Row | None, books: Books) -> Any:
    """Returns the person who had a drawer before a session: who counted it last, else its cashier (docs/decisions/0008)."""
    counts = [row for row in books["counts"] if row["place_id"] == session["register_id"]]
    of_earlier = [row["id"] for row in counts if earlier and row["session_id"] == earlier["id"] and not _is_after(row)]
    until = min((row["id"] for row in counts if row["session_id"] == session["id"]), default=0)
    since = [
        row["counted_by_id"]
        for row in counts
        if max(of_earlier, default=0) < row["id"] < until and (_is_after(row) or _is_of_settlement(row))
    ]
    if since or earlier is None:
        return since[-1] if since else None
    return earlier["closed_by_id"] if earlier["status"] == "CLOSED" else earlier["user_id"]


def _is_after(count: Row) -> bool:
    return bool(count["moment"] == "AFTERWARDS")


def _is_of_settlement(count: Row) -> bool:
    return count["session_id"] is None and count["moment"] in ("OPENING", "CLOSING")


def _faults_of_counts_afterwards(books: Books) -> Iterator[str]:
    """Checks that a waiting drawer is counted once, before its next opening, with its own seal, and is empty then."""
    sessions = {session["id"]: session for session in books["sessions"]}
    opening = {row["session_id"]: row["id"] for row in books["counts"] if row["moment"] == "OPENING"}
    found = [row for row in books["counts"] if row["moment"] == "AFTERWARDS"]
    for pk, times in Counter(row["session_id"] for row in found).items():
        if times > 1:
            yield f"session {pk} was counted afterwards {times} times"
    extra = seals_of_no_session(books)
    if sorted(row["place_id"] for row in found) != sorted(seal["place_id"] for seal in extra):
        yield f"{len(found)} counts afterwards, and {len(extra)} seals that close no session"
        return
    by_place = {row["id"]: seal for row, seal in zip(_by_place(found), _by_place(extra), strict=True)}
    for row in found:
        session, seal = sessions[row["session_id"]], by_place[row["id"]]
        name, counted = f"session {session['id']}", row["amounts__amount"]
        if session["status"] != "CLOSED_SYSTEM" and not session["is_handed_over"]:
            yield f"{name} left nothing and was counted afterwards"
        following = [
            other["id"]
            for other in books["sessions"]
            if other["register_id"] == session["register_id"] and other["id"] > session["id"]
        ]
        if following and opening.get(following[0], row["id"]) < row["id"]:
            yield f"{name} was counted afterwards, when session {following[0]} had counted it in"
        owner = None if session["is_handed_over"] else session["id"]
        booked = [
            (other["kind"], into(other, row["place_id"]), other["session_id"])
            for other in books["movements"]
            if seal["after_movement"] < other["id"] <= seal["last_movement"] and into(other, row["place_id"])
        ]
        gap = counted - left_by(session)
        due = [("OVER_SHORT", gap, owner)] if gap else []
        due += [("RETURN", -counted, owner)] if counted else []
        if booked != due:
            yield f"{name}: the count afterwards booked {booked} instead of {due}"


def _by_place(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row["place_id"], row["id"]))
