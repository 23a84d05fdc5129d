"""The Z report: every seal has one, its frozen figures agree with the ledger, and it keeps law 5."""

from datetime import timedelta
from typing import Any

import pytest

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import Pieces
from cashdesk.domain.session.closing import close_session, force_close_session
from cashdesk.errors import NotFound
from cashdesk.models import AuditEntry, Place, Seal, User
from settlements import queries
from settlements.domain.closing import force_close_settlement
from settlements.domain.count_settlement_afterwards import count_settlement_afterwards
from settlements.domain.counting import start_counting
from settlements.domain.no_sale import note_no_sale
from settlements.domain.sealed_period import ZReport
from settlements.domain.x_report import x_report
from settlements.domain.z_report import z_report
from settlements.enums import Closing, ReportOf
from settlements.models import Settlement
from tests.cashdesk.desk import NOON, close_drawer, count_later, counted, force_close, minutes, open_drawer, pay
from tests.settlements.reporting import CARD, EUR, USD, Day, Pair, by_hand, found
from tests.stories import Cast, counted_queries

LATER = NOON + timedelta(days=1)


def shown(place: Place, number: int, by: User) -> ZReport:
    principal = Principal(user=by)
    period = queries.sealed_period(by=principal, place=place, number=number)
    return z_report(period=period, by=principal, at=LATER)


def figures(report: ZReport) -> dict[Pair, tuple[Any, ...]]:
    return {line.pair: (line.expected, line.counted, line.difference) for line in report.figures}


def assert_adds_up(report: ZReport, *, after: int) -> None:
    """Asserts the report against the movements, one by one.

    The movements of the report add up to the expected amount. With the bookings of the close, they are all movements
    of the period.
    """
    told: dict[Any, tuple[int, ...]] = {}
    for line in (*report.movements, *report.booked):
        before = told.get((line.kind, line.pair), (0, 0, 0))
        more = (line.count, line.came_in, line.went_out)
        told[line.kind, line.pair] = tuple(one + other for one, other in zip(before, more, strict=True))
    assert told == by_hand(report.place, after=after, until=report.seal.last_movement)
    for figure in report.figures:
        assert figure.begun_with + figure.came_in - figure.went_out == figure.expected, figure
        of_pair = [line for line in report.movements if line.pair == figure.pair]
        assert figure.came_in == sum(line.came_in for line in of_pair)
        assert figure.went_out == sum(line.went_out for line in of_pair)


def test_a_registers_settlement(cast: Cast) -> None:
    day = Day(cast)
    day.open_vault()
    settlement = day.trade()
    start_counting(settlement=settlement, by=day.by(), at=day.tick)
    day.preview(settlement, found(30_000))
    day.preview(settlement, found(33_700, pieces={10_000: 3, 2_000: 1, 500: 3, 100: 2}), found(1_500, USD))
    day.preview(settlement, found(33_700, pieces={5_000: 6, 1_000: 3, 500: 1, 200: 1}), found(1_500, USD))
    report = shown(day.register, 3, cast.erika)
    closed = Settlement.objects.get(pk=settlement.pk)
    assert (report.number, report.of, report.settlement, report.session) == (
        "Z 3",
        ReportOf.SETTLEMENT,
        closed,
        None,
    )
    assert (report.seal.digest, report.seal.previous_digest) == (
        closed.seal.digest,
        Seal.objects.get(place=day.register, number=2).digest,
    )
    assert figures(report) == {EUR: (33_800, 33_700, -100), CARD: (7_700, 7_700, 0), USD: (1_500, 1_500, 0)}
    assert {line.pair: line.returned for line in report.figures} == {EUR: 33_700, CARD: 0, USD: 1_500}
    assert {line.pair for line in report.figures if line.is_assumed} == {CARD}
    assert_adds_up(report, after=closed.opened_after)
    assert (report.closing, report.is_uncounted, report.no_sales) == (Closing.ATTEMPTS_USED, False, 2)
    assert (report.opened_by, report.counted_by, report.closed_by) == ("Erika Mustermann",) * 3
    assert (report.opened_at, report.counted_at, report.closed_at) == (
        closed.opened_at,
        closed.counted_at,
        closed.closed_at,
    )
    assert [(attempt.number, attempt.moment, attempt.is_equal) for attempt in report.attempts] == [
        (0, "OPENING", True),
        (1, "PREVIEW", False),
        (2, "PREVIEW", False),
        (3, "CLOSING", False),
    ]
    last = report.closing_attempt
    assert last is not None
    assert last.found[0].pieces == tuple(
        Pieces(denomination=worth, pieces=number) for worth, number in ((5_000, 6), (1_000, 3), (500, 1), (200, 1))
    )
    assert [(one.cashier, one.counted, one.difference) for one in report.sessions] == [
        ("Carla", 33_800, -45),
        ("Bruno", 33_800, 0),
    ]


