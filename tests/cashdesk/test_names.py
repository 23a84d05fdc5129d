"""Sign-in names and operator codes: no name belongs to two people, whoever writes it."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.test import Client

from cashdesk import triggers
from cashdesk.domain.caller.principal import SYSTEM, find_operator
from cashdesk.domain.people.person import create_person
from cashdesk.enums import Role
from cashdesk.models import User
from cashdesk.name_checks import check_names
from tests import roles
from tests.cashdesk.desk import execute, refusal_of
from tests.factories import PASSWORD, StoreFactory, UserFactory
from tests.stories import Cast, caller, exact
from tests.web.side_by_side import at_once, database_for_threads

LAW_OF_NAMES = "a username, email or tax id names one person"
LAW_OF_CODES = "an operator code or user id names one person of an account"

CROSSED = [
    ("username", "carla@example.com"),
    ("username", "CARLA@example.com"),
    ("username", "11.111.111-1"),
    ("email", "mail@till"),
    ("rut", "bruno"),
    ("rut", "BRUNO"),
    ("rut", "bruno@example.com"),
]


def fields_of(refused: Any) -> set[str]:
    """Returns the fields that a ValidationError names."""
    return set(refused.value.message_dict)


@pytest.fixture
def nadia(cast: Cast) -> User:
    """A person of another account, whose username looks like an e-mail address."""
    return UserFactory(store=cast.otto.store, username="mail@till", email="nadia@example.com")


# --- Names of signing in -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("field", "taken"), CROSSED)
def test_a_new_person_cannot_have_another_name_of_somebody(cast: Cast, nadia: User, field: str, taken: str) -> None:
    given = {"username": "dora", "email": "dora@example.com", field: taken}
    with pytest.raises(ValidationError) as refused:
        create_person(account=cast.otto.account, store=cast.otto.store, name="Dora", role=Role.CASHIER, **given)  # type: ignore[arg-type]
    assert fields_of(refused) == {field}


@pytest.mark.parametrize(("field", "taken"), CROSSED)
def test_the_database_refuses_it_whoever_writes(cast: Cast, nadia: User, field: str, taken: str) -> None:
    dora = UserFactory(store=cast.otto.store, username="dora")
    statement = f"UPDATE cashdesk_user SET {field} = %s WHERE id = %s"
    assert LAW_OF_NAMES in refusal_of(statement, (taken, dora.pk))
    assert refusal_of(statement, (f"free-{taken}"[:20], dora.pk)) == ""
    with pytest.raises(IntegrityError, match=LAW_OF_NAMES):
        User.objects.bulk_create(
            [User(**{"account": cast.otto.account, "username": "eva", "email": "eva@x", "rut": "", field: taken})]
        )


def test_one_person_may_have_the_same_name_twice(cast: Cast) -> None:
    eva = UserFactory(store=cast.store, username="eva@example.com", email="eva@example.com", rut="EVA@example.com")
    answer = Client().post("/sign-in", {"name": "Eva@Example.com", "password": PASSWORD})
    assert answer.status_code == 302
    assert answer.client.session["_auth_user_id"] == str(eva.pk)


def test_an_operator_of_the_installation_obeys_too(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a-long-password")
    with pytest.raises(CommandError, match="Somebody else already signs in with this"):
        call_command("createsuperuser", username="carla@example.com", email="x@x.example", name="X", interactive=False)
    with pytest.raises(CommandError, match="taken"):
        call_command("createsuperuser", username="CARLA", email="x@x.example", name="X", interactive=False)
    call_command("createsuperuser", username="root", email="x@x.example", name="X", interactive=False, verbosity=0)
    assert User.objects.get(username="root").is_superuser


@pytest.mark.django_db(transaction=True)
def test_two_who_take_one_name_at_once_do_not_both_get_it(cast: Cast, tmp_path: Path) -> None:
    def make(**names: str) -> str:
        given: dict[str, Any] = {"store": cast.store, "account": cast.store.account, "name": "N", "role": Role.CASHIER}
        try:
            create_person(**{**given, **names})
        except ValidationError:
            return "refused"
        return "made"

    with database_for_threads(tmp_path):
        made = at_once(
            [
                lambda: make(username="twin@example.com", email="a@example.com"),
                lambda: make(username="b", email="twin@example.com"),
                lambda: make(username="c", email="c@example.com", rut="TWIN@example.com"),
            ]
        )
    assert sorted(made) == ["made", "refused", "refused"]


def older_data(statement: str, parameters: tuple[Any, ...]) -> None:
    """Writes rows as they were before the law existed."""
    with roles.owning(connection):
        triggers.remove(connection)
        execute(statement, parameters)
        triggers.install(connection)


def test_a_name_that_two_people_have_from_before_signs_nobody_in(cast: Cast) -> None:
    older_data("UPDATE cashdesk_user SET username = 'carla@example.com' WHERE id = %s", (cast.otto.pk,))
    for path, sent in (
        ("/sign-in", {"name": "Carla@example.com", "password": PASSWORD}),
        ("/admin/login/", {"username": "carla@example.com", "password": PASSWORD}),
    ):
        answer = Client().post(path, sent)
        assert "_auth_user_id" not in answer.client.session, path
    assert Client().post("/sign-in", {"name": "11.111.111-1", "password": PASSWORD}).status_code == 302
    by_kind = {"email": cast.carla.pk, "username": cast.otto.pk}
    for kind, person in by_kind.items():
        body = {kind: "carla@example.com", "password": PASSWORD}
        assert exact(Client().post("/api/v1/auth/login", body, content_type="application/json"))["user"]["id"] == person


def test_a_name_that_somebody_who_left_has_too_signs_nobody_in(cast: Cast) -> None:
    older_data(
        "UPDATE cashdesk_user SET username = 'carla@example.com', is_active = FALSE WHERE id = %s", (cast.otto.pk,)
    )
    answer = Client().post("/sign-in", {"name": "carla@example.com", "password": PASSWORD})
    assert "_auth_user_id" not in answer.client.session


def test_a_check_names_who_shares_a_name_and_other_changes_stay_possible(cast: Cast) -> None:
    assert check_names(databases=["default"]) == []
    older_data("UPDATE cashdesk_user SET rut = 'BRUNO' WHERE id = %s", (cast.otto.pk,))
    (told,) = check_names(databases=["default"])
    assert f"users {cast.bruno.pk}, {cast.otto.pk} have the same" in told.msg
    assert "'bruno'" in told.msg
    execute("UPDATE cashdesk_user SET rut = rut, name = 'Otto F.' WHERE id = %s", (cast.otto.pk,))


# --- Operator codes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["{id}", "0{id}", "00{id}", " {id} "])
def test_a_code_cannot_be_the_id_of_somebody(cast: Cast, written: str) -> None:
    cast.bruno.operator_code = written.format(id=cast.carla.pk)
    with pytest.raises(ValidationError) as refused:
        cast.bruno.full_clean()
    assert fields_of(refused) == {"operator_code"}
    assert f"Carla already has {cast.carla.pk}." in str(refused.value)
    law = refusal_of(
        "UPDATE cashdesk_user SET operator_code = %s WHERE id = %s", (cast.bruno.operator_code, cast.bruno.pk)
    )
    assert LAW_OF_CODES in law


def test_an_id_is_free_once_its_person_has_a_code_and_cannot_be_taken_back(cast: Cast) -> None:
    User.objects.filter(pk=cast.carla.pk).update(operator_code="K7")
    cast.bruno.operator_code = str(cast.carla.pk)
    cast.bruno.full_clean()
    cast.bruno.save()
    carla = User.objects.get(pk=cast.carla.pk)
    carla.operator_code = ""
    with pytest.raises(ValidationError) as refused:
        carla.full_clean()
    assert "Without one the user id is the code." in str(refused.value)
    with pytest.raises(IntegrityError, match=LAW_OF_CODES):
        carla.save()


@pytest.mark.parametrize("other", ["k7", "K7", "0K7"])
def test_codes_that_differ_in_capitals_or_leading_zeros_are_one(cast: Cast, other: str) -> None:
    User.objects.filter(pk=cast.carla.pk).update(operator_code="K7")
    cast.bruno.operator_code = other
    with pytest.raises(ValidationError):
        cast.bruno.full_clean()
    User.objects.filter(pk=cast.otto.pk).update(operator_code=other)  # of another account


def test_a_new_person_whose_id_is_a_code_gets_a_code_of_their_own(cast: Cast) -> None:
    probe = UserFactory(store=cast.store)
    coming = [str(probe.pk + step) for step in range(1, 4)]
    for person, code in zip((cast.carla, cast.bruno, cast.erika), coming, strict=True):
        User.objects.filter(pk=person.pk).update(operator_code=code)
    dora = UserFactory(store=cast.store, username="dora")
    assert dora.operator_uid not in coming
    assert dora.operator_code in ("", f"{dora.pk}-2")
    uids = [person.operator_uid for person in User.objects.filter(account=cast.store.account)]
    assert len(uids) == len(set(uids))
    assert find_operator(uid=dora.operator_uid, store=cast.store, by=SYSTEM) == dora


def test_digits_of_another_script_are_refused_and_name_nobody(cast: Cast) -> None:
    arabic = "".join(chr(0x660 + int(digit)) for digit in str(cast.carla.pk))
    assert find_operator(uid=arabic, store=cast.store, by=SYSTEM) is None
    assert find_operator(uid=f"0{cast.carla.pk}", store=cast.store, by=SYSTEM) is None
    assert find_operator(uid=str(cast.carla.pk), store=cast.store, by=SYSTEM) == cast.carla
    cast.bruno.operator_code = arabic
    with pytest.raises(ValidationError, match="0 to 9"):
        cast.bruno.full_clean()


def test_the_reported_input_sends_nothing_of_one_to_the_other(cast: Cast) -> None:
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=cast.bruno.pk).update(operator_code=str(cast.carla.pk))


def test_payments_go_to_the_one_who_is_named(cast: Cast) -> None:
    erika = caller(cast.erika)
    caller(cast.carla).post("/cash/open", {"start_amount": 0})
    caller(cast.bruno).post("/cash/open", {"start_amount": 0})
    paid = {"method": "CASH", "currency": "EUR", "amount": 500, "status": "APPROVED", "type": "SALE"}
    sent = erika.post("/payments", {**paid, "id": "p1", "operator": str(cast.carla.pk)})
    assert (sent.status_code, exact(sent)["operator"]) == (201, str(cast.carla.pk))
    for unknown in (f"0{cast.carla.pk}", "٢١٨"):
        assert erika.post("/payments", {**paid, "id": "p2", "operator": unknown}).status_code == 400


def test_a_check_names_who_shares_a_code(cast: Cast) -> None:
    StoreFactory(account=cast.store.account)
    older_data("UPDATE cashdesk_user SET operator_code = %s WHERE id = %s", (f"0{cast.carla.pk}", cast.bruno.pk))
    (told,) = check_names(databases=["default"])
    assert f"users {cast.carla.pk}, {cast.bruno.pk} of account {cast.store.account_id}" in told.msg
