"""Signing in at a real OpenID Connect provider: npm's certified `oidc-provider`, in a process of its own."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from cashdesk.domain.people.access_token import authenticate, issue_token
from cashdesk.enums import Role
from cashdesk.models import AuditEntry, Identity, User
from cashdesk.sign_in_checks import ProviderSettings
from cashdesk.web.openid_provider import forget_published
from tests.cashdesk.desk import open_drawer
from tests.clients.provider_process import (
    BACK,
    CLIENT_ID,
    CLIENT_SECRET,
    SIGNED_OUT,
    ProviderProcess,
    ProvidersPages,
    provider_process,
)
from tests.factories import PASSWORD, StoreFactory
from tests.second_factor import adds_app, fresh_code
from tests.stories import Cast

CLARA = {
    "name": "Clara Neumann",
    "preferred_username": "clara",
    "email": "clara@example.com",
    "email_verified": True,
    "groups": ["cashdesk-cashiers", "cashdesk-store-1337", "choir"],
}
HOUR = timedelta(hours=1)
ROLES = {"cashdesk-cashiers": Role.CASHIER, "cashdesk-managers": Role.MANAGER, "cashdesk-admins": Role.ADMIN}


@pytest.fixture(scope="module")
def _process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProviderProcess]:
    with provider_process(tmp_path_factory.mktemp("provider")) as running:
        yield running


@pytest.fixture
def provider(_process: ProviderProcess, settings: Any) -> ProviderProcess:
    forget_published()
    settings.PROVIDER = ProviderSettings(
        issuer=_process.issuer,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        name="Muster ID",
        role_groups=ROLES,
        store_pattern="cashdesk-store-{store}",
        creates_people=True,
        account="Muster Retail",
    )
    _process.says(account="clara-1", claims=CLARA, amr=["pwd"], denies=False, isDown=False, skewSeconds=0)
    return _process


class Browser:
    """A browser with cookies here and at the provider."""

    def __init__(self) -> None:
        self.here = Client()
        self.there = ProvidersPages()

    def goes(self, wanted: str = "") -> str:
        """Presses the button, and comes back from the provider. Returns the address that it is sent to."""
        begun = self.here.get(f"/sign-in/provider?{urlencode({'next': wanted})}" if wanted else "/sign-in/provider")
        assert begun.status_code == 302, begun.content.decode()
        return self.there.follow(begun.headers["Location"])

    def arrives(self, address: str) -> Any:
        """Opens an address of ours."""
        return self.here.get(address.removeprefix("http://testserver"))

    def signs_in(self, wanted: str = "") -> Any:
        return self.arrives(self.goes(wanted))

    @property
    def person(self) -> User | None:
        found = self.here.session.get("_auth_user_id")
        return User.objects.get(pk=found) if found else None

    def kept(self, **others: str) -> None:
        """Changes what the session keeps of the sign-in."""
        session = self.here.session
        session["provider_sign_in"] = {**session["provider_sign_in"], **others}
        session.save()


def with_parameters(address: str, **others: str) -> str:
    parts = urlsplit(address)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()} | others
    return parts._replace(query=urlencode(asked)).geturl()


def told(page: Any) -> str:
    return " ".join(page.content.decode().split())


def test_a_new_person_signs_in_and_is_created_from_their_groups(cast: Cast, provider: ProviderProcess) -> None:
    page = Client().get("/sign-in?next=/desk/open")
    assert "Sign in with Muster ID" in told(page)
    browser = Browser()
    arrived = browser.signs_in("/desk/open")
    assert (arrived.status_code, arrived.headers["Location"]) == (302, "/desk/open"), told(arrived)
    assert browser.here.get("/desk/open").status_code == 200
    clara = browser.person
    assert clara is not None
    assert (clara.username, clara.name, clara.email, clara.role) == (
        "clara",
        "Clara Neumann",
        "clara@example.com",
        "cashier",
    )
    assert (clara.store, clara.account, clara.has_usable_password()) == (cast.store, cast.store.account, False)
    identity = Identity.objects.get()
    assert (identity.user, identity.issuer, identity.subject) == (clara, provider.issuer, "clara-1")
    entry = AuditEntry.objects.get(action="person.signed_in")
    assert (entry.user, entry.detail) == (clara, {"provider": provider.issuer})
    assert Browser().signs_in().status_code == 302
    assert User.objects.filter(name="Clara Neumann").count() == 1


def test_the_request_has_pkce_state_and_nonce_and_no_secret(cast: Cast, provider: ProviderProcess) -> None:
    begun = Client().get("/sign-in/provider").headers["Location"]
    asked = parse_qs(urlsplit(begun).query)
    assert begun.startswith(f"{provider.issuer}/auth?")
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    assert asked["redirect_uri"] == [BACK]
    assert all(len(asked[name][0]) >= 20 for name in ("state", "nonce", "code_challenge"))
    assert "secret" not in begun


def test_groups_decide_role_and_store_at_each_sign_in(cast: Cast, provider: ProviderProcess) -> None:
    potsdam = StoreFactory(account=cast.store.account, number="1338", name="Potsdam")
    elsewhere = StoreFactory(number="4711")
    browser = Browser()
    steps = [
        (["cashdesk-managers", "cashdesk-store-1337"], Role.MANAGER, cast.store),
        (["cashdesk-managers", "cashdesk-cashiers", "cashdesk-store-1338"], Role.MANAGER, potsdam),
        (["cashdesk-cashiers", "cashdesk-store-1337", "cashdesk-store-1338"], Role.CASHIER, potsdam),
        (["cashdesk-cashiers", "cashdesk-store-1337", "cashdesk-store-4711"], Role.CASHIER, cast.store),
        (["cashdesk-admins"], Role.ADMIN, cast.store),
    ]
    for groups, role, store in steps:
        provider.says(claims={**CLARA, "groups": groups})
        assert browser.signs_in().status_code == 302
        assert browser.person is not None
        assert (browser.person.role, browser.person.store) == (role, store), groups
    provider.says(claims={**CLARA, "groups": ["cashdesk-cashiers", "cashdesk-store-4711"]})
    assert "in which store you work" in told(browser.signs_in())
    assert elsewhere.people.count() == 0


def test_losing_a_group_lowers_the_role_and_ends_the_other_sign_ins(cast: Cast, provider: ProviderProcess) -> None:
    browser, till = Browser(), Browser()
    provider.says(claims={**CLARA, "groups": ["cashdesk-managers", "cashdesk-store-1337"]})
    browser.signs_in()
    till.signs_in()
    assert till.here.get("/vault").status_code in (200, 302)
    _token, secret = issue_token(user=browser.person, at=timezone.now(), lifetime=HOUR)
    provider.says(claims=CLARA)
    assert browser.signs_in().status_code == 302
    assert browser.person.role == Role.CASHIER
    assert browser.here.get("/admin/").status_code == 302
    assert till.here.get("/desk").status_code == 302
    assert authenticate(secret=secret, at=timezone.now()) is None
    entry = AuditEntry.objects.get(action="person.role_changed")
    assert (entry.detail["from"], entry.detail["to"]) == ("manager", "cashier")


def test_losing_every_group_ends_all_sign_ins(cast: Cast, provider: ProviderProcess) -> None:
    till = Browser()
    till.signs_in()
    provider.says(claims={**CLARA, "groups": ["choir"]})
    refused = Browser().signs_in()
    assert refused.status_code == 403
    assert "Your account is in no group that gives access to Cashdesk." in told(refused)
    assert till.here.get("/desk").status_code == 302
    assert AuditEntry.objects.get(action="person.refused_by_provider").detail["reason"] == "unknown_group"


def test_somebody_with_an_open_drawer_stays_in_the_store_until_it_is_closed(
    cast: Cast, provider: ProviderProcess
) -> None:
    potsdam = StoreFactory(account=cast.store.account, number="1338", name="Potsdam")
    browser = Browser()
    provider.says(claims={**CLARA, "groups": ["cashdesk-managers", "cashdesk-store-1337"]})
    browser.signs_in()
    open_drawer(browser.person, 100_00)
    provider.says(claims={**CLARA, "groups": ["cashdesk-cashiers", "cashdesk-store-1338"]})
    assert browser.signs_in().status_code == 302
    assert (browser.person.store, browser.person.role) == (cast.store, Role.CASHIER)
    assert potsdam.people.count() == 0


def test_nobody_is_matched_by_an_address_unless_it_is_verified_and_wanted(
    cast: Cast, provider: ProviderProcess, settings: Any
) -> None:
    settings.PROVIDER = replace(settings.PROVIDER, creates_people=False)
    of_erika = {**CLARA, "email": "Erika@example.com", "groups": ["cashdesk-managers", "cashdesk-store-1337"]}
    provider.says(account="erika-1", claims=of_erika)
    assert "Nobody in Cashdesk has this account yet." in told(Browser().signs_in())
    settings.PROVIDER = replace(settings.PROVIDER, links_by_email=True)
    provider.says(claims={**of_erika, "email_verified": False})
    assert "Nobody in Cashdesk has this account yet." in told(Browser().signs_in())
    assert not Identity.objects.exists()
    provider.says(claims=of_erika)
    browser = Browser()
    assert browser.signs_in().status_code == 302
    assert browser.person == cast.erika
    assert AuditEntry.objects.get(action="person.identity_linked").detail["how"] == "email"
    # The link stays when the address changes, and no second account gets it.
    provider.says(claims={**of_erika, "email": "new@example.com"})
    assert browser.signs_in().status_code == 302
    provider.says(account="thief", claims=of_erika)
    assert "Nobody in Cashdesk has this account yet." in told(Browser().signs_in())


def test_a_taken_name_and_address_are_not_taken_over(cast: Cast, provider: ProviderProcess) -> None:
    provider.says(claims={**CLARA, "preferred_username": "carla", "email": "carla@example.com"})
    browser = Browser()
    assert browser.signs_in().status_code == 302
    assert browser.person != cast.carla
    assert (browser.person.username, browser.person.email) == ("carla-2", "")


def test_a_person_who_is_not_active_does_not_come_in(cast: Cast, provider: ProviderProcess) -> None:
    browser = Browser()
    browser.signs_in()
    User.objects.filter(pk=browser.person.pk).update(is_active=False)
    assert "Your access to Cashdesk is switched off." in told(Browser().signs_in())


# --- Tampering ---------------------------------------------------------------------------------------------------------------


def refused(page: Any, text: str, *, status: int = 400) -> None:
    assert (page.status_code, text in told(page)) == (status, True), told(page)
    assert "Traceback" not in told(page)
    assert "_auth_user_id" not in page.client.session
    assert not Identity.objects.exists()


STALE = "This sign-in was begun in another window, took too long, or was used already."
FORGED = "is not meant for this installation, or somebody changed it."


def test_another_state_is_refused(cast: Cast, provider: ProviderProcess) -> None:
    browser = Browser()
    refused(browser.arrives(with_parameters(browser.goes(), state="x" * 64)), STALE)


def test_an_answer_in_another_browser_is_refused(cast: Cast, provider: ProviderProcess) -> None:
    victim, attacker = Browser(), Browser()
    refused(victim.arrives(attacker.goes()), STALE)


def test_an_answer_that_comes_too_late_is_refused(cast: Cast, provider: ProviderProcess) -> None:
    browser = Browser()
    address = browser.goes()
    browser.kept(until=timezone.now().timestamp() - 1)
    refused(browser.arrives(address), STALE)


def test_another_nonce_is_refused(cast: Cast, provider: ProviderProcess) -> None:
    browser = Browser()
    address = browser.goes()
    browser.kept(nonce="another")
    refused(browser.arrives(address), STALE)


def test_a_code_without_its_verifier_is_refused_by_the_provider(cast: Cast, provider: ProviderProcess) -> None:
    browser = Browser()
    address = browser.goes()
    browser.kept(verifier="another-verifier-of-the-right-length-0123456789-abc")
    refused(browser.arrives(address), STALE)


def test_a_code_works_once(cast: Cast, provider: ProviderProcess) -> None:
    browser = Browser()
    address = browser.goes()
    kept = dict(browser.here.session["provider_sign_in"])
    assert browser.arrives(address).status_code == 302
    # The session has forgotten it, and so has the provider.
    again = browser.arrives(address)
    assert (again.status_code, STALE in told(again)) == (400, True)
    thief = Client()
    session = thief.session
    session["provider_sign_in"] = kept
    session.save()
    replayed = thief.get(address.removeprefix("http://testserver"))
    assert (replayed.status_code, STALE in told(replayed)) == (400, True)


def test_an_answer_of_another_issuer_is_refused(cast: Cast, provider: ProviderProcess) -> None:
    browser = Browser()
    refused(browser.arrives(with_parameters(browser.goes(), iss="https://evil.example")), FORGED)


def test_a_provider_that_calls_itself_otherwise_is_refused(
    cast: Cast, provider: ProviderProcess, settings: Any
) -> None:
    settings.PROVIDER = replace(settings.PROVIDER, issuer=provider.issuer.replace("127.0.0.1", "localhost"))
    refused(Client().get("/sign-in/provider"), "do not fit together", status=500)


def test_a_wrong_secret_is_told_as_a_wrong_setting(cast: Cast, provider: ProviderProcess, settings: Any) -> None:
    browser = Browser()
    address = browser.goes()
    settings.PROVIDER = replace(settings.PROVIDER, client_secret="wrong")
    refused(browser.arrives(address), "do not fit together", status=500)


@pytest.mark.parametrize("hours", [-2, 2], ids=["behind: an expired token", "ahead: a token of the future"])
def test_a_clock_that_is_hours_off_is_told(cast: Cast, provider: ProviderProcess, hours: int) -> None:
    browser = Browser()
    if hours > 0:
        provider.says(skewSeconds=hours * 3600)
    address = browser.goes()
    # Its cookies would have expired before they were sent.
    provider.says(skewSeconds=hours * 3600)
    refused(browser.arrives(address), "The clocks of Cashdesk and Muster ID differ", status=500)


def test_a_clock_that_is_half_a_minute_off_is_right_enough(cast: Cast, provider: ProviderProcess) -> None:
    provider.says(skewSeconds=30)
    assert Browser().signs_in().status_code == 302


def test_somebody_who_is_denied_reads_so(cast: Cast, provider: ProviderProcess) -> None:
    provider.says(denies=True)
    refused(Browser().signs_in(), "did not let you in, or you cancelled.", status=403)


# --- With the second factor, passwords and signing out ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "amr", "asks"),
    [("provider", ["pwd"], False), ("amr", ["pwd"], True), ("amr", ["pwd", "mfa"], False), ("cashdesk", ["mfa"], True)],
)
def test_who_trusts_whose_second_factor(
    cast: Cast, provider: ProviderProcess, settings: Any, rule: str, amr: list[str], asks: bool
) -> None:
    settings.PROVIDER = replace(settings.PROVIDER, second_factor=rule, links_by_email=True)
    settings.SECOND_FACTOR_REQUIRED = "managers"
    provider.says(
        account="erika-1",
        claims={**CLARA, "email": "erika@example.com", "groups": ["cashdesk-managers", "cashdesk-store-1337"]},
        amr=amr,
    )
    browser = Browser()
    arrived = browser.signs_in("/password")
    assert arrived.headers["Location"] == ("/sign-in/second-factor" if asks else "/password")
    assert browser.here.get("/desk").status_code == (302 if asks else 200)
    if not asks:
        return
    adds_app(User.objects.get(pk=cast.erika.pk))
    browser = Browser()
    assert browser.signs_in("/password").headers["Location"] == "/sign-in/code"
    answer = browser.here.post("/sign-in/code", {"code": fresh_code(cast.erika)})
    assert answer.headers["Location"] == "/password"
    assert browser.here.get("/desk").status_code == 200


def test_passwords_may_be_left_to_superusers(cast: Cast, provider: ProviderProcess, settings: Any) -> None:
    User.objects.create_superuser("root", "root@example.com", "Root", PASSWORD)
    settings.PROVIDER = replace(settings.PROVIDER, passwords="superusers")
    page = Client().post("/sign-in", {"name": "carla", "password": PASSWORD})
    assert (page.status_code, "Sign in with Muster ID. Passwords are switched off here." in told(page)) == (403, True)
    sent = Client().post(
        "/api/v1/auth/login", {"username": "carla", "password": PASSWORD}, content_type="application/json"
    )
    assert (sent.status_code, sent.json()["error"]) == (403, "password_sign_in_off")
    wrong = Client().post("/sign-in", {"name": "carla", "password": "wrong"})
    assert (wrong.status_code, "The name or the password is wrong." in told(wrong)) == (400, True)
    assert Client().post("/admin/login/", {"username": "erika", "password": PASSWORD}).status_code == 200
    assert Client().post("/sign-in", {"name": "root", "password": PASSWORD}).status_code == 302
    assert Client().get("/admin/login/?next=/admin/").headers["Location"] == "/sign-in?next=%2Fadmin%2F"


def test_a_person_with_a_password_connects_their_account_and_disconnects_it(
    cast: Cast, provider: ProviderProcess, settings: Any
) -> None:
    settings.PROVIDER = replace(settings.PROVIDER, role_groups={}, store_pattern="", creates_people=False)
    carla, typed = Browser(), {"password": PASSWORD}
    assert Browser().signs_in().status_code == 403
    carla.here.post("/sign-in", {"name": "carla", "password": PASSWORD})
    begun = carla.here.post("/account/provider", {**typed, "act": "connect"})
    arrived = carla.arrives(carla.there.follow(begun.headers["Refresh"].removeprefix("0;url=")))
    assert arrived.headers["Location"] == "/account?connected", told(arrived)
    assert (Identity.objects.get().user, Identity.objects.get().subject) == (cast.carla, "clara-1")
    elsewhere = Browser()
    assert elsewhere.signs_in().status_code == 302
    assert elsewhere.person == cast.carla
    ended = carla.here.post("/account/provider", {**typed, "act": "disconnect"})
    assert ended.headers["Location"] == "/account?disconnected"
    assert Browser().signs_in().status_code == 403
    assert not Identity.objects.exists()


def test_signing_out_ends_the_sign_in_at_the_provider_too(cast: Cast, provider: ProviderProcess) -> None:
    browser = Browser()
    browser.signs_in()
    page = browser.here.post("/sign-out")
    assert (page.status_code, browser.person) == (200, None)
    address = page.headers["Refresh"].removeprefix("0;url=")
    asked = parse_qs(urlsplit(address).query)
    assert address.startswith(f"{provider.issuer}/session/end?")
    assert asked["post_logout_redirect_uri"] == [SIGNED_OUT]
    assert asked["id_token_hint"][0].count(".") == 2
    assert browser.there.get(address).status_code == 200
    assert browser.here.get("/sign-out/done").headers["Location"] == "/sign-in?signed-out"


def test_a_form_that_was_sent_while_signed_out_comes_back(cast: Cast, provider: ProviderProcess) -> None:
    browser = Browser()
    browser.signs_in()
    page = browser.here.get("/desk/open").content.decode()
    token = page.partition('name="draft" value="')[2].partition('"')[0]
    browser.here.post("/sign-out")
    signed_out = browser.here.post("/desk/open", {"draft": token, "amount": "150.00"}).content.decode()
    carried = {
        name: signed_out.partition(f'name="{name}" value="')[2].partition('"')[0].replace("&quot;", '"')
        for name in ("draft", "draft-input")
    }
    leaves = browser.here.post("/sign-in/provider", {"next": "/desk/open", **carried})
    assert leaves.status_code == 200
    arrived = browser.arrives(browser.there.follow(leaves.headers["Refresh"].removeprefix("0;url=")))
    assert arrived.headers["Location"] == "/desk/open"
    assert "150.00" in browser.here.get("/desk/open").content.decode()


def test_without_a_provider_there_is_no_button_and_no_page(cast: Cast) -> None:
    assert "Sign in with" not in told(Client().get("/sign-in")).replace("Sign in with a password", "")
    assert Client().get("/sign-in/provider").status_code == 404
    assert Client().get("/sign-in/provider/back").status_code == 404


def test_a_provider_that_is_down_is_told_and_signs_nobody_in(cast: Cast, provider: ProviderProcess) -> None:
    browser = Browser()
    address = browser.goes()
    provider.says(isDown=True)
    refused(browser.arrives(address), "Muster ID does not answer", status=503)


def test_a_provider_that_nobody_finds_is_told(cast: Cast, provider: ProviderProcess, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.PROVIDER = replace(settings.PROVIDER, issuer=f"http://127.0.0.1:{port}")
    page = Client().get("/sign-in/provider")
    refused(page, "Muster ID does not answer", status=503)
    assert page.headers["Retry-After"] == "30"
    assert "Drawers that are open stay open." in told(page)
