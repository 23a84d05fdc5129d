"""The pages of patterns: who may open them, what they show, and that every look at a person is noted."""

from copy import deepcopy
from datetime import timedelta
from typing import Final

import pytest
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.session.opening import open_session
from cashdesk.models import AuditEntry, User
from reconciliations.domain.pattern_review import latest_month
from reconciliations.domain.pattern_setting import setting_of
from reconciliations.models import PatternMonth, PatternSetting
from tests.cashdesk.desk import close_drawer
from tests.module_world import ModuleWorld
from tests.reconciliations.patterns.month_world import Weeks
from tests.screens.desk import Browser
from tests.stories import counted_queries, make_cast

STATEMENTS: Final = 12
"""Two find the person and their store. One reads the setting, two find nothing to keep or freeze, three the closes, one the
registers, two the standings, and the bars count the variances.
"""


def make_weeks() -> Weeks:
    """Dora is short by 5.00 on three days of each week of the latest month that is reviewed."""
    weeks = Weeks(cast=make_cast())
    first = latest_month(store=weeks.store, at=timezone.now())
    weeks.month(first, {"carla": {0: 10}, "bruno": {1: -20}, "dora": dict.fromkeys(range(3), -500)})
    return weeks


@pytest.fixture(scope="module")
def _weeks(module_world: ModuleWorld) -> Weeks:
    return module_world.make(make_weeks)


@pytest.fixture
def weeks(db: None, _weeks: Weeks) -> Weeks:
    return deepcopy(_weeks)


def switch_on(weeks: Weeks) -> None:
    PatternSetting.objects.create(account=weeks.store.account, shows_people=True, agreed="works council")


def seen_by(user: User, path: str) -> Browser:
    browser = Browser(user)
    browser.get(path)
    return browser


def people_path(weeks: Weeks, name: str = "") -> str:
    path = f"/patterns/{weeks.store.uuid}/people"
    return f"{path}/{weeks.people[name].uuid}" if name else path


# --- The store -----------------------------------------------------------------------------------------------------------------


def test_the_page_is_one_click_from_today(weeks: Weeks) -> None:
    assert 'href="/patterns"' in seen_by(weeks.cast.erika, "/today").page.content.decode()


def test_the_store_shows_figures_by_register_and_weekday(weeks: Weeks) -> None:
    page = seen_by(weeks.cast.erika, "/patterns")
    assert page.page.status_code == 200
    assert "No register and no weekday stands out." in page.text or "Not enough data to compare" in page.text
    assert "60 counted closes" in page.text
    assert "The comparison covers the closes from" in page.text
    assert "Register 1" in page.text
    assert "Wednesday" in page.text


def test_no_person_is_named_on_the_page_of_the_store(weeks: Weeks) -> None:
    switch_on(weeks)
    text = seen_by(weeks.cast.erika, "/patterns").text
    for name in ("Carla", "Bruno", "Dora"):
        assert name not in text


def test_a_store_of_another_account_does_not_exist(weeks: Weeks) -> None:
    switch_on(weeks)
    paths = (
        f"/patterns?store={weeks.store.uuid}",
        people_path(weeks),
        people_path(weeks, "dora"),
        f"/patterns/{weeks.store.uuid}/registers/1",
    )
    assert [seen_by(weeks.cast.otto, path).page.status_code for path in paths] == [404] * 4
    assert [seen_by(weeks.cast.carla, path).page.status_code for path in paths] == [403] * 4


def test_a_register_leads_to_its_drawers(weeks: Weeks) -> None:
    page = seen_by(weeks.cast.erika, f"/patterns/{weeks.store.uuid}/registers/1")
    newest = weeks.people["dora"].sessions.latest("pk")
    assert f'href="/desk/sessions/{newest.uuid}"' in page.page.content.decode()
    assert page.page.content.decode().count("<circle class=") == 30
    assert seen_by(weeks.cast.erika, f"/patterns/{weeks.store.uuid}/registers/99").page.status_code == 404


def test_a_look_has_a_constant_number_of_statements(weeks: Weeks) -> None:
    erika = Browser(weeks.cast.erika)
    erika.get("/patterns")
    numbers = []
    on = timezone.now().date()
    for hour in (1, 3):
        weeks.close(weeks.people["carla"], on - timedelta(days=2), hour=hour)
        erika.get("/patterns")
        with counted_queries() as queries:
            erika.get("/patterns")
        numbers.append(len(queries))
    assert numbers == [STATEMENTS, STATEMENTS]


# --- Law 5 -------------------------------------------------------------------------------------------------------------------


