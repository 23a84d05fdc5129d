"""Forged and broken answers of an OpenID Connect provider sign nobody in."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cashdesk.domain.people.provider_account import Policy, Presented, ProviderRefusal, person_of_account
from cashdesk.enums import Role
from cashdesk.models import Identity, User
from cashdesk.sign_in_checks import ProviderSettings
from cashdesk.web.openid_provider import forget_published
from tests import openid_double
from tests.factories import AccountFactory
from tests.openid_double import CLIENT_ID, CLIENT_SECRET, Double
from tests.screens.desk import text_of
from tests.stories import Cast

FORGED = "is not meant for this installation, or somebody changed it."
MISFIT = "do not fit together: a setting is wrong on one side."


@pytest.fixture
def double(settings: Any, cast: Cast) -> Iterator[Double]:
    forget_published()
    with openid_double.running() as running:
        settings.PROVIDER = ProviderSettings(
            issuer=running.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, name="Muster ID"
        )
        now = timezone.now()
        Identity.objects.create(
            user=cast.erika, issuer=running.issuer, subject="double-1", created_at=now, last_used_at=now
        )
        yield running


def signs_in(double: Double) -> Any:
    browser = Client()
    begun = browser.get("/sign-in/provider")
    assert begun.status_code == 302, text_of(begun)
    return browser.get("/sign-in/provider/back", double.presses(begun.headers["Location"]))


def test_an_honest_answer_signs_in(double: Double) -> None:
    arrived = signs_in(double)
    assert (arrived.status_code, arrived.headers["Location"]) == (302, "/today")
    assert arrived.client.get("/today").status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"aud": ["another-client"]},
        {"aud": "another-client", "azp": CLIENT_ID},
        {"aud": [CLIENT_ID, "another-client"], "azp": "another-client"},
        {"aud": [CLIENT_ID, "another-client"]},
        {"aud": None},
        {"sub": None},
        {"sub": 7},
        {"exp": None},
        {"exp": "soon"},
        {"at_hash": "of-another-token"},
    ],
    ids=str,
)
def test_a_token_for_somebody_else_is_refused(double: Double, changes: dict[str, Any]) -> None:
    double.changes = changes
    refused = signs_in(double)
    assert (refused.status_code, FORGED in text_of(refused)) == (400, True), text_of(refused)
    assert "_auth_user_id" not in refused.client.session


@pytest.mark.parametrize(
    "signs",
    [
        openid_double.unsigned,
        openid_double.signed_with_the_secret,
        openid_double.signed_by_another,
        lambda _double, _claims: "no.token",
        lambda _double, _claims: 7,
    ],
)
def test_a_token_that_the_provider_did_not_sign_is_refused(double: Double, signs: Any) -> None:
    double.signs = signs
    refused = signs_in(double)
    assert refused.status_code in (400, 500)
    assert FORGED in text_of(refused) or MISFIT in text_of(refused)
    assert "_auth_user_id" not in refused.client.session


@pytest.mark.parametrize("nonce", [None, "another"])
def test_a_token_of_another_sign_in_is_refused(double: Double, nonce: str | None) -> None:
    double.changes = {"nonce": nonce}
    assert signs_in(double).status_code == 400


def test_a_new_key_of_the_provider_is_fetched(double: Double) -> None:
    assert signs_in(double).status_code == 302
    double.key = openid_double.RSAKey.generate_key(2048, {"kid": "second", "use": "sig"}, private=True)
    assert signs_in(double).status_code == 302
    # Its description is still known.
    assert double.asked.count("/.well-known/openid-configuration") == 1


def test_the_profile_of_another_account_is_refused(double: Double) -> None:
    double.userinfo = {"sub": "somebody-else", "groups": ["bosses"]}
    assert FORGED in text_of(signs_in(double))


@pytest.mark.parametrize(
    "published",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "ftp://evil.example/token"},
        {"jwks_uri": None},
        {"id_token_signing_alg_values_supported": ["HS256", "none"]},
    ],
    ids=str,
)
def test_a_provider_that_describes_itself_wrongly_is_a_wrong_setting(double: Double, published: dict[str, Any]) -> None:
    double.published = published
    page = Client().get("/sign-in/provider")
    assert (page.status_code, MISFIT in text_of(page)) == (500, True)


def test_groups_may_be_one_name_or_nothing(double: Double, settings: Any, cast: Cast) -> None:
    settings.PROVIDER = replace(settings.PROVIDER, role_groups={"bosses": "admin"})
    double.userinfo = {"groups": "bosses"}
    assert signs_in(double).status_code == 302
    assert User.objects.get(pk=cast.erika.pk).role == Role.ADMIN
    nothing: tuple[Any, ...] = (None, 7, [], {"bosses": 1})
    for groups in nothing:
        double.userinfo = {"groups": groups}
        assert signs_in(double).status_code == 403


def test_a_superuser_keeps_what_they_are(double: Double, settings: Any, cast: Cast) -> None:
    settings.PROVIDER = replace(settings.PROVIDER, role_groups={"bosses": "cashier"}, links_by_email=True)
    root = User.objects.create_superuser("root", "root@example.com", "Root", "a-long-password")
    double.changes = {"sub": "double-2", "email": "root@example.com", "email_verified": True, "groups": ["bosses"]}
    double.userinfo = {"sub": "double-2"}
    assert signs_in(double).status_code == 403  # no address ever links a superuser
    now = timezone.now()
    Identity.objects.create(user=root, issuer=double.issuer, subject="double-2", created_at=now, last_used_at=now)
    assert signs_in(double).status_code == 302
    root.refresh_from_db()
    assert (root.is_superuser, root.role) == (True, Role.ADMIN)


def test_a_new_person_needs_a_clear_account(cast: Cast) -> None:
    policy = Policy(role_groups={"bosses": Role.ADMIN}, creates_people=True)
    new = Presented(issuer="https://id.example", subject="1", groups=["bosses"], username="new")
    AccountFactory(name="Another")
    for account in ("", "Nowhere"):
        with pytest.raises(ProviderRefusal) as refusal:
            person_of_account(new, policy=replace(policy, account=account), at=timezone.now())
        assert refusal.value.reason == "no_account"
    made = person_of_account(new, policy=replace(policy, account="Another"), at=timezone.now())
    assert (made.account.name, made.role) == ("Another", Role.ADMIN)
