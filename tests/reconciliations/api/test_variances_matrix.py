"""Every action of the API in every state of a variance gets the documented answer, or a 409 that lists the allowed
actions.

A cell holds the status and the new state. After a refusal, every row of every table must be unchanged.
"""

from typing import Any, Final

import pytest
from django.db import transaction
from django.http import HttpResponse

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role, Scope, VarianceState
from cashdesk.models import AuditEntry, User, Variance
from reconciliations.enums import Act
from reconciliations.state_flow import FLOW
from tests.cashdesk.desk import force_close
from tests.factories import UserFactory
from tests.reconciliations.queue import (
    approve,
    declare,
    escalate,
    every_row,
    explain,
    limits,
    only,
    recount,
    reject,
    short_drawer,
    signed_off,
    witness,
)  # fmt: skip
from tests.settlements.desk import Shop
from tests.stories import Caller, Cast, caller, exact, key_caller

STATES: Final = (
    "OPEN", "OPEN above", "EXPLAINED", "REJECTED", "ESCALATED", "ESCALATED explained", "ESCALATED witnessed", "APPROVED",
    "SUPERSEDED",
)  # fmt: skip
BODIES: Final[dict[str, dict[str, Any]]] = {
    "explain": {"reason": "COUNTING_ERROR"},
    "witness": {},
    "recount": {"amount": 200_00},
    "approve": {},
    "reject": {"notes": "Which customer?"},
    "escalate": {"notes": "Too much for me."},
}
# Sent by Anna, the admin, who neither counted nor explained it.
MATRIX: Final[dict[str, tuple[str, ...]]] = {
    #            OPEN              above the limit   EXPLAINED        REJECTED         ESCALATED        and explained    and witnessed    APPROVED         SUPERSEDED
    "explain":  ("200 EXPLAINED",  "200 ESCALATED",  "200 EXPLAINED", "200 EXPLAINED", "200 ESCALATED", "200 ESCALATED", "200 ESCALATED", "409 nothing",   "409 nothing"),
    "witness":  ("200 OPEN",       "200 OPEN",       "200 EXPLAINED", "200 REJECTED",  "200 ESCALATED", "200 ESCALATED", "200 ESCALATED", "409 nothing",   "409 nothing"),
    "recount":  ("200 OPEN",       "200 OPEN",       "200 EXPLAINED", "200 REJECTED",  "200 ESCALATED", "200 ESCALATED", "200 ESCALATED", "409 nothing",   "409 nothing"),
    "approve":  ("409 open",       "409 open",       "200 APPROVED",  "409 open",      "409 explain",   "409 witness",   "200 APPROVED",  "409 nothing",   "409 nothing"),
    "reject":   ("409 open",       "409 open",       "200 REJECTED",  "409 open",      "409 explain",   "200 REJECTED",  "200 REJECTED",  "409 nothing",   "409 nothing"),
    "escalate": ("200 ESCALATED",  "200 ESCALATED",  "200 ESCALATED", "200 ESCALATED", "409 escalated", "409 escalated", "409 escalated", "409 nothing",   "409 nothing"),
}  # fmt: skip
TOLD: Final = {
    "open": "Possible now: explain, witness, recount, escalate.",
    "escalated": "Possible now: explain, witness, recount, approve, reject.",
    "nothing": "It cannot be changed any more.",
    "explain": "This difference is not explained yet. Explain it first.",
    "witness": "It needs a witness or a recount before approval.",
}


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A shop in which an admin decides differences above 20.00."""
    limits(cast.store, second=20_00)
    return Shop(cast)


def in_state(shop: Shop, state: str) -> Variance:
    """Creates the variance of Carla's short drawer, explained by Erika, and brings it into a state."""
    if state == "SUPERSEDED":
        declare(shop, 1_00)
        declare(shop, 0)
        return only()
    variance = short_drawer(shop, by=20_01 if state == "OPEN above" else 1_00)
    if state in ("EXPLAINED", "REJECTED"):
        explain(shop, variance)
    if state == "REJECTED":
        reject(shop, variance)
    if state.startswith("ESCALATED"):
        escalate(shop, variance)
    if state in ("ESCALATED explained", "ESCALATED witnessed"):
        explain(shop, variance)
    if state == "ESCALATED witnessed":
        witness(shop, variance, by=UserFactory(store=shop.cast.store, username="mia", role=Role.MANAGER))
    return signed_off(shop, variance) if state == "APPROVED" else only()


