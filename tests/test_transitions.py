"""Checks every table of transitions: its states, its final states, the function of each transition, and the triggers."""

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pytest
from django.db import connection, models

from cashdesk.domain.payment.decision import decide_payment
from cashdesk.domain.payment.order import cancel_order, mark_paid
from cashdesk.domain.session.cancel_opening import cancel_opening
from cashdesk.domain.session.closing import close_session, force_close_session
from cashdesk.enums import (
    ENDED_VARIANCES,
    OrderAct,
    OrderStatus,
    PaymentAct,
    PaymentStatus,
    SessionAct,
    SessionStatus,
    VarianceState,
)
from cashdesk.models import CashSession, Order, Payment, Variance
from cashdesk.transitions import Flow
from cashdesk.triggers import laws_of
from reconciliations.domain import variance_acts
from reconciliations.domain.business_day_close import close_business_day
from reconciliations.domain.export import end_export
from reconciliations.enums import Act as VarianceAct
from reconciliations.enums import DayAct, DayState, ExportAct, ExportState
from reconciliations.models import Export
from settlements.domain import change_order, deposit
from settlements.domain.closing import close_settlement, force_close_settlement
from settlements.domain.counting import preview_settlement, start_counting
from settlements.enums import Act as SettlementAct
from settlements.enums import ChangeOrderAct, ChangeOrderState, DepositAct, DepositState, SettlementState
from settlements.models import ChangeOrder, Deposit, Settlement
from tests.test_architecture import APPS


@dataclass(frozen=True, kw_only=True)
class Noun:
    """The data to compare a table with: all states, the domain function of each action, and the rows that have the
    state.
    """

    states: frozenset[str]
    makes: dict[str, Callable[..., Any]]
    model: type[models.Model] | None = None
    column: str = "state"
    goes_round: bool = field(default=False)
    """Whether a state can come again."""


_SETTLING: dict[str, Callable[..., Any]] = {
    SettlementAct.PREVIEW: preview_settlement,
    SettlementAct.CLOSE: close_settlement,
}
NOUNS = {
    "session": Noun(
        states=frozenset(SessionStatus),
        makes={
            SessionAct.CLOSE: close_session,
            SessionAct.FORCE_CLOSE: force_close_session,
            SessionAct.CANCEL_OPENING: cancel_opening,
        },
        model=CashSession,
        column="status",
    ),
    "payment": Noun(
        states=frozenset(PaymentStatus),
        makes=dict.fromkeys(PaymentAct, decide_payment),
        model=Payment,
        column="status",
    ),
    "order": Noun(
        states=frozenset(OrderStatus),
        makes={OrderAct.PAY: mark_paid, OrderAct.CANCEL: cancel_order},
        model=Order,
        column="status",
    ),
    "register settlement": Noun(
        states=frozenset(SettlementState),
        makes={
            **_SETTLING,
            SettlementAct.START_COUNTING: start_counting,
            SettlementAct.FORCE_CLOSE: force_close_settlement,
        },
        model=Settlement,
    ),
    # A vault is in use while it is counted.
    "vault settlement": Noun(
        states=frozenset({SettlementState.OPEN, SettlementState.CLOSED}), makes=_SETTLING, model=Settlement
    ),
    "deposit": Noun(
        states=frozenset(DepositState),
        makes={
            DepositAct.COLLECT: deposit.collect_deposit,
            DepositAct.CREDIT: deposit.credit_deposit,
            DepositAct.CORRECT_CREDIT: deposit.correct_credit,
            DepositAct.CANCEL: deposit.cancel_deposit,
        },
        model=Deposit,
    ),
    "change order": Noun(
        states=frozenset(ChangeOrderState),
        makes={
            ChangeOrderAct.RECEIVE: change_order.receive_change,
            ChangeOrderAct.CANCEL: change_order.cancel_change,
        },
        model=ChangeOrder,
    ),
    "variance": Noun(
        states=frozenset(VarianceState),
        makes={
            VarianceAct.EXPLAIN: variance_acts.explain_variance,
            VarianceAct.WITNESS: variance_acts.witness_variance,
            VarianceAct.RECOUNT: variance_acts.recount_variance,
            VarianceAct.APPROVE: variance_acts.approve_variance,
            VarianceAct.REJECT: variance_acts.reject_variance,
            VarianceAct.ESCALATE: variance_acts.escalate_variance,
            VarianceAct.SUPERSEDE: variance_acts.supersede_variances,
        },
        model=Variance,
        goes_round=True,  # what was rejected is explained again
    ),
    "export": Noun(states=frozenset(ExportState), makes=dict.fromkeys(ExportAct, end_export), model=Export),
    "business day": Noun(states=frozenset(DayState), makes={DayAct.CLOSE: close_business_day}),
}
every_noun = pytest.mark.parametrize("noun", NOUNS)


