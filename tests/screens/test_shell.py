"""The bars around every page: who sees which entries, for which store, and what they cost."""

import re
from html import unescape
from typing import Any, Final

import pytest
from django.conf import LazySettings
from django.db import DatabaseError, connection
from django.test import Client

from cashdesk.contributions import destinations
from cashdesk.enums import Role
from cashdesk.models import Store, User
from cashdesk.web.browser_sessions import DESK_ONLY
from cashdesk.web.shell import STORES_SHOWN
from tests.cashdesk.desk import close_drawer, open_drawer
from tests.factories import PASSWORD, StoreFactory
from tests.reconciliations.queue import limits
from tests.screens.desk import Browser
from tests.stories import Cast, counted_queries

ALL: Final = ["Today", "Drawers", "Safe", "Variances", "Patterns", "Money", "Reports", "Settings"]
PERSON: Final = ["Your account", "Change password", "Go to the desk", "Back office", "API documentation"]
PARTS: Final = {
    "/today": "Today",
    "/drawers": "Drawers",
    "/vault": "Safe",
    "/vault/deposits": "Safe",
    "/money": "Money",
    "/money/payouts": "Money",
    "/variances": "Variances",
    "/admin/cashdesk/variance/": "Variances",
    "/reports/registers": "Reports",
    "/reports/exports/": "Reports",
    "/admin/": "Settings",
    "/admin/cashdesk/cashsession/": "Drawers",
    "/admin/cashdesk/user/": "Settings",
}


def rail_of(page: Any) -> list[str]:
    """Returns the words of the main navigation, without the copies for phones."""
    nav = re.search(r'<nav class="rail".*?</nav>', page.content.decode(), re.DOTALL)
    entries = nav[0].partition('<li class="rest">')[0] if nav else ""
    return re.findall(r"<span>([^<]+)</span>", entries)


def menu_of(page: Any) -> list[str]:
    """Returns the links of the person's menu."""
    menu = re.search(r'<details class="menu end" data-menu>.*?</details>', page.content.decode(), re.DOTALL)
    return re.findall(r'<a href="[^"]+">([^<]+)</a>', menu[0]) if menu else []


def frame_of(page: Any) -> str:
    found = re.search(r'<body class="(?:[^"]* )?(app|till|visitor)\b', page.content.decode())
    return found[1] if found else ""


@pytest.fixture
def superuser(db: None) -> User:
    return User.objects.create_superuser(username="root", name="Root", password=PASSWORD)


@pytest.mark.parametrize(
    ("name", "path", "frame", "entries", "menu"),
    [
        ("carla", "/desk", "till", [], PERSON[:3]),
        ("carla", "/account", "till", [], PERSON[:3]),
        ("carla", "/nowhere", "till", [], PERSON[:3]),
        ("erika", "/drawers", "app", ALL, PERSON),
        ("erika", "/desk", "till", [], PERSON),
        ("erika", "/nowhere", "app", ALL, PERSON),
        ("erika", "/admin/", "app", ALL, PERSON),
        ("erika", "/api/v1/docs", "app", ALL, PERSON),
        ("erika", "/api/v1/problems", "app", ALL, PERSON),
        ("anna", "/vault", "app", ALL, [*PERSON[:2], *PERSON[3:]]),
        ("root", "/drawers", "app", ALL, [*PERSON[:2], *PERSON[3:]]),
    ],
)
def test_each_role_sees_what_it_may(
    cast: Cast, superuser: User, name: str, path: str, frame: str, entries: list[str], menu: list[str]
) -> None:
    client = Client(headers={"Accept": "text/html"})
    client.force_login(User.objects.get(username=name))
    page = client.get(path, follow=True)
    assert (frame_of(page), rail_of(page), menu_of(page)) == (frame, entries, menu)


def test_a_visitor_sees_no_entry(db: None) -> None:
    for path in ("/about", "/sign-in", "/nowhere", "/api/v1/docs"):
        page = Client().get(path)
        assert (frame_of(page), rail_of(page), menu_of(page)) == ("visitor", [], []), path


def test_a_manager_at_the_desk_gets_a_way_to_the_rest(cast: Cast) -> None:
    assert '<a class="text-link" href="/today">Today</a>' in Browser(cast.erika).get("/desk").content.decode()
    assert "/today" not in Browser(cast.carla).get("/desk").content.decode()


