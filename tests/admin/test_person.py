"""Admins create, change and deactivate people, never above their own role and never in another account."""

from typing import Any

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.hashers import check_password
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cashdesk.admin import person
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.enums import Role, Scope
from cashdesk.models import AuditEntry, Place, User
from tests.admin.back_office import list_of, new, page_of, sits_down
from tests.factories import PASSWORD, StoreFactory, UserFactory
from tests.stories import Cast

GOOD = "nine-lives-of-a-cat"


def details(cast: Cast, **changed: Any) -> dict[str, Any]:
    """The form data that makes Dora a cashier of store 1337."""
    fields = {
        "account": cast.store.account_id,
        "username": "dora",
        "email": "Dora@Example.com",
        "name": "Dora",
        "rut": "22.222.222-2",
        "role": Role.CASHIER,
        "store": cast.store.pk,
        "password1": GOOD,
        "password2": GOOD,
        **changed,
    }
    return {name: value for name, value in fields.items() if value is not None}


def errors_of(response: Any) -> dict[str, list[str]]:
    """Returns the errors of a form that was shown again, by field."""
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


@pytest.fixture
def anna(cast: Cast) -> Client:
    """Anna's browser."""
    return sits_down(cast.anna)


def test_a_person_is_made_and_can_sign_in(cast: Cast, anna: Client) -> None:
    response = anna.post(new(User), details(cast, is_owner="on"))
    dora = User.objects.get(username="dora")
    assert (response.status_code, response["Location"]) == (302, page_of(dora))
    assert (dora.email, dora.store, dora.account, dora.role) == (
        "dora@example.com",
        cast.store,
        cast.store.account,
        Role.CASHIER,
    )
    assert (dora.is_owner, dora.is_active, dora.is_superuser) == (True, True, False)
    login = {"username": "dora", "password": GOOD}
    assert Client().post("/api/v1/auth/login", login, content_type="application/json").status_code == 200


def test_making_a_person_is_told_in_both_logs_without_the_password(cast: Cast, anna: Client) -> None:
    anna.post(new(User), details(cast))
    dora = User.objects.get(username="dora")
    entry = AuditEntry.objects.get(action="person.created")
    assert (entry.subject, entry.user, entry.store, entry.account) == (
        f"person:{dora.pk}",
        cast.anna,
        cast.store,
        cast.store.account,
    )
    logged = LogEntry.objects.get()
    assert (logged.action_flag, logged.user, logged.get_edited_object()) == (ADDITION, cast.anna, dora)
    assert GOOD not in f"{entry.detail} {logged.change_message}"
    assert "Dora" in anna.get("/admin/").content.decode()
    assert "Added" in anna.get(page_of(dora, "history")).content.decode()


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"password2": "another-good-one"}, "password2", "didn’t match"),
        ({"password1": "12345678", "password2": "12345678"}, "password2", "numeric"),
        ({"password1": "short", "password2": "short"}, "password2", "too short"),
        ({"password1": "password", "password2": "password"}, "password2", "common"),
        ({"password1": "dora@example", "password2": "dora@example"}, "password2", "similar"),
        ({"password1": None, "password2": None}, "password1", "required"),
        ({"username": "CARLA"}, "username", "another username"),
        ({"email": "CARLA@example.com"}, "email", "another e-mail"),
        ({"rut": "11.111.111-1"}, "rut", "another tax id"),
        ({"username": "Carla@Example.com"}, "username", "another username"),
        ({"username": "11.111.111-1"}, "username", "another username"),
        ({"rut": "BRUNO"}, "rut", "another tax id"),
        ({"operator_code": "２"}, "operator_code", "0 to 9"),
        ({"account": None}, "account", "required"),
        ({"store": None}, "store", "work in one store"),
        ({"role": "owner"}, "role", "valid choice"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    cast: Cast, anna: Client, changed: dict[str, Any], field: str, words: str
) -> None:
    errors = errors_of(anna.post(new(User), details(cast, **changed)))
    assert words in str(errors[field]), errors
    assert not User.objects.filter(username="dora").exists()


def test_nobody_is_made_in_another_account(cast: Cast, anna: Client) -> None:
    theirs = cast.otto.store
    errors = errors_of(anna.post(new(User), details(cast, account=theirs.account_id, store=theirs.pk)))
    assert set(errors) >= {"account", "store"}
    assert not User.objects.filter(username="dora").exists()


def test_an_operator_cannot_put_a_person_into_a_store_of_another_account(cast: Cast, operator: User) -> None:
    errors = errors_of(sits_down(operator).post(new(User), details(cast, store=cast.otto.store.pk)))
    assert "store" in errors


def change(person_: User, **changed: Any) -> dict[str, Any]:
    """Returns the form data of a person with one change."""
    fields: dict[str, Any] = {
        "name": person_.name,
        "username": person_.username,
        "email": person_.email,
        "rut": person_.rut,
        "role": person_.role,
        "store": person_.store_id or "",
        "register": person_.register_id or "",
        "operator_code": person_.operator_code,
        "is_active": "on",
        **changed,
    }
    return {name: value for name, value in fields.items() if value is not None}