def test_the_vaults_settlements_follow_each_other(cast: Cast) -> None:
    day = Day(cast)
    first = day.open_vault(100_000)
    day.close(day.trade(), found(33_800), found(1_500, USD))
    day.close(first, found(116_810), found(1_500, USD))
    second = Settlement.objects.get(place=day.vault, state="OPEN")
    day.close(second, found(116_800), found(1_500, USD))
    one, two = (shown(day.vault, number, cast.erika) for number in (1, 2))
    assert figures(one) == {EUR: (116_800, 116_810, 10), USD: (1_500, 1_500, 0)}
    assert figures(two) == {EUR: (116_810, 116_800, -10), USD: (1_500, 1_500, 0)}
    assert_adds_up(one, after=first.opened_after)
    assert_adds_up(two, after=second.opened_after)
    assert (one.closing, one.sessions, two.attempts[0].moment) == (Closing.DECLARED, (), "CLOSING")


def test_a_session(cast: Cast) -> None:
    first = open_drawer(cast.carla, 1_000, station=1)
    pay(first, 500, method="CARD")
    close_drawer(first, 900)
    session = open_drawer(cast.bruno, 2_000, station=1, at=minutes(5))
    pay(session, 345, at=minutes(6))
    close_drawer(session, 2_300, at=minutes(7))
    report = shown(session.register, 2, cast.erika)
    assert (report.of, report.closing, report.session) == (ReportOf.SESSION, Closing.DECLARED, session)
    assert (report.opened_by, report.counted_by, report.closed_by) == ("Bruno",) * 3
    assert figures(report) == {EUR: (2_345, 2_300, -45)}
    assert [attempt.moment for attempt in report.attempts] == ["OPENING", "CLOSING"]
    assert_adds_up(report, after=report.seal.after_movement)
    assert_adds_up(shown(session.register, 1, cast.erika), after=0)


def test_an_opening_without_a_sale_is_in_the_z_of_who_made_it_whatever_the_clocks_said(cast: Cast) -> None:
    """The clocks are out of order here, because each action reads the clock before it waits for the drawer's lock."""
    carla = open_drawer(cast.carla, 0, at=minutes(1), station=1)
    note_no_sale(store=cast.store, station=1, by=Principal(user=cast.carla), at=minutes(3), reason="", session=carla)
    close_drawer(carla, 0, at=minutes(2))
    bruno = open_drawer(cast.bruno, 0, at=minutes(2), station=1)
    running = x_report(place=bruno.register, by=Principal(user=cast.erika), at=minutes(4))
    close_drawer(bruno, 0, at=minutes(4))
    note_no_sale(store=cast.store, station=1, by=Principal(user=cast.carla), at=minutes(3), reason="")
    sealed = [shown(bruno.register, number, cast.erika) for number in (1, 2)]
    assert [report.no_sales for report in (*sealed, running)] == [1, 0, 0]


def test_a_session_that_finds_a_full_drawer_and_one_within_a_settlement(cast: Cast) -> None:
    left = open_drawer(cast.carla, 1_000, station=1)
    force_close(left)
    session = open_drawer(cast.bruno, 950, station=1, at=minutes(5))
    close_drawer(session, 940, at=minutes(6))
    report = shown(session.register, 2, cast.erika)
    (cash,) = report.figures
    assert (cash.begun_with, cash.opening_difference, cash.expected, cash.counted) == (1_000, -50, 950, 940)
    assert_adds_up(report, after=report.seal.after_movement)
    day = Day(cast, start=minutes(10))
    day.open_vault()
    day.trade()
    for number in (3, 4):
        within = shown(day.register, number, cast.erika)
        assert_adds_up(within, after=within.seal.after_movement)


