"""Each role and each action of the back office: who may open its page and send it, and who may not."""

from typing import Any, Final

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from cashdesk.admin_base.action_pages import Acting, ActPage
from cashdesk.enums import Role
from cashdesk.models import User, WebhookDelivery
from tests.admin.back_office import page_of, sits_down
from tests.admin.test_words import make_world
from tests.factories import AccountFactory, StoreFactory, UserFactory
from tests.module_world import ModuleWorld
from tests.stories import Cast

OF_MANAGERS: Final = {
    "cashsession": {"close", "cancel-opening", "force-close", "count-afterwards", "reverse"},
    "movement": {"reverse"},
    "payment": {"approve", "reject"},
    "place": {"book"},
    "settlement": {"recount", "force-close", "count-afterwards"},
    "deposit": {"collect", "credit", "correct-credit"},
    "variance": {"explain", "witness", "recount", "approve", "reject", "escalate"},
    "authorization": {"issue"},
    "businessday": {"close"},
    "user": {"unlock"},
}
OF_ADMINS: Final = {
    "accesstoken": {"issue", "rotate", "limit", "revoke"},
    "webhookendpoint": {"new", "edit", "test", "rotate", "resend-failed", "switch-off", "switch-on", "remove"},
    "webhookdelivery": {"resend", "give-up"},
    "user": {"password", "remove-second-factor"},
}


@pytest.fixture(scope="module")
def world(module_world: ModuleWorld) -> Cast:
    return module_world.make(make_world)


def all_acts() -> list[tuple[type[Model], ActPage, bool]]:
    """Returns the model of each action, the action, and whether it belongs to the list."""
    pages = [(model, page) for model, page in admin.site._registry.items() if isinstance(page, Acting)]
    return [(model, act, act in page.list_acts) for model, page in pages for act in (*page.list_acts, *page.all_acts)]


def test_every_action_is_decided() -> None:
    found: dict[str, set[str]] = {}
    for model, act, _is_of_list in all_acts():
        found.setdefault(str(model._meta.model_name), set()).add(act.name)
    both = OF_MANAGERS.keys() | OF_ADMINS.keys()
    assert found == {name: OF_MANAGERS.get(name, set()) | OF_ADMINS.get(name, set()) for name in both}


def address(model: type[Model], act: ActPage, row: Any) -> str:
    if row is not None:
        return page_of(row, act.name)
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{act.name}")


def answers(browser: Client, path: str) -> set[int]:
    """Returns the statuses of an action's page and of its empty form."""
    return {browser.get(path).status_code, browser.post(path, {}).status_code}


def colleague(row: Any, cast: Cast, role: Role) -> User:
    """Returns a person with this role in the store of the row, or else in the first store."""
    store = getattr(row, "store", None) or getattr(getattr(row, "place", None), "store", None) or cast.store
    found = User.objects.filter(username=f"{role}-{store.pk}").first()
    return found or UserFactory(store=store, username=f"{role}-{store.pk}", name=f"{role} {store.pk}", role=role)


@pytest.mark.parametrize(
    ("model", "act", "is_of_list"),
    # test_webhooks.py makes deliveries, and sends them.
    [case for case in all_acts() if case[0] is not WebhookDelivery],
    ids=lambda value: getattr(value, "name", getattr(value, "__name__", "")),
)
def test_an_action_is_open_to_its_roles_and_to_nobody_else(
    world: Cast, db: None, model: type[Model], act: ActPage, is_of_list: bool
) -> None:
    row = None if is_of_list else model._default_manager.order_by("pk").last()
    assert is_of_list or row is not None
    path, name = address(model, act, row), str(model._meta.model_name)
    for low in (Client(), sits_down(colleague(row, world, Role.CASHIER))):
        assert answers(low, path) == {302}
        assert low.get(path)["Location"].partition("?")[0] == reverse("admin:login")
    manager = answers(sits_down(colleague(row, world, Role.MANAGER)), path)
    assert manager <= ({200, 302} if act.name in OF_MANAGERS.get(name, ()) else {403, 404}), "a manager of the store"
    assert answers(sits_down(world.anna), path) <= {200, 302}, "an admin of the account"
    if not is_of_list:
        strange = StoreFactory(account=AccountFactory())
        for role in (Role.MANAGER, Role.ADMIN):
            stranger = UserFactory(store=strange, username=f"far-{role}", name=f"Far {role}", role=role)
            assert answers(sits_down(stranger), path) <= {403, 404}, f"a {role} of another account"
