"""Every transition of a session in FLOW works, and every other changes nothing."""

from collections.abc import Callable

import pytest

from cashdesk.enums import CountMoment, MovementKind, SessionStatus
from cashdesk.errors import Conflict, NothingOpen
from cashdesk.models import AuditEntry, CashSession, Count, Seal
from cashdesk.state_flow import FLOW

# --- Transitions, from FLOW ---------------------------------------------------------------------------------------------------------
from cashdesk.transitions import leads_to
from tests.cashdesk.desk import books, close_drawer, count_later, force_close, move, open_drawer
from tests.stories import Cast


def in_state(cast: Cast, status: str) -> CashSession:
    """Returns a session of Carla in this state."""
    session = open_drawer(cast.carla, 10000, station=1)
    if status == SessionStatus.CLOSED:
        return close_drawer(session, 10000)
    return force_close(session) if status == SessionStatus.CLOSED_SYSTEM else session


VERBS: dict[str, Callable[[CashSession], CashSession]] = {
    SessionStatus.CLOSED: lambda session: close_drawer(session, 10000),
    SessionStatus.CLOSED_SYSTEM: force_close,
}
"""The verb that leads into each state; nothing leads back to OPEN. tests/cashdesk/test_cancel_opening.py has the third act."""


def test_there_is_a_verb_for_every_state_that_may_follow() -> None:
    leads = {after for following in FLOW["session"].values() for states in following.values() for after in states}
    assert set(VERBS) == leads
    assert SessionStatus.OPEN not in VERBS


@pytest.mark.parametrize("after", VERBS)
@pytest.mark.parametrize("before", SessionStatus)
def test_every_allowed_transition_happens_and_every_other_changes_nothing(cast: Cast, before: str, after: str) -> None:
    session = in_state(cast, before)
    if leads_to(FLOW["session"][before], after):
        assert VERBS[after](session).status == after
        return
    rows = (CashSession.objects.values().get(), books(cast.store), Seal.objects.count(), AuditEntry.objects.count())
    with pytest.raises((NothingOpen, Conflict)):
        VERBS[after](session)
    now = (CashSession.objects.values().get(), books(cast.store), Seal.objects.count(), AuditEntry.objects.count())
    assert now == rows


@pytest.mark.parametrize("status", [SessionStatus.OPEN, SessionStatus.CLOSED])
def test_only_a_forced_close_is_counted_afterwards(cast: Cast, status: str) -> None:
    session = in_state(cast, status)
    with pytest.raises(Conflict):
        count_later(session, 10000)
    assert not Count.objects.filter(moment=CountMoment.AFTERWARDS).exists()


@pytest.mark.parametrize("status", [SessionStatus.CLOSED, SessionStatus.CLOSED_SYSTEM])
def test_a_stale_copy_of_a_closed_session_closes_nothing(cast: Cast, status: str) -> None:
    in_state(cast, status)
    stale = CashSession.objects.get()
    stale.status = SessionStatus.OPEN
    with pytest.raises(NothingOpen):
        close_drawer(stale, 1)
    with pytest.raises(Conflict):
        force_close(stale)


@pytest.mark.parametrize("status", [SessionStatus.CLOSED, SessionStatus.CLOSED_SYSTEM])
def test_no_cash_moves_by_hand_in_a_closed_session(cast: Cast, status: str) -> None:
    session = in_state(cast, status)
    before = books(cast.store)
    for kind in (MovementKind.PAID_IN, MovementKind.PAID_OUT, MovementKind.DROP, MovementKind.LOAN):
        with pytest.raises(NothingOpen):
            move(session, kind, 100)
    assert books(cast.store) == before
