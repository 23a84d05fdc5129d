"""The back office speaks the languages of the product, and no page keeps a word that nobody marked (docs/languages.md)."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import to_locale

from cashdesk.admin_base.action_pages import Acting
from cashdesk.domain.caller.principal import SYSTEM
from cashdesk.domain.session.closing import force_close_session
from cashdesk.enums import EventType, Language, OffReason, Role, Scope
from cashdesk.models import AccessToken, AuditEntry, CashSession, PaymentMethod, Store, User
from cashdesk.web.webhooks.endpoint import add_endpoint, turn_off
from reconciliations.models import Export
from tests.admin.back_office import list_of, make_operator, new, page_of, sits_down, trade_a_day
from tests.cashdesk.desk import minutes, open_drawer
from tests.factories import StoreFactory, UserFactory
from tests.lengths import length
from tests.messages import catalogs, read
from tests.module_world import ModuleWorld
from tests.page_words import WORD, latin, nothing_but_marks, texts_of_data, words_of
from tests.reconciliations.admin.declared import declare_a_day
from tests.settlements.admin.periods import REGISTERS, settle
from tests.stories import Cast, make_cast
from tests.webhooks.sending import happened

APPS: Final = ("cashdesk", "settlements", "reconciliations")
LANGUAGES: Final = tuple(language for language in Language.values if language != Language.ENGLISH)
ROWS_VISITED: Final = length(short=1, long=4)
"""How many rows of each model the walk visits."""

NAMES: Final = ("Cashdesk", "Python", "Excel", *Language.labels)
"""Names, which no language translates."""
CODES: Final = (
    *Scope.values, *EventType.values, "Webhook", "standardwebhooks", "verify", "body", "headers", "api", "key", "null",
    "authorizationTokenId", "https", "light", "dark",
)  # fmt: skip
"""Words of programs, which pages quote."""


@pytest.fixture(scope="module")
def world(module_world: ModuleWorld) -> Cast:
    """A shop under settlement, and two others: one that traded a day, and one whose day was declared and closed."""
    return module_world.make(make_world)


def make_world() -> Cast:
    """Makes rows of every model that the back office shows, in many states."""
    cast = make_cast(registers=REGISTERS)
    account = cast.store.account
    settle(cast.store, cast.erika, cast.carla)
    traded, declared = (StoreFactory(account=account, number=number) for number in ("2001", "2002"))
    trade_a_day(traded, UserFactory(store=traded, username="zoe", name="Zoe"))
    mia = UserFactory(store=declared, username="mia", name="Mia", role=Role.MANAGER)
    declare_a_day(declared, UserFactory(store=declared, username="leo", name="Leo"), mia, cast.anna)
    left = open_drawer(UserFactory(store=traded, username="max", name="Max"), 5_000, at=minutes(70), station=2)
    force_close_session(session=left, by=SYSTEM, at=minutes(80), reason="gone")
    at = timezone.now()
    add_endpoint(account=account, url="https://hooks.example/cash", by=SYSTEM, at=at)
    happened(cast.store)
    off, _secret = add_endpoint(account=account, url="https://off.example/cash", by=SYSTEM, at=at)
    turn_off(off, reason=OffReason.GONE, by=SYSTEM, at=at)
    Export.objects.create(
        table="movements", store=cast.store, first_date=date(2026, 3, 1), last_date=date(2026, 3, 31), file_format="csv",
        requested_by="apikey:ck_1a2b", begun_at=at, progressed_at=at, rows_total=7,
    )  # fmt: skip
    return cast


def sits_down_in(user: User, language: str) -> Client:
    """Signs a person in who reads this language."""
    User.objects.filter(pk=user.pk).update(language=language)
    return sits_down(User.objects.get(pk=user.pk))


def pages_of(browser: Client, *, rows: int) -> Iterator[tuple[str, Any]]:
    """Yields every kind of page: index, lists, rows, histories, pages to add a row, and pages of acts, empty and refused."""
    for path in ("/admin/", *(f"/admin/{app}/" for app in APPS), "/admin/password_change/"):
        yield path, browser.get(path)
    for model, page in admin.site._registry.items():
        if model._meta.app_label not in APPS:
            continue
        yield list_of(model), browser.get(list_of(model), {"q": "1"})
        yield new(model), browser.get(new(model))
        yield new(model), browser.post(new(model), {})
        for act in page.list_acts if isinstance(page, Acting) else ():
            path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{act.name}")
            yield path, browser.get(path)
            yield path, browser.post(path, {})
        for row in model._default_manager.order_by("-pk")[:rows]:
            for path in (list_of(model), page_of(row), page_of(row, "history")):
                yield path, browser.get(path)
            for act in page.all_acts if isinstance(page, Acting) else ():
                yield page_of(row, act.name), browser.get(page_of(row, act.name), follow=True)
                yield (
                    page_of(row, act.name),
                    browser.post(page_of(row, act.name), {"rows-TOTAL_FORMS": "1", "rows-INITIAL_FORMS": "1"}),
                )


def visited(browser: Client, *, rows: int) -> list[tuple[str, list[str]]]:
    """Returns the texts of the pages that the browser may see."""
    shown = [(path, page) for path, page in pages_of(browser, rows=rows) if page.status_code == 200]
    assert len(shown) > 100
    return [(path, words_of(page.content.decode())) for path, page in shown]


@pytest.mark.long
def test_every_word_of_the_back_office_is_marked(world: Cast, db: None) -> None:
    browser = sits_down_in(make_operator(), "de")
    with nothing_but_marks():
        pages = visited(browser, rows=ROWS_VISITED)
    known = {word.lower() for text in (*texts_of_data(), *NAMES, *CODES) for word in WORD.findall(text)}
    left = {
        (path, word) for path, texts in pages for text in texts for word in latin(text) if word.lower() not in known
    }
    assert left == set()


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_of_the_back_office_keeps_english(world: Cast, db: None, language: str) -> None:
    texts = {
        text.strip(" ,:·–")
        for _path, found in visited(sits_down_in(make_operator(), language), rows=1)
        for text in found
    }
    catalog = read(catalogs()[to_locale(language)])
    english = {str(message.id) for message in catalog if message.id and message.string != message.id}
    native = {str(message.string) for message in catalog if message.id}
    assert texts & (english | {word.capitalize() for word in english}) - native - texts_of_data() == set()


def test_the_sign_in_follows_the_language_of_the_browser(db: None) -> None:
    visitor = Client(headers={"Accept-Language": "de-AT,de;q=0.9"})
    page = visitor.get("/admin/login/")
    assert page.headers["Content-Language"] == "de"
    assert "Beim Backoffice anmelden" in page.content.decode()


def test_the_history_is_stored_in_english_and_shown_in_the_language_of_the_reader(world: Cast, db: None) -> None:
    anna = sits_down_in(world.anna, "de")
    session = CashSession.objects.filter(store__number="2001").latest("pk")
    token = AccessToken.objects.filter(account=world.store.account, revoked_at=None).latest("pk")
    method = PaymentMethod.objects.get(account=world.store.account, code="CARD")
    anna.post(page_of(token, "revoke"), {"reason": "lost"})
    anna.post(page_of(method), {"name": "Giro", "is_counted": "on", "is_active": "on"})
    anna.post(page_of(session, "count-afterwards"), {"amount": "1", "reason": "found"})
    stored = {(entry.object_repr, entry.change_message) for entry in LogEntry.objects.filter(user=world.anna)}
    assert (str(token), "Revoke token.") in stored
    assert (f"Session {session.pk}", "Count drawer afterwards.") in stored
    assert ("Giro", '[{"changed": {"fields": ["Name", "Counted by hand"]}}]') in stored
    assert "Token widerrufen" in anna.get(page_of(token, "history")).content.decode()
    assert "Von Hand gezählt" in anna.get(page_of(method, "history")).content.decode()
    assert "Revoke token" in sits_down_in(world.anna, "en").get(page_of(token, "history")).content.decode()


def test_the_audit_trail_is_the_same_in_every_language(world: Cast, db: None) -> None:
    stores = Store.objects.filter(number__in=("2001", "2002")).order_by("number")
    noted = []
    for store, language in zip(stores, ("en", "de"), strict=True):
        anna = sits_down_in(world.anna, language)
        anna.post(
            reverse("admin:cashdesk_accesstoken_issue"),
            {"name": "till", "scopes": ["payments:read"], "store": store.pk},
        )
        entry = AuditEntry.objects.latest("pk")
        noted.append((entry.action, entry.detail))
    assert noted[0] == noted[1]
    assert noted[0][0] == "api_key.issued"
