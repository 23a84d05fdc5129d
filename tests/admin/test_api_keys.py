"""API keys in the back office: admins create and replace them, and the secret is shown only once."""

import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.serializers import serialize
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.people.access_token import authenticate
from cashdesk.domain.people.api_key import issue_api_key
from cashdesk.enums import PlaceKind, Role, Scope
from cashdesk.models import AccessToken, AuditEntry, BrowserSession, User, Vendor
from cashdesk.web.browser_sessions import SessionStore
from tests.admin.back_office import list_of, page_of, sits_down
from tests.admin.test_query_counts import BARS_WITH_STORES, SIGNED_IN
from tests.cashdesk.desk import NOON
from tests.factories import StoreFactory, UserFactory
from tests.reconciliations.desk import vendor_of
from tests.stories import Cast, counted_queries

ISSUE = "/admin/cashdesk/accesstoken/issue/"


@pytest.fixture
def anna(cast: Cast) -> Client:
    """Anna's browser."""
    return sits_down(cast.anna)


@pytest.fixture
def key(cast: Cast) -> AccessToken:
    """A key of the store."""
    made, _secret = issue_api_key(
        name="till 3", scopes=(Scope.PAYMENTS_WRITE,), by=SYSTEM, at=NOON, account=cast.store.account, store=cast.store
    )
    return made


def asked(**changed: Any) -> dict[str, Any]:
    """The form data of a new key."""
    return {"name": "till 3", "scopes": ["payments:read", "payments:write"], **changed}


def secret_on(response: Any) -> str:
    """Returns the secret that an answer shows."""
    assert response.status_code == 200
    (secret, _used_as) = re.findall(r'<p class="secret"><code>(.*?)</code>', response.content.decode())
    return str(secret)


def errors_of(response: Any) -> dict[str, list[str]]:
    """Returns the errors of a form that was shown again."""
    assert response.status_code == 200
    return dict(response.context["form"].errors)


def test_an_admin_makes_a_key_that_opens_what_was_ticked(cast: Cast, anna: Client) -> None:
    assert ISSUE in anna.get(list_of(AccessToken)).content.decode()
    page = anna.get(ISSUE).content.decode()
    assert all(f"{scope.value} - {scope.label}" in page for scope in Scope)
    fields = asked(vendor=vendor_of(cast.store).pk, store=cast.store.pk, station=2, expires_at="2199-12-31")
    answer = anna.post(ISSUE, fields)
    secret = secret_on(answer)
    assert f"x-api-key: {secret}" in answer.content.decode()
    found = authenticate(secret=secret, at=timezone.now())
    assert found is not None
    made = AccessToken.objects.get()
    assert (made.account, made.vendor, made.store) == (cast.store.account, cast.store.vendor, cast.store)
    assert made.register == cast.place(PlaceKind.REGISTER, 2)
    assert made.scopes == ["payments:read", "payments:write"]
    assert made.expires_at is not None
    assert made.expires_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M") == "2199-12-31 23:59"
    assert AuditEntry.objects.get(action="api_key.issued").user == cast.anna


def test_a_secret_stands_on_its_answer_and_nowhere_else(
    anna: Client, key: AccessToken, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [anna.post(ISSUE, asked()), anna.post(page_of(key, "rotate"), {"overlap": "1", "unit": "days"})]
    for answer in answers:
        secret = secret_on(answer)
        assert "no-store" in answer["Cache-Control"]
        assert "Location" not in answer
        rows = [*AccessToken.objects.all(), *AuditEntry.objects.all(), *LogEntry.objects.all()]
        kept = serialize("json", rows) + str(
            [SessionStore().decode(row.session_data) for row in BrowserSession.objects.all()]
        )
        made = AccessToken.objects.get(prefix=secret[:12])
        pages = [list_of(AccessToken), page_of(made), page_of(made, "history"), list_of(AuditEntry), ISSUE]
        shown = "".join(anna.get(path).content.decode() for path in pages)
        cookies = answer.cookies.output() + anna.cookies.output()
        printed = capsys.readouterr()
        for place in (kept, shown, cookies, caplog.text, printed.out, printed.err, str(answer.headers)):
            assert secret[12:] not in place
    assert len(LogEntry.objects.all()) == 3


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"name": " "}, "name", "required"),
        ({"name": "x" * 201}, "name", "at most 200"),
        ({"scopes": []}, "scopes", "required"),
        ({"scopes": ["everything"]}, "scopes", "everything is not one of the available choices"),
        ({"station": "1"}, "station", "Choose the store of the register"),
        ({"station": "0"}, "station", "greater than or equal to 1"),
        ({"station": "9" * 30, "store": "ours"}, "station", "has no register"),
        ({"station": "99", "store": "ours"}, "station", "has no register 99"),
        ({"expires_at": "2001-01-01"}, "expires_at", "Choose a time in the future"),
        ({"expires_at": "soon"}, "expires_at", "valid date"),
        ({"store": "theirs"}, "store", "valid choice"),
        ({"vendor": "theirs"}, "vendor", "valid choice"),
        ({"vendor": "ours", "store": "of another brand"}, "store", "Choose a store of the vendor"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    cast: Cast, anna: Client, changed: dict[str, Any], field: str, words: str
) -> None:
    rows: dict[str, dict[str, Any]] = {
        "store": {"ours": cast.store, "theirs": cast.otto.store, "of another brand": StoreFactory(account=cast.store.account)},
        "vendor": {"ours": vendor_of(cast.store), "theirs": vendor_of(cast.otto.store)},
    }  # fmt: skip
    sent = {name: rows[name][value].pk if name in rows else value for name, value in changed.items()}
    response = anna.post(ISSUE, asked(**{"name": "the till at the door", **sent}))
    assert words in str(errors_of(response)[field])
    page = response.content.decode()
    assert "name" in changed or "the till at the door" in page
    assert field == "scopes" or re.search(r'value="payments:write"[^>]*checked', page)
    assert not AccessToken.objects.exists()


