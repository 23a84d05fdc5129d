"""People in the settings: found, changed, switched off and helped, within the scope and the role of the caller."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cashdesk.domain.people.access_token import issue_token
from cashdesk.enums import PlaceKind, Role
from cashdesk.models import AccessToken, AuditEntry, User
from tests.cashdesk.desk import open_drawer
from tests.factories import PASSWORD, StoreFactory, UserFactory
from tests.screens.desk import Browser, text_of
from tests.screens.settings.test_stores import fields_of
from tests.stories import Cast


def change_path(person: User) -> str:
    """Returns the address of the form that changes a person."""
    return reverse("settings-person-change", args=[person.uuid])


def test_people_are_found_by_name_store_and_state(cast: Cast) -> None:
    sister = StoreFactory(account=cast.store.account)
    UserFactory(store=sister, name="Sister Sue")
    User.objects.filter(pk=cast.bruno.pk).update(is_active=False)
    anna, path = Browser(cast.anna), reverse("settings-people")
    assert "Bruno" not in text_of(anna.get(path))
    assert "Sister Sue" in anna.text
    assert "Bruno" in text_of(anna.get(f"{path}?shown=off"))
    assert "Sister Sue" not in text_of(anna.get(f"{path}?store={cast.store.uuid}"))
    found = text_of(anna.get(f"{path}?q=CARL"))
    assert "Carla" in found
    assert "Erika" not in found
    assert "Nobody found" in text_of(anna.get(f"{path}?q=%25"))
    erika = Browser(cast.erika)
    assert "Sister Sue" not in text_of(erika.get(f"{path}?store={sister.uuid}"))
    assert "Carla" in erika.text


def test_many_people_take_several_pages(cast: Cast) -> None:
    for number in range(60):
        UserFactory(store=cast.store, name=f"Cashier {number:02}")
    anna, path = Browser(cast.anna), reverse("settings-people")
    assert "Cashier 00" in text_of(anna.get(path))
    more = re.search(r'rel="next" href="([^"]+)"', anna.page.content.decode())
    assert more is not None
    second = text_of(anna.get(f"{path}{more[1].replace('&amp;', '&')}"))
    assert "Cashier 59" in second
    assert "Cashier 00" not in second


def test_an_admin_changes_a_person_and_the_trail_tells_it(cast: Cast) -> None:
    register = cast.place(PlaceKind.REGISTER, 2)
    anna = Browser(cast.anna)
    shown = fields_of(anna.get(change_path(cast.carla)))
    typed = {
        **shown,
        "name": "Carla Neu",
        "email": "CARLA@neu.example",
        "role": "manager",
        "register": str(register.pk),
    }
    assert anna.send(change_path(cast.carla), {**typed, "operator_code": "C1"}).status_code == 303
    carla = User.objects.get(pk=cast.carla.pk)
    assert (carla.name, carla.email, carla.role, carla.register, carla.operator_code) == (
        "Carla Neu", "carla@neu.example", "manager", register, "C1",
    )  # fmt: skip
    entry = AuditEntry.objects.get(action="person.changed")
    assert entry.detail["fields"] == ["email", "name", "operator_code", "register", "role"]
    assert entry.detail["changes"] == {
        "operator_code": ["", "C1"], "register": [None, register.pk], "role": ["cashier", "manager"],
    }  # fmt: skip
    assert "neu.example" not in str(entry.detail)


@pytest.mark.parametrize(("typed", "field", "words"), [
    ({"username": "erika"}, "username", "Enter another username."),
    ({"email": "no"}, "email", "valid email"),
    ({"store": ""}, "store", "Cashiers and managers work in one store."),
    ({"operator_code": "２"}, "operator_code", "0 to 9"),
    ({"name": " "}, "name", "Fill in this field."),
    ({"role": "owner"}, "role", "valid choice"),
])  # fmt: skip
def test_what_does_not_fit_is_named_at_its_field(cast: Cast, typed: dict[str, str], field: str, words: str) -> None:
    anna = Browser(cast.anna)
    shown = fields_of(anna.get(change_path(cast.carla)))
    page = anna.send(change_path(cast.carla), {**shown, "rut": "1-9", **typed})
    assert page.status_code == 400
    error = re.search(rf'id="{field}_error">([^<]+)<', page.content.decode())
    assert error is not None
    assert words in error[1]
    assert fields_of(page)["rut"] == "1-9"
    assert User.objects.get(pk=cast.carla.pk).rut == cast.carla.rut


def test_a_person_with_an_open_drawer_stays_where_they_are(cast: Cast) -> None:
    sister = StoreFactory(account=cast.store.account)
    open_drawer(cast.carla, 0)
    anna = Browser(cast.anna)
    shown = fields_of(anna.get(change_path(cast.carla)))
    page = anna.send(change_path(cast.carla), {**shown, "name": "Carla Neu", "store": str(sister.pk)})
    assert page.status_code == 409
    assert "Carla has register 1 of store 1337 open" in anna.text
    assert fields_of(page)["name"] == "Carla Neu"
    kept = User.objects.get(pk=cast.carla.pk)
    assert (kept.name, kept.store) == ("Carla", cast.store)
    page = anna.fill(reverse("settings-person-switch", args=[cast.carla.uuid]))
    assert page.status_code == 409
    assert User.objects.get(pk=cast.carla.pk).is_active


def test_the_second_of_two_edits_of_a_person_is_told(cast: Cast) -> None:
    first, second, path = Browser(cast.anna), Browser(cast.anna), change_path(cast.carla)
    shown = fields_of(first.get(path))
    second.get(path)
    first.send(path, {**shown, "role": "manager"})
    page = second.send(path, {**shown, "name": "Carla Zwei"})
    assert page.status_code == 409
    assert "Role is now: Manager" in second.text
    assert (fields_of(page)["role"], fields_of(page)["name"]) == ("manager", "Carla Zwei")
    assert User.objects.get(pk=cast.carla.pk).name == "Carla"
    assert second.send(path, fields_of(page)).status_code == 303
    carla = User.objects.get(pk=cast.carla.pk)
    assert (carla.name, carla.role) == ("Carla Zwei", "manager")


def test_nobody_changes_their_own_role_or_switches_themselves_off(cast: Cast) -> None:
    anna = Browser(cast.anna)
    shown = fields_of(anna.get(change_path(cast.anna)))
    anna.send(change_path(cast.anna), {**shown, "role": "cashier", "name": "Anna Neu"})
    assert (User.objects.get(pk=cast.anna.pk).role, User.objects.get(pk=cast.anna.pk).name) == ("admin", "Anna Neu")
    assert anna.fill(reverse("settings-person-switch", args=[cast.anna.uuid])).status_code == 403
    assert User.objects.get(pk=cast.anna.pk).is_active


def test_a_person_who_is_switched_off_cannot_sign_in_until_they_are_switched_on(cast: Cast) -> None:
    anna, path = Browser(cast.anna), reverse("settings-person-switch", args=[cast.carla.uuid])
    carla = Browser(cast.carla)
    assert carla.get("/desk").status_code == 200
    assert anna.fill(path).status_code == 303
    assert carla.get("/desk").status_code == 302
    assert anna.fill(path).status_code == 303
    carla.page = carla.client.post("/sign-in", {"name": "carla", "password": PASSWORD})
    assert carla.page.status_code == 302


def test_a_manager_signs_a_cashier_out_everywhere_but_nobody_above(cast: Cast) -> None:
    token, _secret = issue_token(user=cast.carla, at=timezone.now(), lifetime=timedelta(hours=1))
    erika, carla = Browser(cast.erika), Browser(cast.carla)
    assert carla.get("/desk").status_code == 200
    assert erika.fill(reverse("settings-person-sign-out", args=[cast.carla.uuid])).status_code == 303
    assert carla.get("/desk").status_code == 302
    assert AccessToken.objects.get(pk=token.pk).revoked_at is not None
    boss = UserFactory(store=cast.store, role=Role.ADMIN, account=cast.store.account)
    assert erika.get(reverse("settings-person-sign-out", args=[boss.uuid])).status_code == 404


def test_a_cashier_who_typed_wrong_passwords_is_unlocked(cast: Cast) -> None:
    stranger = Browser()
    for _wrong in range(3):
        stranger.client.post("/sign-in", {"name": "carla", "password": "wrong"})
    erika, page = Browser(cast.erika), reverse("settings-person", args=[cast.carla.uuid])
    assert "Unlock sign-in" in text_of(erika.get(page))
    assert erika.fill(reverse("settings-person-unlock", args=[cast.carla.uuid])).status_code == 303
    assert "Unlock sign-in" not in text_of(erika.get(page))


def test_a_manager_reads_a_person_and_changes_nothing(cast: Cast) -> None:
    erika = Browser(cast.erika)
    text = text_of(erika.get(reverse("settings-person", args=[cast.carla.uuid])))
    assert "Ask an admin to change this person." in text
    assert "Switch off person" not in text
    assert erika.get(change_path(cast.carla)).status_code == 403


def test_a_manager_finds_the_help_for_a_cashier_who_forgot_the_password(cast: Cast) -> None:
    erika, helps = Browser(cast.erika), reverse("person-new-password", args=[cast.carla.uuid])
    erika.get(reverse("settings-person", args=[cast.carla.uuid]))
    assert f'href="{helps}"' in erika.page.content.decode()
    assert erika.fill(helps, {"act": "code"}).context["code"]
    for colleague in (cast.anna, cast.erika):
        page = erika.get(reverse("settings-person", args=[colleague.uuid]))
        assert reverse("person-new-password", args=[colleague.uuid]) not in page.content.decode()
