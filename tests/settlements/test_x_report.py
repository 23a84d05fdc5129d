"""The X report: its figures agree with the ledger, and every look is noted."""

from datetime import timedelta

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.ledger.expected import book_of
from cashdesk.enums import PlaceKind, Scope
from cashdesk.errors import Forbidden, NotFound
from cashdesk.models import AccessToken, AuditEntry, Place
from settlements.domain.counting import start_counting
from settlements.domain.target import targets_of
from settlements.domain.x_report import XReport, x_report
from settlements.enums import ReportOf
from tests.cashdesk.desk import NOON, close_drawer, minutes, open_drawer, pay
from tests.settlements.reporting import CARD, EUR, USD, Day, by_hand, found
from tests.stories import Cast, counted_queries, key_caller

LATER = NOON + timedelta(hours=5)


def seen(cast: Cast, place: Place) -> XReport:
    return x_report(place=place, by=Principal(user=cast.erika), at=LATER)


def test_a_settlements_figures_are_those_of_the_ledger(cast: Cast) -> None:
    day = Day(cast)
    day.open_vault()
    settlement = day.trade()
    report = seen(cast, day.register)
    assert (report.number, report.of, report.no_sales, report.preview_count) == (
        "X 2026-03-10T17:00:00Z", ReportOf.SETTLEMENT, 2, 0
    )  # fmt: skip
    told = {(line.kind, line.pair): (line.count, line.came_in, line.went_out) for line in report.movements}
    assert told == by_hand(day.register, after=settlement.opened_after)
    assert {figure.pair: figure.expected for figure in report.figures} == {EUR: 33_800, CARD: 7_700, USD: 1_500}
    assert {figure.pair: figure.expected for figure in report.figures} == targets_of(settlement)
    for figure in report.figures:
        assert figure.begun_with + figure.came_in - figure.went_out == figure.expected
        assert (figure.counted, figure.difference) == (None, None)
    (euros,) = (figure for figure in report.figures if figure.pair == EUR)
    assert (euros.opened_with, euros.opening_difference, euros.begun_with) == (20_000, 0, 20_000)
    assert [(line.cashier, line.counted, line.difference) for line in report.sessions] == [
        ("Carla", 33_800, -45),
        ("Bruno", 33_800, 0),
    ]


def test_an_open_session_within_is_told_without_a_count(cast: Cast) -> None:
    day = Day(cast)
    day.open_vault()
    day.trade()
    day.start(cast.carla, 33_700)
    report = seen(cast, day.register)
    last = report.sessions[-1]
    assert (last.cashier, last.closed_at, last.counted, last.difference) == ("Carla", None, None, None)
    assert next(figure.expected for figure in report.figures if figure.pair == EUR) == 33_700


def test_a_session_alone_adds_up_from_what_the_drawer_held(cast: Cast) -> None:
    first = open_drawer(cast.carla, 1_000, station=1)
    pay(first, 500, method="CARD")
    close_drawer(first, 900)
    session = open_drawer(cast.carla, 2_000, station=1, at=minutes(5))
    pay(session, 345, at=minutes(6))
    pay(session, 700, method="CARD", at=minutes(6))
    report = seen(cast, session.register)
    assert (report.of, report.session, report.opened_by) == (ReportOf.SESSION, session, "Carla")
    cash, cards = report.figures
    assert (cash.begun_with, cash.opened_with, cash.came_in, cash.went_out, cash.expected) == (
        0,
        2_000,
        2_345,
        0,
        2_345,
    )
    assert cash.expected == book_of(session.register).amount(currency="EUR", method="CASH")
    # Of the cards it is this session's part: what the register took before is in no drawer.
    assert (cards.pair, cards.begun_with, cards.expected) == (CARD, 0, 700)
    assert [line.number for line in report.sessions] == [session.pk]


def test_a_drawer_that_was_left_full_begins_with_it(cast: Cast) -> None:
    left = open_drawer(cast.carla, 1_000, station=1)
    pay(left, 250)
    session = open_drawer(cast.carla, 1_200, station=1, at=minutes(5), force_close_previous=True)
    (cash,) = seen(cast, session.register).figures
    assert (cash.begun_with, cash.opened_with, cash.opening_difference, cash.expected) == (1_250, 1_200, -50, 1_200)


def test_the_vault_and_what_is_late_for_its_closed_register(cast: Cast) -> None:
    day = Day(cast)
    day.open_vault(100_000)
    day.trade()
    report = seen(cast, day.vault)
    assert [(line.kind, line.count, line.came_in, line.went_out) for line in report.movements] == [
        ("FLOAT", 1, 0, 20_000),
        ("DROP", 1, 3_000, 0),
    ]
    assert [figure.expected for figure in report.figures] == [83_000]
    assert report.sessions == ()


def test_money_that_comes_while_it_is_counted_is_late(cast: Cast) -> None:
    day = Day(cast)
    day.open_vault()
    settlement = day.open_register(found(1_000))
    start_counting(settlement=settlement, by=day.by(), at=day.tick)
    day.preview(settlement, found(900))
    day.sell(330)
    report = seen(cast, day.register)
    assert [(figure.expected, figure.late) for figure in report.figures] == [(1_000, 330)]
    assert report.preview_count == 1


def test_every_look_is_noted_without_a_figure(cast: Cast) -> None:
    day = Day(cast)
    day.open_vault()
    day.trade()
    for _look in range(2):
        seen(cast, day.register)
    looks = AuditEntry.objects.filter(action="x_report.seen")
    assert [(look.subject, look.user, look.store, look.detail, look.at) for look in looks] == [
        (f"place:{day.register.pk}", cast.erika, cast.store, {}, LATER)
    ] * 2


def test_where_nothing_runs_there_is_nothing_to_tell_or_note(cast: Cast) -> None:
    for place, words in (
        (cast.place(PlaceKind.REGISTER, 1), "Register 1 is not open."),
        (cast.place(PlaceKind.VAULT), "The safe is not open."),
    ):
        with pytest.raises(NotFound, match=words):
            seen(cast, place)
    assert not AuditEntry.objects.filter(action="x_report.seen").exists()


def test_only_managers_of_the_store_and_keys_with_the_scope(cast: Cast) -> None:
    day = Day(cast)
    day.open_vault()
    day.trade()
    for person in (cast.erika, cast.anna):
        x_report(place=day.register, by=Principal(user=person), at=LATER)
    with pytest.raises(Forbidden):
        x_report(place=day.register, by=Principal(user=cast.carla), at=LATER)
    with pytest.raises(NotFound, match="no such register"):
        x_report(place=day.register, by=Principal(user=cast.otto), at=LATER)
    for scope in (Scope.SETTLEMENTS_READ, Scope.SETTLEMENTS_WRITE):
        key_caller(cast.store, scope)
        by = Principal(token=AccessToken.objects.latest("pk"))
        if scope == Scope.SETTLEMENTS_READ:
            x_report(place=day.register, by=by, at=LATER)
        else:
            with pytest.raises(Forbidden):
                x_report(place=day.register, by=by, at=LATER)
    assert AuditEntry.objects.filter(action="x_report.seen").count() == 3


@pytest.mark.parametrize("days", [0, 3])
def test_a_look_costs_the_same_whatever_the_history(cast: Cast, days: int) -> None:
    day = Day(cast)
    day.open_vault()
    for _day in range(days):
        day.close(day.trade(), found(33_800), found(1_500, USD))
    day.trade()
    for sale in range(10 * days):
        day.sell(100 + sale)
    with counted_queries() as queries:
        seen(cast, day.register)
    assert len(queries) == 14
