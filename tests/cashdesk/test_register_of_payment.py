"""The place of a reported payment: missing fields are the caller's own, and nobody reports for another person's drawer."""

from datetime import timedelta
from typing import Any

import pytest

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.payment.register_of_payment import Target, targets_of
from cashdesk.domain.people.access_token import issue_token
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.domain.session.opening import open_session
from cashdesk.enums import PlaceKind, Scope
from cashdesk.errors import DomainError, Forbidden, InvalidInput
from cashdesk.models import Place, Store, User
from tests.cashdesk.desk import NOON, close_drawer, counted, open_drawer, report_of
from tests.factories import StoreFactory, UserFactory
from tests.stories import Cast, counted_queries


def look(by: Principal, *, hold: bool = False, **fields: Any) -> Target | DomainError:
    """Finds the target of a payment with these fields."""
    report = report_of(100, **fields)
    return targets_of(reports=[report], by=by, hold=hold)[report]


def target(by: Principal, **fields: Any) -> Target:
    """Returns the target."""
    found = look(by, **fields)
    assert isinstance(found, Target), found
    return found


def refusal(by: Principal, **fields: Any) -> DomainError:
    """Returns the reason why there is no target."""
    found = look(by, **fields)
    assert isinstance(found, DomainError), found
    return found


def bound(cast: Cast, user: Any, *, store: Store | None = None, register: Place | None = None) -> Principal:
    """Returns a person whose token is bound to a store and register."""
    token, _secret = issue_token(
        user=user, at=NOON, lifetime=timedelta(hours=1), store=store or cast.store, register=register
    )
    return Principal(user=user, token=token)


def a_key(store: Store, /, **binding: Any) -> Principal:
    """Returns a program of the store's account."""
    token, _secret = issue_api_key(
        name="till", scopes=tuple(Scope), by=SYSTEM, at=NOON, account=store.account, **binding
    )
    return Principal(token=token)


# --- A person ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hold", [False, True])
def test_a_cashier_says_nothing_and_means_their_open_drawer(cast: Cast, hold: bool) -> None:
    session = open_drawer(cast.carla, 0, station=2)
    found = target(Principal(user=cast.carla), hold=hold)
    assert (found.store, found.register, found.session, found.operator) == (
        cast.store,
        session.register,
        session,
        cast.carla,
    )
    assert found.is_on_time


def test_after_the_close_it_is_their_last_drawer(cast: Cast) -> None:
    close_drawer(open_drawer(cast.carla, 0, station=1), 0)
    last = close_drawer(open_drawer(cast.carla, 0, station=2), 0)
    open_drawer(cast.bruno, 0, station=2)
    found = target(Principal(user=cast.carla))
    assert (found.session, found.register, found.is_on_time) == (last, last.register, False)


def test_whoever_never_opened_has_a_store_and_no_register(cast: Cast) -> None:
    found = target(Principal(user=cast.carla))
    assert (found.store, found.register, found.session, found.is_on_time) == (cast.store, None, None, False)


def test_the_register_of_the_token_is_meant_while_no_drawer_is_open(cast: Cast) -> None:
    second = cast.place(PlaceKind.REGISTER, 2)
    running = open_drawer(cast.bruno, 0, station=2)
    by = bound(cast, cast.carla, register=second)
    assert target(by).session == running
    own = open_drawer(cast.carla, 0, station=1)
    assert target(by).session == own