def test_a_person_is_deactivated_and_comes_back(cast: Cast, anna: Client) -> None:
    assert anna.post(page_of(cast.carla), change(cast.carla, is_active=None)).status_code == 302
    cast.carla.refresh_from_db()
    assert not cast.carla.is_active
    assert b"Carla" in anna.get(list_of(User), {"is_active__exact": 0}).content
    anna.post(page_of(cast.carla), change(cast.carla))
    cast.carla.refresh_from_db()
    assert cast.carla.is_active
    changes = AuditEntry.objects.filter(action="person.changed", subject=f"person:{cast.carla.pk}")
    assert [entry.detail for entry in changes] == [
        {"fields": ["is_active"], "changes": {"is_active": [False, True]}},
        {"fields": ["is_active"], "changes": {"is_active": [True, False]}},
    ]
    acts = AuditEntry.objects.filter(subject=f"user:{cast.carla.pk}").order_by("pk").values_list("action", flat=True)
    assert list(acts) == ["person.deactivated", "person.activated"]
    assert LogEntry.objects.filter(action_flag=CHANGE, user=cast.anna).count() == 2


def test_a_person_gets_a_register_of_their_own_store_only(cast: Cast, anna: Client) -> None:
    register = Place.objects.get(store=cast.store, kind="REGISTER", number=2)
    theirs = Place.objects.get(store=cast.otto.store, kind="REGISTER", number=1)
    assert anna.post(page_of(cast.carla), change(cast.carla, register=register.pk)).status_code == 302
    cast.carla.refresh_from_db()
    assert cast.carla.register == register
    assert "register" in errors_of(anna.post(page_of(cast.carla), change(cast.carla, register=theirs.pk)))
    hamburg = StoreFactory(account=cast.store.account, number="1338")
    assert "register" in errors_of(anna.post(page_of(cast.carla), change(cast.carla, store=hamburg.pk)))


def test_nobody_changes_their_own_role_or_locks_themselves_out(cast: Cast, anna: Client) -> None:
    anna.post(page_of(cast.anna), change(cast.anna, role=Role.CASHIER, is_active=None, name="Anna B."))
    cast.anna.refresh_from_db()
    assert (cast.anna.role, cast.anna.is_active, cast.anna.name) == (Role.ADMIN, True, "Anna B.")


def test_an_operator_is_changed_by_operators_alone(cast: Cast, anna: Client, operator: User) -> None:
    User.objects.filter(pk=operator.pk).update(account=cast.store.account)
    assert anna.get(page_of(operator)).status_code == 200
    assert anna.post(page_of(operator), change(operator, name="Nobody")).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[operator.pk])
    refused = anna.post(password, {"password1": GOOD, "password2": GOOD})
    assert b"Only an admin of the account can change its people." in refused.content
    operator.refresh_from_db()
    assert not check_password(GOOD, operator.password)


def test_an_account_and_operatorship_are_not_fields_that_can_be_sent(cast: Cast, anna: Client) -> None:
    sent = change(cast.bruno, account=cast.otto.account_id, is_superuser="on", password="x", name="Bruno B.")
    anna.post(page_of(cast.bruno), sent)
    before, password = cast.bruno.account_id, cast.bruno.password
    cast.bruno.refresh_from_db()
    assert (cast.bruno.account_id, cast.bruno.is_superuser, cast.bruno.password) == (before, False, password)
    assert cast.bruno.name == "Bruno B."


def test_an_admin_sets_a_new_password(cast: Cast, anna: Client) -> None:
    path = reverse("admin:auth_user_password_change", args=[cast.carla.pk])
    assert anna.get(path).status_code == 200
    chosen = {"password1": GOOD, "password2": GOOD, "usable_password": "true"}
    assert anna.post(path, chosen).status_code == 302
    cast.carla.refresh_from_db()
    assert check_password(GOOD, cast.carla.password)


def test_no_password_is_set_by_a_manager_nor_of_a_person_of_others(cast: Cast) -> None:
    chosen = {"password1": GOOD, "password2": GOOD, "usable_password": "true"}
    ours = reverse("admin:auth_user_password_change", args=[cast.carla.pk])
    assert sits_down(cast.erika).post(ours, chosen).status_code == 403
    ben = UserFactory(store=None, account=cast.otto.account, username="ben", role=Role.ADMIN)
    assert sits_down(ben).post(ours, chosen).status_code == 404
    cast.carla.refresh_from_db()
    assert check_password(PASSWORD, cast.carla.password)


