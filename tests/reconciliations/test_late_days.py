"""Money that is booked today for a closed day waits in the queue until its sign-off. Each unit counts once."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from cashdesk.domain.caller.principal import SYSTEM, Principal
from cashdesk.enums import PlaceKind, VarianceKind, VarianceState
from cashdesk.models import BusinessDay, CashSession, Variance
from reconciliations import queries
from reconciliations.domain.business_day_close import close_business_day, current_date
from reconciliations.domain.late_after_day_close import raise_late_for_closed_days
from reconciliations.domain.variance_acts import approve_variance, explain_variance
from tests.cashdesk.desk import NOON, close_drawer, open_drawer, pay, refund
from tests.stories import Cast, counted_queries

AFTERNOON = NOON + timedelta(hours=1)


@pytest.fixture
def today(cast: Cast) -> CashSession:
    """Carla's drawer, opened again on a day that was closed at noon."""
    close_drawer(open_drawer(cast.carla, 100_00), 100_00)
    close_business_day(store=cast.store, on=NOON.date(), by=SYSTEM, at=NOON)
    return open_drawer(cast.carla, 0, at=AFTERNOON)


def receipt(session: CashSession, amount: int) -> None:
    """A receipt that arrives after the close of its day. Its cash is in the drawer."""
    pay(session, amount, at=AFTERNOON)


def look(cast: Cast, at: datetime = AFTERNOON) -> int:
    """Looks for late money, and returns the number of days that have some."""
    return len(raise_late_for_closed_days(store=cast.store, at=at))


def shown(cast: Cast) -> list[tuple[str, int]]:
    """Returns state and late money of each variance, oldest first."""
    rows = queries.variances(by=Principal(user=cast.erika)).filter(kind=VarianceKind.LATE).order_by("pk")
    return [(row.state, row.late_amount) for row in rows]  # type: ignore[attr-defined]  # from variances()


def sign_off(cast: Cast) -> None:
    """Lets Erika explain and sign off all waiting variances."""
    by = Principal(user=cast.erika)
    for variance in Variance.objects.filter(state=VarianceState.OPEN):
        explain_variance(variance=variance, reason="UNRECORDED_PAYMENT", by=by, at=AFTERNOON)
        approve_variance(variance=variance, by=by, at=AFTERNOON)


def test_it_waits_once_and_takes_in_what_comes_after(cast: Cast, today: CashSession) -> None:
    pay(today, 7_00, at=NOON + timedelta(days=1))
    assert look(cast) == 0
    receipt(today, 12_50)
    assert (look(cast), look(cast)) == (1, 0)
    receipt(today, 5_00)
    assert look(cast) == 0
    assert shown(cast) == [("OPEN", 17_50)]
    (variance,) = Variance.objects.filter(kind=VarianceKind.LATE)
    assert variance.subject == f"business_day:{BusinessDay.objects.get().pk}"
    assert (variance.business_date, variance.currency, variance.place) == (NOON.date(), "EUR", None)


def test_what_comes_after_the_sign_off_is_raised_anew(cast: Cast, today: CashSession) -> None:
    receipt(today, 12_50)
    look(cast)
    sign_off(cast)
    assert look(cast) == 0
    receipt(today, 3_00)
    refund(today, 1_00, at=AFTERNOON)
    assert look(cast) == 1
    assert shown(cast) == [("APPROVED", 12_50), ("OPEN", 2_00)]
    sign_off(cast)
    assert shown(cast) == [("APPROVED", 12_50), ("APPROVED", 2_00)]
    assert look(cast) == 0


def test_what_is_late_for_a_session_is_not_said_twice(cast: Cast, today: CashSession) -> None:
    close_drawer(today, 0, at=AFTERNOON)
    receipt(CashSession.objects.earliest("pk"), 9_00)
    assert look(cast) == 0
    assert shown(cast) == [("OPEN", 9_00)]
    (variance,) = Variance.objects.filter(kind=VarianceKind.LATE)
    assert variance.subject.startswith("session:")


def test_a_day_long_gone_is_left_alone(cast: Cast, today: CashSession) -> None:
    receipt(today, 12_50)
    assert look(cast, at=NOON + timedelta(days=40)) == 0


def test_the_command_says_for_which_day_money_came(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    today = current_date(store=cast.store, at=now)
    close_business_day(store=cast.store, on=today, by=SYSTEM, at=now)
    pay(open_drawer(cast.carla, 0, at=now), 4_00, at=now)
    said = StringIO()
    call_command("close_days", stdout=said)
    day = BusinessDay.objects.latest("date")
    assert said.getvalue() == f"1337: late money was booked for {day.date} after its close\n"
    said = StringIO()
    call_command("close_days", stdout=said)
    assert said.getvalue() == ""


def test_a_look_costs_one_statement_where_nothing_came(cast: Cast, today: CashSession) -> None:
    for number in range(1, 4):
        close_business_day(store=cast.store, on=NOON.date() - timedelta(days=number), by=SYSTEM, at=AFTERNOON)
    with counted_queries() as queries_:
        assert look(cast) == 0
    assert len(queries_) == 1


def test_the_vault_holds_nothing_of_it(cast: Cast, today: CashSession) -> None:
    """The sign-off books nothing: the late money is in today's drawer, and the count of that drawer includes it."""
    receipt(today, 12_50)
    look(cast)
    before = cast.book(PlaceKind.REGISTER, 1), cast.book(PlaceKind.VAULT)
    sign_off(cast)
    assert (cast.book(PlaceKind.REGISTER, 1), cast.book(PlaceKind.VAULT)) == before