def test_nothing_of_a_drawer_that_is_open_is_shown(weeks: Weeks) -> None:
    before = seen_by(weeks.cast.erika, "/patterns").text
    by, at = Principal(user=weeks.cast.carla), timezone.now()
    session = open_session(
        user=weeks.cast.carla, counted=CountedAmount(currency="EUR", amount=7777_77), by=by, at=at, station=1
    )
    weeks.pay(session, 8888_88, at=at)
    assert seen_by(weeks.cast.erika, "/patterns").text == before
    assert "8,888" not in seen_by(weeks.cast.carla, "/patterns/me").text


def test_a_drawer_that_was_handed_over_is_shown_after_the_next_count(weeks: Weeks) -> None:
    by, at = Principal(user=weeks.cast.carla), timezone.now() - timedelta(hours=3)
    session = open_session(
        user=weeks.cast.carla, counted=CountedAmount(currency="EUR", amount=100_00), by=by, at=at, station=1
    )
    weeks.pay(session, 5_00, at=at)
    close_drawer(session, 33_33, at=at + timedelta(hours=1), hands_over=True)
    assert "60 counted closes" in seen_by(weeks.cast.erika, "/patterns").text
    assert "71.67" not in seen_by(weeks.cast.carla, "/patterns/me").text


# --- People ------------------------------------------------------------------------------------------------------------------


def test_people_are_off_until_the_account_switches_them_on(weeks: Weeks) -> None:
    page = seen_by(weeks.cast.erika, people_path(weeks))
    assert "Patterns by person are switched off" in page.text
    assert "Dora" not in page.text
    assert seen_by(weeks.cast.erika, people_path(weeks, "dora")).page.status_code == 404
    assert not PatternMonth.objects.filter(group="cashier").exists()


def test_people_are_in_the_order_of_their_names_with_words(weeks: Weeks) -> None:
    switch_on(weeks)
    page = seen_by(weeks.cast.erika, people_path(weeks))
    names = ["Bruno", "Carla", "Dora"]
    places = [page.text.rindex(name) for name in names]
    assert places == sorted(places)
    assert "Not exact more often, or by more." in page.text
    assert "Nothing stands out." in page.text
    assert "thief" not in page.text


def test_a_mark_shows_its_innocent_explanations(weeks: Weeks) -> None:
    switch_on(weeks)
    page = seen_by(weeks.cast.erika, people_path(weeks, "dora"))
    for told in (
        "Usual reasons: a float that was not counted",
        "A pattern is a question, not proof.",
        "12 of 20 closes were not exact: 12 short, 0 over.",
        "is no certificate",
    ):
        assert told in page.text, page.text


def test_every_look_at_a_person_is_noted_and_the_person_reads_it(weeks: Weeks) -> None:
    switch_on(weeks)
    assert "Nobody looked yet." in seen_by(weeks.people["dora"], "/patterns/me").text
    seen_by(weeks.cast.erika, people_path(weeks))
    seen_by(weeks.cast.erika, people_path(weeks, "dora"))
    looks = AuditEntry.objects.filter(action="patterns.looked", user=weeks.cast.erika)
    assert looks.filter(subject=f"user:{weeks.people['dora'].pk}").count() == 2
    assert looks.count() == 4
    own = seen_by(weeks.people["dora"], "/patterns/me").text
    assert own.count("Erika Mustermann,") == 2
    assert looks.count() == 4, "a look at oneself is not noted"


def test_everybody_sees_their_own_row_and_no_other(weeks: Weeks) -> None:
    page = seen_by(weeks.people["dora"], "/patterns/me")
    assert page.page.status_code == 200
    assert "Your account does not compare people." in page.text
    assert "20" in page.text
    for other in ("Carla", "Bruno"):
        assert other not in page.text
    switch_on(weeks)
    assert "Not exact more often, or by more." in seen_by(weeks.people["dora"], "/patterns/me").text


# --- The setting -------------------------------------------------------------------------------------------------------------


def test_an_admin_switches_people_on_and_says_who_agreed(weeks: Weeks) -> None:
    anna = seen_by(weeks.cast.anna, "/settings/patterns")
    anna.send("/settings/patterns", {"shows_people": "on", "agreed": ""})
    assert "Say who agreed, and when." in anna.text
    assert not setting_of(weeks.store.account).shows_people
    anna.send("/settings/patterns", {"shows_people": "on", "agreed": "Works council, 3 March"})
    assert setting_of(weeks.store.account).shows_people
    entry = AuditEntry.objects.get(action="pattern_setting.changed")
    assert entry.user == weeks.cast.anna
    assert entry.detail["changes"]["shows_people"] == [False, True]


def test_a_manager_may_not_change_the_setting(weeks: Weeks) -> None:
    assert seen_by(weeks.cast.erika, "/settings/patterns").page.status_code == 403
