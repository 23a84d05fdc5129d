"""Tokens and keys in the back office: their secrets are never shown, and they are revoked at once after a confirmation."""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.enums import Scope
from cashdesk.models import AccessToken, AuditEntry
from tests.admin.back_office import list_of, page_of, sits_down
from tests.stories import Caller, Cast, caller


@pytest.fixture
def till(cast: Cast) -> Caller:
    """A program with an API key of the account."""
    _key, secret = issue_api_key(
        name="till", scopes=(Scope.PAYMENTS_READ, Scope.SESSIONS_READ), by=Principal(), at=timezone.now(),
        account=cast.store.account,
    )  # fmt: skip
    return Caller(secret, header="x-api-key")


def press_revoke(browser: Client, *tokens: Model, confirmed: bool, reason: str = "lost") -> str:
    """Selects tokens and chooses to revoke them, with or without the confirmation. Returns the page."""
    sent = {"action": "revoke_selected", ACTION_CHECKBOX_NAME: [token.pk for token in tokens], "index": 0}
    response = browser.post(
        list_of(AccessToken), {**sent, **({"confirmed": "yes", "reason": reason} if confirmed else {})}, follow=True
    )
    return response.content.decode()


def test_an_admin_revokes_after_a_second_look(cast: Cast, till: Caller) -> None:
    carla = caller(cast.carla)
    tokens = list(AccessToken.objects.all())
    anna = sits_down(cast.anna)
    question = press_revoke(anna, *tokens, confirmed=False)
    assert "These tokens stop working at once" in question
    assert all(str(token) in question for token in tokens)
    assert carla.get("/auth/me").status_code == 200
    assert till.get("/cash/sessions").status_code == 200
    assert "Enter a reason." in press_revoke(anna, *tokens, confirmed=True, reason=" ")
    assert not AuditEntry.objects.filter(action="token.revoked").exists()
    assert "Revoked: 2." in press_revoke(anna, *tokens, confirmed=True)
    assert carla.get("/auth/me").status_code == 401
    assert till.get("/cash/sessions").status_code == 401
    noted = AuditEntry.objects.filter(action="token.revoked", user=cast.anna)
    assert [entry.detail for entry in noted] == [{"reason": "lost"}] * 2
    assert [entry.change_message for entry in LogEntry.objects.filter(user=cast.anna)] == ["Revoked."] * 2


def test_revoking_again_changes_nothing(cast: Cast, till: Caller) -> None:
    (token,) = AccessToken.objects.all()
    anna = sits_down(cast.anna)
    press_revoke(anna, token, confirmed=True)
    token.refresh_from_db()
    revoked_at = token.revoked_at
    assert "They are already revoked" in press_revoke(anna, token, confirmed=False)
    assert "Revoked: 0." in press_revoke(anna, token, confirmed=True)
    token.refresh_from_db()
    assert token.revoked_at == revoked_at


def test_a_manager_reads_tokens_and_revokes_none(cast: Cast) -> None:
    carla = caller(cast.carla)
    token = AccessToken.objects.get()
    erika = sits_down(cast.erika)
    assert "revoke_selected" not in erika.get(list_of(AccessToken)).content.decode()
    press_revoke(erika, token, confirmed=True)
    assert carla.get("/auth/me").status_code == 200


def test_the_tokens_of_others_are_not_revoked(cast: Cast) -> None:
    otto = caller(cast.otto)
    token = AccessToken.objects.get()
    press_revoke(sits_down(cast.anna), token, confirmed=True)
    assert otto.get("/auth/me").status_code == 200


def test_what_a_token_is_known_by_is_shown_and_what_it_opens_with_is_not(cast: Cast, till: Caller) -> None:
    (token,) = AccessToken.objects.all()
    anna = sits_down(cast.anna)
    shown = anna.get(page_of(token)).content.decode() + anna.get(list_of(AccessToken)).content.decode()
    assert token.prefix in shown
    assert "payments:read, sessions:read" in shown
    assert token.digest not in shown
    assert till.secret not in shown


def test_the_list_is_narrowed_to_what_still_opens_a_door(cast: Cast, till: Caller) -> None:
    anna = sits_down(cast.anna)
    caller(cast.carla)
    key, sign_in = AccessToken.objects.order_by("kind")
    press_revoke(anna, key, confirmed=True)

    def shown(**query: str) -> list[AccessToken]:
        return list(anna.get(list_of(AccessToken), query).context["cl"].result_list)

    assert shown(state="valid") == [sign_in]
    assert shown(state="revoked") == [key]
    assert shown(kind__exact="SIGN_IN") == [sign_in]