def test_a_forced_close_its_look_and_the_count_afterwards(cast: Cast) -> None:
    session = open_drawer(cast.carla, 1_000, station=1)
    pay(session, 300)
    force_close(session)
    report = shown(session.register, 1, cast.erika)
    assert (report.is_uncounted, report.closing, report.counted_by) == (True, Closing.FORCED, "")
    assert figures(report) == {EUR: (1_300, 0, -1_300)}
    look = AuditEntry.objects.get(action="expected.seen")
    assert (look.user, look.detail) == (cast.erika, {"sessions": [session.pk]})
    count_later(session, 1_290)
    after = shown(session.register, 2, cast.erika)
    assert (after.of, after.session, after.closing, after.is_uncounted) == (
        ReportOf.COUNT_AFTERWARDS,
        session,
        None,
        False,
    )
    assert figures(after) == {EUR: (1_300, 1_290, -10)}
    assert [attempt.moment for attempt in after.attempts] == ["AFTERWARDS"]
    assert_adds_up(after, after=after.seal.after_movement)
    shown(session.register, 1, cast.erika)
    assert AuditEntry.objects.filter(action="expected.seen").count() == 1


def test_a_settlement_closed_without_a_count_and_counted_afterwards(cast: Cast) -> None:
    day = Day(cast)
    day.open_vault()
    settlement = day.trade()
    force_close_settlement(settlement=settlement, by=day.by(), at=day.tick, reason="fire alarm")
    report = shown(day.register, 3, cast.erika)
    assert (report.is_uncounted, figures(report)) == (
        True, {EUR: (33_800, 0, -33_800), CARD: (7_700, 7_700, 0), USD: (1_500, 0, -1_500)},
    )  # fmt: skip
    assert AuditEntry.objects.get(action="expected.seen").detail == {"settlements": [settlement.pk]}
    assert_adds_up(report, after=settlement.opened_after)
    count_settlement_afterwards(
        settlement=settlement, counted=[found(33_900, pieces={10_000: 3}), found(1_000, USD)], by=day.by(), at=day.tick
    )
    after = shown(day.register, 4, cast.erika)
    assert (after.of, after.settlement, after.closing) == (ReportOf.COUNT_AFTERWARDS, settlement, None)
    assert figures(after) == {EUR: (33_800, 33_900, 100), CARD: (7_700, 7_700, 0), USD: (1_500, 1_000, -500)}
    assert {line.pair for line in after.figures if line.is_assumed} == {CARD}
    assert {line.pair: line.returned for line in after.figures} == {EUR: 33_900, CARD: 0, USD: 1_000}
    # Of the frozen period nothing is told anew.
    assert figures(shown(day.register, 3, cast.erika)) == figures(report)
    assert AuditEntry.objects.filter(action="expected.seen").count() == 1


def test_late_money_adjusts_and_changes_nothing(cast: Cast) -> None:
    day = Day(cast)
    day.open_vault()
    settlement = day.open_register(found(1_000))
    day.close(settlement, found(1_330))
    sealed = shown(day.register, 1, cast.erika)
    day.sell(330)
    report = shown(day.register, 1, cast.erika)
    (cash,) = report.figures
    assert figures(report) == figures(sealed) == {EUR: (1_000, 1_330, 330)}
    assert (sealed.figures[0].adjusted_difference, cash.late, cash.adjusted_difference) == (330, 330, 0)
    session = open_drawer(cast.carla, 500, station=2)
    close_drawer(session, 700)
    pay(session, 150)
    (cash,) = shown(session.register, 1, cast.erika).figures
    assert (cash.difference, cash.late, cash.adjusted_difference) == (200, 150, 50)