def test_an_admins_keys_are_the_accounts_and_an_operator_chooses(cast: Cast, anna: Client, operator: User) -> None:
    assert "account" not in anna.get(ISSUE).context["form"].fields
    secret_on(anna.post(ISSUE, asked(account=cast.otto.account_id)))
    assert AccessToken.objects.get().account == cast.store.account
    root = sits_down(operator)
    assert set(errors_of(root.post(ISSUE, asked()))) == {"account"}
    mixed = errors_of(root.post(ISSUE, asked(account=cast.otto.account_id, store=cast.store.pk)))
    assert mixed == {"store": ["Choose a store of the account."]}
    secret_on(root.post(ISSUE, asked(account=cast.otto.account_id, store=cast.otto.store.pk)))
    entry = AuditEntry.objects.filter(action="api_key.issued").latest("pk")
    assert (entry.user, entry.account_id) == (operator, cast.otto.account_id)


def test_a_key_is_replaced_with_an_overlap_and_each_names_the_other(anna: Client, key: AccessToken) -> None:
    assert page_of(key, "rotate") in anna.get(page_of(key)).content.decode()
    form = anna.get(page_of(key, "rotate")).context["form"]
    assert (form["overlap"].value(), form["unit"].value()) == (24, "hours")
    answer = anna.post(page_of(key, "rotate"), {"overlap": "24", "unit": "hours"})
    assert f"The old key {key} works until" in answer.content.decode()
    old = AccessToken.objects.get(pk=key.pk)
    assert old.expires_at is not None
    assert timedelta(hours=23, minutes=59) < old.expires_at - timezone.now() <= timedelta(hours=24)
    new = old.replaced_by
    assert authenticate(secret=secret_on(answer), at=timezone.now()).token == new  # type: ignore[union-attr]
    assert page_of(old) in anna.get(page_of(new)).content.decode()
    assert page_of(new) in anna.get(page_of(old)).content.decode()
    assert page_of(old, "rotate") not in anna.get(page_of(old)).content.decode()
    assert anna.get(page_of(old, "rotate"))["Location"] == page_of(old)
    again = errors_of(anna.post(page_of(old, "rotate"), {"overlap": "24", "unit": "hours"}))
    assert again == {"__all__": ["This key was already rotated. Rotate the key that replaced it."]}
    entry = AuditEntry.objects.get(action="api_key.rotated")
    assert (entry.subject, entry.detail["replaced_by"]) == (f"token:{old.pk}", new.pk)


@pytest.mark.parametrize(("overlap", "unit"), [("0", "minutes"), ("43200", "minutes"), ("30", "days")])
def test_the_overlap_reaches_from_nothing_to_thirty_days(
    anna: Client, key: AccessToken, overlap: str, unit: str
) -> None:
    before = timezone.now()
    secret_on(anna.post(page_of(key, "rotate"), {"overlap": overlap, "unit": unit}))
    key.refresh_from_db()
    assert key.expires_at is not None
    assert before <= key.expires_at - timedelta(**{unit: int(overlap)}) <= timezone.now()


@pytest.mark.parametrize(
    ("overlap", "unit", "field"),
    [("31", "days", "overlap"), ("43201", "minutes", "overlap"), ("-1", "days", "overlap"), ("721", "hours", "overlap"),
     ("1", "years", "unit"), ("x", "days", "overlap"), ("", "days", "overlap"), ("9" * 40, "days", "overlap")],
)  # fmt: skip
def test_no_other_overlap_is_taken(anna: Client, key: AccessToken, overlap: str, unit: str, field: str) -> None:
    assert set(errors_of(anna.post(page_of(key, "rotate"), {"overlap": overlap, "unit": unit}))) == {field}
    assert AccessToken.objects.count() == 1