def test_each_person_sees_the_ways_to_a_new_password_that_they_may_use(cast: Cast) -> None:
    def ways(by: User, person_: User) -> tuple[bool, bool]:
        shown = sits_down(by).get(page_of(person_)).content
        return b"Set a new password" in shown, b"/new-password" in shown

    assert ways(cast.erika, cast.carla) == (False, True)
    assert ways(cast.erika, cast.erika) == (False, False)
    assert ways(cast.anna, cast.carla) == (True, True)
    assert ways(cast.anna, cast.anna) == (True, False)
    link = f"/people/{cast.carla.uuid}/new-password"
    assert link.encode() in sits_down(cast.erika).get(page_of(cast.carla)).content
    assert sits_down(cast.erika).get(link).status_code == 200


def test_what_is_kept_of_a_password_is_shown_nowhere(cast: Cast, anna: Client) -> None:
    shown = b"".join(
        anna.get(path).content for path in (list_of(User), page_of(cast.carla), page_of(cast.carla, "history"))
    )
    kept = User.objects.get(pk=cast.carla.pk).password
    assert kept.encode() not in shown
    assert b"md5" not in shown
    assert b"Set a new password" in shown


def test_a_new_password_is_typed_twice_and_not_easy_to_guess(cast: Cast, anna: Client) -> None:
    path = reverse("admin:auth_user_password_change", args=[cast.carla.pk])
    for first, second in ((GOOD, "another-good-one"), ("short", "short"), ("carla@example", "carla@example"), ("", "")):
        refused = anna.post(path, {"password1": first, "password2": second})
        assert refused.status_code == 200
        assert refused.context["form"].errors, first
    cast.carla.refresh_from_db()
    assert check_password(PASSWORD, cast.carla.password)


def test_the_way_to_ones_own_password_leads_to_the_page_for_everybody(cast: Cast) -> None:
    assert sits_down(cast.erika).get(reverse("admin:password_change"))["Location"] == "/password"


def test_a_manager_unlocks_somebody_who_typed_a_wrong_password_too_often(cast: Cast) -> None:
    erika = sits_down(cast.erika)
    assert b"Unlock sign-in" not in erika.get(page_of(cast.carla)).content
    login = {"username": "carla", "password": "wrong"}
    for _try in range(3):
        Client().post("/api/v1/auth/login", login, content_type="application/json")
    assert b"Unlock sign-in" in erika.get(page_of(cast.carla)).content
    done = erika.post(page_of(cast.carla, "unlock"), follow=True)
    assert b"Carla can sign in at once. Deleted wrong tries: 3." in done.content
    right = {**login, "password": PASSWORD}
    assert Client().post("/api/v1/auth/login", right, content_type="application/json").status_code == 200
    assert AuditEntry.objects.get(action="person.unlocked").user == cast.erika


def test_keys_that_somebody_issued_are_named_when_they_are_deactivated(cast: Cast, anna: Client) -> None:
    berta = UserFactory(store=None, account=cast.store.account, username="berta", role=Role.ADMIN)
    for name, by in (("till 3", berta), ("till 4", cast.anna)):
        issue_api_key(
            name=name, scopes=[Scope.PAYMENTS_WRITE], by=Principal(user=by), at=timezone.now(), account=berta.account
        )
    told = anna.post(page_of(berta), change(berta, is_active=None), follow=True).content.decode()
    assert "API keys that Berta issued still work: till 3" in told
    assert "till 4" not in told


def test_a_name_that_was_taken_meanwhile_is_told_at_its_field(cast: Cast, anna: Client, monkeypatch: Any) -> None:
    clean = User._refuse_names_of_others
    seen: list[User] = []

    def late(self: User) -> None:
        if seen:
            clean(self)
        seen.append(self)

    monkeypatch.setattr(User, "_refuse_names_of_others", late)
    answer = anna.post(page_of(cast.carla), change(cast.carla, rut="bruno"))
    assert "another tax id" in str(errors_of(answer)["rut"])


@pytest.mark.parametrize(("role", "offered"), [(Role.ADMIN, set(Role)), (Role.MANAGER, {Role.CASHIER, Role.MANAGER})])
def test_the_roles_that_are_offered_reach_up_to_ones_own(cast: Cast, rf: Any, role: Role, offered: set[Role]) -> None:
    request = rf.get("/")
    request.user = cast.anna
    request.user.role = role
    page = person.PersonAdmin(User, None)  # type: ignore[arg-type]  # no site is asked
    field = page.formfield_for_choice_field(User._meta.get_field("role"), request)
    assert {value for value, _label in field.choices} == offered


@pytest.mark.parametrize("typed", [{"username": "CARLA"}, {"email": "Carla@Shop.example"}, {"rut": "11.111.111-1"}])
def test_a_name_that_is_taken_is_told_at_its_field_and_names_no_constraint(
    cast: Cast, anna: Client, typed: dict[str, str]
) -> None:
    User.objects.filter(pk=cast.carla.pk).update(email="carla@shop.example", rut="11.111.111-1")
    (field,) = typed
    response = anna.post(page_of(cast.bruno), {"username": "bruno", "role": "CASHIER", "store": cast.store.pk, **typed})
    assert errors_of(response)[field]
    assert b"person_" not in response.content
    assert b"Constraint" not in response.content
