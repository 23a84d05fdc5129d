"""The actions of managers after the counts, for worked days: declare cash, authorize a sign-off, close the day."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse

from tests.factories import StoreFactory
from tests.stories import caller, exact
from tests.worked_days.script import Row, Step, minor

if TYPE_CHECKING:
    from tests.worked_days.acts import Stage

PATH: Final = "/cash-management/reconciliations"


def declare(stage: "Stage", step: Step, whose: str, reason: str | None, permitted: str | None) -> None:
    answer = _declared(stage, step, whose, reason, permitted)
    assert answer.status_code == 201, answer.content


def be_refused_a_sign_off(stage: "Stage", step: Step, whose: str, permitted: str) -> None:
    answer = _declared(stage, step, whose, None, permitted)
    assert answer.status_code == 400, answer.content
    # The same words whatever is wrong with it.
    words = "This authorization cannot be used here."
    assert exact(answer)["error"]["errors"] == {"authorizationTokenId": words}


def _declared(stage: "Stage", step: Step, whose: str, reason: str | None, permitted: str | None) -> HttpResponse:
    currency, amount = stage.money(step)
    body: dict[str, Any] = {
        "storeId": str(stage.cast.store.uuid),
        "currency": currency,
        "declaredCash": step.amount.partition(" ")[0],
        "businessDayDate": stage.first_day,
    }
    assert amount >= 0
    if whose != "the day":
        body["operatorUid"] = str(getattr(stage.cast, whose.lower()).pk)
    if reason:
        body["reason"] = reason.upper().replace(" ", "_")
    if permitted:
        body["authorizationTokenId"] = stage.permissions[permitted]
    return stage.call(step).post(PATH, body)


def permit(stage: "Stage", step: Step, minutes: str, whose: str | None) -> None:
    _permit(stage, step, minutes, store=str(stage.cast.store.uuid), whose=whose)


def permit_elsewhere(stage: "Stage", step: Step, minutes: str) -> None:
    _permit(stage, step, minutes, store=str(StoreFactory(account=stage.cast.store.account).uuid), whose=None)


def _permit(stage: "Stage", step: Step, minutes: str, *, store: str, whose: str | None) -> None:
    body: dict[str, Any] = {"storeId": store, "purpose": "a sign-off", "expiresInMinutes": int(minutes)}
    if whose:
        body["operatorUid"] = str(getattr(stage.cast, whose.lower()).pk)
    answer = stage.call(step).post("/cash-management/authorizations", body)
    assert answer.status_code == 201, answer.content
    stage.permissions[f"{step.at:%H:%M}"] = exact(answer)["authorizationTokenId"]


def be_refused_to_permit(stage: "Stage", step: Step) -> None:
    body = {"storeId": str(stage.cast.store.uuid), "purpose": "a sign-off", "expiresInMinutes": 5}
    assert stage.call(step).post("/cash-management/authorizations", body).status_code == 403


def close_day(stage: "Stage", step: Step) -> None:
    answer = stage.call(step).post(f"/business-days/{stage.first_day}/close", {"store": stage.cast.store.number})
    assert answer.status_code == 201, answer.content


ACTS: Final[dict[str, Callable[..., None]]] = {
    r"declares the cash of (the day|Carla|Bruno|Erika)(?:: ([a-z ]+))?(?:, permitted at (\d\d:\d\d))?": declare,
    r"declares the cash of (the day|Carla|Bruno|Erika), permitted at (\d\d:\d\d), and is refused": be_refused_a_sign_off,
    r"permits a sign-off for (\d+) minutes(?: of the cash of (Carla|Bruno))?": permit,
    r"permits a sign-off for (\d+) minutes in another store": permit_elsewhere,
    r"tries to permit a sign-off and is refused": be_refused_to_permit,
    r"closes the business day": close_day,
}
"""Each sentence, as a pattern, and what it does."""


def check_reconciliations(stage: "Stage", rows: list[Row]) -> None:
    """Checks each reconciliation against the table of the day, in the order of their creation."""
    store = stage.cast.store
    listed = exact(caller(stage.cast.erika).get(f"{PATH}?storeId={store.uuid}&businessDayDate={stage.first_day}"))
    assert len(listed) == len(rows)
    names = {
        str(person.pk): person.name.split()[0] for person in (stage.cast.carla, stage.cast.bruno, stage.cast.erika)
    }
    for told, row in zip(rows, reversed(listed), strict=True):
        found = {
            "declaration": re.sub(r"_", " ", (row["reason"] or "no reason").lower()),
            "of": names[row["operatorUid"]] if row["operatorUid"] else "the day",
            "type": row["discrepancyType"].lower(),
            "approval": "awaited" if row["awaitingApproval"] else "given" if row["authorizationTokenId"] else "not needed",
            "stands": "yes" if row["stands"] else "no",
            "recorded": "after the close" if row["details"]["post_close"] else "in time",
        }  # fmt: skip
        amounts = {
            "system": row["systemCash"],
            "declared": row["declaredCash"],
            "discrepancy": row["discrepancy"],
            "system with what came late": row["adjustedSystemCash"],
            "still unexplained": row["adjustedDiscrepancy"],
        }
        assert set(told) == {*found, *amounts}
        assert {title: told[title] for title in found} == found
        for title, amount in amounts.items():
            assert minor(told[title], store.currency) == minor(str(amount), store.currency), (told, title)