def test_the_bar_of_the_desk_leads_to_the_search_except_after_a_sign_in_by_pin(cast: Cast) -> None:
    way = '<a class="icon-button" href="/search" aria-label="Search" data-search>'
    for name in ("carla", "erika"):
        browser = Browser(User.objects.get(username=name))
        assert way in browser.get("/desk").content.decode()
    carla = Browser(cast.carla)
    assert carla.get("/search").status_code == 200
    assert way in carla.page.content.decode()
    session = carla.client.session
    session[DESK_ONLY] = True
    session.save()
    assert way not in carla.get("/desk").content.decode()
    assert carla.get("/search").headers["Location"] == "/confirm?next=%2Fsearch"


@pytest.mark.parametrize(("path", "label"), PARTS.items())
def test_the_entry_of_the_page_is_marked(cast: Cast, path: str, label: str) -> None:
    page = Browser(cast.erika).client.get(path, follow=True).content.decode()
    current = re.findall(r'<a href="[^"]+" aria-current="page">.*?<span>([^<]+)</span>', page, re.DOTALL)
    assert set(current) == {label}


def test_every_entry_leads_to_a_page(cast: Cast) -> None:
    erika = Browser(cast.erika)
    for path in re.findall(r'<li(?: class="wide")?>\s*<a href="([^"]+)"', erika.get("/drawers").content.decode()):
        assert erika.client.get(unescape(path), follow=True).status_code == 200, path
    assert [entry.label for entry in destinations()] == ALL


# --- How many wait ------------------------------------------------------------------------------------------------------


def test_the_badge_counts_the_variances_of_the_store(cast: Cast) -> None:
    other = StoreFactory(account=cast.store.account, number="1402", name="Wedding")
    limits(cast.store, tolerance=0)
    erika, anna = Browser(cast.erika), Browser(cast.anna)
    assert "waiting</span>" not in erika.get("/drawers").content.decode()
    close_drawer(open_drawer(cast.carla, 100_00), 99_00)
    assert '<span class="badge" aria-hidden="true">1</span>' in erika.get("/drawers").content.decode()
    assert "1 waiting" in erika.text
    assert "1 waiting" in anna.get("/stores").content.decode()
    for store, waits in ((other, False), (cast.store, True)):
        anna.client.post("/stores/choose", {"store": str(store.uuid)})
        assert ("1 waiting" in anna.get("/drawers").content.decode()) is waits


@pytest.mark.parametrize(("name", "extra"), [("carla", 0), ("erika", 1), ("anna", 2)])
def test_the_bars_cost_the_same_whatever_there_is(cast: Cast, name: str, extra: int) -> None:
    limits(cast.store, tolerance=0)
    client = Client()
    client.force_login(getattr(cast, name))
    client.get("/about")
    cost = []
    for drawers in (0, 3):
        for _drawer in range(drawers):
            close_drawer(open_drawer(cast.carla, 100_00), 99_00)
            StoreFactory(account=cast.store.account)
        with counted_queries() as queries:
            client.get("/about")
        cost.append(len(queries))
    # Two find the session and the person.
    assert cost == [2 + extra] * 2


def test_while_the_database_does_not_answer_an_error_page_has_the_bar_of_a_visitor(cast: Cast) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(cast.erika)

    def fail(*_arguments: Any) -> None:
        raise DatabaseError("gone")

    with connection.execute_wrapper(fail):
        page = client.get("/nowhere")
    assert frame_of(page) in ("visitor", "")
    assert page.status_code >= 400


# --- The choice of a store ----------------------------------------------------------------------------------------------


@pytest.fixture
def wedding(cast: Cast) -> Store:
    return StoreFactory(account=cast.store.account, number="1402", name="Wedding")


def choose(browser: Browser, store: Store, back: str) -> str:
    answer = browser.client.post("/stores/choose", {"store": str(store.uuid), "back": back})
    return str(answer.headers.get("Location", answer.status_code))


def test_only_people_with_several_stores_may_choose(cast: Cast, wedding: Store) -> None:
    assert "/stores/choose" in Browser(cast.anna).get("/stores").content.decode()
    assert "/stores/choose" not in Browser(cast.erika).get("/drawers").content.decode()
    assert choose(Browser(cast.erika), wedding, "/drawers") == "404"
    assert choose(Browser(cast.carla), cast.store, "/drawers") == "403"
    assert choose(Browser(cast.anna), cast.otto.store, "/drawers") == "404"  # type: ignore[arg-type]  # he has one


