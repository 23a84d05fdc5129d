"""The list of sessions: figures of what was counted, filters, the orders that an index carries, and plans without a scan."""

import re
from datetime import date, timedelta
from typing import Any, Final

import pytest
from django.test import Client
from django.utils import timezone

from cashdesk.admin.session_filters import DAYS_BACK, RESULTS, STATES
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.cancel_opening import cancel_opening
from cashdesk.domain.session.closing import close_session, force_close_session
from cashdesk.models import AuditEntry, CashSession, Store, User
from tests.admin.back_office import list_of, make_operator, sits_down
from tests.api.test_payment_list import plan_of
from tests.cashdesk.desk import close_drawer, counted, minutes, open_drawer, sell
from tests.factories import StoreFactory, UserFactory
from tests.module_world import ModuleWorld
from tests.stories import counted_queries, make_cast

SHORT, OVER, BALANCED, FORCED, HANDED_OVER, CANCELLED, RUNNING = NAMES = (
    "short", "over", "balanced", "forced", "handed over", "cancelled", "running"
)  # fmt: skip
FIGURES: Final = ("expected_amount_shown", "counted_amount_shown", "difference_shown")


class Drawers:
    """A shop with one session in each state, each with a cashier and a register of its own."""

    def __init__(self) -> None:
        self.cast = make_cast(registers=8)
        self.sessions: dict[str, CashSession] = {}
        erika = Principal(user=self.cast.erika)
        for number, name in enumerate(NAMES, start=1):
            cashier = UserFactory(store=self.cast.store, username=f"c{number}", name=f"Cashier {number}")
            session = open_drawer(cashier, 10_000, at=minutes(number), station=number)
            if name != CANCELLED:
                sell(session, 2_500 + number, at=minutes(20))
            self.sessions[name] = session
        own = {name: Principal(user=session.user) for name, session in self.sessions.items()}
        close_drawer(self.sessions[SHORT], 12_501 - 700)
        close_drawer(self.sessions[OVER], 12_502 + 31)
        close_drawer(self.sessions[BALANCED], 12_503)
        force_close_session(session=self.sessions[FORCED], by=erika, at=minutes(60), reason="went home")
        close_session(
            session=self.sessions[HANDED_OVER], counted=counted(12_505 - 11), by=own[HANDED_OVER], at=minutes(60),
            hands_over=True,
        )  # fmt: skip
        cancel_opening(session=self.sessions[CANCELLED], by=own[CANCELLED], at=minutes(30), reason="typed wrong")

    def name_of(self, pk: int) -> str:
        return next(name for name, session in self.sessions.items() if session.pk == pk)


@pytest.fixture(scope="module")
def world(module_world: ModuleWorld) -> Drawers:
    return module_world.make(Drawers)


@pytest.fixture
def erika(world: Drawers, db: None) -> Client:
    return sits_down(world.cast.erika)


def listed(world: Drawers, browser: Client, **query: Any) -> list[str]:
    """Returns the names of the sessions in the order of the list."""
    return [world.name_of(row.pk) for row in browser.get(list_of(CashSession), query).context["cl"].result_list]


def cells_of(page: str, session: CashSession) -> dict[str, str]:
    """Returns the texts of a row of the list by column."""
    (row,) = [row for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if f"/{session.pk}/change/" in row]
    cells = re.findall(r'<t[dh] class="field-(\w+)[^"]*">(.*?)</t[dh]>', row, re.DOTALL)
    return {name: re.sub(r"<[^>]+>", "", text).strip() for name, text in cells}


@pytest.mark.parametrize(
    ("name", "figures", "state"),
    [
        (SHORT, ("€125.01", "€118.01", "−€7.00"), "Closed"),
        (OVER, ("€125.02", "€125.33", "+€0.31"), "Closed"),
        (BALANCED, ("€125.03", "€125.03", "€0.00"), "Closed"),
        (FORCED, ("-", "-", "-"), "Closed without a count"),
        (HANDED_OVER, ("-", "-", "−€0.11"), "Handed over, not taken over yet"),
        (CANCELLED, ("-", "-", "-"), "Opening cancelled"),
        (RUNNING, ("-", "-", "-"), "Open"),
    ],
)
def test_the_list_shows_figures_only_of_what_was_counted(
    world: Drawers, erika: Client, name: str, figures: tuple[str, str, str], state: str
) -> None:
    cells = cells_of(erika.get(list_of(CashSession)).content.decode(), world.sessions[name])
    assert tuple(cells[column] for column in FIGURES) == figures
    assert cells["state_shown"] == state


