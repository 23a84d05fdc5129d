"""The actions of managers in the variance queue, for worked days."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from tests.stories import caller, exact
from tests.worked_days.script import Row, Step, minor

if TYPE_CHECKING:
    from tests.worked_days.acts import Stage

SAID: Final = {"explain": "as told", "reject": "says nothing of the customer", "escalate": "too much for me"}
DONE: Final = {
    "EXPLAIN": "explained", "WITNESS": "witnessed", "RECOUNT": "recounted", "APPROVE": "approved", "REJECT": "rejected",
    "ESCALATE": "handed up",
}  # fmt: skip


def do(stage: "Stage", step: Step, act: str, whose: str, status: int = 200, **fields: Any) -> None:
    by = stage.call(step)
    (found,) = [row for row in exact(by.get("/variances?waiting=true")) if row["user_name"] == whose]
    body = {**({"notes": SAID[act]} if act in SAID else {}), **fields}
    answer = by.post(f"/variances/{found['id']}/{act}", body)
    assert answer.status_code == status, answer.content


def explain(stage: "Stage", step: Step, whose: str, reason: str) -> None:
    do(stage, step, "explain", whose, reason=reason.upper().replace(" ", "_"))


def recount(stage: "Stage", step: Step, whose: str) -> None:
    do(stage, step, "recount", whose, amount=stage.minor(step))


def act_of(act: str, status: int = 200) -> Callable[["Stage", Step, str], None]:
    """Returns the action of a sentence that names only a variance."""
    return lambda stage, step, whose: do(stage, step, act, whose, status)


def check_variances(stage: "Stage", rows: list[Row]) -> None:
    """Checks the variances of the queue against the table of the day, oldest first, if the day has one."""
    if not rows:
        return
    erika = caller(stage.cast.erika)
    listed = exact(erika.get("/variances"))[::-1]
    assert len(listed) == len(rows)
    for found, row in zip(listed, rows, strict=True):
        events = exact(erika.get(f"/variances/{found['id']}"))["events"]
        assert row == {
            "whose": found["user_name"],
            "difference": row["difference"],
            "reason": found["reason"].replace("_", " ").lower(),
            "state": found["state"].lower(),
            "decided by": found["decided_by"].split(" ")[0],
            "what was done": ", ".join(DONE[event["act"]] for event in events),
        }
        assert minor(row["difference"], stage.day.currency) == found["difference"]


ACTS: Final[dict[str, Callable[..., None]]] = {
    r"explains the difference of (\w+): (.+)": explain,
    r"rejects what was said of the difference of (\w+)": act_of("reject"),
    r"hands up the difference of (\w+)": act_of("escalate"),
    r"counts again what (\w+) counted": recount,
    r"witnesses the difference of (\w+)": act_of("witness"),
    r"approves the difference of (\w+)": act_of("approve"),
    r"may not approve the difference of (\w+)": act_of("approve", 403),
    r"may not yet approve the difference of (\w+)": act_of("approve", 409),
}
