"""The manager's actions in the back office: issue an authorization, whose token is shown once, and close a business day."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.serializers import serialize
from django.test import Client
from django.utils import timezone

from cashdesk.domain.store.business_day import business_date
from cashdesk.models import AuditEntry, BrowserSession, BusinessDay, CashSession, Store
from cashdesk.web.browser_sessions import SessionStore
from reconciliations.models import Authorization, Reconciliation
from tests.admin.back_office import list_of, make_operator, page_of, sits_down
from tests.cashdesk.desk import NOON, minutes, open_drawer
from tests.factories import StoreFactory, UserFactory
from tests.reconciliations.admin.declared import CLOSE, DAY, ISSUE, Declared
from tests.reconciliations.desk import reconciled
from tests.stories import Cast, caller


@pytest.fixture
def erika(cast: Cast) -> Client:
    """Erika's browser."""
    return sits_down(cast.erika)


def errors_of(response: Any) -> dict[str, list[str]]:
    """Returns the errors of a form that was shown again."""
    assert response.status_code == 200
    return dict(response.context["form"].errors)


def issue(browser: Client, store: Store, /, **changed: Any) -> Any:
    """Sends the form that issues an authorization."""
    return browser.post(ISSUE, {"store": store.pk, "purpose": "a shortage", "expires_in_minutes": "30", **changed})


def token_on(response: Any) -> str:
    """Returns the token on a page."""
    assert response.status_code == 200
    (token, used_as) = re.findall(r'<p class="secret"><code>(.*?)</code>', response.content.decode())
    assert used_as == f"&quot;authorizationTokenId&quot;: &quot;{token}&quot;"
    return str(token)


def test_a_permission_is_issued_and_signs_one_reconciliation_off(cast: Cast, erika: Client) -> None:
    assert ISSUE in erika.get(list_of(Authorization)).content.decode()
    answer = issue(erika, cast.store, operator=str(cast.carla.pk))
    assert "no-store" in answer["Cache-Control"]
    made = Authorization.objects.get()
    assert token_on(answer) == str(made.uuid)
    assert (made.store, made.operator, made.purpose, made.issued_by) == (
        cast.store, cast.carla, "a shortage", cast.erika,
    )  # fmt: skip
    assert made.expires_at - made.issued_at == timedelta(minutes=30)
    assert AuditEntry.objects.get(action="authorization.issued").user == cast.erika
    page = erika.get(list_of(Authorization)).content.decode()
    assert "Usable" in page
    second = caller(UserFactory(store=cast.store, role="manager"))
    body = {"operatorUid": str(cast.carla.pk), "authorizationTokenId": str(made.uuid)}
    row = Reconciliation.objects.get(uuid=reconciled(second, cast.store, 0, **body)["id"])
    page = erika.get(page_of(made)).content.decode()
    assert page_of(row) in page
    assert "Used" in page
    assert str(made) in erika.get(page_of(row)).content.decode()


def test_a_token_stands_on_its_answer_and_nowhere_else(cast: Cast, erika: Client) -> None:
    answer = issue(erika, cast.store)
    token = token_on(answer)
    made = Authorization.objects.get()
    kept = serialize("json", [*AuditEntry.objects.all(), *LogEntry.objects.all()])
    kept += str([SessionStore().decode(row.session_data) for row in BrowserSession.objects.all()])
    browsers = (erika, sits_down(cast.anna), sits_down(make_operator()))
    paths = (list_of(Authorization), page_of(made), page_of(made, "history"), list_of(AuditEntry), ISSUE, "/admin/")
    pages = [browser.get(path).content.decode() for browser in browsers for path in paths]
    assert all(f"{token[:8]}…" in page for page in (pages[0], pages[1]))
    for place in (kept, *pages, answer.cookies.output()):
        assert token not in place
        assert token[:13] not in place
        assert token.replace("-", "") not in place


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"purpose": ""}, "purpose", "required"),
        ({"purpose": "x" * 101}, "purpose", "at most 100"),
        ({"expires_in_minutes": "0"}, "expires_in_minutes", "greater than or equal to 1"),
        ({"expires_in_minutes": "1441"}, "expires_in_minutes", "less than or equal to 1440"),
        ({"expires_in_minutes": ""}, "expires_in_minutes", "required"),
        ({"operator": "nobody"}, "operator", "Nobody in your account has this code or number"),
        ({"operator": "otto"}, "operator", "Nobody in your account has this code or number"),
        ({"store": "x"}, "store", "valid choice"),
    ],
)
def test_what_is_wrong_with_a_permission_is_said_at_its_field(
    cast: Cast, erika: Client, changed: dict[str, str], field: str, words: str
) -> None:
    fields = {**changed, "operator": str(cast.otto.pk)} if changed.get("operator") == "otto" else changed
    assert words in str(errors_of(issue(erika, cast.store, **fields))[field])
    assert not Authorization.objects.exists()