def test_a_key_is_revoked_on_its_page_after_a_second_look(cast: Cast, anna: Client, key: AccessToken) -> None:
    assert page_of(key, "revoke") in anna.get(page_of(key)).content.decode()
    assert b"stops working at once" in anna.get(page_of(key, "revoke")).content
    key.refresh_from_db()
    assert key.revoked_at is None
    assert set(errors_of(anna.post(page_of(key, "revoke")))) == {"reason"}
    done = anna.post(page_of(key, "revoke"), {"reason": "till was stolen"}, follow=True)
    assert f"Revoked: {key}." in done.content.decode()
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert page_of(key, "revoke") not in anna.get(page_of(key)).content.decode()
    noted = AuditEntry.objects.get(action="token.revoked")
    assert (noted.user, noted.detail) == (cast.anna, {"reason": "till was stolen"})


def test_nobody_below_an_admin_makes_replaces_or_revokes_one(cast: Cast, key: AccessToken) -> None:
    erika, carla = sits_down(cast.erika), sits_down(cast.carla)
    paths = {ISSUE: asked(), page_of(key, "rotate"): {"overlap": "1", "unit": "days"}, page_of(key, "revoke"): {}}
    for path, fields in paths.items():
        assert [erika.get(path).status_code, erika.post(path, fields).status_code] == [403, 403]
        for response in (carla.get(path), carla.post(path, fields), Client().post(path, fields)):
            assert response["Location"].partition("?")[0] == reverse("admin:login")
        assert path not in erika.get(list_of(AccessToken)).content.decode()
        assert path not in erika.get(page_of(key)).content.decode()
    assert list(AccessToken.objects.values_list("pk", "revoked_at")) == [(key.pk, None)]


def test_an_admin_of_another_account_finds_no_key_of_ours(cast: Cast, key: AccessToken) -> None:
    ben = sits_down(UserFactory(store=None, account=cast.otto.account, username="ben", role=Role.ADMIN))
    for name in ("change", "rotate", "revoke"):
        assert [ben.get(page_of(key, name)).status_code, ben.post(page_of(key, name)).status_code] == [404, 404]
    assert list(AccessToken.objects.values_list("pk", "revoked_at")) == [(key.pk, None)]
    assert Vendor.objects.filter(account=cast.otto.account).count() == 0


def test_the_last_use_is_shown(anna: Client, key: AccessToken) -> None:
    AccessToken.objects.filter(pk=key.pk).update(last_used_at=datetime(2026, 3, 10, 12, 34, 56, tzinfo=UTC))
    for path in (page_of(key), list_of(AccessToken)):
        assert "10 Mar 2026, 12:34:56 UTC" in anna.get(path).content.decode()


def test_the_list_asks_as_often_however_many_keys_were_replaced(anna: Client, key: AccessToken) -> None:
    asked_for = []
    for _rotation in range(3):
        anna.post(page_of(AccessToken.objects.latest("pk"), "rotate"), {"overlap": "1", "unit": "days"})
        with counted_queries() as queries:
            assert anna.get(list_of(AccessToken)).status_code == 200
        asked_for.append(len(queries))
    assert asked_for == [SIGNED_IN + BARS_WITH_STORES + 3] * 3


def test_an_admin_sets_the_limit_of_a_key(cast: Cast, anna: Client, key: AccessToken, settings: Any) -> None:
    settings.API_KEY_REQUESTS_PER_MINUTE = 600
    assert "600 (default of this installation)" in anna.get(page_of(key)).content.decode()
    for sent, kept, shown in (("50", 50, "50"), ("0", 0, "no limit"), ("", None, "600 (default of this installation)")):
        answer = anna.post(page_of(key, "limit"), {"requests_per_minute": sent}, follow=True)
        assert f"Request limit of {key} saved." in answer.content.decode()
        key.refresh_from_db()
        assert key.requests_per_minute == kept
        assert f">{shown}<" in anna.get(page_of(key)).content.decode()
    assert AuditEntry.objects.filter(action="api_key.limited", user=cast.anna).count() == 3


def test_a_limit_that_is_no_number_is_refused_with_the_form(anna: Client, key: AccessToken) -> None:
    for sent in ("-1", "1000001", "many"):
        answer = anna.post(page_of(key, "limit"), {"requests_per_minute": sent})
        assert set(errors_of(answer)) == {"requests_per_minute"}
    key.refresh_from_db()
    assert key.requests_per_minute is None


def test_a_key_is_issued_with_a_limit(anna: Client) -> None:
    secret_on(anna.post(ISSUE, asked(requests_per_minute="120")))
    assert AccessToken.objects.get().requests_per_minute == 120


def test_only_a_valid_key_has_the_button_for_its_limit(cast: Cast, anna: Client, key: AccessToken) -> None:
    assert page_of(key, "limit") in anna.get(page_of(key)).content.decode()
    AccessToken.objects.filter(pk=key.pk).update(revoked_at=NOON)
    assert page_of(key, "limit") not in anna.get(page_of(key)).content.decode()
    assert sits_down(cast.erika).get(page_of(key, "limit")).status_code == 403
