"""The audit trail: its entries, their account, and the notes of looks at uncounted drawers."""

import pytest
from structlog.contextvars import bound_contextvars

from cashdesk.domain.caller.audit import note
from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.domain.session.closing import force_close_session
from cashdesk.domain.session.count_afterwards import count_afterwards
from cashdesk.domain.visibility import note_rows_seen, with_shown_result
from cashdesk.enums import Scope
from cashdesk.models import AuditEntry, CashSession
from cashdesk.queries import sessions
from tests.cashdesk.desk import NOON, close_drawer, counted, minutes, open_drawer, sell
from tests.stories import Cast


def test_an_entry_says_who_when_and_from_which_request(cast: Cast) -> None:
    with bound_contextvars(request_id="r-1"):
        note(action="thing.done", subject="thing:1", by=Principal(user=cast.erika), at=NOON, store=cast.store)
    entry = AuditEntry.objects.get()
    assert (entry.user, entry.token, entry.at, entry.request_id) == (cast.erika, None, NOON, "r-1")
    assert (entry.store, entry.account, entry.detail) == (cast.store, cast.store.account, {})


def test_an_entry_belongs_to_the_store_else_the_account_else_who_did_it(cast: Cast) -> None:
    by = Principal(user=cast.erika)
    theirs = cast.otto.store
    assert theirs is not None
    note(action="a.b", subject="", by=by, at=NOON, store=theirs)
    note(action="a.b", subject="", by=by, at=NOON, account=theirs.account)
    note(action="a.b", subject="", by=by, at=NOON)
    note(action="a.b", subject="", by=SYSTEM, at=NOON)
    told = [(entry.account, entry.store) for entry in AuditEntry.objects.order_by("pk")]
    assert told == [(theirs.account, theirs), (theirs.account, None), (cast.store.account, None), (None, None)]


def test_a_program_is_named_by_its_key(cast: Cast) -> None:
    token, secret = issue_api_key(
        name="t", scopes=(Scope.PAYMENTS_WRITE,), by=SYSTEM, at=NOON, account=cast.store.account
    )
    note(action="a.b", subject="", by=Principal(token=token), at=NOON)
    entry = AuditEntry.objects.order_by("pk").last()
    assert entry is not None
    assert (entry.user, entry.token) == (None, token)
    assert secret not in str([audit.detail for audit in AuditEntry.objects.all()])


def test_no_entry_of_an_open_drawer_tells_what_is_expected(cast: Cast) -> None:
    session = open_drawer(cast.carla, 12300)
    sell(session, 4567)
    told = " ".join(f"{entry.action} {entry.detail}" for entry in AuditEntry.objects.all())
    assert "start_amount" in told
    assert "16867" not in told
    assert "4567" not in told


def test_a_forced_close_does_not_tell_it_either(cast: Cast) -> None:
    session = open_drawer(cast.carla, 12300)
    sell(session, 4567)
    force_close_session(session=session, by=SYSTEM, at=NOON, reason="power cut")
    assert AuditEntry.objects.get(action="session.forced_closed").detail == {"reason": "power cut"}


# --- Looks ---------------------------------------------------------------------------------------------------------------


def look(cast: Cast, who: str) -> None:
    """Lets somebody read the list of sessions."""
    by = Principal(user=getattr(cast, who))
    note_rows_seen(rows=sessions(by=by), by=by, at=minutes(5))


@pytest.mark.parametrize("who", ["erika", "anna"])
def test_a_look_at_what_nobody_has_counted_is_noted(cast: Cast, who: str) -> None:
    close_drawer(open_drawer(cast.bruno, 100), 100)
    forced = force_close_session(session=open_drawer(cast.carla, 100), by=SYSTEM, at=NOON, reason="power cut")
    look(cast, who)
    entry = AuditEntry.objects.get(action="expected.seen")
    assert (entry.user, entry.store, entry.at) == (getattr(cast, who), cast.store, minutes(5))
    assert entry.detail == {"sessions": [forced.pk]}


def test_all_other_looks_are_not(cast: Cast) -> None:
    close_drawer(open_drawer(cast.bruno, 100), 100)
    forced = force_close_session(session=open_drawer(cast.carla, 100), by=SYSTEM, at=NOON, reason="power cut")
    look(cast, "carla")
    look(cast, "otto")
    assert not AuditEntry.objects.filter(action="expected.seen").exists()
    count_afterwards(session=forced, counted=counted(100), by=SYSTEM, at=NOON)
    open_drawer(cast.carla, 100)
    look(cast, "erika")
    assert not AuditEntry.objects.filter(action="expected.seen").exists()


def test_who_is_shown_the_result_of_an_uncounted_drawer(cast: Cast) -> None:
    forced = force_close_session(
        session=open_drawer(cast.carla, 100, station=1), by=SYSTEM, at=NOON, reason="power cut"
    )

    def shown_to(who: str) -> bool:
        listed = with_shown_result(CashSession.objects.filter(pk=forced.pk), by=Principal(user=getattr(cast, who)))
        return bool(listed.values_list("shows_result", flat=True).get())

    assert (shown_to("carla"), shown_to("erika"), shown_to("anna")) == (False, True, True)
    open_drawer(cast.bruno, 90, station=1)
    assert shown_to("carla")


def test_the_result_of_an_open_drawer_is_shown_to_nobody_and_of_a_counted_one_to_all(cast: Cast) -> None:
    counted_one = close_drawer(open_drawer(cast.carla, 100), 90)
    open_one = open_drawer(cast.carla, 100)
    for who in ("carla", "erika", "anna"):
        shown = dict(sessions(by=Principal(user=getattr(cast, who))).values_list("pk", "shows_result"))
        assert shown == {counted_one.pk: True, open_one.pk: False}
