"""API keys and payment methods in the settings."""

import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.people.access_token import authenticate, digest_of
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.enums import Scope
from cashdesk.models import AccessToken, AuditEntry, IdempotentAnswer, PaymentMethod
from cashdesk.screens.settings.key_forms import WORDS
from tests.factories import StoreFactory
from tests.screens.desk import Browser, text_of
from tests.screens.settings.test_stores import fields_of
from tests.stories import Cast

NEW = "/settings/api-keys/new"


def secret_on(page: Any) -> str:
    """Returns the secret that a page shows."""
    found = re.search(r'<code class="secret" id="secret">(ck_[\w-]+)</code>', page.content.decode())
    assert found, text_of(page)
    return found[1]


def test_each_scope_has_words() -> None:
    assert set(WORDS) == set(Scope)


def test_a_key_is_issued_and_its_secret_is_shown_once(cast: Cast) -> None:
    anna = Browser(cast.anna)
    typed = {"name": "Till software", "store": str(cast.store.pk), "station": "1", "scope-payments-write": "on"}
    page = anna.fill(NEW, {**typed, "requests_per_minute": "60", "expires_at": "2099-12-31"})
    secret = secret_on(page)
    assert "no-store" in page.headers["Cache-Control"]
    key = AccessToken.objects.get(digest=digest_of(secret))
    assert (key.name, key.store, key.scopes, key.requests_per_minute) == (
        "Till software",
        cast.store,
        ["payments:write"],
        60,
    )
    assert key.register is not None
    assert key.register.number == 1
    assert f"{key.expires_at:%Y-%m-%d}" == "2099-12-31"
    assert authenticate(secret=secret, at=timezone.now()) is not None
    assert AuditEntry.objects.get(action="api_key.issued").user == cast.anna
    shown = anna.get(reverse("settings-key", args=[key.pk]))
    assert secret not in shown.content.decode()
    assert "Report payments, and approve pending ones" in anna.text
    assert secret not in str([bytes(answer.body) for answer in IdempotentAnswer.objects.all()])


@pytest.mark.parametrize(("typed", "words"), [
    ({"scope-payments-write": ""}, "Choose what the program may do."),
    ({"name": ""}, "Fill in this field."),
    ({"expires_at": "2020-01-01"}, "future"),
    ({"station": "99", "store": "STORE"}, "no register 99"),
    ({"station": "1"}, "store of the register"),
    ({"requests_per_minute": "-1"}, "greater than or equal to 0"),
])  # fmt: skip
def test_wrong_terms_are_named_and_no_key_is_issued(cast: Cast, typed: dict[str, str], words: str) -> None:
    anna = Browser(cast.anna)
    usual = {"name": "Till", "store": "", "station": "", "scope-payments-write": "on"}
    sent = {
        name: str(cast.store.pk) if value == "STORE" else value for name, value in {**usual, **typed}.items() if value
    }
    page = anna.fill(NEW, sent)
    assert page.status_code == 400
    assert words in anna.text
    assert not AccessToken.objects.exists()


def test_a_key_is_replaced_limited_and_revoked(cast: Cast) -> None:
    anna = Browser(cast.anna)
    old, old_secret = issue_api_key(
        name="till", scopes=[Scope.PAYMENTS_WRITE], by=SYSTEM, at=timezone.now(), account=cast.store.account
    )
    secret = secret_on(anna.fill(reverse("settings-key-rotate", args=[old.pk]), {"hours": "0"}))
    assert authenticate(secret=old_secret, at=timezone.now()) is None
    new = AccessToken.objects.get(digest=digest_of(secret))
    limit = reverse("settings-key-limit", args=[new.pk])
    assert anna.fill(limit, {"requests_per_minute": "30"}).status_code == 303
    stale = Browser(cast.anna)
    stale.get(limit)
    anna.fill(limit, {"requests_per_minute": "40"})
    assert stale.send(limit, {"requests_per_minute": "50"}).status_code == 409
    assert AccessToken.objects.get(pk=new.pk).requests_per_minute == 40
    assert anna.fill(reverse("settings-key-revoke", args=[new.pk])).status_code == 303
    assert authenticate(secret=secret, at=timezone.now()) is None
    assert "Revoked" in text_of(anna.get("/settings/api-keys"))


def test_a_manager_sees_the_keys_of_their_store_only(cast: Cast) -> None:
    at, account = timezone.now(), cast.store.account
    for name, store in (("ours", cast.store), ("theirs", StoreFactory(account=account)), ("all", None)):
        issue_api_key(name=name, scopes=[Scope.PAYMENTS_READ], by=SYSTEM, at=at, account=account, store=store)
    erika = Browser(cast.erika)
    text = text_of(erika.get("/settings/api-keys"))
    assert "ours" in text
    assert "theirs" not in text
    assert AccessToken.objects.get(name="all").name not in re.findall(
        r"settings/api-keys/\d+\">(\w+)<", erika.page.content.decode()
    )


def test_a_payment_method_is_added_renamed_and_taken_off(cast: Cast) -> None:
    anna = Browser(cast.anna)
    assert anna.fill("/settings/payment-methods/new", {"name": "Voucher", "code": "voucher"}).status_code == 400
    assert "Use capital letters" in anna.text
    assert anna.send("/settings/payment-methods/new", {"name": "Voucher", "code": "VOUCHER"}).status_code == 303
    method = PaymentMethod.objects.get(code="VOUCHER", account=cast.store.account)
    path = reverse("settings-method", args=[method.uuid])
    assert anna.fill(path, {"name": "Gift voucher"}).status_code == 303
    method.refresh_from_db()
    assert (method.name, method.code, method.is_active) == ("Gift voucher", "VOUCHER", False)
    assert anna.fill("/settings/payment-methods/new", {"name": "Again", "code": "VOUCHER"}).status_code == 400
    assert "The account already has a payment method with this code." in anna.text


def test_cash_stays_offered(cast: Cast) -> None:
    anna, cash = Browser(cast.anna), PaymentMethod.objects.get(account=cast.store.account, code="CASH")
    path = reverse("settings-method", args=[cash.uuid])
    shown = fields_of(anna.get(path))
    assert anna.send(path, {**shown, "name": "Bargeld"}).status_code == 303
    cash.refresh_from_db()
    assert (cash.name, cash.is_active, cash.is_counted) == ("Bargeld", True, True)