def test_a_day_is_closed_after_it_was_told_what_stays_uncounted(cast: Cast, erika: Client) -> None:
    session = open_drawer(cast.carla, 10_000)
    page = erika.get(CLOSE)
    form = page.context["form"]
    assert (form["store"].value(), str(form["date"].value())) == (cast.store.pk, str(DAY))
    fields = {"store": cast.store.pk, "date": str(DAY)}
    told = erika.post(CLOSE, fields)
    assert f"cash session {session.pk} of Carla at Register 1" in told.content.decode()
    assert not BusinessDay.objects.exists()
    # Meanwhile another drawer was opened: what was told is no longer what would happen.
    other = open_drawer(cast.bruno, 5_000, at=minutes(1))
    seen = told.context["form"]["seen"].value()
    told_again = erika.post(CLOSE, {**fields, "seen": seen})
    assert f"cash session {other.pk} of Bruno" in told_again.content.decode()
    assert not BusinessDay.objects.exists()
    confirmed = {**fields, "seen": told_again.context["form"]["seen"].value()}
    assert errors_of(erika.post(CLOSE, confirmed)) == {"reason": ["Enter a reason."]}
    assert not BusinessDay.objects.exists()
    done = erika.post(CLOSE, {**confirmed, "reason": "both went home"}, follow=True)
    day = BusinessDay.objects.get()
    assert done.redirect_chain == [(page_of(day), 302)]
    assert [str(message) for message in done.context["messages"]] == [
        f"The business day 10 Mar 2026 of {cast.store} is closed. Closed without a count: 2."
    ]
    assert (day.store, day.date, day.closed_by) == (cast.store, DAY, cast.erika)
    assert set(CashSession.objects.filter(status="CLOSED_SYSTEM")) == {session, other}
    noted = AuditEntry.objects.get(action="business_day.closed")
    assert (noted.user, noted.detail["reason"]) == (cast.erika, "both went home")
    forced = AuditEntry.objects.filter(action="session.forced_closed")
    assert {entry.detail["reason"] for entry in forced} == {"business day 2026-03-10 closed: both went home"}


def test_the_page_tells_what_is_open_and_the_closed_day_leads_to_its_report(cast: Cast, erika: Client) -> None:
    def told(day: object = DAY) -> str:
        return erika.get(CLOSE, {"store": cast.store.pk, "date": str(day)}).content.decode()

    assert "Nothing is open in 1337 Berlin on 10 Mar 2026. The day can be closed." in told()
    session = open_drawer(cast.carla, 10_000)
    page = told()
    assert "Closing 10 Mar 2026 of 1337 Berlin closes these without a count:" in page
    assert f"cash session {session.pk} of Carla at Register 1" in page
    Store.objects.filter(pk=cast.store.pk).update(closes_stale_sessions=False)
    assert "Close these before you close 10 Mar 2026 of 1337 Berlin:" in told()
    Store.objects.filter(pk=cast.store.pk).update(closes_stale_sessions=True)
    fields = {"store": cast.store.pk, "date": str(DAY)}
    seen = erika.post(CLOSE, fields).context["form"]["seen"].value()
    done = erika.post(CLOSE, {**fields, "seen": seen, "reason": "went home"}, follow=True)
    assert f'<a href="/reports/days/{cast.store.uuid}/1">Store day report No. 1</a>' in done.content.decode()
    for day in (DAY, "9999-12-31", "soon"):
        assert "The day can be closed." not in told(day)
    other = StoreFactory()
    assert str(other) not in erika.get(CLOSE, {"store": other.pk, "date": "2026-03-09"}).content.decode()


def test_what_was_told_of_one_day_closes_no_other(cast: Cast, erika: Client) -> None:
    told = erika.post(CLOSE, {"store": cast.store.pk, "date": str(DAY)})
    assert "Nothing is open in 1337 Berlin on 10 Mar 2026" in told.content.decode()
    fields = {"store": cast.store.pk, "date": "2026-03-09", "seen": told.context["form"]["seen"].value()}
    assert "Nothing is open in 1337 Berlin on 9 Mar 2026" in erika.post(CLOSE, fields).content.decode()
    assert not BusinessDay.objects.exists()


def test_a_day_that_cannot_be_closed_says_why(cast: Cast, erika: Client, declared: Declared) -> None:
    today = business_date(store=cast.store, at=timezone.now())
    for date, field, words in (
        (str(DAY), "__all__", "The business day 10 Mar 2026 is already closed."),
        (str(today + timedelta(days=1)), "date", "has not begun"),
        ("9999-12-31", "date", "has not begun"),
        ("soon", "date", "valid date"),
        ("", "date", "required"),
    ):
        assert words in str(errors_of(erika.post(CLOSE, {"store": cast.store.pk, "date": date}))[field])
    Store.objects.filter(pk=cast.store.pk).update(closes_stale_sessions=False)
    session = open_drawer(cast.bruno, 100, at=NOON + timedelta(days=1))
    wanted = errors_of(erika.post(CLOSE, {"store": cast.store.pk, "date": "2026-03-11"}))["__all__"]
    told = f"The business day 11 Mar 2026 cannot be closed yet. Close these first: cash session {session.pk}"
    assert told in str(wanted)
    assert BusinessDay.objects.count() == 1