def do(by: Caller, variance: Variance, act: str, **fields: Any) -> HttpResponse:
    """Sends an action."""
    return by.post(f"/variances/{variance.uuid}/{act}", {**BODIES[act], **fields})


def test_the_matrix_is_whole() -> None:
    assert {state.partition(" ")[0] for state in STATES} == set(VarianceState.values) == set(FLOW["variance"])
    assert set(MATRIX) == set(BODIES) == {str(act).lower() for act in Act} - {"supersede"}
    assert {len(row) for row in MATRIX.values()} == {len(STATES)}


@pytest.mark.parametrize("state", STATES)
def test_every_state_by_every_act(shop: Shop, state: str) -> None:
    variance = in_state(shop, state)
    anna = caller(shop.cast.anna)
    assert variance.state == state.partition(" ")[0]
    before = every_row()
    for act, row in MATRIX.items():
        status, _space, word = row[STATES.index(state)].partition(" ")
        with transaction.atomic():
            answer = do(anna, variance, act)
            assert (answer.status_code, act) == (int(status), act), answer.content
            if status == "409":
                assert TOLD[word] in exact(answer)["detail"]
                assert every_row() == before, act
            else:
                assert_done(answer, variance, act, word)
            # The next act meets the variance as this one did.
            transaction.set_rollback(True)


def assert_done(answer: HttpResponse, variance: Variance, act: str, state: str) -> None:
    """Asserts the new state, and that the action is the last event, once here and once in the audit trail."""
    body = exact(answer)
    event = body["events"][-1]
    assert (body["state"], event["to_state"], event["act"]) == (state, state, act.upper())
    assert (event["from_state"], len(body["events"])) == (variance.state, variance.events.count())
    noted = AuditEntry.objects.filter(subject=f"variance:{variance.pk}").latest("pk")
    assert (noted.action, noted.detail["to"]) == (f"variance.{act}", state)


@pytest.mark.parametrize("state", STATES)
def test_what_is_allowed_is_what_would_be_done(shop: Shop, state: str) -> None:
    """A witness is the exception: an approval above the second limit also needs one."""
    variance = in_state(shop, state)
    allowed = exact(caller(shop.cast.anna).get(f"/variances/{variance.uuid}"))["allowed"]
    done = {
        act for act, row in MATRIX.items() if row[STATES.index(state)].split()[1] in {*VarianceState.values, "witness"}
    }
    assert set(allowed) == done


# --- Who may ---------------------------------------------------------------------------------------------------------


def second_manager(shop: Shop) -> User:
    """Another manager of the shop."""
    return UserFactory(store=shop.cast.store, username="mia", name="Mia", role=Role.MANAGER)


@pytest.mark.parametrize("act", BODIES)
@pytest.mark.parametrize("name", ["carla", "bruno"])
def test_a_cashier_may_nothing(shop: Shop, act: str, name: str) -> None:
    variance = in_state(shop, "EXPLAINED")
    by, before = caller(getattr(shop.cast, name)), every_row()
    assert do(by, variance, act).status_code == 403
    assert by.get(f"/variances/{variance.uuid}").status_code == by.get("/variances").status_code == 403
    assert every_row() == before


@pytest.mark.parametrize(
    ("act", "status"),
    [("explain", 200), ("escalate", 200), ("witness", 403), ("recount", 403), ("approve", 403), ("reject", 403)],
)
def test_a_program_explains_and_hands_up_and_the_rest_is_done_in_person(shop: Shop, act: str, status: int) -> None:
    variance = in_state(shop, "EXPLAINED")
    key, before = key_caller(shop.cast.store), every_row()
    assert set(exact(key.get(f"/variances/{variance.uuid}"))["allowed"]) == {"explain", "escalate"}
    answer = do(key, variance, act)
    assert answer.status_code == status
    if status == 403:
        assert "with their own sign-in" in exact(answer)["detail"]
        assert every_row() == before
    else:
        assert exact(answer)["events"][-1]["by"].startswith("apikey:")