def test_the_list_needs_no_note_of_a_look(world: Drawers, erika: Client) -> None:
    erika.get(list_of(CashSession))
    assert not AuditEntry.objects.filter(action="expected.seen").exists()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"result": "short"}, {SHORT, HANDED_OVER}),
        ({"result": "over"}, {OVER}),
        ({"result": "balanced"}, {BALANCED}),
        ({"result": "difference"}, {SHORT, OVER, HANDED_OVER}),
        ({"result": "x"}, set()),
        ({"days": "x"}, set()),
        ({"state": "open"}, {RUNNING}),
        ({"state": "closed"}, {SHORT, OVER, BALANCED}),
        ({"state": "handed_over"}, {HANDED_OVER}),
        ({"state": "uncounted"}, {FORCED}),
        ({"state": "cancelled"}, {CANCELLED}),
        ({"user": "over"}, {OVER}),
        ({"user": "99999999999999999999"}, set()),
        ({"register": "short"}, {SHORT}),
        ({"q": "cashier 3"}, {BALANCED}),
        ({"q": "nobody"}, set()),
    ],
)
def test_the_filters_find_what_they_name(world: Drawers, erika: Client, query: dict[str, str], names: set[str]) -> None:
    ids = {"user": lambda name: world.sessions[name].user_id, "register": lambda name: world.sessions[name].register_id}
    wanted = {key: ids[key](value) if key in ids and value in world.sessions else value for key, value in query.items()}
    assert set(listed(world, erika, **wanted)) == names


@pytest.mark.parametrize(
    ("days_later", "found"),
    [(0, {"today", "week"}), (1, {"yesterday", "week"}), (6, {"week"}), (7, set()), (-1, set())],
)
def test_today_yesterday_and_the_last_seven_days_find_their_sessions(
    world: Drawers, erika: Client, monkeypatch: pytest.MonkeyPatch, days_later: int, found: set[str]
) -> None:
    now = world.sessions[SHORT].opened_at + timedelta(days=days_later)
    monkeypatch.setattr("cashdesk.admin.session_filters.timezone.now", lambda: now)
    assert {days for days in DAYS_BACK if set(listed(world, erika, days=days)) == set(NAMES)} == found
    assert all(listed(world, erika, days=days) == [] for days in set(DAYS_BACK) - found)


def test_cashiers_and_registers_are_offered_of_one_store(world: Drawers, erika: Client) -> None:
    def offered(browser: Client, **query: Any) -> dict[str, int]:
        specs = browser.get(list_of(CashSession), query).context["cl"].filter_specs
        return {
            spec.parameter_name: len(spec.lookup_choices)
            for spec in specs
            if spec.parameter_name in ("user", "register")
        }

    StoreFactory(account=world.cast.store.account)
    anna = sits_down(world.cast.anna)
    assert offered(erika) == offered(anna, store=world.cast.store.pk)
    assert offered(erika)["register"] == 8
    assert offered(anna) == {}
    assert offered(anna, store="x") == {}
    # The store of another account offers nobody.
    other = Store.objects.exclude(account=world.cast.store.account).first()
    assert other is not None
    assert offered(anna, store=other.pk) == {}


def columns_of(browser: Client, **query: Any) -> dict[str, int]:
    """Returns the places of the sortable columns."""
    changelist = browser.get(list_of(CashSession), query).context["cl"]
    return {
        column.__name__: place
        for place, column in enumerate(changelist.list_display)
        if column in changelist.sortable_by
    }


def test_the_list_is_sorted_only_by_what_an_index_carries(world: Drawers, erika: Client) -> None:
    columns = columns_of(erika)
    assert set(columns) == {"opened_at"}
    newest_first = listed(world, erika)
    opened_at = columns["opened_at"]
    assert listed(world, erika, o=f"-{opened_at}") == newest_first
    assert listed(world, erika, o=str(opened_at)) == newest_first[::-1]
    for other in range(12):
        if other != opened_at:
            assert listed(world, erika, o=f"{other}.-{other}") == newest_first