def test_a_cashier_sees_the_z_of_their_own_session_alone(cast: Cast) -> None:
    day = Day(cast)
    day.open_vault()
    settlement = day.trade()
    day.close(settlement, found(33_800), found(1_500, USD))
    own = shown(day.register, 1, cast.carla)
    assert figures(own)[EUR] == (33_845, 33_800, -45)
    for person, number in ((cast.carla, 2), (cast.carla, 3), (cast.carla, 9), (cast.otto, 1), (cast.otto, 9)):
        with pytest.raises(NotFound) as error:
            shown(day.register, number, person)
        assert str(error.value) == f"Register 1 has no Z report {number}."


def test_a_cashiers_own_uncounted_z_is_not_told_before_the_count(cast: Cast) -> None:
    session = open_drawer(cast.carla, 1_000, station=1)
    force_close(session)
    with pytest.raises(NotFound):
        shown(session.register, 1, cast.carla)
    count_later(session, 1_000, by=cast.erika)
    assert shown(session.register, 1, cast.carla).is_uncounted
    assert not AuditEntry.objects.filter(action="expected.seen").exists()


def test_a_cashiers_z_keeps_what_the_settlement_has_still_to_count(cast: Cast) -> None:
    day = Day(cast)
    day.open_vault()
    settlement = day.trade()
    before = shown(day.register, 1, cast.carla)
    assert {line.pair for line in (*before.figures, *before.movements)} == {EUR}
    assert {line.pair for line in shown(day.register, 1, cast.erika).figures} == {EUR, CARD}
    day.close(settlement, found(33_800), found(1_500, USD))
    assert {line.pair for line in shown(day.register, 1, cast.carla).figures} == {EUR, CARD}


@pytest.mark.parametrize("days", [1, 4])
def test_a_look_costs_the_same_whatever_the_history(cast: Cast, days: int) -> None:
    day = Day(cast)
    vault = day.open_vault()
    for _day in range(days):
        settlement = day.trade()
        for sale in range(5 * days):
            day.sell(100 + sale)
        total = 33_800 + sum(100 + sale for sale in range(5 * days))
        day.close(settlement, found(total), found(1_500, USD))
    day.close(vault, found(0))
    last = Seal.objects.filter(place=day.register).count()
    cost = {}
    for name, place, number in (
        ("settlement", day.register, last),
        ("session", day.register, 1),
        ("vault", day.vault, 1),
    ):
        with counted_queries() as queries_:
            shown(place, number, cast.erika)
        cost[name] = len(queries_)
    assert cost == {"settlement": 12, "session": 10, "vault": 12}


def test_the_force_close_of_a_session_within_is_noted_with_its_settlement(cast: Cast) -> None:
    day = Day(cast)
    day.open_vault()
    settlement = day.open_register(found(1_000))
    session = day.start(cast.carla, 1_000)
    force_close_session(session=session, by=day.by(), at=day.tick, reason="ill")
    force_close_settlement(settlement=settlement, by=day.by(), at=day.tick, reason="ill")
    report = shown(day.register, 2, cast.erika)
    assert [(one.is_uncounted, one.counted) for one in report.sessions] == [(True, 0)]
    details = AuditEntry.objects.filter(action="expected.seen").order_by("pk").values_list("detail", flat=True)
    assert list(details) == [{"settlements": [settlement.pk]}, {"sessions": [session.pk]}]


def test_whoever_counted_in_is_not_told_what_was_counted_out(cast: Cast) -> None:
    left = open_drawer(cast.carla, 150_00, station=1)
    close_session(session=left, counted=counted(241_17), by=Principal(user=cast.carla), at=NOON, hands_over=True)
    taken = open_drawer(cast.bruno, 230_00, station=1, at=minutes(5))
    pay(taken, 20_00, at=minutes(6))
    close_drawer(taken, 251_00, at=minutes(9))
    own, full = (shown(taken.register, 2, person) for person in (cast.bruno, cast.erika))
    (cash,), (told,) = own.figures, full.figures
    assert (told.begun_with, told.opening_difference, told.went_out) == (241_17, -11_17, 11_17)
    assert (cash.begun_with, cash.opened_with, cash.opening_difference) == (230_00, 230_00, 0)
    assert (cash.came_in, cash.went_out, cash.expected, cash.difference) == (20_00, 0, 250_00, 1_00)
    assert [line.kind for line in own.movements] == ["SALE"]
    assert "241" not in str(own.figures + own.movements)
