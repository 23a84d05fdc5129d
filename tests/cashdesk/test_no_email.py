"""People without an e-mail address: they sign in with their username, and their empty address is nobody's name."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client

from cashdesk.domain.people.person import create_person
from cashdesk.enums import Role
from cashdesk.models import User
from cashdesk.models.person import is_called
from cashdesk.name_checks import check_names
from tests.admin.back_office import list_of, new, page_of, sits_down
from tests.factories import PASSWORD
from tests.stories import Cast, caller, exact


@pytest.fixture
def dora(cast: Cast) -> User:
    """A cashier without an e-mail address."""
    return create_person(
        account=cast.store.account, store=cast.store, username="dora", name="Dora", role=Role.CASHIER, password=PASSWORD
    )


def test_several_people_have_no_address(cast: Cast, dora: User) -> None:
    second = create_person(account=cast.store.account, store=cast.store, username="eva", name="Eva", role=Role.CASHIER)
    assert (dora.email, second.email) == ("", "")
    assert check_names(databases=["default"]) == []


def test_addresses_are_still_unique_in_any_capitals(cast: Cast, dora: User) -> None:
    dora.email = "CARLA@example.com"
    with pytest.raises(ValidationError, match="Somebody else already signs in with this"):
        dora.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        dora.save()


def test_the_empty_address_signs_nobody_in(cast: Cast, dora: User) -> None:
    for name in ("", " "):
        assert Client().post("/sign-in", {"name": name, "password": PASSWORD}).status_code == 400
    body = {"email": "", "password": PASSWORD}
    assert Client().post("/api/v1/auth/login", body, content_type="application/json").status_code in (400, 401)
    assert not User.objects.filter(is_called("")).exists()


def test_a_person_without_an_address_signs_in_and_is_shown_with_an_empty_one(cast: Cast, dora: User) -> None:
    assert Client().post("/sign-in", {"name": "Dora", "password": PASSWORD}).status_code == 302
    body = {"username": "dora", "password": PASSWORD}
    answer = exact(Client().post("/api/v1/auth/login", body, content_type="application/json"))
    assert (answer["user"]["email"], answer["data"]["profile"]["email"]) == ("", "")
    assert exact(caller(dora).get("/auth/me"))["user"]["email"] == ""
    assert exact(caller(cast.erika).get(f"/people/{dora.pk}"))["email"] == ""
    shown = {
        row["username"] if "username" in row else row["name"]: row for row in exact(caller(cast.erika).get("/users"))
    }
    assert shown["Dora"]["email"] == ""


def test_the_admin_makes_and_changes_people_without_an_address(cast: Cast) -> None:
    anna = sits_down(cast.anna)
    sent = {
        "account": cast.store.account_id, "username": "frida", "name": "Frida", "role": Role.CASHIER,
        "store": cast.store.pk, "password1": PASSWORD, "password2": PASSWORD,
    }  # fmt: skip
    assert anna.post(new(User), sent).status_code == 302
    frida = User.objects.get(username="frida")
    assert frida.email == ""
    page = page_of(cast.carla)
    changed = {
        "name": "Carla", "username": "carla", "email": "", "rut": "", "role": "cashier", "store": cast.store.pk,
        "is_active": "on",
    }  # fmt: skip
    assert anna.post(page, changed).status_code == 302
    assert User.objects.get(pk=cast.carla.pk).email == ""
    assert "Frida" in anna.get(list_of(User)).content.decode()


def test_an_operator_of_the_installation_needs_no_address(db: None) -> None:
    call_command("createsuperuser", username="root", email="", name="Root", interactive=False, verbosity=0)
    call_command("createsuperuser", username="second", email="", name="Second", interactive=False, verbosity=0)
    assert list(User.objects.values_list("email", flat=True)) == ["", ""]


def test_a_sign_in_finds_its_person_by_indexes(cast: Cast) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = User.objects.filter(is_called("carla@example.com")).explain()
    for index in ("person_username_once", "person_email_once", "person_rut_once"):
        assert index in plan, plan