def test_a_cashier_names_their_own_register_and_no_other(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    open_drawer(cast.bruno, 0, station=2)
    by = Principal(user=cast.carla)
    assert target(by, station=1).session == session
    assert isinstance(refusal(by, station=2), Forbidden)


def test_an_assigned_register_may_be_named_before_it_is_opened(cast: Cast) -> None:
    carla = UserFactory(store=cast.store, register=cast.place(PlaceKind.REGISTER, 2))
    assert target(Principal(user=carla), station=2).register == cast.place(PlaceKind.REGISTER, 2)
    assert isinstance(refusal(Principal(user=carla), station=1), Forbidden)


@pytest.mark.parametrize("station", [0, -1, 3, 99, 2**31, 2**63])
def test_a_register_that_is_not_there_is_refused(cast: Cast, station: int) -> None:
    assert set(refusal(Principal(user=cast.erika), station=station).errors) == {"station"}


def test_a_manager_names_any_register_of_the_store(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    found = target(Principal(user=cast.erika), station=1)
    assert (found.session, found.operator) == (session, cast.erika)


# --- The session ---------------------------------------------------------------------------------------------------------------


def test_a_session_is_named_by_its_number_or_uuid(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    by = Principal(user=cast.carla)
    for name in (str(session.pk), str(session.uuid), session.uuid.hex, str(session.uuid).upper()):
        assert target(by, session=name).session == session


@pytest.mark.parametrize("name", ["0", "-1", "999999", "9" * 30, "x", "½", "²", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_session_is_refused_without_a_stack_trace(cast: Cast, name: str) -> None:
    open_drawer(cast.carla, 0)
    assert set(refusal(Principal(user=cast.carla), session=name).errors) == {"session"}


def test_the_sessions_of_others_do_not_exist(cast: Cast) -> None:
    brunos, ottos = open_drawer(cast.bruno, 0), open_drawer(cast.otto, 0)
    for session in (brunos, ottos):
        unknown, known = (
            refusal(Principal(user=cast.carla), session="999999"),
            refusal(Principal(user=cast.carla), session=str(session.pk)),
        )
        assert (type(known), known.message, known.errors) == (type(unknown), unknown.message, unknown.errors)
    assert target(Principal(user=cast.erika), session=str(brunos.pk)).session == brunos
    assert isinstance(refusal(Principal(user=cast.erika), session=str(ottos.pk)), InvalidInput)


def test_store_and_station_beside_a_session_must_agree_with_it(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    by, name = Principal(user=cast.carla), str(session.pk)
    assert target(by, session=name, store="1337", station=1).session == session
    assert set(refusal(by, session=name, station=2).errors) == {"station"}
    assert set(refusal(by, session=name, store="4711").errors) == {"store"}


def test_a_session_names_its_cashier_where_no_operator_is_named(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    assert target(a_key(cast.store), session=str(session.pk)).operator == cast.carla


# --- The store --------------------------------------------------------------------------------------------------------------------


def test_a_store_is_named_by_its_number_or_uuid(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0)
    for name in ("1337", str(cast.store.uuid), cast.store.uuid.hex, str(cast.store.uuid).upper()):
        assert target(Principal(user=cast.carla), store=name).session == session


def test_the_stores_of_others_do_not_exist(cast: Cast) -> None:
    sister = StoreFactory(account=cast.store.account, number="2000")
    stranger = cast.otto.store
    by = Principal(user=cast.carla)
    answers = {
        (type(refused), refused.message)
        for name in ("2000", str(sister.uuid), str(stranger.uuid), "9999")
        if (refused := refusal(by, store=name))
    }
    assert len(answers) == 1
    assert target(Principal(user=cast.anna), store="2000", station=1).store == sister
    assert isinstance(refusal(Principal(user=cast.anna), store=str(stranger.uuid), station=1), InvalidInput)


def test_a_drawer_in_another_store_is_not_meant(cast: Cast) -> None:
    sister = StoreFactory(account=cast.store.account, number="2000")
    here = bound(cast, cast.anna)
    session = open_session(user=cast.anna, counted=counted(0), by=here, at=NOON)
    assert target(here).session == session
    found = target(Principal(user=cast.anna), store="2000")
    assert (found.store, found.register, found.session) == (sister, None, None)


# --- Operators ---------------------------------------------------------------------------------------------------------------------


def test_an_operator_is_named_by_code_or_where_there_is_none_by_id(cast: Cast) -> None:
    cast.bruno.operator_code = "B-7"
    cast.bruno.save()
    session = open_drawer(cast.bruno, 0)
    by = Principal(user=cast.erika)
    assert target(by, operator="B-7").session == session
    assert target(by, operator=str(cast.carla.pk)).operator == cast.carla
    assert set(refusal(by, operator=str(cast.bruno.pk)).errors) == {"operator"}


def test_a_code_that_looks_like_an_id_is_a_code(cast: Cast) -> None:
    cast.carla.operator_code = "K7"
    cast.carla.save()
    cast.bruno.operator_code = str(cast.carla.pk)
    cast.bruno.save()
    found = look(Principal(user=cast.erika), operator=str(cast.carla.pk))
    assert isinstance(found, Target)
    assert found.operator == cast.bruno


def test_an_operator_of_the_installation_names_somebody_of_the_account_of_the_store(cast: Cast) -> None:
    root = User.objects.create_superuser("root", "root@example.com", "Root", "a-long-password")
    User.objects.filter(pk=cast.otto.pk).update(operator_code=str(cast.carla.pk))
    by, uid = Principal(user=root), str(cast.carla.pk)
    assert target(by, operator=uid, store=str(cast.store.uuid)).operator == cast.carla
    assert cast.otto.store is not None
    assert target(by, operator=uid, store=str(cast.otto.store.uuid)).operator == cast.otto
    reports = [
        report_of(100, operator=uid, store=str(store.uuid), id=str(store.pk)) for store in (cast.store, cast.otto.store)
    ]
    found = targets_of(reports=reports, by=by, hold=False)
    for report in reports:
        answer = found[report]
        if isinstance(answer, Target):
            assert answer.operator is not None
            assert answer.operator.account_id == answer.store.account_id


def test_a_cashier_reports_for_themselves_alone(cast: Cast) -> None:
    open_drawer(cast.bruno, 0)
    by = Principal(user=cast.carla)
    assert target(by, operator=str(cast.carla.pk)).operator == cast.carla
    for other in (cast.bruno, cast.otto):
        assert set(refusal(by, operator=str(other.pk)).errors) == {"operator"}


def test_an_operator_of_another_account_does_not_exist(cast: Cast) -> None:
    for by in (Principal(user=cast.erika), a_key(cast.store)):
        unknown = refusal(by, operator="999999", store="1337", station=1)
        theirs = refusal(by, operator=str(cast.otto.pk), store="1337", station=1)
        assert theirs.message == unknown.message


# --- A program ------------------------------------------------------------------------------------------------------------------------


def test_a_program_names_store_and_register(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    found = target(a_key(cast.store), store="1337", station=1)
    assert (found.session, found.operator) == (session, cast.carla)
    assert set(refusal(a_key(cast.store), station=1).errors) == {"store"}
    assert set(refusal(a_key(cast.store), store="1337").errors) == {"station"}


def test_a_program_of_one_register_says_nothing(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    by = a_key(cast.store, store=cast.store, register=session.register)
    assert target(by).session == session
    assert target(by, operator=str(cast.bruno.pk)).session in (None, session)


def test_a_program_of_one_store_reports_for_no_other(cast: Cast) -> None:
    StoreFactory(account=cast.store.account, number="2000")
    by = a_key(cast.store, store=cast.store)
    assert set(refusal(by, store="2000", station=1).errors) == {"store"}


def test_a_program_of_another_account_finds_nothing(cast: Cast) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    by = a_key(cast.otto.store)
    assert isinstance(refusal(by, session=str(session.pk)), InvalidInput)
    assert isinstance(refusal(by, store=str(cast.store.uuid), station=1), InvalidInput)
    assert target(by, store="1337", station=1).store == cast.otto.store


# --- Many -------------------------------------------------------------------------------------------------------------------------------


def test_many_are_looked_up_in_as_many_statements_as_few(cast: Cast) -> None:
    sessions = [open_drawer(UserFactory(store=cast.store), 0) for _ in range(6)]
    by = Principal(user=cast.erika)

    def statements(number: int) -> int:
        reports = [report_of(1, session=str(session.pk)) for session in sessions[:number]]
        reports += [report_of(1, station=session.register.number) for session in sessions[:number]]
        reports += [report_of(1, operator=session.user.operator_uid) for session in sessions[:number]]
        with counted_queries() as queries:
            found = targets_of(reports=reports, by=by, hold=False)
        assert all(isinstance(one, Target) for one in found.values())
        return len(queries)

    assert statements(1) == statements(6)


def test_with_hold_what_was_found_is_looked_up_again_under_the_lock(cast: Cast) -> None:
    open_drawer(cast.carla, 0)
    by = Principal(user=cast.carla)
    with counted_queries() as once:
        look(by)
    with counted_queries() as twice:
        look(by, hold=True)
    assert len(twice) == 2 * len(once) + 1
