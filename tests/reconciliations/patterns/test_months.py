"""Months of evidence are frozen once, as the books were on the 8th, and then stay."""

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from reconciliations.domain.pattern_closes import keep_facts
from reconciliations.domain.pattern_review import (
    forget_people,
    freeze_months,
    frozen_until,
    latest_month,
    months_of_review,
    review_of,
)
from reconciliations.enums import PatternGroup
from reconciliations.models import CloseFacts, PatternEvidence, PatternMonth
from reconciliations.patterns.evidence import Question
from reconciliations.patterns.review import Outcome
from tests.cashdesk.desk import refusal_of
from tests.module_world import ModuleWorld
from tests.reconciliations.patterns.month_world import Weeks
from tests.stories import counted_queries, make_cast

FEBRUARY = date(2026, 2, 1)
MARCH_8 = datetime(2026, 3, 8, 12, tzinfo=UTC)


def make_weeks() -> Weeks:
    """Carla is over on Mondays, Bruno short on Tuesdays, and Dora short by 5.00 on three days of the week."""
    weeks = Weeks(cast=make_cast())
    weeks.month(date(2026, 2, 2), {"carla": {0: 10}, "bruno": {1: -20}, "dora": dict.fromkeys(range(3), -500)})
    keep_facts(store=weeks.store, first=FEBRUARY)
    return weeks


@pytest.fixture(scope="module")
def _weeks(module_world: ModuleWorld) -> Weeks:
    return module_world.make(make_weeks)


@pytest.fixture
def weeks(db: None, _weeks: Weeks) -> Weeks:
    return deepcopy(_weeks)


def frozen(weeks: Weeks, *, at: datetime = MARCH_8) -> int:
    return freeze_months(store=weeks.store, groups=list(PatternGroup), at=at)


def standing_of(weeks: Weeks, name: str) -> object:
    months = months_of_review(store=weeks.store, at=MARCH_8)
    return review_of(store=weeks.store, group=PatternGroup.CASHIER, months=months)[weeks.people[name].pk]


def test_a_month_enters_on_the_8th(weeks: Weeks) -> None:
    store = weeks.store
    assert frozen_until(FEBRUARY, store=store) == datetime(2026, 3, 7, 23, tzinfo=UTC), "midnight in Berlin"
    assert latest_month(store=store, at=datetime(2026, 3, 7, 22, 59, tzinfo=UTC)) == date(2026, 1, 1)
    assert latest_month(store=store, at=datetime(2026, 3, 7, 23, tzinfo=UTC)) == FEBRUARY
    assert latest_month(store=store, at=datetime(2026, 1, 5, tzinfo=UTC)) == date(2025, 11, 1)


def test_a_review_begins_again_with_the_year(weeks: Weeks) -> None:
    assert months_of_review(store=weeks.store, at=MARCH_8) == [date(2026, 1, 1), FEBRUARY]
    in_january = months_of_review(store=weeks.store, at=datetime(2027, 1, 20, tzinfo=UTC))
    assert (in_january[0], in_january[-1]) == (date(2026, 1, 1), date(2026, 12, 1))
    assert months_of_review(store=weeks.store, at=datetime(2027, 2, 9, tzinfo=UTC)) == [date(2027, 1, 1)]


def test_the_ledger_gives_the_figures_of_the_worked_example(weeks: Weeks) -> None:
    assert frozen(weeks) == 2
    dora = standing_of(weeks, "dora")
    assert dora.e_value(Question.SHORT) == pytest.approx(175446.73965596766)
    assert dora.e_value(Question.UNEVEN) == pytest.approx(115436.0401729697)
    assert dora.direction() == pytest.approx(6.26669335478243)
    assert (dora.compared, dora.outcome, dora.marks) == (20, Outcome.UNEVEN, {Question.UNEVEN: FEBRUARY})
    assert standing_of(weeks, "carla").outcome == Outcome.NOTHING


def test_a_frozen_month_stays_whatever_arrives_later(weeks: Weeks) -> None:
    frozen(weeks)
    before = list(PatternEvidence.objects.order_by("pk").values_list())
    session = weeks.close(weeks.people["carla"], date(2026, 2, 27), hour=20, sales=1)
    weeks.pay(session, 500_00, at=MARCH_8)
    keep_facts(store=weeks.store, first=FEBRUARY)
    with counted_queries() as queries:
        assert frozen(weeks, at=MARCH_8 + timedelta(days=3)) == 0
    assert len(queries) == 1
    assert list(PatternEvidence.objects.order_by("pk").values_list()) == before


def test_a_month_is_the_same_whenever_it_is_frozen(weeks: Weeks) -> None:
    frozen(weeks)
    before = list(PatternEvidence.objects.order_by("month__group", "label").values_list("label", "logs", "parts"))
    PatternEvidence.objects.all().delete()
    PatternMonth.objects.all().delete()
    session = weeks.people["carla"].sessions.latest("pk")
    weeks.pay(session, 500_00, at=MARCH_8 + timedelta(days=1))
    frozen(weeks, at=MARCH_8 + timedelta(days=20))
    assert before == list(
        PatternEvidence.objects.order_by("month__group", "label").values_list("label", "logs", "parts")
    )


def test_the_database_refuses_to_change_evidence(weeks: Weeks) -> None:
    frozen(weeks)
    assert "never changes" in refusal_of("UPDATE reconciliations_patternevidence SET compared = 0")
    assert "never changes" in refusal_of("UPDATE reconciliations_patternmonth SET family = 1")


def test_without_the_setting_no_evidence_about_people_is_made(weeks: Weeks) -> None:
    freeze_months(store=weeks.store, groups=[PatternGroup.REGISTER, PatternGroup.WEEKDAY], at=MARCH_8)
    assert not PatternMonth.objects.filter(group=PatternGroup.CASHIER).exists()
    assert frozen(weeks) == 2, "when it is switched on, the months of the year are made"
    assert PatternMonth.objects.filter(group=PatternGroup.CASHIER).count() == 2


def test_evidence_about_people_goes_with_the_year_after(weeks: Weeks) -> None:
    frozen(weeks)
    assert forget_people(at=datetime(2027, 12, 31, tzinfo=UTC)) == 0
    assert forget_people(at=datetime(2028, 1, 1, tzinfo=UTC)) == 2
    assert set(PatternMonth.objects.values_list("group", flat=True)) == {"register", "weekday"}


def test_the_command_that_closes_days_prepares_the_patterns(weeks: Weeks) -> None:
    session = weeks.close(weeks.people["carla"], timezone.now().date() - timedelta(days=2))
    call_command("close_days", stdout=StringIO())
    assert CloseFacts.objects.filter(session=session).exists()
    assert set(PatternMonth.objects.filter(store=weeks.store).values_list("group", flat=True)) == {
        "register",
        "weekday",
    }