def flows() -> Iterator[Flow]:
    for app in APPS:
        yield import_module(f"{app}.state_flow").FLOW


def table_of(noun: str) -> Any:
    (table,) = (flow[noun] for flow in flows() if noun in flow)
    return table


def after(noun: str, state: str) -> set[str]:
    """Returns the other states that can follow a state directly."""
    return {following for states in table_of(noun)[state].values() for following in states} - {state}


def test_every_table_is_walked_here() -> None:
    assert sorted(noun for flow in flows() for noun in flow) == sorted(NOUNS)


@every_noun
def test_a_table_has_every_state_and_no_other(noun: str) -> None:
    table = table_of(noun)
    assert set(table) == NOUNS[noun].states
    assert {after for acts in table.values() for states in acts.values() for after in states} <= set(table)
    assert all(states for acts in table.values() for states in acts.values())


@every_noun
def test_every_state_is_reached_from_the_first_one(noun: str) -> None:
    first = next(iter(table_of(noun)))
    reached, new = {first}, {first}
    while new := {following for state in new for following in after(noun, state)} - reached:
        reached |= new
    assert reached == set(table_of(noun))


@every_noun
def test_every_noun_comes_to_an_end(noun: str) -> None:
    ended = {state for state in table_of(noun) if not after(noun, state)}
    assert ended
    # From every state there is a way to an end.
    leads = set(ended)
    while more := {state for state in table_of(noun) if after(noun, state) & leads} - leads:
        leads |= more
    assert leads == set(table_of(noun))
    if not NOUNS[noun].goes_round:
        assert all(state not in beyond(noun, state) for state in table_of(noun)), "no state comes again"


def beyond(noun: str, state: str) -> set[str]:
    """Returns all states that can follow a state, directly or later."""
    found, new = set[str](), after(noun, state)
    while new:
        found |= new
        new = {following for one in new for following in after(noun, one)} - found
    return found


def test_what_is_called_ended_is_what_has_ended() -> None:
    # The ground floor supersedes variances by these states: it does not know the acts on them.
    assert set(ENDED_VARIANCES) == {state for state in VarianceState if not after("variance", state)}


@every_noun
def test_every_act_has_a_function_of_the_domain(noun: str) -> None:
    acts = {act for row in table_of(noun).values() for act in row}
    assert set(NOUNS[noun].makes) == acts


@every_noun
def test_a_function_asks_the_table_for_its_act(noun: str) -> None:
    for act, function in NOUNS[noun].makes.items():
        source = inspect.getsource(function)
        module = inspect.getsource(sys.modules[function.__module__])
        assert "FLOW[" in module or "refuse_act(" in source, function
        # A decision names the state that it leads to instead of the act.
        asked = "leads_to(" if function in (decide_payment, end_export) else f"{type(act).__name__}.{act.name}"
        assert asked in source or asked in module, (function, act)


# --- The triggers agree ---------------------------------------------------------------------------------------------------


def holds(condition: str, column: str, state: str) -> bool:
    """Whether the condition of a trigger is true for a state, by the database."""
    (told, times) = re.subn(rf"\b(OLD|NEW)\.{column}\b", f"'{state}'", condition)
    assert times, condition
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT CASE WHEN {told} THEN 1 ELSE 0 END")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
@pytest.mark.parametrize("noun", [noun for noun, told in NOUNS.items() if told.model is not None])
def test_a_row_is_final_in_the_database_where_the_table_has_no_way_out(noun: str) -> None:
    told = NOUNS[noun]
    assert told.model is not None
    condition, _words = laws_of(told.model._meta.app_label).final[told.model._meta.model_name or ""]
    final = {state for state in table_of(noun) if holds(condition, told.column, state)}
    assert final == {state for state in table_of(noun) if not after(noun, state)}


def test_every_trigger_on_a_state_has_its_table() -> None:
    final = {(app, table) for app in APPS for table in laws_of(app).final}
    assert final == {(told.model._meta.app_label, told.model._meta.model_name) for told in NOUNS.values() if told.model}


@pytest.mark.django_db
@pytest.mark.parametrize("noun", ["register settlement", "vault settlement", "change order"])
def test_a_row_begins_in_the_first_state(noun: str) -> None:
    told = NOUNS[noun]
    assert told.model is not None
    rules = laws_of(told.model._meta.app_label).refused[told.model._meta.model_name or ""]
    (condition,) = (rule for words, rule in rules.items() if " begins " in words)
    first, *others = table_of(noun)
    assert not holds(condition, told.column, first)
    assert all(holds(condition, told.column, state) for state in others)