@pytest.mark.parametrize(
    ("back", "leads_to"),
    [
        ("/drawers?store=1337", "/drawers"),
        ("/vault/deposits", "/vault"),
        ("/reports/registers/1337/1/z", "/reports"),
        ("/variances?store=1337", "/variances"),
        ("/admin/cashdesk/variance/?store=1", "/variances"),
        ("/account", "/today"),
        ("", "/today"),
        ("//elsewhere.example/drawers", "/today"),
    ],
)
def test_the_choice_leads_to_the_same_part_of_the_product(cast: Cast, wedding: Store, back: str, leads_to: str) -> None:
    assert choose(Browser(cast.anna), wedding, back) == leads_to.format(pk=wedding.pk)


def test_the_choice_is_kept_for_the_pages_that_need_a_store(cast: Cast, wedding: Store) -> None:
    anna = Browser(cast.anna)
    assert anna.get("/drawers").headers["Location"] == "/stores?next=/drawers"
    choose(anna, wedding, "/drawers")
    for path in ("/drawers", "/vault", "/reports/registers", "/today"):
        assert "1402 Wedding" in anna.client.get(path, follow=True).content.decode(), path
    assert "<bdi>1337 Berlin" in anna.get(f"/vault/{cast.store.uuid}").content.decode()
    assert "1402 Wedding" in anna.client.get("/drawers").content.decode()
    assert Browser(cast.anna).get("/drawers").status_code == 302


def test_a_choice_that_the_person_may_no_longer_see_is_forgotten(cast: Cast, wedding: Store) -> None:
    anna = Browser(cast.anna)
    choose(anna, wedding, "/drawers")
    User.objects.filter(pk=cast.anna.pk).update(role=Role.MANAGER, store=cast.store)
    page = anna.get("/drawers").content.decode()
    assert "1337 Berlin" in page
    assert "Wedding" not in page


def test_many_stores_have_a_page_with_a_search(cast: Cast) -> None:
    for number in range(STORES_SHOWN + 3):
        last = StoreFactory(account=cast.store.account, number=f"9{number:03}", name=f"Shop {number}")
    anna = Browser(cast.anna)
    page = anna.get("/stores").content.decode()
    menu = page.partition("<main")[0]
    assert menu.count('name="store" value=') == STORES_SHOWN
    assert '<a href="/stores">All stores</a>' in menu
    assert str(last.uuid) in page
    assert str(last.uuid) not in menu
    choose(anna, last, "/drawers")
    assert str(last.uuid) in anna.get("/drawers").content.decode()
    found = anna.get("/stores?q=shop 14").content.decode().partition("<main")[2]
    assert found.count('name="store" value=') == 1
    assert "No store found" in anna.client.get("/stores?q=none\0").content.decode()


# --- Languages ----------------------------------------------------------------------------------------------------------


def test_the_bars_speak_the_persons_language_around_english_pages(cast: Cast) -> None:
    User.objects.filter(pk=cast.erika.pk).update(language="de")
    page = Browser(cast.erika).get("/api/v1/docs").content.decode()
    assert '<html lang="en"' in page
    assert '<header class="top" lang="de">' in page
    assert ">Kassenladen<" in page
    assert 'lang="de"' not in Browser(cast.anna).get("/api/v1/docs").content.decode().replace(
        'value="de" lang="de"', ""
    )


def test_a_language_from_right_to_left_turns_the_page(cast: Cast, settings: LazySettings) -> None:
    settings.LANGUAGES_BIDI = ["de"]  # as if it were written from right to left
    User.objects.filter(pk=cast.erika.pk).update(language="de")
    for path in ("/drawers", "/desk", "/nowhere"):
        assert '<html lang="de" dir="rtl">' in Browser(cast.erika).get(path).content.decode(), path
    assert 'dir="ltr">' in Browser(cast.anna).get("/stores").content.decode()


def test_caches_keep_no_page_with_the_bars_of_a_person(cast: Cast) -> None:
    erika, visitor = Client(headers={"Accept": "text/html"}), Client(headers={"Accept": "text/html"})
    erika.force_login(cast.erika)
    for path in ("/about", "/api/v1/docs", "/api/v1/problems", "/api/v1/problems/not_found", "/nowhere"):
        assert "no-store" in erika.get(path).headers["Cache-Control"], path
        assert "Cookie" in visitor.get(path).headers["Vary"], path
    assert "public" in visitor.get("/api/v1/problems").headers["Cache-Control"]
    assert "public" in Client(headers={"Accept": "application/json"}).get("/api/v1/problems").headers["Cache-Control"]