def test_the_order_by_difference_tells_nothing_of_an_uncounted_drawer(world: Drawers, erika: Client) -> None:
    difference = columns_of(erika, result="short")["difference_shown"]
    assert listed(world, erika, result="short", o=str(difference)) == [SHORT, HANDED_OVER]
    assert listed(world, erika, result="short", o=f"-{difference}") == [HANDED_OVER, SHORT]
    assert listed(world, erika, o=str(difference)) == listed(world, erika)


def test_the_dates_come_from_the_calendar(world: Drawers, erika: Client) -> None:
    day = world.sessions[SHORT].business_date
    field = "business_date"

    def steps(**parts: int) -> list[Any]:
        query = {f"{field}__{part}": value for part, value in parts.items()}
        with counted_queries() as queries:
            changelist = erika.get(list_of(CashSession), query).context["cl"]
        assert not any("MIN(" in query["sql"] or "DISTINCT" in query["sql"] for query in queries)
        assert len(changelist.result_list) == (
            len(world.sessions) if not parts or date(**{"month": day.month, "day": day.day, **parts}) == day else 0
        )
        return list(changelist.calendar)

    assert all(f"{field}__year=" in step.link for step in steps())
    assert next(step.goes_back for step in steps(year=day.year))
    titles = [step.title for step in steps(year=day.year - 1)]
    assert titles[:3] == ["All dates", str(day.year - 1), "January"]
    assert titles[-1] == "December"
    this_year = timezone.localdate().year
    months = [step.title for step in steps()]
    assert months[months.index(str(this_year)) :][:2] == [str(this_year), "January"], "the year stands once"
    assert len(steps(year=day.year - 1, month=2)) == 29
    assert [(step.title, step.link) for step in steps(year=day.year, month=day.month, day=day.day)][-1] == (
        f"{day:%B} {day.day}",
        "",
    )


def test_a_month_of_no_year_is_refused(world: Drawers, erika: Client) -> None:
    assert erika.get(list_of(CashSession), {"business_date__month": "3"}).status_code != 200


def test_the_list_asks_as_often_whatever_it_filters(world: Drawers, erika: Client) -> None:
    def asked(**query: Any) -> int:
        with counted_queries() as queries:
            assert erika.get(list_of(CashSession), query).status_code == 200
        return len(queries)

    plain = asked()
    for key, conditions in (("result", RESULTS), ("state", STATES), ("days", DAYS_BACK)):
        # One less where no drawer was handed over, which could still need a count.
        assert {asked(**{key: name}) for name in conditions} <= {plain, plain - 1}
    assert asked(q="cashier") == plain + 1, "the people with this name"


@pytest.mark.parametrize("who", ["manager", "admin", "operator"])
@pytest.mark.parametrize(
    "query",
    [
        {}, {"result": "short"}, {"result": "over", "o": "4"}, {"result": "difference"},
        {"days": "today"}, {"days": "week"}, {"state": "open"}, {"state": "uncounted"},
        {"state": "handed_over"}, {"user": 1}, {"register": 1}, {"business_date__year": 2026}, {"q": "1"},
    ],
    ids=str,
)  # fmt: skip
def test_no_plan_of_the_list_scans_the_sessions(world: Drawers, db: None, who: str, query: dict[str, Any]) -> None:
    people: dict[str, User] = {"manager": world.cast.erika, "admin": world.cast.anna}
    browser = sits_down(people[who] if who in people else make_operator())
    with counted_queries() as queries:
        assert browser.get(list_of(CashSession), query).status_code == 200
    statements = [row["sql"] for row in queries if 'FROM "cashdesk_cashsession"' in row["sql"]]
    assert 2 <= len(statements) <= 3, "how many there are, the rows, and which drawers still need a count"
    for statement in statements:
        plan = plan_of(statement)
        assert "Seq Scan on cashdesk_cashsession" not in plan
        assert "SCAN cashdesk_cashsession" not in plan.replace("SCAN cashdesk_cashsession USING", "")