@pytest.mark.parametrize("act", ["explain", "approve"])
def test_a_key_without_the_scope_may_not(shop: Shop, act: str) -> None:
    variance = in_state(shop, "EXPLAINED")
    reads = key_caller(shop.cast.store, Scope.CASH_MANAGEMENT_READ)
    assert reads.get(f"/variances/{variance.uuid}").status_code == 200
    assert do(reads, variance, act).status_code == 403
    others = key_caller(shop.cast.store, Scope.PAYMENTS_READ, Scope.SETTLEMENTS_WRITE, Scope.SESSIONS_READ)
    assert others.get("/variances").status_code == others.get(f"/variances/{variance.uuid}").status_code == 403


@pytest.mark.parametrize("act", ["witness", "recount", "approve", "reject"])
@pytest.mark.parametrize("whose", ["drawer", "count", "report", "operator"])
def test_nobody_deals_with_their_own_count(shop: Shop, act: str, whose: str) -> None:
    erika = shop.cast.erika
    if whose == "drawer":
        variance = short_drawer(shop, cashier=erika)
    elif whose == "count":
        force_close(shop.sign_on(shop.cast.carla, 200_00))
        recount(shop, only(), 199_00)
        variance = only(kind="SESSION")
    else:
        operator = erika if whose == "operator" else None
        reporter = Principal(user=second_manager(shop)) if whose == "operator" else None
        declare(shop, 1_00, operator=operator, by=reporter)
        variance = only()
    explain(shop, variance, by=shop.cast.anna)
    by_erika = caller(erika)
    before = every_row()
    answer = do(by_erika, variance, act)
    assert answer.status_code == 403
    assert "own count" in exact(answer)["detail"]
    assert every_row() == before
    assert set(exact(by_erika.get(f"/variances/{variance.uuid}"))["allowed"]) == {"explain", "escalate"}


def test_they_may_say_why(shop: Shop) -> None:
    variance = short_drawer(shop, cashier=shop.cast.erika)
    assert do(caller(shop.cast.erika), variance, "explain").status_code == 200


@pytest.mark.parametrize("act", ["approve", "reject"])
def test_above_the_second_limit_a_manager_decides_nothing(shop: Shop, act: str) -> None:
    variance = in_state(shop, "ESCALATED witnessed")
    managers = [caller(user) for user in (shop.cast.erika, User.objects.get(username="mia"))]
    before = every_row()
    for manager in managers:
        answer = do(manager, variance, act)
        assert (answer.status_code, exact(answer)["detail"]) == (
            403,
            "This difference is escalated. An admin must decide it.",
        )
    assert every_row() == before


def test_who_explained_it_does_not_witness_it(shop: Shop) -> None:
    variance = in_state(shop, "EXPLAINED")
    answer = do(caller(shop.cast.erika), variance, "witness")
    assert (answer.status_code, exact(answer)["detail"]) == (
        403,
        "You explained this difference. Somebody else must witness it.",
    )


def test_above_it_who_explained_it_does_not_approve_it(shop: Shop) -> None:
    variance = in_state(shop, "ESCALATED witnessed")
    explain(shop, variance, by=shop.cast.anna)
    anna = caller(shop.cast.anna)
    assert do(anna, variance, "approve").status_code == 403
    assert do(anna, variance, "reject").status_code == 200


def test_below_it_who_explained_it_may_approve_it(shop: Shop) -> None:
    """Erika did not count. Below the second limit, one other person than the one who counted is enough."""
    variance = in_state(shop, "EXPLAINED")
    assert do(caller(shop.cast.erika), variance, "approve").status_code == 200


def test_rejected_above_the_limit_it_comes_back_to_the_admin(shop: Shop) -> None:
    variance = in_state(shop, "ESCALATED witnessed")
    reject(shop, variance, by=shop.cast.anna)
    assert explain(shop, variance).state == VarianceState.ESCALATED
    assert approve(shop, variance, by=shop.cast.anna).state == VarianceState.APPROVED
