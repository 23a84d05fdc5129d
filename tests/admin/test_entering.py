"""Access to the back office: active managers and above."""

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from cashdesk.admin_base.model_admin import CashdeskAdmin
from cashdesk.admin_base.scopes import SCOPES
from cashdesk.enums import Role
from cashdesk.models import User, Variance
from reconciliations.models import Export, VarianceEvent
from tests.admin.back_office import (
    EVERYTHING,
    OF_RECONCILIATIONS,
    OF_SETTLEMENTS,
    OF_WEBHOOKS,
    Traces,
    list_of,
    name_of,
    new,
    page_of,
    sits_down,
)
from tests.factories import PASSWORD
from tests.stories import Cast

INDEX = "/admin/"


def sign_in(username: str, password: str = PASSWORD) -> Any:
    return Client().post(reverse("admin:login"), {"username": username, "password": password, "next": INDEX})


@pytest.mark.parametrize("username", ["erika", "ERIKA", "anna", "otto"])
def test_managers_and_admins_enter(cast: Cast, username: str) -> None:
    response = sign_in(username)
    assert (response.status_code, response["Location"]) == (302, INDEX)


def test_an_operator_enters(operator: User) -> None:
    assert sign_in("root", "a-long-password").status_code == 302


def test_a_cashier_does_not_enter(cast: Cast) -> None:
    response = sign_in("carla")
    assert response.status_code == 200
    assert "_auth_user_id" not in response.client.session
    assert b"Please enter the correct username and password for a staff account" in response.content


def test_a_manager_who_left_does_not_enter_and_is_out_at_once(cast: Cast) -> None:
    browser = sits_down(cast.erika)
    assert browser.get(INDEX).status_code == 200
    User.objects.filter(pk=cast.erika.pk).update(is_active=False)
    assert browser.get(INDEX).status_code == 302
    assert sign_in("erika").status_code == 200


def test_a_wrong_password_keeps_the_name_that_was_typed(cast: Cast) -> None:
    response = sign_in("erika", "wrong")
    assert response.status_code == 200
    assert b'value="erika"' in response.content
    assert b"wrong" not in response.content


@pytest.mark.parametrize("model", EVERYTHING, ids=name_of)
def test_visitors_and_cashiers_are_sent_to_the_sign_in_from_every_page(
    cast: Cast, traces: Traces, model: type[Model]
) -> None:
    for browser in (Client(), sits_down(cast.carla)):
        for path in (list_of(model), new(model), page_of(traces[model]), page_of(traces[model], "delete")):
            response = browser.get(path)
            assert (response.status_code, response["Location"].partition("?")[0]) == (302, reverse("admin:login")), path


def test_a_cashier_finds_nothing_by_the_choices_of_forms(cast: Cast) -> None:
    wanted = {"app_label": "cashdesk", "model_name": "user", "field_name": "store", "term": "1337"}
    response = sits_down(cast.carla).get(reverse("admin:autocomplete"), wanted)
    assert response.status_code == 302


def test_every_page_of_ours_is_built_on_the_guarded_base_and_there_is_no_other() -> None:
    pages = {*EVERYTHING, *OF_SETTLEMENTS, *OF_RECONCILIATIONS, *OF_WEBHOOKS, Variance, Export}
    assert set(admin.site._registry) == pages
    # The events of a variance stand on its page.
    assert set(SCOPES) == {*pages, VarianceEvent}
    assert all(isinstance(page, CashdeskAdmin) for page in admin.site._registry.values())


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
def test_the_index_lists_what_may_be_read(cast: Cast, role: Role) -> None:
    who = cast.erika if role == Role.MANAGER else cast.anna
    content = sits_down(who).get(INDEX).content.decode()
    assert all(list_of(model) in content for model in EVERYTHING)
    assert (new(User) in content) == (role == Role.ADMIN)
