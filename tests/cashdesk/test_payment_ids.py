"""A payment id belongs to the till that reports it: a retry books once, and another till cannot use up the id."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.domain.payment.decision import decide_payment
from cashdesk.domain.payment.recording import Outcome, record_payment, record_payments
from cashdesk.domain.people.access_token import issue_token
from cashdesk.domain.people.api_key import issue_api_key, rotate_api_key
from cashdesk.enums import PaymentStatus, PlaceKind, Scope
from cashdesk.errors import Conflict, InvalidInput, NotFound
from cashdesk.models import CashSession, Payment, Place, User
from tests.cashdesk.desk import NOON, close_drawer, kept, minutes, open_drawer, report_of
from tests.stories import Cast, make_cast
from tests.web.side_by_side import at_once, database_for_threads

LIFETIME = timedelta(hours=8)


def signed_in(user: User, *, register: Place | None = None) -> Principal:
    """Returns a person with a new sign-in, bound to a register if one is given."""
    token, _secret = issue_token(user=user, at=NOON, lifetime=LIFETIME, store=user.store, register=register)
    return Principal(user=user, token=token)


def key(cast: Cast, *, register: Place | None = None) -> Principal:
    """Returns a program with a new key, bound to the store, and to a register if one is given."""
    token, _secret = issue_api_key(
        name="till", scopes=tuple(Scope), by=SYSTEM, at=NOON, account=cast.store.account, store=cast.store,
        register=register,
    )  # fmt: skip
    return Principal(token=token)


def send(by: Principal, amount: int = 500, **fields: Any) -> Outcome:
    """Reports a cash payment with the id 0001."""
    return record_payment(report=report_of(amount, **{"id": "0001", **fields}), by=by, at=minutes(5))


def till(cast: Cast, number: int) -> Place:
    return cast.place(PlaceKind.REGISTER, number)


def opened(cast: Cast) -> tuple[CashSession, CashSession]:
    """Carla's drawer at register 1 and Bruno's at register 2."""
    return open_drawer(cast.carla, 0, station=1), open_drawer(cast.bruno, 0, station=2)


# --- Another till or person -----------------------------------------------------------------------------------------------


def test_two_tills_with_the_same_id_and_figures_are_both_booked(cast: Cast) -> None:
    opened(cast)
    assert send(signed_in(cast.carla)).is_new
    assert send(signed_in(cast.bruno)).is_new
    assert (cast.book(PlaceKind.REGISTER, 1), cast.book(PlaceKind.REGISTER, 2)) == (500, 500)


def test_one_key_that_reports_for_two_stations_books_both(cast: Cast) -> None:
    opened(cast)
    program = key(cast)
    assert [send(program, station=number).is_new for number in (1, 2, 1, 2)] == [True, True, False, False]
    assert (cast.book(PlaceKind.REGISTER, 1), cast.book(PlaceKind.REGISTER, 2)) == (500, 500)
    with pytest.raises(Conflict):
        send(program, 501, station=2)


def test_two_tills_within_one_batch_are_both_booked(cast: Cast) -> None:
    opened(cast)
    reports = [report_of(500, id="0001", station=number) for number in (1, 2, 1)]
    outcomes = record_payments(reports=reports, by=key(cast), at=NOON)
    assert [outcome.is_new for outcome in outcomes] == [True, True, False]
    assert Payment.objects.count() == 2


@pytest.mark.parametrize("status", [PaymentStatus.REJECTED, PaymentStatus.PENDING, PaymentStatus.APPROVED])
def test_a_cashier_who_uses_the_tills_next_id_blocks_nothing(cast: Cast, status: PaymentStatus) -> None:
    opened(cast)
    send(signed_in(cast.carla, register=till(cast, 1)), 1, status=status)
    before = cast.book(PlaceKind.REGISTER, 1)
    for program in (key(cast, register=till(cast, 1)), signed_in(cast.erika, register=till(cast, 1))):
        assert send(program, 9900).is_new
        assert not send(program, 9900).is_new
    assert cast.book(PlaceKind.REGISTER, 1) - before == 2 * 9900


def test_the_same_caller_with_other_figures_is_refused(cast: Cast) -> None:
    opened(cast)
    carla, program = signed_in(cast.carla), key(cast, register=till(cast, 1))
    send(carla)
    send(program)
    for by in (carla, signed_in(cast.carla), signed_in(cast.carla, register=till(cast, 1)), program):
        with pytest.raises(Conflict) as refused:
            send(by, 501)
        assert refused.value.code == "payment_differs"


# --- Retries --------------------------------------------------------------------------------------------------------------


def test_a_retry_under_the_next_cashiers_sign_in_books_once(cast: Cast) -> None:
    register = till(cast, 1)
    session = open_drawer(cast.carla, 0, station=1)
    first = send(signed_in(cast.carla, register=register))
    close_drawer(session, 500)
    # Before the next cashier has opened, and after; with a sign-in for the till, and with one for nobody's.
    assert not send(signed_in(cast.bruno, register=register)).is_new
    open_drawer(cast.bruno, 0, station=1)
    for by in (signed_in(cast.bruno, register=register), signed_in(cast.bruno)):
        again = send(by)
        assert (again.is_new, again.payment) == (False, first.payment)
    assert cast.book(PlaceKind.REGISTER, 1) == 0


def test_a_retry_after_the_cashier_moved_books_once(cast: Cast) -> None:
    carla = signed_in(cast.carla)
    session = open_drawer(cast.carla, 0, station=1)
    send(carla)
    close_drawer(session, 500)
    open_drawer(cast.carla, 0, station=2)
    assert not send(carla).is_new
    # With a new sign-in it is the till that she moved to.
    assert send(signed_in(cast.carla)).is_new


def test_a_retry_after_the_register_was_reassigned_books_once(cast: Cast) -> None:
    register = till(cast, 1)
    opened(cast)
    by = key(cast, register=register)
    send(by)
    cast.carla.register, cast.bruno.register = till(cast, 2), register
    for person in (cast.carla, cast.bruno):
        person.save()
    assert not send(by).is_new


def test_a_retry_with_the_successor_of_a_rotated_key_books_once(cast: Cast) -> None:
    opened(cast)
    for by, fields in (
        (key(cast, register=till(cast, 1)), {}),
        (key(cast), {"station": 2}),
        (key(cast), {"operator": cast.carla.operator_uid}),
    ):
        assert by.token is not None
        assert send(by, **fields).is_new
        anna = Principal(user=cast.anna)
        new, _secret = rotate_api_key(token=by.token, overlap=timedelta(hours=1), by=anna, at=minutes(1))
        assert not send(Principal(token=new), **fields).is_new
        assert not send(by, **fields).is_new


def test_a_payment_from_before_tills_were_kept_is_known_at_its_register(cast: Cast) -> None:
    opened(cast)
    old = key(cast)
    report = report_of(500, id="0001", station=1)
    kept(record_payment(report=report, by=old, at=NOON))
    before = Payment.objects.get()
    made = Payment(**{field.attname: getattr(before, field.attname) for field in Payment._meta.concrete_fields})
    made.pk, made.source, made.external_id = None, "", "0002"
    report = report_of(500, id="0002", station=1)
    made.fingerprint = report.fingerprint
    made.save(force_insert=True)
    for by in (old, key(cast)):
        assert not record_payment(report=report, by=by, at=minutes(1)).is_new
    assert record_payment(report=report_of(500, id="0002", station=2), by=old, at=minutes(1)).is_new
    with pytest.raises(Conflict):
        record_payment(report=report_of(501, id="0002", station=1), by=old, at=minutes(1))


# --- Guessing -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [PaymentStatus.APPROVED, PaymentStatus.PENDING])
@pytest.mark.parametrize("is_at_the_till", [True, False])
def test_guesses_of_one_id_tell_no_amount(cast: Cast, status: PaymentStatus, is_at_the_till: bool) -> None:
    session = open_drawer(cast.carla, 0, station=1)
    send(signed_in(cast.carla), 1234, status=status)
    close_drawer(session, 0)
    open_drawer(cast.bruno, 0, station=1 if is_at_the_till else 2)
    guesses = [report_of(amount, id="0001", status=status) for amount in range(1001, 1601)]
    outcomes = record_payments(reports=guesses, by=signed_in(cast.bruno, register=till(cast, 1)), at=minutes(6))
    assert outcomes[0].is_new
    assert {type(outcome.error) for outcome in outcomes[1:]} == {Conflict}
    assert len({str(outcome.error) for outcome in outcomes[1:]}) == 1


def test_a_guess_that_is_refused_is_refused_whatever_it_guesses(cast: Cast) -> None:
    """A refused pending payment leaves no row, so a caller could try one amount after the other."""
    session = open_drawer(cast.carla, 0, station=1)
    carla, bruno = signed_in(cast.carla), signed_in(cast.bruno, register=till(cast, 1))
    send(carla, 1234, status=PaymentStatus.PENDING)
    close_drawer(session, 0)
    cast.store.requires_settlement = True
    cast.store.save()
    for amount in (1233, 1234):
        with pytest.raises(Conflict) as refused:
            send(bruno, amount, status=PaymentStatus.PENDING)
        assert refused.value.code != "payment_differs"
    assert not send(carla, 1234, status=PaymentStatus.PENDING).is_new


# --- Deciding -------------------------------------------------------------------------------------------------------------


def decide(by: Principal, **fields: Any) -> Payment:
    return decide_payment(external_id="0001", status=PaymentStatus.APPROVED, by=by, at=minutes(9), **fields)


def test_each_cashier_decides_their_own_payment(cast: Cast) -> None:
    opened(cast)
    pending = {"status": PaymentStatus.PENDING}
    bruno, carla = signed_in(cast.bruno), signed_in(cast.carla)
    theirs, hers = kept(send(bruno, 700, **pending)), kept(send(carla, 500, **pending))
    assert decide(carla).pk == hers.pk
    assert decide(bruno).pk == theirs.pk
    assert (cast.book(PlaceKind.REGISTER, 1), cast.book(PlaceKind.REGISTER, 2)) == (500, 700)


def test_a_program_decides_its_own_and_of_two_the_station_decides(cast: Cast) -> None:
    opened(cast)
    program = key(cast)
    kept(send(signed_in(cast.carla), 700, status=PaymentStatus.PENDING))
    first = kept(send(program, 500, status=PaymentStatus.PENDING, station=1))
    assert decide(program).pk == first.pk
    second = kept(send(program, 500, status=PaymentStatus.PENDING, station=2))
    with pytest.raises(InvalidInput) as refused:
        decide(program)
    assert set(refused.value.errors) == {"station"}
    assert decide(program, station=2).pk == second.pk
    assert decide(program, station=1).pk == first.pk


def test_a_manager_names_the_station_and_means_what_waits(cast: Cast) -> None:
    opened(cast)
    erika = Principal(user=cast.erika)
    send(signed_in(cast.carla), 500)
    waits = kept(send(signed_in(cast.bruno), 700, status=PaymentStatus.PENDING))
    assert decide(erika).pk == waits.pk
    send(key(cast), 900, status=PaymentStatus.PENDING, station=1)
    with pytest.raises(InvalidInput) as refused:
        decide(erika)
    assert set(refused.value.errors) == {"station"}
    assert decide(erika, station=1).amount == 900


def test_a_cashier_learns_nothing_of_others_payments(cast: Cast) -> None:
    opened(cast)
    send(signed_in(cast.carla), 700, status=PaymentStatus.PENDING)
    send(key(cast), 900, status=PaymentStatus.PENDING, station=1)
    for fields in ({}, {"station": 1}, {"station": 2}, {"station": 9}):
        with pytest.raises(NotFound):
            decide(signed_in(cast.bruno), **fields)


# --- At once --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def threads(transactional_db: None, tmp_path: Path) -> Iterator[Cast]:
    """A shop in a database that threads can share."""
    with database_for_threads(tmp_path):
        yield make_cast()


def test_reports_at_once_book_once_per_till(threads: Cast) -> None:
    cast = threads
    opened(cast)
    carla, other_device, bruno = signed_in(cast.carla), signed_in(cast.carla), signed_in(cast.bruno)
    first, second = key(cast), key(cast)
    sent = [
        *((by, {}) for by in (carla, other_device, bruno) for _ in range(3)),
        *((by, {"station": number}) for by in (first, second) for number in (1, 2) for _ in range(2)),
    ]
    outcomes = at_once([lambda by=by, fields=fields: send(by, **fields) for by, fields in sent])  # type: ignore[misc]
    assert sum(outcome.is_new for outcome in outcomes) == Payment.objects.count() == 4
    assert (cast.book(PlaceKind.REGISTER, 1), cast.book(PlaceKind.REGISTER, 2)) == (1000, 1000)


def test_other_figures_at_once_book_one_of_them(threads: Cast) -> None:
    cast = threads
    opened(cast)
    carla = signed_in(cast.carla)

    def tried(amount: int) -> str:
        try:
            return "new" if send(carla, amount).is_new else "known"
        except Conflict as refused:
            return refused.code

    found = at_once([lambda amount=amount: tried(amount) for amount in range(100, 108)])  # type: ignore[misc]
    assert sorted(found) == ["new", *["payment_differs"] * 7]
    assert Payment.objects.count() == 1
