"""Who may see and send which page of the settings, and that no page costs more with more rows."""

from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern

from cashdesk import setting_urls
from cashdesk.enums import Role
from cashdesk.models import AuditEntry, User
from settlements import setting_urls as reason_urls
from tests.factories import StoreFactory, UserFactory
from tests.screens.desk import Browser
from tests.screens.settings.addresses import FOR_ADMINS, FOR_MANAGERS, OF_A_ROW, Rows, path_of, rows_in
from tests.stories import Cast, counted_queries

EVERY = (*FOR_MANAGERS, *FOR_ADMINS)


@pytest.fixture
def rows(cast: Cast) -> Rows:
    return rows_in(cast.store, cast.carla)


def browser(user: User | None) -> Client:
    """Returns the browser of a person, or of a visitor."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def test_the_matrix_knows_every_page() -> None:
    patterns: list[Any] = [*setting_urls.urlpatterns, *reason_urls.urlpatterns]
    names = {one.name for one in patterns if isinstance(one, URLPattern)}
    assert names == set(EVERY)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize(("who", "allowed"), [("anna", EVERY), ("erika", FOR_MANAGERS), ("carla", ())])
def test_each_role_sees_its_pages_and_no_other(
    cast: Cast, rows: Rows, who: str, name: str, allowed: tuple[str, ...]
) -> None:
    there, path = Browser(getattr(cast, who)), path_of(name, rows)
    opens = 303 if name == "settings-reasons" else 200
    assert there.get(path).status_code == (opens if name in allowed else 403)
    before = AuditEntry.objects.count()
    sent = there.send(path)
    if name in allowed:
        # Acts without a question are done, forms name what is missing, and pages without a form take none.
        assert sent.status_code in (200, 303, 400, 405, 409)
    else:
        assert sent.status_code in (403, 405)
        assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("name", EVERY)
def test_a_visitor_signs_in_first(rows: Rows, name: str) -> None:
    path = path_of(name, rows)
    answer = browser(None).get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/sign-in?next={path}")


@pytest.mark.parametrize("name", OF_A_ROW)
def test_rows_of_others_do_not_exist(cast: Cast, rows: Rows, name: str) -> None:
    path = path_of(name, rows)
    admin_of_another = UserFactory(store=None, account=cast.otto.account, role=Role.ADMIN)
    manager_next_door = UserFactory(store=StoreFactory(account=cast.store.account), role=Role.MANAGER)
    for user in (admin_of_another, cast.otto, manager_next_door):
        if name in FOR_ADMINS and user.role != Role.ADMIN:
            continue
        client = browser(user)
        assert client.get(path).status_code == 404, user
        assert client.post(path, {}).status_code in (404, 405), user
    assert not AuditEntry.objects.filter(user__in=(admin_of_another, cast.otto, manager_next_door)).exists()


@pytest.mark.parametrize(
    "name",
    [
        "settings",
        "settings-stores",
        "settings-store",
        "settings-people",
        "settings-person",
        "settings-person-change",
        "settings-methods",
        "settings-keys",
        "settings-reasons-of",
    ],
)
def test_a_page_costs_the_same_whatever_there_is(cast: Cast, rows: Rows, name: str) -> None:
    client, path = browser(cast.anna), path_of(name, rows)
    client.get(path)
    with counted_queries() as few:
        assert client.get(path).status_code == 200
    for _more in range(3):
        store = StoreFactory(account=cast.store.account)
        rows_in(store, UserFactory(store=store))
        UserFactory(store=cast.store)
    rows_in(cast.store, cast.bruno)
    with counted_queries() as many:
        assert client.get(path).status_code == 200
    assert len(many) == len(few)
    assert len(few) <= 14
